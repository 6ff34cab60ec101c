"""The yardstick over a set: is a model within the range of people? With an interval and a test.

On every image that all people and the model have read and somebody marks: the mean Dice of the
model with each person, and the mean Dice between every two people. Their difference is averaged
over images, its interval resamples patients, and the Wilcoxon signed-rank test sees one mean
difference a patient; p values are Holm's over all models. Williams' index (Biometrics 1976; for
outlines Chalana and Kim, IEEE TMI 1997) is the ratio of the two means.

The range of people: each person's own mean Dice with the other people. A model is in it where its
mean lies between the least and the most of these; with two people there is one value, no range.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from busdemo.evaluation.pairs import LEVEL, correct_holm, signed_rank
from busdemo.evaluation.resampling import Resampling
from busdemo.evaluation.statistics import Interval
from busdemo.evaluation.studies.agreement import (
    Agreement,
    Floats,
    bootstrap,
    mean_of,
    ratio_of_sums,
)
from busdemo.imaging import printed

MISSING = (
    "The yardstick is missing: with fewer than two people there is no agreement between people to "
    "measure a model by."
)


@dataclass(frozen=True)
class Standing:
    """A model or a program against the people; all of Dice, on the images all have read."""

    annotator: str
    with_people: Interval
    """Mean over images of its mean with each person."""
    between_people: Interval
    """The same images, every two people."""
    difference: Interval
    """with_people minus between_people, image by image."""
    index: Interval
    """Williams' index; above 1 it agrees with people more than they do."""
    low_person: float
    """Of the people's own means with the others, the least."""
    high_person: float
    people: int
    p: float
    """Wilcoxon signed-rank over patients."""
    p_holm: float

    @property
    def differs(self) -> bool:
        """Is there a difference that interval and test both see?"""
        leaves_out_0 = self.difference.low > 0 or self.difference.high < 0
        return leaves_out_0 and self.p_holm < LEVEL

    @property
    def in_range(self) -> bool | None:
        """Does its mean lie in the range of the people's? None with fewer than three people."""
        if self.people < 3:
            return None
        return self.low_person <= self.with_people.value <= self.high_person

    def sentences(self) -> list[str]:
        """What was shown, and what was not."""
        one, d = self.annotator, self.difference
        if not d.n:
            return [f"{one}: no image was read by it and by all people, so nothing is known."]
        told = [
            f"{one} agrees with the people at a mean Dice of {_dice(self.with_people)}, they with "
            f"each other at {_dice(self.between_people)} ({d.n} images, {d.groups} patients or "
            "groups)."
        ]
        if math.isnan(d.low):
            return [*told, "There are too few patients for an interval: nothing is shown."]
        shown = f"{_signed(d.value)} (95 % interval {_signed(d.low)} to {_signed(d.high)}"
        shown += f"; p = {_p(self.p_holm)})"
        if self.differs:
            word = "more" if d.value > 0 else "less"
            told.append(f"It was shown to agree with them {word} than they do: {shown}.")
        else:
            told.append(
                f"No difference was shown: {shown}. That does not show that there is none: by the "
                f"interval it may agree up to {printed.plain(max(0.0, -d.low), 3)} less than they "
                f"do, or {printed.plain(max(0.0, d.high), 3)} more."
            )
        return [*told, *self._tell_range()]

    def _tell_range(self) -> list[str]:
        if self.in_range is None:
            return ["Two people have one value between them: that is no range."]
        low, high = (printed.share(v) for v in (self.low_person, self.high_person))
        where = "in" if self.in_range else "outside"
        if not self.in_range:
            where = "above" if self.with_people.value > self.high_person else "below"
        return [f"Its mean lies {where} the range of the people's own ({low} to {high})."]


def tell_people(agreement: Agreement) -> str:
    """How far people agree with each other, where there is no model to measure."""
    pairs = [agreement.summaries[pair] for pair in combinations(agreement.people, 2)]
    values = [one.means["dice"].value for one in pairs]
    low, high = (printed.share(end) for end in (min(values), max(values)))
    between = low if low == high else f"{low} to {high}"
    return (
        f"The {len(agreement.people)} people agree with each other at a mean Dice of {between}; no "
        "model or program was measured by that."
    )


def measure_standings(agreement: Agreement) -> list[Standing]:
    """Every model and program against the people; empty with fewer than two people."""
    people = agreement.people
    if len(people) < 2:
        return []
    found = [_stand(agreement, people, one) for one in agreement.machines]
    corrected = correct_holm(np.array([one.p for one in found], np.float64))
    return [
        Standing(**{**vars(one), "p_holm": float(p)})
        for one, p in zip(found, corrected, strict=True)
    ]


def _stand(agreement: Agreement, people: Sequence[str], who: str) -> Standing:
    columns = [*combinations(people, 2), *((who, person) for person in people)]
    table, groups = _gather(agreement, columns)
    pairs = len(columns) - len(people)
    # Where two are both empty their Dice is undefined, and left out of that image's mean.
    between, with_people = _row_means(table[:, :pairs]), _row_means(table[:, pairs:])
    defined = np.flatnonzero(np.isfinite(between) & np.isfinite(with_people))
    between, with_people, table = between[defined], with_people[defined], table[defined]
    groups = [groups[at] for at in defined]
    difference = with_people - between
    by_group = Resampling.of(groups).group_means(difference[:, None])[:, 0] if groups else between
    own = [_own(table[:, :pairs], columns[:pairs], person) for person in people]
    return Standing(
        annotator=who,
        with_people=mean_of(with_people, groups),
        between_people=mean_of(between, groups),
        difference=mean_of(difference, groups),
        index=bootstrap(np.column_stack([between, with_people]), groups, ratio_of_sums),
        low_person=min(own),
        high_person=max(own),
        people=len(people),
        p=signed_rank(by_group),
        p_holm=math.nan,
    )


def _gather(agreement: Agreement, columns: Sequence[tuple[str, str]]) -> tuple[Floats, list[str]]:
    """(images with every pair, pairs) Dice, and their groups."""
    parts = [agreement.of_pair(a, b).set_index("id")[["dice", "group"]] for a, b in columns]
    shared = parts[0].index
    for part in parts[1:]:
        shared = shared[shared.isin(part.index)]
    table = np.stack([part["dice"].reindex(shared).to_numpy(np.float64) for part in parts], axis=1)
    return table, parts[0]["group"].reindex(shared).astype(str).tolist()


def _row_means(values: Floats) -> Floats:
    known = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(known, values, 0).sum(axis=1) / known.sum(axis=1))


def _own(between: Floats, columns: Sequence[tuple[str, str]], person: str) -> float:
    """A person's mean Dice with the others: over images of the mean of their pairs."""
    means = _row_means(between[:, [person in pair for pair in columns]])
    return float(np.nanmean(means)) if np.isfinite(means).any() else math.nan


def _dice(one: Interval) -> str:
    if math.isnan(one.low):
        return printed.share(one.value)
    return f"{printed.share(one.value)} ({printed.share(one.low)}–{printed.share(one.high)})"


def _signed(value: float) -> str:
    return printed.plain(value, 3, signed=True)


def _p(value: float) -> str:
    return "under 0.001" if value < 0.001 else f"{value:.3f}"
