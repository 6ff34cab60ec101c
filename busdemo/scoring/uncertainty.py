"""How unsure a probability map is, how far several disagree, and one number for an image.

All from levels (0 to 199), so that the viewer computes the same from the same pixels: a level q
stands for the probability (q + 0.5) / 200, the middle of its step.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from busdemo.imaging.arrays import Levels
from busdemo.imaging.masks import STOPS

_MIDDLES = (np.arange(STOPS) + 0.5) / STOPS

ENTROPY_BITS: NDArray[np.float64] = -(
    _MIDDLES * np.log2(_MIDDLES) + (1 - _MIDDLES) * np.log2(1 - _MIDDLES)
)
"""(200,) entropy in bits of a pixel at each level: 1 where lesion and background are as likely."""

MOST_SPREAD = 0.5
"""The largest standard deviation that probabilities can have: half of them 0, half of them 1."""


def measure_entropy(levels: Levels) -> NDArray[np.float32]:
    """Entropy of every pixel, (H, W) float32 in [0, 1] bits (Shannon 1948)."""
    return np.asarray(ENTROPY_BITS[levels], np.float32)


def measure_spread(maps: Sequence[Levels]) -> NDArray[np.float32]:
    """Standard deviation of n maps' probabilities at every pixel, (H, W) float32 in [0, 0.5].

    Of the maps themselves, not of a sample (divided by n). Raises ValueError for fewer than two
    maps or maps of different sizes.
    """
    if len(maps) < 2 or len({one.shape for one in maps}) != 1:
        raise ValueError("Disagreement needs at least two maps of one size.")
    total = np.zeros(maps[0].shape, np.int64)
    squares = np.zeros(maps[0].shape, np.int64)
    for one in maps:
        total += one
        squares += one.astype(np.int64) ** 2
    # Whole numbers up to the root: the viewer gets the very same.
    variance = len(maps) * squares - total**2
    return np.asarray(np.sqrt(variance) / (len(maps) * STOPS), np.float32)


def measure_doubt(levels: Levels, stop: int) -> float:
    """How unsure a mask is, 0 to 1: 1 minus the Dice it has if the probabilities are right.

    Of (H, W) uint8 levels at a stop, 1 to 199. The soft Dice confidence of Borges et al. 2024
    (arXiv 2402.10665), from the map alone. A map
    that marks nothing at `stop` has no mask to doubt: nan.

    >>> import numpy as np
    >>> sure = np.array([[0, 0, 199, 199]], np.uint8)
    >>> unsure = np.array([[80, 80, 120, 120]], np.uint8)
    >>> measure_doubt(sure, 100) < measure_doubt(unsure, 100)
    True
    """
    return doubt_of_counts(np.bincount(levels.ravel(), minlength=STOPS), stop)


def doubt_of_counts(counts: NDArray[np.int64], stop: int) -> float:
    """`measure_doubt` of a map with `counts` (200,) int64 pixels at each level, 0 to 199."""
    marked = counts[stop:].sum()
    if marked == 0:
        return float("nan")
    shared = float(counts[stop:] @ _MIDDLES[stop:])
    return 1 - 2 * shared / (float(counts @ _MIDDLES) + float(marked))
