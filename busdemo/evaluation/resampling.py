"""The cluster bootstrap of many means at once, every one of them over the same draws."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

RESAMPLES = 2000


@dataclass(frozen=True, eq=False)
class Resampling:
    """Draws of whole groups: which group each image belongs to, and how often each is drawn."""

    member: NDArray[np.intp]
    """(n,) the group's place, of each image."""
    drawn: Floats
    """(resamples, groups) how often a group occurs in a draw."""

    @classmethod
    def of(
        cls, groups: Sequence[str], *, resamples: int = RESAMPLES, seed: int = 0
    ) -> "Resampling":
        """The draws that `bootstrap_mean` makes of these groups."""
        names, member = np.unique(np.asarray(groups, dtype=object), return_inverse=True)
        picks = np.random.default_rng(seed).integers(names.size, size=(resamples, names.size))
        drawn = np.stack([np.bincount(pick, minlength=names.size) for pick in picks])
        return cls(member.reshape(-1), drawn.astype(np.float64))

    def totals(self, values: Floats) -> Floats:
        """(groups, k) sums over each group's images of (n, k) values."""
        size = self.drawn.shape[1]
        columns = [np.bincount(self.member, column, minlength=size) for column in values.T]
        return np.stack(columns, axis=1) if columns else np.zeros((size, 0))

    def group_means(self, values: ArrayLike) -> Floats:
        """(groups, k) mean of each group over the images whose value is known; nan without any."""
        sums, sizes = self._parts(values)
        with np.errstate(invalid="ignore"):
            return np.asarray(sums / sizes)

    def bounds(self, values: ArrayLike) -> Floats:
        """(2, k) ends of the 95 % percentile interval of the means of (n, k) values.

        A value that is nan is left out, and so is a draw without any value of its column.
        """
        sums, sizes = (self.drawn @ part for part in self._parts(values))
        with np.errstate(invalid="ignore"):
            means = sums / sizes
        return percentiles(means)

    def _parts(self, values: ArrayLike) -> tuple[Floats, Floats]:
        array = np.asarray(values, np.float64)
        known = np.isfinite(array)
        return self.totals(np.where(known, array, 0)), self.totals(known.astype(np.float64))


def percentiles(draws: Floats) -> Floats:
    """(2, k) the 2.5th and 97.5th percentiles of (resamples, k) draws; nan ones are left out."""
    ends = np.full((2, draws.shape[1]), np.nan)
    some = np.isfinite(draws).any(axis=0)
    if some.any():
        ends[:, some] = np.nanpercentile(draws[:, some], [2.5, 97.5], axis=0)
    return ends
