"""Boxes around lesions: from masks, between each other, and as crops of an image."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from busdemo.imaging.arrays import Mask, require_mask

BoxArray = NDArray[np.float64]
"""(N, 4) left, top, right, bottom in px; right and bottom are where the box ends."""

LEAST_PX = 16
"""Fewer connected pixels are debris of drawing, not a lesion: the masks of the four sets hold some
of 1 to 5 px, and no lesion below 240."""


@dataclass(frozen=True)
class Box:
    """A box in px of an image; pixel (x, y) covers x to x + 1 and y to y + 1."""

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def whole(cls, image_wh: tuple[int, int]) -> Self:
        """The box around all of an image."""
        return cls(0, 0, *image_wh)

    def window(self) -> tuple[slice, slice]:
        """Rows and columns of a box with whole numbers, to index an array (H, W)."""
        left, top, right, bottom = (int(edge) for edge in astuple(self))
        return slice(top, bottom), slice(left, right)


def stack(boxes: Sequence[Box]) -> BoxArray:
    """Boxes as an array (N, 4) float64 of left, top, right and bottom in px."""
    return np.array([astuple(box) for box in boxes], np.float64).reshape(-1, 4)


def boxes_of(mask: Mask, least_px: int = LEAST_PX) -> list[Box]:
    """One box a lesion, in px: a part of the (H, W) bool mask connected over edges or corners.

    >>> import numpy as np
    >>> mask = np.zeros((20, 30), np.bool_)
    >>> mask[5:10, 4:12] = True
    >>> boxes_of(mask)
    [Box(left=4.0, top=5.0, right=12.0, bottom=10.0)]
    """
    require_mask(mask)
    parts = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)[2][1:]
    return [
        Box(float(x), float(y), float(x + w), float(y + h))
        for x, y, w, h, area in parts
        if area >= least_px
    ]


def overlap_boxes(boxes: BoxArray, others: BoxArray) -> NDArray[np.float64]:
    """IoU of (N, 4) boxes with (M, 4) others: (N, M) float64 in [0, 1], 0 where both are empty."""
    corners = np.maximum(boxes[:, None, :2], others[:, :2])
    opposite = np.minimum(boxes[:, None, 2:], others[:, 2:])
    shared = np.prod(np.clip(opposite - corners, 0, None), axis=2)
    areas, more = (np.prod(b[:, 2:] - b[:, :2], axis=1) for b in (boxes, others))
    union = areas[:, None] + more - shared
    return np.asarray(np.divide(shared, union, out=np.zeros_like(shared), where=union > 0))


def suppress(boxes: BoxArray, scores: NDArray[np.float64], most_iou: float) -> list[int]:
    """The boxes to keep, best score first: none overlaps a better one by more than `most_iou`.

    Boxes are (N, 4) float64 in px, scores (N,) float64 in [0, 1]; the answer are row numbers, from
    0. The usual greedy non-maximum suppression.
    """
    kept: list[int] = []
    for index in np.argsort(-scores, kind="stable"):
        if not kept or overlap_boxes(boxes[[index]], boxes[kept]).max() <= most_iou:
            kept.append(int(index))
    return kept


def pad_to_square(box: Box, padding: float, image_wh: tuple[int, int]) -> Box:
    """A square around a box with `padding` times its longer side on every side, in whole px.

    Moved inside the image where it would leave it, and cut off where it is larger than the image.
    """
    width, height = box.right - box.left, box.bottom - box.top
    side = max(1, round(max(width, height) * (1 + 2 * padding)))
    edges = []
    middles = ((box.left + box.right) / 2, (box.top + box.bottom) / 2)
    for middle, whole in zip(middles, image_wh, strict=True):
        length = min(side, whole)
        start = min(max(round(middle - length / 2), 0), whole - length)
        edges.append((start, start + length))
    (left, right), (top, bottom) = edges
    return Box(left, top, right, bottom)
