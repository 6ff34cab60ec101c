"""How sure a model is of its mask, when to look again, and what looking again is worth."""

import html
import math

import numpy as np

from busdemo.imaging import printed
from busdemo.scoring.outcome import Outcome
from busdemo.scoring.overlap import score_overlap
from busdemo.scoring.uncertainty import measure_entropy
from busdemo.ui import text
from busdemo.ui.findings.subject import Builder, Subject
from busdemo.views.referral import draw_referral
from busdemo.workflows.explaining import Hint, hint_at
from busdemo.zoo.referral import Referral, read_referral


def build_explanation(subject: Subject) -> str:
    """The doubt with its hint, then the referral curve with one sentence."""
    card, levels = subject.card, subject.segmentation.levels
    name = html.escape(card.name)
    hint, referral = hint_at(levels, card), read_referral(card)
    if math.isnan(hint.doubt):
        nothing = text.DOUBT_NOTHING.format(model=name)
        return f"<p>{nothing}{_tell_truth(subject, hint)}</p>{_tell_curve(referral, name)}"
    marked = levels >= card.stop
    entropy = float(np.mean(measure_entropy(levels)[marked]))
    numbers = text.DOUBT_NUMBERS.format(model=name, doubt=hint.doubt, entropy=entropy)
    return (
        f"{_tell_hint(hint, referral, name, _tell_truth(subject, hint))}<p>{numbers}</p>"
        f'<p class="bd-small">{text.DOUBT_MEANS}</p>{_tell_curve(referral, name)}'
    )


def _tell_hint(hint: Hint, referral: Referral | None, name: str, truth: str) -> str:
    if referral is None:
        return f"<p>{text.DOUBT_NO_CUTOFF.format(model=name)}{truth}</p>"
    words = text.DOUBT_AGAIN if hint.again else text.DOUBT_FINE
    doubt, cutoff = printed.apart(hint.doubt, referral.cutoff, 3)
    bad = round(referral.test["bad"])
    unseen = bad - round(referral.test["bad_referred"])
    sentence = words.format(model=name, doubt=doubt, cutoff=cutoff, bad=bad, unseen=unseen)
    warning = ' class="bd-warning"' if hint.again else ""
    return f"<p{warning}>{sentence}{truth}</p>"


def _tell_truth(subject: Subject, hint: Hint) -> str:
    """What the reference says of the very mask that is doubted, lest a hint stand against it."""
    if subject.reference is None:
        return ""
    doubted = np.asarray(subject.segmentation.levels >= subject.card.stop)
    scores = score_overlap(doubted, subject.reference)
    fine = scores.outcome in (Outcome.AGREEMENT, Outcome.CORRECT_REJECTION)
    dice = "" if math.isnan(scores.dice) else f", Dice {printed.share(scores.dice)}"
    words = text.DOUBT_TRUTH[hint.again, fine]
    return " " + words.format(outcome=scores.outcome, dice=dice)


def _tell_curve(referral: Referral | None, name: str) -> str:
    if referral is None:
        return ""
    test, val = referral.test, referral.val
    gains = test["kept_low"] > test["all_dice"]
    sentence = text.REFERRAL_SENTENCE.format(
        model=name,
        gain="" if gains else text.REFERRAL_NO_GAIN,
        share=printed.percent(test["referred"] / test["marked"]),
        **test,
    )
    note = text.REFERRAL_NOTE.format(
        val_bad=val["bad"], val_bad_referred=val["bad_referred"], val_marked=val["marked"], **test
    )
    return (
        f"<h3>{text.REFERRAL_TITLE}</h3><figure>{draw_referral(referral)}</figure>"
        f'<p>{sentence}</p><p class="bd-small">{note}</p>'
    )


EXPLANATION = Builder(
    "explanation", "How sure?", "doubt, when to look again, what that is worth", build_explanation
)
