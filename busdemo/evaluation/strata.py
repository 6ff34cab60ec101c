"""Results by what an image shows and whence it comes: class, size, BI-RADS, set, device."""

import numpy as np
import pandas as pd

from busdemo.evaluation.benchmark import Benchmark
from busdemo.evaluation.leaderboard import (
    column_medians,
    false_alarms,
    summarize,
)

FACTORS = {
    "label": "class",
    "dataset": "data set",
    "size": "lesion size",
    "birads": "BI-RADS",
    "device": "device",
}
"""Id and name of what a run can be divided by."""

UNKNOWN, OTHER = "unknown", "other"
MOST_STRATA = 12

SIZES = ("small", "medium", "large")


def list_factors(benchmark: Benchmark) -> list[str]:
    """Those of `FACTORS` of which the run knows anything."""
    return [name for name in FACTORS if name == "size" or (benchmark.images[name] != "").any()]


def size_limits(benchmark: Benchmark) -> tuple[float, float]:
    """The two shares of the image's area, in [0, 1], that cut the lesions into thirds."""
    shares = _shares(benchmark)[benchmark.lesions]
    low, high = np.quantile(shares, [1 / 3, 2 / 3]) if shares.size else (np.nan, np.nan)
    return float(low), float(high)


def stratify(benchmark: Benchmark, factor: str) -> "pd.Series[str]":
    """The stratum of every image; "unknown" where the run does not say.

    Of more than 12 names the rarest are put together as "other". Sizes are thirds of the lesions
    by their share of the image's area: px differ between scanners. KeyError for an unknown factor.
    """
    if factor != "size":
        names = benchmark.images[factor].replace("", UNKNOWN).astype(object)
        often = names.value_counts().index[:MOST_STRATA]
        return names.where(names.isin(often), OTHER)
    shares = _shares(benchmark)
    place = np.searchsorted(np.array(size_limits(benchmark)), shares, side="left")
    sizes = np.array(SIZES, object)[place]
    return pd.Series(np.where(benchmark.lesions, sizes, UNKNOWN), dtype=object)


def tabulate_strata(benchmark: Benchmark, factor: str) -> pd.DataFrame:
    """One row a stratum and system: stratum, key, "dice" and "false alarms", with intervals.

    Columns as of the leaderboard, with "dice median"; nan where a stratum holds no such images.
    """
    strata, lesions = stratify(benchmark, factor), benchmark.lesions
    groups, dice = benchmark.images["group"], benchmark.measured["dice"]
    alarms = np.full_like(dice, np.nan)
    alarms[~lesions] = false_alarms(benchmark)
    frames = []
    for stratum in _order(strata[lesions] if factor == "size" else strata, factor):
        chosen = (strata == stratum).to_numpy()
        with_lesion, normal = chosen & lesions, chosen & ~lesions
        frames.append(
            pd.DataFrame(
                {
                    "stratum": stratum,
                    "key": [system.key for system in benchmark.systems],
                    **summarize(dice[with_lesion], groups[with_lesion], "dice"),
                    "dice median": column_medians(dice[with_lesion]),
                    **summarize(alarms[normal], groups[normal], "false alarms"),
                }
            )
        )
    columns = ["stratum", "key", "dice", "dice median", "false alarms"]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)


def _shares(benchmark: Benchmark) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    images = benchmark.images
    return (images["lesion_px"] / (images["height"] * images["width"])).to_numpy(np.float64)


def _order(strata: "pd.Series[str]", factor: str) -> list[str]:
    """Sizes from small to large, others by name; "unknown" last."""
    found = set(strata)
    if factor == "size":
        return [size for size in (*SIZES, UNKNOWN) if size in found]
    return sorted(found, key=lambda name: (name == UNKNOWN, name == OTHER, str(name).casefold()))
