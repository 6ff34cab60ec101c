"""A run as arrays, images by systems: what every table and plot of a benchmark is computed from.

A system is a model used in one way: on the whole image (one stage), or behind a detector (two).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from busdemo.evaluation.resampling import Resampling
from busdemo.evaluation.run_files import Run
from busdemo.imaging.masks import STOPS
from busdemo.zoo.cards import ALL_SETS

Floats = NDArray[np.float64]
Counts = NDArray[np.int32]

BINS = 20
"""Of the reliability diagram: each 0.05 of probability wide, ten levels."""

MOST_PX = 46_000
"""Sides of an image: its pixels can then be counted in 32 bits."""

IMAGE_COLUMNS = (
    *("id", "dataset", "split", "label", "group", "birads", "device"),
    *("mm_per_px", "height", "width", "lesion_px"),
)
MOST_SYSTEMS, LONGEST = 64, 300
"""Systems in a run, and letters in any of its words."""

MEASURES = ("dice", "hd95_px", "nsd", "ms", "fp", "answer_dice", "answer_fp")


@dataclass(frozen=True)
class System:
    """One model in one or two stages, with its frozen threshold as a stop."""

    model: str
    stages: int
    name: str
    stop: int
    parameters: float = float("nan")

    @property
    def key(self) -> str:
        """What names the system in a request: "unet" or "unet:2"."""
        return self.model if self.stages == 1 else f"{self.model}:{self.stages}"


@dataclass(frozen=True, eq=False)
class Benchmark:
    """A run's images and systems, and what each system did on each image; nan where it did not run.

    Arrays are (images, systems, ...).
    """

    images: pd.DataFrame
    """One row an image, the columns `IMAGE_COLUMNS`."""
    systems: tuple[System, ...]
    measured: Mapping[str, Floats]
    """By measure: "dice", "hd95_px" (inf where one mask is empty), "nsd", "ms", "fp"; of the answer
    (post-processing and presence) "answer_dice" and "answer_fp", nan in runs made before."""
    outcomes: NDArray[np.object_]
    dice_curve: NDArray[np.float32]
    """(..., 199) Dice at every stop; nan where both masks are empty."""
    marked: NDArray[np.bool_]
    """(..., 199) is any pixel marked at this stop?"""
    calibration: NDArray[np.float32]
    """(..., BINS, 3) share of the image's pixels, of its pixels that are lesion, and the sum of
    probabilities divided by the image's pixels, of every bin of probability."""
    receipt: Mapping[str, Any]
    dataset: str = ALL_SETS
    """The data set selected."""

    @property
    def datasets(self) -> list[str]:
        """The data sets the images come from."""
        return sorted(set(self.images["dataset"]), key=str.casefold)

    @property
    def names(self) -> list[str]:
        """Of the systems, no two alike."""
        return [system.name for system in self.systems]

    @cached_property
    def lesions(self) -> NDArray[np.bool_]:
        """(images,) does the ground truth hold a lesion?"""
        return self.images["lesion_px"].to_numpy() > 0

    @cached_property
    def resampling(self) -> Resampling:
        """Draws of the groups of the images with a lesion."""
        return Resampling.of(self.images["group"][self.lesions].tolist())

    @cached_property
    def lesion_dice(self) -> Floats:
        """(images with a lesion, systems) Dice at the frozen thresholds."""
        return self.measured["dice"][self.lesions]

    def place(self, key: str) -> int:
        """Where a system stands; KeyError with a sentence for an unknown one."""
        for place, system in enumerate(self.systems):
            if system.key == key:
                return place
        raise KeyError(f"The run holds no model {key!r}.")

    def select(self, dataset: str = ALL_SETS, stages: int = 0) -> "Benchmark":
        """The images of one data set and the systems of so many stages (0: all).

        ValueError where nothing is left.
        """
        rows = np.full(len(self.images), dataset == ALL_SETS) | (self.images["dataset"] == dataset)
        columns = [i for i, one in enumerate(self.systems) if stages in (0, one.stages)]
        if not rows.any() or not columns:
            raise ValueError("The run holds no such images or models.")
        at = np.ix_(np.flatnonzero(rows), np.array(columns))
        return replace(
            self,
            images=self.images[np.asarray(rows)].reset_index(drop=True),
            systems=tuple(self.systems[i] for i in columns),
            measured={name: array[at] for name, array in self.measured.items()},
            outcomes=self.outcomes[at],
            dice_curve=self.dice_curve[at],
            marked=self.marked[at],
            calibration=self.calibration[at],
            dataset=dataset,
        )


def build_benchmark(run: Run) -> Benchmark:
    """Arrange a run's rows; ValueError with one sentence where they contradict each other."""
    rows = run.rows
    if rows.empty:
        raise ValueError("The run holds no rows.")
    _check_words(rows)
    counts = run.counts()
    histograms = _histogram(rows, "lesion"), _histogram(rows, "background")
    _check_numbers(rows, counts, *histograms)
    images = rows[list(IMAGE_COLUMNS)].drop_duplicates().reset_index(drop=True)
    if twice := images["id"][images["id"].duplicated()].tolist():
        raise ValueError(f"The run says two different things about the image {twice[0]}.")
    systems = _list_systems(rows, run.receipt)
    order = {(one.model, one.stages): place for place, one in enumerate(systems)}
    pairs = zip(rows["model"], rows["stages"], strict=True)
    column = np.array([order[model, int(stages)] for model, stages in pairs])
    at = pd.Index(images["id"]).get_indexer(rows["id"]), column
    shape = len(images), len(systems)
    return Benchmark(
        images=images,
        systems=systems,
        measured={
            name: _arrange(rows[name].to_numpy(np.float64), at, shape, np.nan) for name in MEASURES
        },
        outcomes=_arrange(rows["outcome"].to_numpy(object), at, shape, ""),
        dice_curve=_arrange(_dice(counts), at, shape, np.nan),
        marked=_arrange(counts[..., 0] + counts[..., 1] > 0, at, shape, False),
        calibration=_arrange(_calibrate(*histograms), at, shape, np.nan),
        receipt=run.receipt,
    )


def _list_systems(rows: pd.DataFrame, receipt: Mapping[str, Any]) -> tuple[System, ...]:
    """The systems by stages, in the receipt's order of models; no two have one name."""
    told = _facts(receipt.get("models"))
    found = rows[["model", "stages", "stop"]].drop_duplicates(["model", "stages"])
    kinds = [(int(stages), str(model), int(stop)) for model, stages, stop in found.to_numpy()]
    places = {model: place for place, model in enumerate(told)}
    kinds.sort(key=lambda kind: (kind[0], places.get(kind[1], len(places)), kind[1]))
    facts = {model: _facts(told.get(model)) for _, model, _ in kinds}
    names = {model: str(fact.get("name") or model)[:LONGEST] for model, fact in facts.items()}
    shown = list(names.values())
    systems = []
    for stages, model, stop in kinds:
        name = names[model] if shown.count(names[model]) == 1 else f"{names[model]} ({model})"
        ending = ", two stages" if stages == 2 else ""
        number = facts[model].get("parameters")
        size = float(number) if isinstance(number, int | float) and number > 0 else float("nan")
        systems.append(System(model, stages, name + ending, stop, size))
    return tuple(systems)


def _facts(told: object) -> Mapping[str, Any]:
    return told if isinstance(told, Mapping) else {}


def _check_words(rows: pd.DataFrame) -> None:
    """Refuse endless words and more systems than can be compared."""
    for name in (*IMAGE_COLUMNS[:7], "model", "outcome"):
        if rows[name].str.len().max() > LONGEST:
            raise ValueError(f"The run's column {name!r} holds more than {LONGEST} letters.")
    systems = len(rows[["model", "stages"]].drop_duplicates())
    if systems > MOST_SYSTEMS:
        raise ValueError(f"The run holds {systems} models; at most {MOST_SYSTEMS} are compared.")


def _check_numbers(
    rows: pd.DataFrame, sweep: NDArray[np.int64], lesion: Counts, background: Counts
) -> None:
    """Refuse numbers outside their range, and Dice that counts and histograms do not give."""
    sides = ("height", "width")
    for name in (*sides, "tp", "fp", "fn", "lesion_px"):
        if not rows[name].between(name in sides, MOST_PX if name in sides else MOST_PX**2).all():
            raise ValueError(f"The run's column {name!r} holds a number out of bounds.")
    pixels = lesion.sum(axis=1) + background.sum(axis=1)
    area = rows["height"].to_numpy() * rows["width"].to_numpy()
    if (lesion < 0).any() or (background < 0).any() or (pixels != area).any():
        raise ValueError("The run's histograms do not count every pixel of the image once.")
    counts = sweep[np.arange(len(rows)), rows["stop"].to_numpy() - 1]
    told = rows[["tp", "fp", "fn"]].to_numpy()
    if (counts != told).any() or (lesion.sum(axis=1) != rows["lesion_px"]).any():
        raise ValueError("The run's histograms do not give its counts of pixels.")
    answer = rows[["answer_tp", "answer_fp", "answer_fn"]].to_numpy()
    if (answer < 0).any() or (answer.sum(axis=1) > area).any():
        raise ValueError("The run's answers count pixels that the image has not.")
    if not np.allclose(_dice(answer), rows["answer_dice"], atol=1e-6, equal_nan=True):
        raise ValueError("The run's Dice of an answer does not follow from its counts of pixels.")
    if not np.allclose(_dice(told), rows["dice"], atol=1e-6, equal_nan=True):
        raise ValueError("The run's Dice does not follow from its counts of pixels.")


def _dice(counts: NDArray[Any]) -> NDArray[np.float32]:
    """Dice of (..., 3) TP, FP, FN, nan where all are 0."""
    hit = 2 * counts[..., 0]
    with np.errstate(invalid="ignore"):
        return np.asarray(hit / (hit + counts[..., 1] + counts[..., 2]), np.float32)


def _calibrate(lesion: Counts, background: Counts) -> NDArray[np.float32]:
    """(rows, BINS, 3), as `Benchmark.calibration`."""
    pixels = (lesion + background).astype(np.float32)
    pixels /= pixels.sum(axis=1, keepdims=True)
    share = lesion / (lesion + background).sum(axis=1, keepdims=True)
    middle = ((np.arange(STOPS) + 0.5) / STOPS).astype(np.float32)
    parts = (pixels, share, pixels * middle)
    return np.stack(
        [part.reshape(len(lesion), BINS, -1).sum(axis=2, dtype=np.float32) for part in parts],
        axis=2,
    )


def _histogram(rows: pd.DataFrame, part: str) -> Counts:
    return np.stack(rows[f"{part}_histogram"].tolist())


def _arrange(
    cells: NDArray[Any], at: tuple[Any, Any], shape: tuple[int, int], empty: Any
) -> NDArray[Any]:
    """Cells of rows, (N, ...), as (images, systems, ...)."""
    arranged = np.full((*shape, *cells.shape[1:]), empty, cells.dtype)
    arranged[at] = cells
    return arranged
