"""Any number of people and models on one image: every one against every other.

A model is an annotator, and so is a consensus: one path serves them all. Every table is symmetric;
which of two masks is the reference matters to the outcome word alone.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from busdemo.annotations.annotation import Annotation, Kind
from busdemo.imaging.arrays import Mask, require_mask
from busdemo.imaging.components import find_components
from busdemo.scoring.boundary import Distances, find_box, measure_boundaries
from busdemo.scoring.lesions import measure_lesions
from busdemo.scoring.outcome import Outcome
from busdemo.scoring.overlap import Counts, score_counts

Matrix = NDArray[np.float64]
"""(N, N) float64, symmetric, in the order of the annotations; nan undefined, inf without end."""

TOLERANCE_PX = 2.0
"""Tolerance of the NSD where none is asked for: about the width of a drawn line."""

TOLERANCES_PX = tuple(range(1, 11))
"""Where the curve of the NSD is read."""


@dataclass(frozen=True)
class Metric:
    """A number of two masks: `dimension` 0 has no unit (0 to 1), 1 is a length, 2 an area."""

    id: str
    name: str
    dimension: Literal[0, 1, 2]
    higher_is_better: bool

    def unit(self, mm_per_px: float | None) -> str:
        """The unit its values come in: mm only where the pixel spacing is known."""
        if not self.dimension:
            return ""
        power = "²" if self.dimension == 2 else ""
        return f"mm{power}" if mm_per_px else "px"

    def decimals(self, mm_per_px: float | None) -> int:
        """How many its values are shown with."""
        return (2, 1, 0)[self.dimension] + (1 if mm_per_px and self.dimension else 0)

    def show(self, value: float, mm_per_px: float | None) -> str:
        """A value as it is printed, without its unit; "–" where undefined."""
        if math.isnan(value):
            return "–"
        return "∞" if math.isinf(value) else f"{value:.{self.decimals(mm_per_px)}f}"


METRICS = (
    Metric("dice", "Dice", 0, True),
    Metric("iou", "IoU", 0, True),
    Metric("hd95", "HD95", 1, False),
    Metric("assd", "ASSD", 1, False),
    Metric("nsd", "NSD", 0, True),
    Metric("area_difference", "Area difference", 2, False),
    Metric("diameter_difference", "Diameter difference", 1, False),
)
"""In the order they are shown. The differences are absolute; the diameter is the longest of the
largest lesion, between pixel corners."""


@dataclass(frozen=True)
class Row:
    """One annotator against the reference: `values` by metric id, as in the matrices."""

    annotator: str
    kind: Kind
    outcome: Outcome
    values: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Annotations of one image against each other; made by `compare`."""

    annotations: tuple[Annotation, ...]
    tolerance_px: float
    mm_per_px: float | None
    areas_px: NDArray[np.int64]
    """(N,) pixels of each mask."""
    diameters_px: NDArray[np.float64]
    """(N,) longest diameter of each mask's largest lesion, nan where it is empty."""
    across_px: NDArray[np.float64]
    """(N,) its extent at right angles to that, nan where the mask is empty."""
    shared_px: NDArray[np.int64]
    """(N, N) pixels that two masks share."""
    _distances: Sequence[Sequence[Distances]] = field(repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The annotators, all different."""
        return tuple(annotation.annotator for annotation in self.annotations)

    def matrix(self, metric: str) -> Matrix:
        """(N, N) float64 values of a metric, in its unit; KeyError for an unknown id.

        Two empty masks: nan (area difference 0). One of them: Dice, IoU and NSD 0, HD95 and ASSD
        inf; a diameter difference is nan where there is no diameter.
        """
        return self._matrices[metric]

    def unit(self, metric: str) -> str:
        """Of a metric's values here: "", "px", "mm" or "mm²"; KeyError for an unknown id."""
        return metric_of(metric).unit(self.mm_per_px)

    def show(self, metric: str, value: float) -> str:
        """A metric's value as it is printed here, with its unit; KeyError for an unknown id."""
        shown, unit = metric_of(metric).show(value, self.mm_per_px), self.unit(metric)
        return f"{shown} {unit}" if unit and math.isfinite(value) else shown

    def against(self, reference: str) -> list[Row]:
        """Every other annotator against one of them, in order; KeyError if there is none such."""
        column = self._find(reference)
        return [
            Row(
                annotation.annotator,
                annotation.kind,
                self._outcome(row, column),
                {metric.id: float(self.matrix(metric.id)[row, column]) for metric in METRICS},
            )
            for row, annotation in enumerate(self.annotations)
            if row != column
        ]

    def nsd_curve(
        self, reference: str, tolerances_px: Iterable[float] = TOLERANCES_PX
    ) -> NDArray[np.float64]:
        """(N, tolerances) NSD in [0, 1] of every annotator, the reference itself among them."""
        column, tolerances = self._find(reference), list(tolerances_px)
        return np.array([[row[column].nsd(t) for t in tolerances] for row in self._distances])

    @property
    def voters(self) -> tuple[Annotation, ...]:
        """The people and the models; a consensus has been counted with them."""
        return tuple(one for one in self.annotations if one.kind in ("person", "model"))

    @cached_property
    def votes(self) -> NDArray[np.uint8]:
        """(H, W) uint8: how many voters mark each pixel."""
        total = np.zeros(self.annotations[0].mask.shape, np.uint8)
        for annotation in self.voters:
            total += annotation.mask
        return total

    @cached_property
    def entropy(self) -> NDArray[np.float32]:
        """(H, W) float32, bits in [0, 1]: entropy of the votes, 1 where they are split evenly."""
        count = max(len(self.voters), 1)
        share = np.arange(count + 1) / count
        terms = [p * np.log2(p, where=p > 0, out=np.zeros_like(p)) for p in (share, 1 - share)]
        return np.abs(terms[0] + terms[1]).astype(np.float32)[self.votes]

    def _find(self, annotator: str) -> int:
        if annotator not in self.names:
            raise KeyError(annotator)
        return self.names.index(annotator)

    def _outcome(self, row: int, column: int) -> Outcome:
        return score_counts(self._counts(row, column)).outcome

    def _counts(self, row: int, column: int) -> Counts:
        shared = int(self.shared_px[row, column])
        return Counts(shared, int(self.areas_px[row]) - shared, int(self.areas_px[column]) - shared)

    @cached_property
    def _matrices(self) -> Mapping[str, Matrix]:
        scale = self.mm_per_px or 1.0
        areas, pairs = self.areas_px.astype(np.float64), self._distances
        together = areas[:, None] + areas[None]
        with np.errstate(invalid="ignore"):
            matrices = {
                "dice": 2 * self.shared_px / together,
                "iou": self.shared_px / (together - self.shared_px),
                "hd95": np.array([[one.hd95_px for one in row] for row in pairs]) * scale,
                "assd": np.array([[one.assd_px for one in row] for row in pairs]) * scale,
                "nsd": np.array([[one.nsd(self.tolerance_px) for one in row] for row in pairs]),
                "area_difference": np.abs(areas[:, None] - areas[None]) * scale**2,
            }
        diameters = self.diameters_px * scale
        matrices["diameter_difference"] = np.abs(diameters[:, None] - diameters[None])
        return matrices


def metric_of(metric: str) -> Metric:
    """The metric of an id; KeyError for an unknown one."""
    return {one.id: one for one in METRICS}[metric]


def compare(
    annotations: Sequence[Annotation],
    *,
    tolerance_px: float = TOLERANCE_PX,
    mm_per_px: float | None = None,
    aspect: float = 1.0,
) -> Comparison:
    """Compare every annotation of an image with every other.

    `tolerance_px` >= 0 is the NSD's; `mm_per_px` > 0 turns lengths and areas into mm and mm²:
    the side of a square of a pixel's area, whose height over its width is `aspect`.
    Raises ValueError if there is no annotation, two annotators share a name, sizes differ or a
    number is out of range, TypeError if a mask is not bool.
    """
    _check(annotations, tolerance_px, mm_per_px)
    box = find_box([one.mask for one in annotations])
    masks = [np.ascontiguousarray(one.mask[box]) for one in annotations]
    shared = _count_shared(masks)
    diameters_px, across_px = np.array([_diameters_px(mask, aspect) for mask in masks]).T
    return Comparison(
        annotations=tuple(annotations),
        tolerance_px=float(tolerance_px),
        mm_per_px=mm_per_px,
        areas_px=np.diag(shared).copy(),
        diameters_px=diameters_px,
        across_px=across_px,
        shared_px=shared,
        _distances=measure_boundaries(masks, aspect=aspect),
    )


def _check(annotations: Sequence[Annotation], tolerance_px: float, mm_per_px: float | None) -> None:
    if not annotations:
        raise ValueError("There is nothing to compare: no annotation was given.")
    names = [one.annotator for one in annotations]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ValueError(f"Two annotators are called {twice[0]!r}; please rename one.")
    for one in annotations:
        require_mask(one.mask)
    height, width = annotations[0].mask.shape
    for one in annotations:
        if one.mask.shape != (height, width):
            size = f"{one.mask.shape[1]}x{one.mask.shape[0]}"
            raise ValueError(
                f"The mask of {one.annotator} is {size} px, that of {names[0]} {width}x{height} px."
            )
    if not 0 <= tolerance_px < math.inf:
        raise ValueError(f"The tolerance must be 0 px or more, got {tolerance_px:g}.")
    if mm_per_px is not None and not 0 < mm_per_px < math.inf:
        raise ValueError(f"The pixel spacing must be above 0 mm, got {mm_per_px:g}.")


def _count_shared(masks: Sequence[Mask]) -> NDArray[np.int64]:
    """(N, N) pixels shared by two masks, counted 64 at a time."""
    length = -masks[0].size % 64 + masks[0].size
    bits = np.zeros((len(masks), length // 8), np.uint8)
    for row, mask in enumerate(masks):
        packed = np.packbits(mask)
        bits[row, : packed.size] = packed
    words = bits.view(np.uint64)
    counts = [np.bitwise_count(words[: row + 1] & words[row]) for row in range(len(masks))]
    shared = np.zeros((len(masks), len(masks)), np.int64)
    for row, part in enumerate(counts):
        shared[row, : row + 1] = shared[: row + 1, row] = part.sum(axis=1, dtype=np.int64)
    return shared


def _diameters_px(mask: Mask, aspect: float) -> tuple[float, float]:
    if not mask.any():
        return math.nan, math.nan
    largest = measure_lesions(find_components(mask).mask(1), aspect=aspect)[0]
    return largest.longest_px, largest.perpendicular_px
