"""Mean ranks of a run's systems, and which of them the data do not tell apart.

The diagram is Demsar's (JMLR 7, 2006), its bars are drawn by `Pair.differs`, Wilcoxon tests with
Holm's correction first, in place of Nemenyi's critical difference, as Benavoli, Corani and
Mangili advise (JMLR 17, 2016): whether two models differ must not depend on which others take
part. What is ranked is each patient's (group's) mean Dice, the unit of the tests.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from busdemo.evaluation.benchmark import Benchmark
from busdemo.evaluation.pairs import Pair


@dataclass(frozen=True)
class Ranks:
    """Systems from the best mean rank to the worst, and bars over those not told apart."""

    keys: tuple[str, ...]
    means: tuple[float, ...]
    """Mean rank of each, 1 is best."""
    cliques: tuple[tuple[int, int], ...]
    """First and last place (inclusive) of every bar: no two systems under it differ."""
    groups: int
    """Ranked: those that every system has seen."""
    p: float
    """Friedman's test that all ranks are equal; nan with fewer than three systems."""


def rank_systems(benchmark: Benchmark, pairs: Mapping[tuple[str, str], Pair]) -> Ranks:
    """Mean ranks within groups (ties share theirs), and cliques by `compare_pairs`.

    ValueError without a group that every system has seen.
    """
    from scipy import stats

    means = np.zeros((0, len(benchmark.systems)))
    if benchmark.lesions.any():
        means = benchmark.resampling.group_means(benchmark.lesion_dice)
    means = means[np.isfinite(means).all(axis=1)]
    if not len(means):
        raise ValueError("There is no lesion that every model has seen.")
    average = stats.rankdata(-means, axis=1).mean(axis=0)
    order = np.argsort(average, kind="stable")
    keys = tuple(benchmark.systems[place].key for place in order)
    p = np.nan
    if len(keys) > 2:
        with np.errstate(invalid="ignore"):
            p = float(stats.friedmanchisquare(*means.T).pvalue)
    return Ranks(
        keys=keys,
        means=tuple(float(average[place]) for place in order),
        cliques=find_cliques(keys, pairs),
        groups=len(means),
        p=p,
    )


def find_cliques(
    keys: tuple[str, ...], pairs: Mapping[tuple[str, str], Pair]
) -> tuple[tuple[int, int], ...]:
    """The longest runs of neighbours of which no two differ, as (first, last) places."""
    found: list[tuple[int, int]] = []
    for first in range(len(keys)):
        last = first
        while last + 1 < len(keys) and not any(
            pairs[keys[i], keys[last + 1]].differs for i in range(first, last + 1)
        ):
            last += 1
        if last > first and (not found or last > found[-1][1]):
            found.append((first, last))
    return tuple(found)
