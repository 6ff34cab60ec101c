"""How well boxes with scores find the true boxes: average precision as COCO defines it.

Lin et al., "Microsoft COCO", arXiv 1405.0312, and its published evaluation: at an IoU threshold
every found box, best score first, takes the free true box it overlaps most, if by at least the
threshold. Precision over recall is made monotone and read at 101 recalls, 0 to 1. At most 100
boxes an image count.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from busdemo.imaging.boxes import BoxArray, overlap_boxes

IOUS = np.linspace(0.5, 0.95, 10)
"""The IoU thresholds of mAP@50:95; the first is that of mAP@50."""

RECALLS = np.linspace(0, 1, 101)
MOST_BOXES = 100


@dataclass(frozen=True, eq=False)
class FoundBoxes:
    """What a detector found in one image: `boxes` (N, 4) in px and their `scores` (N,)."""

    boxes: BoxArray
    scores: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Matches:
    """One image's found boxes against its true ones, at every threshold of `IOUS`.

    `scores` (N,) fall; `hits` (10, N) says which boxes took a true one; `lesions` is the number of
    true boxes.
    """

    scores: NDArray[np.float64]
    hits: NDArray[np.bool_]
    lesions: int


def match_boxes(found: FoundBoxes, true: BoxArray) -> Matches:
    """Found boxes against the true ones of one image, (M, 4) float64 in px."""
    order = np.argsort(-found.scores, kind="stable")[:MOST_BOXES]
    overlaps = overlap_boxes(found.boxes[order], true)
    hits = np.stack([_take(overlaps, iou) for iou in IOUS])
    return Matches(found.scores[order], hits, len(true))


def average_precision(matches: Sequence[Matches]) -> NDArray[np.float64]:
    """AP (10,) in [0, 1] at every threshold of `IOUS` over images; nan without any true box.

    The first is mAP@50 (of the one class), the mean of all is mAP@50:95.
    """
    total = sum(m.lesions for m in matches)
    if total == 0:
        return np.full(len(IOUS), np.nan)
    scores = np.concatenate([m.scores for m in matches])
    order = np.argsort(-scores, kind="stable")
    hits = np.concatenate([m.hits for m in matches], axis=1)[:, order]
    right = np.cumsum(hits, axis=1)
    precision = right / (np.arange(1, len(order) + 1) + np.spacing(1))
    monotone = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    read = [_at_recalls(r / total, p) for r, p in zip(right, monotone, strict=True)]
    return np.array([values.mean() for values in read])


def _take(overlaps: NDArray[np.float64], least_iou: float) -> NDArray[np.bool_]:
    """Which found boxes (rows, best score first) take a true one (columns) of their own."""
    free = np.ones(overlaps.shape[1], bool)
    hits = np.zeros(len(overlaps), bool)
    for row, ious in enumerate(overlaps):
        open_ious = np.where(free, ious, -1.0)
        if len(ious) and open_ious.max() >= min(least_iou, 1 - 1e-10):
            # Of equal ones the last, as in the published evaluation.
            free[len(ious) - 1 - int(np.argmax(open_ious[::-1]))] = False
            hits[row] = True
    return hits


def _at_recalls(recall: NDArray[np.float64], precision: NDArray[np.float64]) -> NDArray[np.float64]:
    reached = np.searchsorted(recall, RECALLS, side="left")
    return np.append(precision, 0.0)[reached]
