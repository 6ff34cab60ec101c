"""The leaderboard of a run: lesion Dice with its interval, and false alarms apart, always."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from busdemo.evaluation.benchmark import Benchmark, Floats
from busdemo.evaluation.resampling import Resampling
from busdemo.scoring.outcome import Outcome
from busdemo.zoo.cards import LEAST_GROUPS

INTERVAL = (" low", " high", " n", " groups")
"""Endings of the columns beside a mean."""


def tabulate_leaderboard(benchmark: Benchmark) -> pd.DataFrame:
    """One row a system, the best mean Dice first, indexed by key.

    Columns: name, parameters; "dice" (mean over images with a lesion at the frozen threshold, at
    native size), its median, "false alarms" (share of normal images with a pixel marked), both with
    " low", " high" (95 % cluster bootstrap; nan below five groups), " n" and " groups"; missed
    (images whose lesion is not touched); nsd; hd95_px, the mean with the image's diagonal in place
    of inf, and hd95 replaced, for how many; "answer dice" and "answer false alarms", as the raw
    mask's but with post-processing and presence; ms, the median.
    """
    lesions = benchmark.lesions
    distances, replaced = bound_distances(benchmark)
    frame = pd.DataFrame(
        {
            "name": benchmark.names,
            "parameters": [system.parameters for system in benchmark.systems],
            **summarize(benchmark.lesion_dice, benchmark.images["group"][lesions], "dice"),
            "dice median": column_medians(benchmark.lesion_dice),
            "missed": (benchmark.outcomes[lesions] == Outcome.MISSED_LESION).sum(axis=0),
            "nsd": column_means(benchmark.measured["nsd"][lesions]),
            "hd95_px": column_means(distances[lesions]),
            "hd95 replaced": replaced[lesions].sum(axis=0),
            **summarize(
                false_alarms(benchmark), benchmark.images["group"][~lesions], "false alarms"
            ),
            **summarize(
                benchmark.measured["answer_dice"][lesions],
                benchmark.images["group"][lesions],
                "answer dice",
            ),
            **summarize(
                false_alarms(benchmark, "answer_fp"),
                benchmark.images["group"][~lesions],
                "answer false alarms",
            ),
            "ms": column_medians(benchmark.measured["ms"]),
        },
        index=[system.key for system in benchmark.systems],
    )
    return frame.sort_values("dice", ascending=False, kind="stable")


def false_alarms(benchmark: Benchmark, of: str = "fp") -> Floats:
    """(normal images, systems) 1 where anything is marked, 0 where not, nan where not run.

    `of` is "fp" for the raw mask, "answer_fp" for the answer.
    """
    extra = benchmark.measured[of][~benchmark.lesions]
    return np.where(np.isnan(extra), np.nan, extra > 0)


def bound_distances(benchmark: Benchmark) -> tuple[Floats, NDArray[np.bool_]]:
    """HD95 in px with the image's diagonal in place of inf, and where that was done."""
    distances = benchmark.measured["hd95_px"]
    sides = benchmark.images[["height", "width"]].to_numpy(np.float64)
    diagonals = np.hypot(sides[:, 0], sides[:, 1])
    replaced = np.isinf(distances)
    return np.where(replaced, diagonals[:, None], distances), replaced


def summarize(values: Floats, groups: "pd.Series[str]", name: str) -> dict[str, Floats]:
    """Columns of a mean over (n, systems) values with its interval, images and groups."""
    n, systems = values.shape
    if not n:
        unknown, none = np.full(systems, np.nan), np.zeros(systems)
        columns = (unknown, unknown, unknown, none, none)
        return {name + end: column for end, column in zip(("", *INTERVAL), columns, strict=True)}
    resampling = Resampling.of(groups.tolist())
    means = resampling.group_means(values)
    counted = np.isfinite(means).sum(axis=0)
    bounds = np.where(counted >= LEAST_GROUPS, resampling.bounds(values), np.nan)
    known = np.isfinite(values).sum(axis=0)
    columns = (column_means(values), bounds[0], bounds[1], known, counted)
    return {name + end: column for end, column in zip(("", *INTERVAL), columns, strict=True)}


def column_means(values: Floats) -> Floats:
    """Mean of each column over what is known; nan where nothing is."""
    known = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(known, values, 0).sum(axis=0) / known.sum(axis=0))


def column_medians(values: Floats) -> Floats:
    """Median of each column over what is known; nan where nothing is."""
    columns = (column[np.isfinite(column)] for column in values.T)
    return np.array([np.median(column) if column.size else np.nan for column in columns])
