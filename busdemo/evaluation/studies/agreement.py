"""What a study's pairs come to: every two annotators over the images that both have read."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from busdemo.evaluation.resampling import Resampling, percentiles
from busdemo.evaluation.statistics import Interval
from busdemo.evaluation.studies.reliability import (
    Limits,
    count_votes,
    fleiss_of_sums,
    fleiss_parts,
    icc_of_sums,
    icc_parts,
    kappa_of_sums,
    kappa_parts,
    measure_limits,
)
from busdemo.zoo.cards import LEAST_GROUPS

Floats = NDArray[np.float64]

OVERLAPS = ("dice", "iou", "nsd")
DISTANCES = ("hd95_px", "assd_px")
SIZES = ("area", "longest", "across")


@dataclass(frozen=True)
class PairSummary:
    """Two annotators over the images that both have read."""

    a: str
    b: str
    images: int
    both_empty: int
    """Agreement that there is nothing; in no mean of an overlap or a distance."""
    only_a: int
    """Images in which a marks something and b nothing: Dice 0, the diagonal as distance."""
    only_b: int
    means: Mapping[str, Interval]
    """By metric: over images in which one of the two marks something."""
    medians: Mapping[str, float]
    kappa: Interval
    """Cohen's, of whether there is anything."""
    icc: Mapping[str, Interval]
    """ICC(2,1) by size, over images in which both mark something."""
    limits: Mapping[str, Limits]
    """Bland-Altman by size, over the same images."""
    lesions_a: int
    matched_a: int
    """Of a's lesions, those that belong to one of b's."""
    lesions_b: int
    matched_b: int


@dataclass(frozen=True, eq=False)
class Agreement:
    """One label of a study. `pairs` are the rows of `pair_rows` of that label."""

    pairs: pd.DataFrame
    roles: Mapping[str, str]
    scale: str
    """The unit of lengths: "mm" where every image's pixel size is known, otherwise "px"."""

    @classmethod
    def of(cls, pairs: pd.DataFrame, roles: Mapping[str, str]) -> "Agreement":
        """Lengths and areas are turned into mm where every image says how large its pixels are."""
        known = bool(len(pairs)) and bool(np.isfinite(pairs["mm_per_px"]).all())
        side = pairs["mm_per_px"].to_numpy() if known else np.ones(len(pairs))
        sizes = {
            f"{end}_{name}": pairs[f"{end}_{column}px"] * side ** (2 if name == "area" else 1)
            for end in "ab"
            for name, column in (("area", ""), ("longest", "longest_"), ("across", "across_"))
        }
        diagonal = np.hypot(pairs["height"], pairs["width"])
        bounded = {m: pairs[m].where(~np.isinf(pairs[m]), diagonal) * side for m in DISTANCES}
        return cls(pairs.assign(**sizes, **bounded), roles, "mm" if known else "px")

    @property
    def names(self) -> list[str]:
        """Everyone who is in a pair, in the study's order."""
        found = set(self.pairs["a"]) | set(self.pairs["b"])
        return [name for name in self.roles if name in found]

    @property
    def people(self) -> list[str]:
        """Who outlined independently."""
        return [name for name in self.names if self.roles[name] == "person"]

    @property
    def machines(self) -> list[str]:
        """Models and other programs."""
        return [name for name in self.names if self.roles[name] in ("model", "program")]

    def unit(self, size: str) -> str:
        """Of `SIZES` and of distances."""
        return f"{self.scale}²" if size == "area" else self.scale

    def of_pair(self, a: str, b: str) -> pd.DataFrame:
        """The rows of two annotators in either order, a first."""
        rows = self.pairs
        straight = rows[(rows["a"] == a) & (rows["b"] == b)]
        turned = rows[(rows["a"] == b) & (rows["b"] == a)]
        if turned.empty:
            return straight
        ends = {f"a_{n}": f"b_{n}" for n in _ENDED} | {f"b_{n}": f"a_{n}" for n in _ENDED}
        return pd.concat([straight, turned.rename(columns={"a": "b", "b": "a"} | ends)])

    @cached_property
    def summaries(self) -> dict[tuple[str, str], PairSummary]:
        """Every two annotators in the study's order who have an image in common."""
        found = {}
        for a, b in combinations(self.names, 2):
            rows = self.of_pair(a, b)
            if len(rows):
                found[a, b] = _summarise(a, b, rows)
        return found

    def table(self, column: str, names: Sequence[str]) -> pd.DataFrame:
        """(images that all of `names` have read, names) a value of each, and "group"."""
        sides = [
            self.pairs[["id", "group", end, f"{end}_{column}"]].set_axis(
                ["id", "group", "who", "value"], axis=1
            )
            for end in "ab"
        ]
        rows = pd.concat(sides)
        rows = rows[rows["who"].isin(names)].drop_duplicates(["id", "who"])
        wide = rows.set_index(["id", "who"])["value"].unstack()  # noqa: PD010
        counts = rows.groupby("id")["who"].nunique()
        every = counts.index[counts == len(names)]
        groups = rows.drop_duplicates("id").set_index("id")["group"]
        return wide.reindex(index=every, columns=list(names)).assign(group=groups)

    @cached_property
    def fleiss(self) -> Interval:
        """Fleiss' kappa of the people on whether there is anything, where all have read."""
        table = self.table("px", self.people)
        present = table[self.people].to_numpy(np.float64) > 0
        votes = fleiss_parts(count_votes(present))
        return bootstrap(votes, table["group"].tolist(), fleiss_of_sums)

    def icc(self, size: str) -> Interval:
        """ICC(2,1) of all people, over images in which every one of them marks something."""
        table = self.table(size, self.people)
        values = table[self.people].to_numpy(np.float64)
        marked = np.isfinite(values).all(axis=1) & (values > 0).all(axis=1)
        return _icc(values[marked], table["group"].to_numpy()[marked])

    def ratings(self, reference: str) -> list[dict[str, Any]]:
        """Sensitivity and specificity of everyone's pixels against an annotator, by image."""
        found = []
        for who in self.names:
            rows = self.of_pair(who, reference)
            if who == reference or not len(rows):
                continue
            total = (rows["height"] * rows["width"]).to_numpy(np.float64)
            a, b, shared = (rows[c].to_numpy(np.float64) for c in ("a_px", "b_px", "shared_px"))
            with np.errstate(invalid="ignore", divide="ignore"):
                sensitivity, specificity = shared / b, (total - a - b + shared) / (total - b)
            groups = rows["group"].to_numpy()
            found.append(
                {
                    "annotator": who,
                    "sensitivity": mean_of(sensitivity, groups),
                    "specificity": mean_of(specificity, groups),
                }
            )
        return found

    @cached_property
    def worst(self) -> pd.DataFrame:
        """Images by mean Dice between people (everyone where there is one person), least first.

        Columns id, group, dice, pairs, present (how many mark something), read (how many have).
        Images in which nobody marks anything are left out.
        """
        rows = self.pairs
        who = self.people if len(self.people) > 1 else self.names
        rows = rows[rows["a"].isin(who) & rows["b"].isin(who)]
        found = rows.groupby(["id", "group"], sort=False)["dice"].agg(["mean", "count"])
        table = found.set_axis(["dice", "pairs"], axis=1).reset_index()
        present, read = self._count_present(rows)
        table = table.assign(present=table["id"].map(present), read=table["id"].map(read))
        table = table[table["dice"].notna()]
        return table.sort_values(["dice", "id"], kind="stable").reset_index(drop=True)

    def _count_present(self, rows: pd.DataFrame) -> tuple["pd.Series[int]", "pd.Series[int]"]:
        ends = [rows[["id", e, f"{e}_px"]].set_axis(["id", "who", "px"], axis=1) for e in "ab"]
        each = pd.concat(ends).drop_duplicates(["id", "who"])
        return each[each["px"] > 0].groupby("id").size().reindex(each["id"].unique()).fillna(
            0
        ).astype(int), each.groupby("id").size()


_ENDED = ("role", "px", "longest_px", "across_px", "lesions", "matched", *SIZES)
"""Columns that a pair has for each of the two."""


def bootstrap(
    parts: Floats, groups: Sequence[str], of_sums: Callable[[Floats], Floats]
) -> Interval:
    """A statistic of sums over images with its interval: patients are drawn as for means.

    `parts` are (n, f) what is summed, `of_sums` takes (..., f) to (...). No interval below five
    patients; draws in which it is undefined are left out.
    """
    if not len(parts):
        return Interval(math.nan, math.nan, math.nan, 0, 0)
    value, resampling = float(of_sums(parts.sum(axis=0))), _draw(tuple(groups))
    size = resampling.drawn.shape[1]
    if size < LEAST_GROUPS:
        return Interval(value, math.nan, math.nan, len(parts), size)
    draws = of_sums(resampling.drawn @ resampling.totals(parts))
    low, high = percentiles(draws[:, None])[:, 0]
    return Interval(value, float(low), float(high), len(parts), size)


def mean_of(values: Floats, groups: Any) -> Interval:
    """The mean of what is known with its interval, as `bootstrap`."""
    known = np.isfinite(values)
    parts = np.column_stack([np.ones(int(known.sum())), values[known]])
    return bootstrap(parts, np.asarray(groups)[known].tolist(), ratio_of_sums)


def ratio_of_sums(sums: Floats) -> Floats:
    """(...,) the last of (..., f) sums over the first."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(sums[..., -1] / sums[..., 0])


@lru_cache(maxsize=8)
def _draw(groups: tuple[str, ...]) -> Resampling:
    """The same patients are drawn for whatever is computed of the same images."""
    return Resampling.of(groups)


def _summarise(a: str, b: str, rows: pd.DataFrame) -> PairSummary:
    groups = rows["group"].to_numpy()
    has_a, has_b = (rows[f"{end}_px"].to_numpy() > 0 for end in "ab")
    both = has_a & has_b
    means, medians = {}, {}
    for metric in (*OVERLAPS, *DISTANCES):
        values = rows[metric].to_numpy(np.float64)
        means[metric] = mean_of(values, groups)
        known = values[np.isfinite(values)]
        medians[metric] = float(np.median(known)) if known.size else math.nan
    sizes = {name: rows[[f"a_{name}", f"b_{name}"]].to_numpy()[both] for name in SIZES}
    counts = {name: int(rows[name].sum()) for name in _COUNTS}
    return PairSummary(
        a=a,
        b=b,
        images=len(rows),
        both_empty=int((~has_a & ~has_b).sum()),
        only_a=int((has_a & ~has_b).sum()),
        only_b=int((~has_a & has_b).sum()),
        means=means,
        medians=medians,
        kappa=bootstrap(kappa_parts(has_a, has_b), groups.tolist(), kappa_of_sums),
        icc={name: _icc(values, groups[both]) for name, values in sizes.items()},
        limits={name: measure_limits(*values.T) for name, values in sizes.items()},
        lesions_a=counts["a_lesions"],
        matched_a=counts["a_matched"],
        lesions_b=counts["b_lesions"],
        matched_b=counts["b_matched"],
    )


def _icc(values: Floats, groups: NDArray[Any]) -> Interval:
    return bootstrap(icc_parts(values), groups.tolist(), icc_of_sums)


_COUNTS = ("a_lesions", "a_matched", "b_lesions", "b_matched")
