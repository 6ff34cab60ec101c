"""Lesions as connected regions of a mask, numbered by size."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from busdemo.imaging.arrays import Mask, require_mask


@dataclass(frozen=True, eq=False)
class Components:
    """The lesions of a mask: regions whose pixels touch by a side or a corner (8-connected).

    Number 1 is the largest; of equally large ones, the one whose first pixel comes first, row by
    row from the top, each from the left.
    """

    labels: NDArray[np.int32]
    """(H, W) the number of each pixel's lesion, 0 where there is none."""
    areas: NDArray[np.int64]
    """(n,) pixels of each lesion, largest first."""
    boxes: NDArray[np.int64]
    """(n, 4) x, y, width and height in px of the box around each lesion."""

    @property
    def n(self) -> int:
        """How many lesions there are."""
        return len(self.areas)

    def mask(self, number: int) -> Mask:
        """The pixels (box height, box width) bool of one lesion (1 to n) in its own box."""
        x, y, width, height = self.boxes[number - 1]
        return np.asarray(self.labels[y : y + height, x : x + width] == number)


def find_components(mask: Mask) -> Components:
    """The lesions of a (H, W) bool mask; TypeError or ValueError if it is no mask."""
    require_mask(mask)
    if not mask.size:
        raise ValueError("A mask needs at least one pixel.")
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    areas = stats[1:, cv2.CC_STAT_AREA].astype(np.int64)
    lit = np.flatnonzero(mask)[::-1]
    first = np.zeros(count, np.int64)
    first[labels.ravel()[lit]] = lit  # the last one written stays: each lesion's first pixel
    order = np.lexsort((first[1:], -areas))
    number = np.zeros(count, np.int32)
    number[order + 1] = np.arange(1, count, dtype=np.int32)
    boxes = stats[1:, : cv2.CC_STAT_AREA].astype(np.int64)
    return Components(number[labels], areas[order], boxes[order])
