"""A run opened for reading: what is costly is computed once, whoever asks for it how often."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path

import pandas as pd

from busdemo.evaluation.benchmark import Benchmark, System, build_benchmark
from busdemo.evaluation.curves import (
    Reliability,
    ThresholdSweep,
    measure_reliability,
    sweep_thresholds,
)
from busdemo.evaluation.leaderboard import tabulate_leaderboard
from busdemo.evaluation.pairs import Pair, compare_pairs
from busdemo.evaluation.ranks import Ranks, rank_systems
from busdemo.evaluation.run_files import ROWS_FILE, Run, read_run
from busdemo.evaluation.run_limits import refuse_giants
from busdemo.evaluation.strata import list_factors, tabulate_strata
from busdemo.zoo.cards import ALL_SETS, BENCHMARK, WEIGHTS

SHIPPED_RUN = WEIGHTS / BENCHMARK
"""The run of the zoo on the test split."""


@dataclass(frozen=True, eq=False)
class Study:
    """Images and systems of a run, with everything that has been computed from them."""

    benchmark: Benchmark
    _strata: dict[str, pd.DataFrame] = field(default_factory=dict)
    _reliability: dict[str, Reliability] = field(default_factory=dict)

    @property
    def systems(self) -> Mapping[str, System]:
        """By key."""
        return {system.key: system for system in self.benchmark.systems}

    @property
    def names(self) -> dict[str, str]:
        """Of the systems, by key."""
        return {system.key: system.name for system in self.benchmark.systems}

    @cached_property
    def leaderboard(self) -> pd.DataFrame:
        """The best first; see `tabulate_leaderboard`."""
        return tabulate_leaderboard(self.benchmark)

    @cached_property
    def pairs(self) -> dict[tuple[str, str], Pair]:
        """Every two systems, by their keys."""
        return compare_pairs(self.benchmark)

    @cached_property
    def ranks(self) -> Ranks:
        """Mean ranks; ValueError where no lesion was seen by all."""
        return rank_systems(self.benchmark, self.pairs)

    @cached_property
    def sweep(self) -> ThresholdSweep:
        """Every threshold."""
        return sweep_thresholds(self.benchmark)

    @cached_property
    def factors(self) -> list[str]:
        """What the run can be divided by."""
        return list_factors(self.benchmark)

    @property
    def best(self) -> list[str]:
        """Keys, the best mean Dice first."""
        return [str(key) for key in self.leaderboard.index]

    def alike(self) -> set[str]:
        """The best system and those the data do not tell apart from it."""
        first, *others = self.best
        pairs = self.pairs
        same = {key for key in others if (first, key) in pairs and not pairs[first, key].differs}
        return {first} | same

    def strata(self, factor: str) -> pd.DataFrame:
        """Dice and false alarms by one of `factors`, with the systems' names."""
        if factor not in self._strata:
            table = tabulate_strata(self.benchmark, factor)
            self._strata[factor] = table.assign(name=table["key"].map(self.names))
        return self._strata[factor]

    def reliability(self, key: str) -> Reliability:
        """How far a system's probabilities can be taken at their word."""
        if key not in self._reliability:
            self._reliability[key] = measure_reliability(self.benchmark, key)
        return self._reliability[key]


@dataclass(frozen=True, eq=False)
class OpenRun:
    """A run, and its parts by data set and number of stages."""

    whole: Benchmark
    run: Run | None = None
    """The rows; None where they were let go of."""
    _parts: dict[tuple[str, int], Study] = field(default_factory=dict)

    @property
    def stages(self) -> list[int]:
        """Numbers of stages the run holds: [1], [2] or [1, 2]."""
        return sorted({system.stages for system in self.whole.systems})

    def study(self, dataset: str = ALL_SETS, stages: int = 0) -> Study:
        """A part of the run; ValueError where there is none."""
        key = dataset, stages
        if key not in self._parts:
            self._parts[key] = Study(self.whole.select(dataset, stages))
        return self._parts[key]


def open_run(source: Path | bytes) -> OpenRun:
    """Open a run's folder, its file or that file's contents.

    Raises ValueError with one sentence for what is no run or contradicts itself.
    """
    run = read_run(source)
    return OpenRun(build_benchmark(run), run)


def open_bytes(data: bytes) -> OpenRun:
    """Open a visitor's file; ValueError as `open_run`, and for more rows than a page should bear.

    The rows themselves are let go of.
    """
    refuse_giants(data)
    return replace(open_run(data), run=None)


@lru_cache(maxsize=2)
def open_shipped(folder: Path = SHIPPED_RUN) -> OpenRun | None:
    """The run that comes with the zoo; None where there is none. ValueError when it is damaged."""
    return open_run(folder) if (folder / ROWS_FILE).is_file() else None


def warm_up(folder: Path = SHIPPED_RUN) -> None:
    """Compute what a visitor sees first of the shipped run; nothing where there is no good one."""
    with suppress(ValueError):
        if (opened := open_shipped(folder)) is not None:
            opened.study(stages=opened.stages[0]).alike()
