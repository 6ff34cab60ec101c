"""How well classes were told apart: counts, rates and curves from probabilities, no network."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from scipy.stats import rankdata

from busdemo.evaluation.statistics import Interval, bootstrap_groups
from busdemo.imaging.masks import STOPS
from busdemo.zoo.cards import ALL_SETS

NORMAL, BENIGN, MALIGNANT = range(3)
"""Places of the classes in probabilities and confusion matrices."""


@dataclass(frozen=True, eq=False)
class Classified:
    """Images with their true class (N,) and probabilities (N, 3), their set and group."""

    probabilities: NDArray[np.float64]
    labels: NDArray[np.int64]
    datasets: tuple[str, ...]
    groups: tuple[str, ...]

    def part(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> "Classified":
        """Some of the images, by a mask (N,) or by places, which may repeat."""
        names, groups = np.array(self.datasets), np.array(self.groups)
        return Classified(
            self.probabilities[chosen],
            self.labels[chosen],
            tuple(names[chosen].tolist()),
            tuple(groups[chosen].tolist()),
        )

    @property
    def predicted(self) -> NDArray[np.int64]:
        """(N,) the most probable class."""
        return np.asarray(self.probabilities.argmax(axis=1), np.int64)

    @property
    def malignant(self) -> NDArray[np.float64]:
        """(N,) probability of malignant."""
        return self.probabilities[:, MALIGNANT]


Statistic = Callable[[Classified], float]
"""A number of some images, nan where it is undefined."""


def accuracy(classified: Classified) -> float:
    """Share of images whose most probable class is the true one; nan for none."""
    if not classified.labels.size:
        return np.nan
    return float(np.mean(classified.predicted == classified.labels))


def confusion(classified: Classified) -> NDArray[np.int64]:
    """(3, 3) images counted by true class (rows) and most probable class (columns)."""
    counts = np.zeros((3, 3), np.int64)
    np.add.at(counts, (classified.labels, classified.predicted), 1)
    return counts


def macro_f1(classified: Classified) -> float:
    """Mean F1 = 2 TP / (2 TP + FP + FN) over the classes that occur; nan for no image."""
    counts = confusion(classified)
    hits, truth, found = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    occurs = truth > 0
    if not occurs.any():
        return np.nan
    return float(np.mean(2 * hits[occurs] / (truth + found)[occurs]))


def area_under_curve(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """Chance that a positive's score (N,) is above a negative's, ties counting half.

    The Mann-Whitney form of the area under the ROC curve (Hanley and McNeil 1982); nan where one
    of the two kinds is missing.
    """
    count = int(positive.sum())
    others = positive.size - count
    if not count or not others:
        return np.nan
    ranks = float(rankdata(scores)[positive].sum())
    return (ranks - count * (count + 1) / 2) / (count * others)


def malignant_auc(classified: Classified) -> float:
    """AUC of P(malignant) over the images with a lesion: malignant against benign."""
    lesion = classified.labels != NORMAL
    return area_under_curve(classified.malignant[lesion], classified.labels[lesion] == MALIGNANT)


def sensitivity(classified: Classified, stop: int) -> float:
    """Share of the malignant images with P(malignant) of at least stop / 200; nan for none."""
    flagged = classified.malignant[classified.labels == MALIGNANT] >= stop / STOPS
    return float(flagged.mean()) if flagged.size else np.nan


def specificity(classified: Classified, stop: int) -> float:
    """Share of all other images, normal ones too, with P(malignant) below; nan for none."""
    flagged = classified.malignant[classified.labels != MALIGNANT] >= stop / STOPS
    return float(1 - flagged.mean()) if flagged.size else np.nan


def operating_curve(classified: Classified) -> NDArray[np.float64]:
    """(199, 2) sensitivity and specificity at every stop, 1 to 199."""
    return np.array(
        [(sensitivity(classified, c), specificity(classified, c)) for c in range(1, STOPS)]
    )


def choose_operating_stop(classified: Classified, least: float = 0.95) -> int:
    """The highest stop that still flags the share `least` of the malignant images, at least 1."""
    reached = operating_curve(classified)[:, 0] >= least
    return int(np.flatnonzero(reached).max(initial=0)) + 1


def largest_class_share(classified: Classified) -> float:
    """Accuracy of always answering the most frequent class: what knowing the set alone gives."""
    return float(np.bincount(classified.labels).max() / classified.labels.size)


def measure(
    classified: Classified, statistics: Mapping[str, Statistic]
) -> dict[str, dict[str, Interval]]:
    """Every statistic by name, then per data set and over all, with its 95 % interval."""
    names = np.array(classified.datasets)
    parts = {name: names == name for name in sorted(set(classified.datasets))}
    parts[ALL_SETS] = np.ones(names.size, bool)
    return {
        metric: {
            name: interval
            for name, chosen in parts.items()
            if not np.isnan((interval := estimate(classified.part(chosen), statistic)).value)
        }
        for metric, statistic in statistics.items()
    }


def estimate(classified: Classified, statistic: Statistic) -> Interval:
    """A statistic of the images with its interval, whole groups resampled."""

    def of_places(places: NDArray[np.intp]) -> float:
        return statistic(classified.part(places))

    return bootstrap_groups(of_places, classified.groups)


def estimate_difference(first: Classified, second: Classified, statistic: Statistic) -> Interval:
    """Statistic of `first` less that of `second`, the same images resampled in both (paired)."""

    def of_places(places: NDArray[np.intp]) -> float:
        return statistic(first.part(places)) - statistic(second.part(places))

    return bootstrap_groups(of_places, first.groups)


def fit_temperature(logits: NDArray[np.float64], labels: Sequence[int]) -> float:
    """The temperature that makes softmax(logits / T) likeliest (Guo et al., arXiv 1706.04599)."""
    truth = np.asarray(labels)
    places = np.arange(truth.size)

    def loss(log_temperature: float) -> float:
        scaled = log_softmax(logits / np.exp(log_temperature), axis=1)
        return float(-scaled[places, truth].mean())

    found = minimize_scalar(loss, bounds=(np.log(0.1), np.log(10)), method="bounded")
    return float(np.exp(found.x))
