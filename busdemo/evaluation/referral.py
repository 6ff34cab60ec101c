"""When to look again: a cut-off for a model's doubt, chosen on val, and what it is worth on test.

The question is asked of images in which the model marks something; where it marks nothing there
is no mask to doubt, and the page says that instead. A mask's Dice is then always defined: on a
normal image it is 0.
"""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from busdemo.evaluation.run_files import Run
from busdemo.evaluation.runs import rows_of
from busdemo.evaluation.statistics import bootstrap_mean
from busdemo.scoring.outcome import Outcome
from busdemo.scoring.uncertainty import doubt_of_counts
from busdemo.zoo.cards import Card
from busdemo.zoo.referral import REFERRAL_FILE, SHARES, Referral


@dataclass(frozen=True, eq=False)
class Doubts:
    """Of the n images of a split in which a model marks something: its doubt and the truth.

    `doubt` and `dice` are (n,) in [0, 1], `agrees` is (n,) True where IoU is at least 0.5,
    `groups` names the patients. `unmarked` counts the images with nothing marked, `missed` those
    among them that hold a lesion.
    """

    doubt: NDArray[np.float64]
    dice: NDArray[np.float64]
    agrees: NDArray[np.bool_]
    groups: tuple[str, ...]
    unmarked: int
    missed: int


def write_referral(card: Card, val: Run, test: Run) -> Path:
    """Choose a model's cut-off on val, test it, write both beside its card; the file's path.

    `val` and `test` are runs of those splits with rows of the model in one stage, by the card's
    weights at its threshold; ValueError with one sentence where they are not.
    """
    referral = judge_doubts(read_doubts(card, val, "val"), read_doubts(card, test, "test"))
    content = {"sha256": card.sha256, "stop": card.stop, **asdict(referral)}
    path = card.folder / REFERRAL_FILE
    path.write_text(json.dumps(_rounded(content), indent=1) + "\n", encoding="utf-8")
    return path


def read_doubts(card: Card, run: Run, split: str) -> Doubts:
    """A model's doubt and Dice over a run, in one stage; errors as `write_referral`."""
    rows = rows_of(card, run, split)
    doubt = np.array(
        [doubt_of_counts(counts, card.stop) for counts in replace(run, rows=rows).levels()]
    )
    marked = ~np.isnan(doubt)
    kept, unmarked = rows[marked], rows[~marked]
    return Doubts(
        doubt=doubt[marked],
        dice=kept["dice"].to_numpy(np.float64),
        agrees=(kept["outcome"] == str(Outcome.AGREEMENT)).to_numpy(np.bool_),
        groups=tuple(kept["group"]),
        unmarked=len(unmarked),
        missed=int((unmarked["lesion_px"] > 0).sum()),
    )


def judge_doubts(val: Doubts, test: Doubts) -> Referral:
    """The cut-off from val, and what it does on val and on test."""
    cutoff = choose_cutoff(val)
    return Referral(
        cutoff=cutoff,
        val=_judge(val, cutoff),
        test=_judge(test, cutoff),
        kept=keep_least(test.dice, test.doubt),
        ideal=keep_least(test.dice, -test.dice),
    )


def choose_cutoff(doubts: Doubts) -> float:
    """The doubt from which to look again: where it best tells masks that do not agree from others.

    It has the highest sensitivity plus specificity (Youden 1950); of several, the highest doubt.
    Raises ValueError where no mask, or every mask, agrees.
    """
    bad = ~doubts.agrees
    if bad.all() or not bad.any():
        raise ValueError("A cut-off needs masks that agree and masks that do not.")
    candidates = np.unique(doubts.doubt)
    referred = doubts.doubt[None] >= candidates[:, None]
    gain = referred[:, bad].mean(1) - referred[:, ~bad].mean(1)
    return float(candidates[len(gain) - 1 - int(np.argmax(gain[::-1]))])


def keep_least(dice: NDArray[np.float64], order: NDArray[np.float64]) -> tuple[float, ...]:
    """Mean Dice of what is left after each of `SHARES` with the highest `order` is taken out."""
    ranked = dice[np.argsort(order, kind="stable")]
    return tuple(float(ranked[: max(1, round(len(dice) * (1 - s)))].mean()) for s in SHARES)


def _judge(doubts: Doubts, cutoff: float) -> dict[str, float]:
    """Counts and rates at a cut-off; the kept masks' mean Dice with its interval."""
    again, bad = doubts.doubt >= cutoff, ~doubts.agrees
    groups = np.array(doubts.groups)
    kept = bootstrap_mean(doubts.dice[~again], groups[~again].tolist())
    return {
        "marked": len(doubts.doubt),
        "unmarked": doubts.unmarked,
        "missed": doubts.missed,
        "referred": int(again.sum()),
        "bad": int(bad.sum()),
        "bad_referred": int((bad & again).sum()),
        "all_dice": float(doubts.dice.mean()),
        "kept_dice": kept.value,
        "kept_low": kept.low,
        "kept_high": kept.high,
    }


def _rounded(value: Any) -> Any:
    """Floats to four digits, but the cut-off: it is compared with doubts bit for bit."""
    if isinstance(value, dict):
        return {k: v if k == "cutoff" else _rounded(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    return round(value, 4) if isinstance(value, float) else value
