"""How reliable readers are: intraclass correlation, kappa, limits of agreement.

Each is nan where it is undefined (too few images, nobody differs from anybody), never a guess.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Z95 = 1.959963984540054
"""Standard normal quantile of 95 % limits."""


@dataclass(frozen=True)
class Limits:
    """Differences of two readers: first minus second, in the unit of the values."""

    bias: float
    """Mean difference."""
    sd: float
    """Standard deviation of the differences (n - 1)."""
    low: float
    """bias - 1.96 sd: 95 % of the differences lie above, if they are normal."""
    high: float
    n: int
    slope: float
    """Of the differences over the means: far from 0, they grow with the size."""
    slope_p: float
    """Two-sided p that the slope is 0."""


Floats = NDArray[np.float64]


def icc_2_1(values: ArrayLike) -> float:
    """ICC(2,1) of (n images, k readers) finite values: two-way random, single, absolute agreement.

    (MSR - MSE) / (MSR + (k - 1) MSE + k (MSC - MSE) / n): Shrout and Fleiss, Psychological Bulletin
    1979, case 2. nan below two images or two readers, and where nothing varies.

    >>> ratings = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9],
    ...            [6, 2, 4, 7]]  # Shrout and Fleiss 1979, table 2
    >>> round(icc_2_1(ratings), 2)
    0.29
    """
    table = np.asarray(values, np.float64)
    if table.ndim != 2 or min(table.shape) < 2:
        return math.nan
    return float(icc_of_sums(icc_parts(table).sum(axis=0)))


def icc_parts(table: Floats) -> Floats:
    """(n, k + 3) of (n, k) values: what is to be summed over images for `icc_of_sums`."""
    centred = table - (table.mean() if table.size else 0)  # sums of squares stay exact
    squares, means = (centred**2).sum(axis=1), centred.mean(axis=1)
    return np.column_stack([np.ones(len(table)), centred, squares, means**2])


def icc_of_sums(sums: Floats) -> Floats:
    """(...,) ICC(2,1) of (..., k + 3) sums of `icc_parts`; nan where it is undefined."""
    n, columns = sums[..., 0], sums[..., 1:-2]
    k = columns.shape[-1]
    with np.errstate(invalid="ignore", divide="ignore"):
        grand = columns.sum(axis=-1) / (n * k)
        between = k * (sums[..., -1] - n * grand**2)
        judges = (columns**2).sum(axis=-1) / n - n * k * grand**2
        rest = sums[..., -2] - n * k * grand**2 - between - judges
        msr, msc = between / (n - 1), judges / (k - 1)
        mse = np.maximum(rest, 0) / ((n - 1) * (k - 1))
        divisor = msr + (k - 1) * mse + k * (msc - mse) / n
        scale = np.maximum(sums[..., -2], 1e-300)
        return np.where(divisor > 1e-12 * scale / n, (msr - mse) / divisor, np.nan)


def cohen_kappa(a: ArrayLike, b: ArrayLike) -> float:
    """Cohen's kappa of two readers' (n,) yes or no.

    Cohen, Educational and Psychological Measurement 1960. nan where chance alone would make them
    agree always: both always say the same.

    >>> cohen_kappa([1, 1, 0, 0], [1, 0, 0, 0])
    0.5
    """
    parts = kappa_parts(np.asarray(a, np.bool_), np.asarray(b, np.bool_))
    return float(kappa_of_sums(parts.sum(axis=0)))


def kappa_parts(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> Floats:
    """(n, 4) what is to be summed over images for `kappa_of_sums`."""
    return np.column_stack([np.ones(a.size), a == b, a, b])


def kappa_of_sums(sums: Floats) -> Floats:
    """(...,) Cohen's kappa of (..., 4) sums of `kappa_parts`."""
    with np.errstate(invalid="ignore", divide="ignore"):
        observed, p, q = (sums[..., at] / sums[..., 0] for at in (1, 2, 3))
        return _beyond_chance(observed, p * q + (1 - p) * (1 - q))


def fleiss_kappa(counts: ArrayLike) -> float:
    """Fleiss' kappa of (n images, categories) counts, the same number of readers in every row.

    Fleiss, Psychological Bulletin 1971. nan below two readers, and where all are in one category.
    """
    table = np.asarray(counts, np.float64)
    if table.ndim != 2 or not len(table) or table[0].sum() < 2:
        return math.nan
    return float(fleiss_of_sums(fleiss_parts(table).sum(axis=0)))


def fleiss_parts(table: Floats) -> Floats:
    """(n, categories + 2) of (n, categories) counts: what is to be summed for `fleiss_of_sums`."""
    readers = table.sum(axis=1)
    agreeing = ((table**2).sum(axis=1) - readers) / (readers * (readers - 1))
    return np.column_stack([np.ones(len(table)), agreeing, table])


def fleiss_of_sums(sums: Floats) -> Floats:
    """(...,) Fleiss' kappa of (..., categories + 2) sums of `fleiss_parts`."""
    votes = sums[..., 2:]
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = votes / votes.sum(axis=-1, keepdims=True)
        return _beyond_chance(sums[..., 1] / sums[..., 0], (shares**2).sum(axis=-1))


def _beyond_chance(observed: Floats, chance: Floats) -> Floats:
    return np.where(chance < 1 - 1e-12, (observed - chance) / (1 - chance), np.nan)


def measure_limits(a: ArrayLike, b: ArrayLike) -> Limits:
    """Limits of agreement of two readers' (n,) finite values: Bland and Altman, Lancet 1986."""
    from scipy import stats

    one, other = np.asarray(a, np.float64), np.asarray(b, np.float64)
    difference, mean = one - other, (one + other) / 2
    n = difference.size
    bias = float(difference.mean()) if n else math.nan
    sd = float(difference.std(ddof=1)) if n > 1 else math.nan
    slope, p = math.nan, math.nan
    if n > 2 and np.ptp(mean) > 0:
        fitted = stats.linregress(mean, difference)
        slope, p = float(fitted.slope), float(fitted.pvalue)
    return Limits(bias, sd, bias - Z95 * sd, bias + Z95 * sd, n, slope, p)


def count_votes(present: NDArray[np.bool_]) -> Floats:
    """(n, 2) how many of (n, readers) say no and yes: what `fleiss_kappa` takes."""
    yes = present.sum(axis=1)
    return np.stack([present.shape[1] - yes, yes], axis=1).astype(np.float64)
