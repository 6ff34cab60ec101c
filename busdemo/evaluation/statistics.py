"""Intervals for means over images."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Interval:
    """A mean with its 95 % bootstrap interval over `n` images; nan where n is 0."""

    value: float
    low: float
    high: float
    n: int


def bootstrap_mean(values: ArrayLike, *, resamples: int = 2000, seed: int = 0) -> Interval:
    """Mean of (n,) values with its percentile bootstrap interval (Efron 1979), images resampled.

    The same values give the same interval: the seed is fixed.
    """
    array = np.asarray(values, np.float64)
    if array.size == 0:
        return Interval(np.nan, np.nan, np.nan, 0)
    rng = np.random.default_rng(seed)
    picks = rng.integers(array.size, size=(resamples, array.size))
    low, high = np.percentile(array[picks].mean(axis=1), [2.5, 97.5])
    return Interval(float(array.mean()), float(low), float(high), int(array.size))
