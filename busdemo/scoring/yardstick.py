"""The yardstick: how far people agree with each other, and how a model stands to that.

A person is who drew an outline independently: one that was started from a model's mask, or from
another person's, would agree with it for that reason alone, and is left out.

A model is not measured by a number alone: standards are themselves not read identically by
experts. So each model's agreement with every person is set beside the agreement between every two
people.

The rule, on values as they are printed: a model agrees with the annotators *about as much* as
they agree with each other when the mean of its values lies in the range of the people's, *less* or
*more* when it lies outside. Two people have one value between them, which hardly ever is that mean;
then it is also about as much when their value lies in the range of the model's two.

Setting the mean agreement with people against that between people is Williams' index (Biometrics
1976), whose use for outlines is Chalana and Kim, IEEE TMI 1997; one image gives no interval.
"""

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from busdemo.scoring.agreement import Comparison, Metric, metric_of

Verdict = Literal["less than", "about as much as", "more than"]

MISSING = (
    "The yardstick is missing: with fewer than two people's masks there is no agreement between "
    "people to measure a model by."
)
UNDEFINED = (
    "The yardstick is missing: between these people's masks {metric} is undefined, because none "
    "of them marks a lesion."
)


@dataclass(frozen=True)
class Range:
    """Of the values of some pairs, those that are undefined left out."""

    low: float
    high: float
    mean: float
    pairs: int


@dataclass(frozen=True)
class RangeStanding:
    """A model against the people: its values, and how they stand to the yardstick."""

    annotator: str
    values: Range | None
    """None where nothing is defined, or there is nobody to agree with."""
    verdict: Verdict | None
    """None where the yardstick or the model's values are missing."""


@dataclass(frozen=True)
class Yardstick:
    """People against each other, models against people, in one metric."""

    metric: Metric
    mm_per_px: float | None
    people: Range | None
    """Between every two people; None where there are fewer than two, or nothing is defined."""
    count: int
    """How many people there are, each of whom drew independently."""
    models: tuple[RangeStanding, ...]
    left_out: tuple[str, ...] = ()
    """People whose outlines were started from somebody else's mask."""
    simulated: tuple[str, ...] = ()
    """Programs that stand in for people."""

    def sentences(self) -> list[str]:
        """What it says, a sentence a model, or that it is missing; and who is no person in it."""
        return [*self._verdicts(), *self._caveats()]

    def _verdicts(self) -> list[str]:
        if self.people is None:
            return [MISSING if self.count < 2 else UNDEFINED.format(metric=self.metric.name)]
        between = self._show(self.people)
        if not self.models:
            return [f"The annotators agree with each other at {self.metric.name} {between}."]
        return [self._tell(model, between) for model in self.models]

    def _caveats(self) -> list[str]:
        told = []
        if self.left_out:
            names = ", ".join(self.left_out)
            told.append(f"Left out, as started from somebody else's mask: {names}.")
        if self.simulated:
            told.append(f"Simulated, not people: {', '.join(self.simulated)}.")
        return told

    def _tell(self, model: RangeStanding, between: str) -> str:
        if model.values is None:
            return f"{model.annotator}: {self.metric.name} against the annotators is undefined."
        return (
            f"{model.annotator} agrees with the annotators ({self.metric.name} "
            f"{self._show(model.values)}) {model.verdict} they agree with each other ({between})."
        )

    def _show(self, values: Range) -> str:
        low, high = (self.metric.show(v, self.mm_per_px) for v in (values.low, values.high))
        unit = self.metric.unit(self.mm_per_px)
        return (low if low == high else f"{low} to {high}") + (f" {unit}" if unit else "")


def measure_yardstick(comparison: Comparison, metric: str = "dice") -> Yardstick:
    """The yardstick of a comparison in one metric; KeyError for an unknown id."""
    values, everyone = comparison.matrix(metric), comparison.annotations
    people = [index for index, one in enumerate(everyone) if one.is_independent]
    between = _range(values[i, j] for i, j in itertools.combinations(people, 2))
    one, mm_per_px = metric_of(metric), comparison.mm_per_px
    models = []
    for index, each in enumerate(everyone):
        if each.kind == "model":
            found = _range(values[index, person] for person in people)
            verdict = _judge(found, between, one, one.decimals(mm_per_px))
            models.append(RangeStanding(comparison.names[index], found, verdict))
    drawn = [each for each in everyone if each.kind == "person"]
    copied = tuple(each.annotator for each in drawn if not each.is_independent)
    made = tuple(each.annotator for each in drawn if each.provenance.simulated)
    return Yardstick(one, mm_per_px, between, len(people), tuple(models), copied, made)


def _range(values: Iterable[float]) -> Range | None:
    known = [float(value) for value in values if not math.isnan(value)]
    if not known:
        return None
    return Range(min(known), max(known), float(np.mean(known)), len(known))


def _judge(
    model: Range | None, people: Range | None, metric: Metric, decimals: int
) -> Verdict | None:
    if model is None or people is None:
        return None
    low, high, mean = (round(v, decimals) for v in (people.low, people.high, model.mean))
    if people.pairs == 1 and round(model.low, decimals) <= low <= round(model.high, decimals):
        return "about as much as"
    if low <= mean <= high:
        return "about as much as"
    return "more than" if (mean > high) == metric.higher_is_better else "less than"
