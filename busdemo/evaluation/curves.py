"""A run at every threshold, and how far its probabilities can be taken at their word."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from busdemo.evaluation.benchmark import Benchmark, Floats
from busdemo.evaluation.leaderboard import column_means
from busdemo.evaluation.resampling import Resampling, percentiles
from busdemo.imaging.masks import STOPS
from busdemo.zoo.cards import LEAST_GROUPS

ECE_RESAMPLES = 500


@dataclass(frozen=True, eq=False)
class ThresholdSweep:
    """Means of every system at the 199 stops, (systems, 199); nan where no image tells."""

    thresholds: Floats
    dice: Floats
    """Over images with a lesion."""
    false_alarms: Floats
    """Share of normal images with a pixel marked."""


def sweep_thresholds(benchmark: Benchmark) -> ThresholdSweep:
    """Dice and false alarms at every stop."""
    lesions, ran = benchmark.lesions, np.isfinite(benchmark.measured["fp"])
    normal = np.where(ran[~lesions][..., None], benchmark.marked[~lesions], np.nan)
    return ThresholdSweep(
        thresholds=np.arange(1, STOPS) / STOPS,
        dice=column_means(benchmark.dice_curve[lesions].astype(np.float64)),
        false_alarms=column_means(normal),
    )


@dataclass(frozen=True, eq=False)
class Reliability:
    """Bins of one system's probabilities; every image weighs the same, each of its pixels, too."""

    share: Floats
    """(bins,) of the pixels."""
    probability: Floats
    """(bins,) mean probability; nan in an empty bin."""
    observed: Floats
    """(bins,) share of the pixels that are lesion; nan in an empty bin."""
    ece: float
    """Expected calibration error: mean over the pixels of |observed - probability| of their bin
    (Naeini, Cooper and Hauskrecht, AAAI 2015), bins of equal width."""
    low: float
    high: float
    """95 % cluster bootstrap; nan below five groups."""


def measure_reliability(benchmark: Benchmark, key: str) -> Reliability:
    """The reliability diagram of a system over all images, normal ones among them.

    A pixel's probability is known to 1/200; its level's middle stands for it.
    """
    bins = benchmark.calibration[:, benchmark.place(key)].astype(np.float64)
    ran = np.isfinite(bins[:, 0, 0])
    groups = benchmark.images["group"][ran].tolist()
    if not groups:
        raise ValueError("This model has seen no image.")
    share, lesion, summed = bins[ran].mean(axis=0).T
    with np.errstate(invalid="ignore"):
        probability, observed = summed / share, lesion / share
    resampling = Resampling.of(groups, resamples=ECE_RESAMPLES)
    totals = resampling.totals(bins[ran].reshape(len(groups), -1))
    drawn = (resampling.drawn @ totals).reshape(ECE_RESAMPLES, *bins.shape[1:])
    enough = totals.shape[0] >= LEAST_GROUPS
    low, high = percentiles(_ece(drawn)[:, None])[:, 0] if enough else (np.nan, np.nan)
    ece = float(_ece(bins[ran].sum(axis=0)))
    return Reliability(share, probability, observed, ece, float(low), float(high))


def measure_ece(benchmark: Benchmark) -> Floats:
    """(systems,) the expected calibration error of every system, as `Reliability.ece`."""
    return np.asarray(_ece(np.nansum(benchmark.calibration.astype(np.float64), axis=0)))


def _ece(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of (..., bins, 3) sums of pixels, lesion pixels and probabilities."""
    share, lesion, summed = np.moveaxis(sums, -1, 0)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(lesion - summed).sum(axis=-1) / share.sum(axis=-1))
