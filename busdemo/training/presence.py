"""Every model's rule of presence: fitted on validation images, its cut-off chosen there, frozen.

Whatever is said of the rule on those images is said of rules that never saw them: patients are
dealt into folds, each is judged by the rule fitted on the others. The rule that ships saw them all.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from busdemo.evaluation.datasets import Case, Split, read_index
from busdemo.evaluation.kept_levels import keep_levels
from busdemo.evaluation.report import insert
from busdemo.imaging import printed
from busdemo.imaging.masks import binarize
from busdemo.inference.presence import PresenceJudge, open_judge
from busdemo.inference.segmenter import SegmenterPool
from busdemo.scoring.overlap import score_overlap
from busdemo.training.folds import FOLDS, deal_groups
from busdemo.zoo.cards import Card, read_cards, read_facts, write_card
from busdemo.zoo.presence import STEPS, PresenceRule, PresenceWorth, write_worth

MOST_LOST = 0.003
"""Mean lesion Dice that withholding masks may cost on validation images."""

BINS = 10
"""Of the reliability diagram, each a tenth of the score wide."""

SHRINKAGE = 1.0
"""Of the standardised weights: half its square is added to the summed log loss."""

PRESENCE = "<!-- presence: written by `busdemo presence` -->", "<!-- /presence -->"
"""Marks: what stands between them is generated and replaced."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Judged:
    """What one model said of N images: `features` (N, 5) as `Evidence.features`.

    `lesion` (N,) is True where there is one; of its answer before presence (threshold and steps),
    `dice` (N,), nan on normal images, `touched`, whether the lesion is, and `marked`, whether any
    pixel is; `parts` (N,) is each image's fold.
    """

    features: Floats
    lesion: NDArray[np.bool_]
    dice: Floats
    touched: NDArray[np.bool_]
    marked: NDArray[np.bool_]
    parts: NDArray[np.intp]


def freeze_presence(
    model_ids: Sequence[str], data: Path, weights: Path, state: Path
) -> dict[str, tuple[PresenceRule, PresenceWorth]]:
    """Fit and write the rules of models; one pass over the val split, kept in `state`.

    Thresholds and post-processing must be frozen. Writes `preprocessor_config.json`,
    `presence.json` and a part of the card. Raises UnusableModel when a model, the classifier or the
    detector cannot run, KeyError for an unknown id.
    """
    judge = open_judge(SegmenterPool(read_cards(weights)))
    judged = judge_split(judge, model_ids, data, "val", state)
    frozen = {}
    for model_id, images in judged.items():
        card = judge.pool.cards[model_id]
        rule, worth = fit_rule(images)
        rule = replace(rule, classifier=_sha256(judge), detector=judge.staged.detector().sha256)
        _write(card, rule, worth)
        frozen[model_id] = rule, worth
    return frozen


def judge_split(
    judge: PresenceJudge, model_ids: Sequence[str], data: Path, split: Split, state: Path
) -> dict[str, Judged]:
    """What models, classifier and detector say of a split; errors as `freeze_presence`."""
    pool, cases = judge.pool, read_index(data, split)
    seen = judge.classifier.mask_from
    needed = list(dict.fromkeys([*model_ids, seen]))
    rows: dict[str, list[tuple[object, ...]]] = {model_id: [] for model_id in model_ids}
    for _, image, truth, levels in keep_levels(pool, needed, cases, state / split):
        look = judge.look_at(image, levels.__getitem__)
        for model_id in model_ids:
            card = pool.cards[model_id]
            evidence = look.find_evidence(levels[model_id], card.stop)
            mask = card.post_processing.apply(binarize(levels[model_id], card.stop))
            dice = score_overlap(mask, truth).dice if truth.any() else np.nan
            touched = bool((mask & truth).any())
            rows[model_id].append((evidence.features(), truth.any(), dice, touched, mask.any()))
    return {model_id: _stack(found, cases) for model_id, found in rows.items()}


def fit_rule(images: Judged) -> tuple[PresenceRule, PresenceWorth]:
    """The rule, its cut-off chosen, and its worth by rules that did not see the image."""
    weights, bias = fit(images.features, images.lesion)
    scores = score_unseen(images)
    worth = weigh(images, scores)
    rule = PresenceRule(tuple(weights.tolist()), bias, choose_cut_off(worth), "", "")
    return rule, worth


def fit(features: Floats, lesion: NDArray[np.bool_]) -> tuple[Floats, float]:
    """Weights and bias of a logistic rule over (N, F) features, shrunk a little."""
    mean, deviation = features.mean(axis=0), features.std(axis=0) + 1e-9
    standard = np.column_stack([(features - mean) / deviation, np.ones(len(features))])
    sign = np.where(lesion, 1.0, -1.0)

    def loss(w: Floats) -> tuple[float, Floats]:
        margin = sign * (standard @ w)
        shrunk = np.append(w[:-1], 0.0)
        value = np.logaddexp(0, -margin).sum() + SHRINKAGE / 2 * (shrunk @ shrunk)
        gradient = -(standard * (sign * expit(-margin))[:, None]).sum(axis=0) + SHRINKAGE * shrunk
        return float(value), gradient

    found = minimize(loss, np.zeros(standard.shape[1]), jac=True, method="L-BFGS-B").x
    weights = found[:-1] / deviation
    return weights, float(found[-1] - weights @ mean)


def score_unseen(images: Judged) -> Floats:
    """The score (N,) of each image by the rule fitted on the other folds."""
    scores = np.full(len(images.lesion), np.nan)
    for part in np.unique(images.parts):
        held = images.parts == part
        weights, bias = fit(images.features[~held], images.lesion[~held])
        scores[held] = expit(images.features[held] @ weights + bias)
    return scores


def weigh(images: Judged, scores: Floats) -> PresenceWorth:
    """What withholding by these scores does at every cut-off, and how well they are calibrated."""
    shown = scores[None] >= np.arange(STEPS)[:, None] / STEPS
    lesion = images.lesion
    edges = np.minimum((scores * BINS).astype(int), BINS - 1)
    bins = [(edges == place) for place in range(BINS) if (edges == place).any()]
    reliability = [(float(scores[b].mean()), float(lesion[b].mean()), int(b.sum())) for b in bins]
    return PresenceWorth(
        lesions=int(lesion.sum()),
        normals=int((~lesion).sum()),
        sensitivity=_rates(shown[:, lesion] & images.touched[lesion]),
        alarms=_rates(shown[:, ~lesion] & images.marked[~lesion]),
        dice=_rates(np.where(shown[:, lesion], images.dice[lesion], 0.0)),
        reliability=tuple(reliability),
        ece=float(sum(abs(score - share) * n for score, share, n in reliability) / len(scores)),
    )


def choose_cut_off(worth: PresenceWorth) -> float:
    """The highest cut-off that costs at most `MOST_LOST` of the mean lesion Dice."""
    kept = [step for step, dice in enumerate(worth.dice) if dice >= worth.dice[0] - MOST_LOST]
    return max(kept) / STEPS


def describe_rule(rule: PresenceRule, worth: PresenceWorth) -> str:
    """The card's section, in Markdown."""
    step = round(rule.cut_off * STEPS)
    lines = [
        "## Presence",
        "",
        "A logistic rule says how probable it is that an image shows a lesion, from the map's "
        "highest probability, the marked share, the detector's best box and the classifier's "
        f"P(normal) with and without its mask. Under {rule.cut_off:.2f} the mask is withheld. Rule "
        f"and cut-off were fitted on validation images, at most {MOST_LOST} of mean lesion Dice "
        "lost; the figures are of rules that had not seen the image.",
        "",
        f"| validation | mean lesion Dice ({worth.lesions}) | lesions touched "
        f"| false alarms on normal images ({worth.normals}) |",
        "|---|---|---|---|",
    ]
    for name, at in (("without presence", 0), ("with presence", step)):
        lines.append(
            f"| {name} | {worth.dice[at]:.4f} | {printed.percent(worth.sensitivity[at], 1)} "
            f"| {printed.percent(worth.alarms[at], 1)} |"
        )
    lines += ["", f"Expected calibration error {worth.ece:.3f}:", ""]
    lines += ["| mean score | images that show a lesion | images |", "|---|---|---|"]
    lines += [f"| {s:.2f} | {printed.percent(p)} | {n} |" for s, p, n in worth.reliability]
    return "\n".join(lines)


def _write(card: Card, rule: PresenceRule, worth: PresenceWorth) -> None:
    path = card.folder / "preprocessor_config.json"
    settings = json.loads(path.read_text()) | {"presence": rule.as_settings(card.sha256, card.stop)}
    path.write_text(json.dumps(settings, indent=2) + "\n")
    write_worth(card.folder, worth, card.sha256, card.stop)
    readme = card.folder / "README.md"
    header, text = read_facts(readme)
    write_card(readme, header, insert(text, describe_rule(rule, worth), PRESENCE))


def _stack(rows: Sequence[tuple[object, ...]], cases: Sequence[Case]) -> Judged:
    features, lesion, dice, touched, marked = zip(*rows, strict=True)
    return Judged(
        np.array(features, np.float64),
        np.array(lesion, np.bool_),
        np.array(dice, np.float64),
        np.array(touched, np.bool_),
        np.array(marked, np.bool_),
        deal_groups(cases, seed=1, parts=FOLDS),
    )


def _sha256(judge: PresenceJudge) -> str:
    judge.classifier.get()
    card = judge.classifier.card
    return "" if card is None else card.sha256


def _rates(values: NDArray[np.generic]) -> tuple[float, ...]:
    """Means of (STEPS, n) over n, to six digits; nan without any."""
    if not values.shape[1]:
        return (float("nan"),) * len(values)
    return tuple(round(float(mean), 6) for mean in values.mean(axis=1))
