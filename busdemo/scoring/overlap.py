"""How many pixels two masks share, and the numbers that follow from those counts."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from busdemo.imaging.arrays import Levels, Mask, require_mask, require_same_size
from busdemo.imaging.masks import STOPS
from busdemo.scoring.outcome import Outcome, outcome_of

Measure = Literal["dice", "iou", "precision", "recall"]


@dataclass(frozen=True)
class Counts:
    """Pixels of a mask against a reference; each >= 0, true negatives are never needed."""

    true_positive: int
    """Pixels in both: hit."""
    false_positive: int
    """Pixels of the mask outside the reference: extra."""
    false_negative: int
    """Pixels of the reference outside the mask: missed."""


@dataclass(frozen=True)
class Overlap:
    """Overlap of a mask with a reference: numbers in [0, 1], or nan where undefined.

    `busdemo.scoring.outcome` holds the table of what an empty mask or reference gives.
    """

    dice: float
    iou: float
    precision: float
    recall: float
    outcome: Outcome
    counts: Counts


@dataclass(frozen=True)
class Mean:
    """A mean that says what it is a mean of."""

    value: float
    """nan when nothing was left to average."""
    n: int
    """Scores averaged."""
    left_out: int
    """Scores left out: scans without a lesion, and those where the measure is undefined."""


def count(mask: Mask, reference: Mask) -> Counts:
    """Count the shared and unshared pixels of two (H, W) bool masks.

    Raises TypeError if one is not bool, ValueError if their sizes differ.
    """
    require_mask(mask)
    require_mask(reference)
    require_same_size(mask, reference)
    shared = int(np.count_nonzero(mask & reference))
    return Counts(
        true_positive=shared,
        false_positive=int(np.count_nonzero(mask)) - shared,
        false_negative=int(np.count_nonzero(reference)) - shared,
    )


def score_counts(counts: Counts) -> Overlap:
    """The measures that follow from pixel counts.

    Dice = 2 TP / (2 TP + FP + FN) (Dice 1945), IoU = TP / (TP + FP + FN) (Jaccard 1912),
    precision = TP / (TP + FP), recall = TP / (TP + FN); each is nan where its divisor is 0.
    """
    tp, fp, fn = counts.true_positive, counts.false_positive, counts.false_negative
    return Overlap(
        dice=_ratio(2 * tp, 2 * tp + fp + fn),
        iou=_ratio(tp, tp + fp + fn),
        precision=_ratio(tp, tp + fp),
        recall=_ratio(tp, tp + fn),
        outcome=outcome_of(tp, fp, fn),
        counts=counts,
    )


def score_overlap(mask: Mask, reference: Mask) -> Overlap:
    """Score a (H, W) bool mask against a reference of the same size.

    Raises TypeError if one is not bool, ValueError if their sizes differ.

    >>> import numpy as np
    >>> reference = np.array([[True, True, False, False]])
    >>> mask = np.array([[False, True, True, False]])
    >>> overlap = score_overlap(mask, reference)
    >>> overlap.dice, overlap.outcome.value
    (0.5, 'partial')
    >>> empty = np.zeros((1, 4), np.bool_)  # nothing to find, nothing found: no Dice to give
    >>> score_overlap(empty, empty).dice, score_overlap(empty, empty).outcome.value
    (nan, 'correct rejection')
    """
    return score_counts(count(mask, reference))


def sweep_counts(levels: Levels, reference: Mask) -> NDArray[np.int64]:
    """Counts at every stop of the threshold slider, in one pass over the pixels.

    `levels` is (H, W) uint8 from `quantize`, `reference` (H, W) bool. Returns (199, 3) int64:
    row c - 1 holds TP, FP, FN of `binarize(levels, c)`, exactly. A histogram of the levels
    inside and outside the reference, summed from the top, gives all stops at once.

    Raises TypeError or ValueError as `count` does, and TypeError if the levels are not uint8.
    """
    inside, outside = histogram_levels(levels, reference)
    extra, hit = (np.cumsum(side[::-1])[::-1][1:] for side in (outside, inside))
    return np.stack([hit, extra, inside.sum() - hit], axis=1).astype(np.int64)


def histogram_levels(levels: Levels, reference: Mask) -> NDArray[np.int64]:
    """(2, 200) int64: pixels of each level inside and outside a (H, W) bool reference.

    `levels` is (H, W) uint8, 0 to 199, from `quantize`. Raises as `sweep_counts` does.
    """
    if levels.dtype != np.uint8:
        raise TypeError(f"Levels are uint8, got {levels.dtype}.")
    require_mask(reference)
    require_same_size(levels, reference)
    joint = levels.astype(np.uint16) + np.uint16(256) * reference
    outside, inside = np.bincount(joint.ravel(), minlength=512).reshape(2, 256)[:, :STOPS]
    return np.stack([inside, outside]).astype(np.int64)


def mean_over_lesions(overlaps: Iterable[Overlap], *, measure: Measure = "dice") -> Mean:
    """Mean of a measure over the scans whose reference holds a lesion.

    Scans without one are left out (their Dice is undefined or a false alarm's 0; they are
    reported apart, as a false-alarm rate), and so is an undefined value, such as the precision
    of an empty mask. A missed lesion's Dice of 0 stays in.
    """
    everything = list(overlaps)
    lesions = [o for o in everything if o.counts.true_positive + o.counts.false_negative > 0]
    values = [v for v in (_value(o, measure) for o in lesions) if not math.isnan(v)]
    value = math.fsum(values) / len(values) if values else math.nan
    return Mean(value=value, n=len(values), left_out=len(everything) - len(values))


def _value(overlap: Overlap, measure: Measure) -> float:
    value: float = getattr(overlap, measure)
    return value


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else math.nan
