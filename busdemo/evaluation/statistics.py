"""Intervals for means over images."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Interval:
    """A mean over `n` images with its 95 % bootstrap interval; nan where n is 0."""

    value: float
    low: float
    high: float
    n: int
    groups: int
    """Patients, cases or near-duplicate clusters the images come from: what was resampled."""


def bootstrap_mean(
    values: ArrayLike,
    groups: Sequence[str | int] | None = None,
    *,
    resamples: int = 2000,
    seed: int = 0,
) -> Interval:
    """Mean of (n,) values with its percentile bootstrap interval (Efron 1979).

    Whole groups are resampled (cluster bootstrap, Davison and Hinkley 1997, section 3.8), because
    images of one patient are not independent; each image is its own group when none are given.
    The same values give the same interval: the seed is fixed.
    """
    array = np.asarray(values, np.float64)
    if array.size == 0:
        return Interval(np.nan, np.nan, np.nan, 0, 0)
    names = np.arange(array.size) if groups is None else np.asarray(groups)
    _, member = np.unique(names, return_inverse=True)
    totals, sizes = np.bincount(member, array), np.bincount(member)
    rng = np.random.default_rng(seed)
    picks = rng.integers(sizes.size, size=(resamples, sizes.size))
    means = totals[picks].sum(axis=1) / sizes[picks].sum(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return Interval(float(array.mean()), float(low), float(high), array.size, sizes.size)


def bootstrap_groups(
    statistic: Callable[[NDArray[np.intp]], float],
    groups: Sequence[str | int],
    *,
    resamples: int = 1000,
    seed: int = 0,
) -> Interval:
    """A statistic of images, given as their places (n,), with its percentile bootstrap interval.

    As `bootstrap_mean`, for what is no mean: whole groups are drawn, their images' places repeat
    as often. Draws in which the statistic is undefined (nan) are left out.
    """
    if not len(groups):
        return Interval(np.nan, np.nan, np.nan, 0, 0)
    _, member = np.unique(np.asarray(groups), return_inverse=True)
    places = [np.flatnonzero(member == group) for group in range(int(member.max()) + 1)]
    rng = np.random.default_rng(seed)
    draws = rng.integers(len(places), size=(resamples, len(places)))
    values = [statistic(np.concatenate([places[g] for g in draw])) for draw in draws]
    value = statistic(np.arange(member.size))
    known = [v for v in values if not np.isnan(v)]
    low, high = np.percentile(known, [2.5, 97.5]) if known else (np.nan, np.nan)
    return Interval(float(value), float(low), float(high), member.size, len(places))


def bootstrap_balanced_accuracy(
    labels: Sequence[str],
    answers: Sequence[str],
    groups: Sequence[str],
    *,
    resamples: int = 2000,
    seed: int = 0,
) -> Interval:
    """Mean over the labels that occur of the share answered right, with its bootstrap interval.

    Groups are resampled as in `bootstrap_mean`; a label that a resample lacks is left out of its
    mean (Brodersen et al., ICPR 2010, for balanced accuracy).
    """
    kinds, kind = np.unique(np.asarray(labels), return_inverse=True)
    right = np.asarray(labels) == np.asarray(answers)

    def balance(places: NDArray[np.intp]) -> float:
        totals = np.bincount(kind[places], minlength=kinds.size)
        hits = np.bincount(kind[places], right[places], minlength=kinds.size)
        return float(np.mean(hits[totals > 0] / totals[totals > 0]))

    return bootstrap_groups(balance, groups, resamples=resamples, seed=seed)
