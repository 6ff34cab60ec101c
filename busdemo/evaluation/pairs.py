"""Two models on the same images: difference, interval, test, and who is better how often.

Images of one patient are not independent, so patients (groups) are what is resampled and what the
Wilcoxon test sees: one mean difference a group. The interval is of the mean over images, the test
is of the groups' ranks and corrected for all pairs; two systems are told apart where both say so.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from busdemo.evaluation.benchmark import Benchmark, Floats
from busdemo.evaluation.leaderboard import column_means

TIE = 0.01
"""Dice values closer than this count as a tie: the page prints two decimals."""

LEVEL = 0.05
"""Of the tests, after Holm's correction."""


@dataclass(frozen=True)
class Pair:
    """System a against b on the images with a lesion that both have seen."""

    a: str
    b: str
    difference: float
    """Mean Dice of a minus that of b."""
    low: float
    high: float
    p: float
    p_holm: float
    """After Holm's correction over `pairs` pairs."""
    wins: int
    ties: int
    losses: int
    n: int
    groups: int
    pairs: int

    @property
    def tested(self) -> bool:
        """Does the test see a difference at the 5 % level, after correction?"""
        return self.p_holm < LEVEL

    @property
    def leaves_out_0(self) -> bool:
        """Does the interval of the mean, of this pair alone, leave out 0?"""
        return self.low > 0 or self.high < 0

    @property
    def differs(self) -> bool:
        """Are the two told apart? Only where test and interval both say so."""
        return self.tested and self.leaves_out_0

    def turned(self) -> "Pair":
        """The same pair seen from b."""
        return Pair(
            *(self.b, self.a, -self.difference, -self.high, -self.low, self.p, self.p_holm),
            *(self.losses, self.ties, self.wins, self.n, self.groups, self.pairs),
        )


def compare_pairs(benchmark: Benchmark) -> dict[tuple[str, str], Pair]:
    """Every two systems in the order of the run, by their keys; both orders are in it."""
    dice, systems = benchmark.lesion_dice, benchmark.systems
    places = list(combinations(range(len(systems)), 2))
    if not places or not len(dice):
        return {}
    first, second = (np.array(part) for part in zip(*places, strict=True))
    differences = dice[:, first] - dice[:, second]
    resampling = benchmark.resampling
    by_group = resampling.group_means(differences)
    low, high = resampling.bounds(differences)
    p = np.array([signed_rank(column) for column in by_group.T])
    means, holm = column_means(differences), correct_holm(p)
    found: dict[tuple[str, str], Pair] = {}
    for at, (i, j) in enumerate(places):
        column = differences[:, at]
        pair = Pair(
            *(systems[i].key, systems[j].key, float(means[at]), float(low[at]), float(high[at])),
            *(float(p[at]), float(holm[at])),
            wins=int((column >= TIE).sum()),
            ties=int((np.abs(column) < TIE).sum()),
            losses=int((column <= -TIE).sum()),
            n=int(np.isfinite(column).sum()),
            groups=int(np.isfinite(by_group[:, at]).sum()),
            pairs=len(places),
        )
        found |= {(pair.a, pair.b): pair, (pair.b, pair.a): pair.turned()}
    return found


def signed_rank(differences: Floats) -> float:
    """Two-sided p of the Wilcoxon signed-rank test (Wilcoxon 1945) that their centre is 0.

    SciPy's defaults: zeros are left out, small samples without them are tested exactly, others by
    the normal approximation. 1 where all are zero or unknown.
    """
    from scipy import stats

    known = differences[np.isfinite(differences)]
    return float(stats.wilcoxon(known).pvalue) if known.any() else 1.0


def correct_holm(p: Floats) -> Floats:
    """Holm's step-down correction of (k,) p values (Scandinavian Journal of Statistics 1979)."""
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * (p.size - np.arange(p.size)))
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(stepped, 1)
    return corrected


def list_scatter(benchmark: Benchmark, a: str, b: str) -> pd.DataFrame:
    """Images with a lesion that both systems have seen: id, dataset, label, a, b, difference.

    a and b are Dice; the largest difference comes first, whichever model it favours.
    """
    i, j = benchmark.place(a), benchmark.place(b)
    columns = ["id", "dataset", "label", "group", "lesion_px"]
    frame = benchmark.images.loc[benchmark.lesions, columns].reset_index(drop=True)
    dice: NDArray[np.float64] = benchmark.lesion_dice
    frame = frame.assign(a=dice[:, i], b=dice[:, j], difference=dice[:, i] - dice[:, j])
    frame = frame[frame["difference"].notna()]
    order = frame["difference"].abs().sort_values(ascending=False, kind="stable").index
    return frame.loc[order].reset_index(drop=True)
