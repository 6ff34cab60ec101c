"""Opening, closing, filling and smoothing of masks, in whole numbers.

The browser does the same steps on the same pixels (`web/core/postprocess.js`), so each is defined
without rounding. A disc of radius r px holds the offsets with dx² + dy² <= r² + r, which are those
closer than r + 1/2. What lies outside the image says nothing: it neither erodes a lesion at the
border nor adds to it.
"""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from busdemo.imaging.arrays import Mask


def disc_half_widths(radius_px: int) -> list[int]:
    """Half the width of a disc in each of its rows, from dy = -radius to radius, both included."""
    return [
        math.isqrt(radius_px * radius_px + radius_px - dy * dy)
        for dy in range(-radius_px, radius_px + 1)
    ]


def build_disc(radius_px: int) -> Mask:
    """The disc as a (2 r + 1, 2 r + 1) bool array.

    >>> build_disc(1).astype(int).tolist()
    [[1, 1, 1], [1, 1, 1], [1, 1, 1]]
    """
    along = np.abs(np.arange(-radius_px, radius_px + 1))
    return np.asarray(along <= np.array(disc_half_widths(radius_px))[:, None])


def open_mask(mask: Mask, radius_px: int) -> Mask:
    """The union of all discs that fit into a (H, W) bool mask; it loses spurs and bridges."""
    return _morph(mask, radius_px, cv2.MORPH_OPEN)


def close_mask(mask: Mask, radius_px: int) -> Mask:
    """A (H, W) bool mask and all that no disc outside can reach: gaps and notches are closed."""
    return _morph(mask, radius_px, cv2.MORPH_CLOSE)


def fill_holes(mask: Mask) -> Mask:
    """A (H, W) bool mask with its holes: background that no path of side steps leads out of.

    >>> import numpy as np
    >>> ring = np.ones((3, 3), np.bool_)
    >>> ring[1, 1] = False
    >>> bool(fill_holes(ring).all())
    True
    """
    _, labels = cv2.connectedComponents((~mask).astype(np.uint8), connectivity=4)
    rim = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    open_background = np.zeros(labels.max() + 1, np.bool_)
    open_background[rim] = True
    open_background[0] = False  # the mask itself
    return np.asarray(~open_background[labels])


def smooth_mask(mask: Mask, radius_px: int) -> Mask:
    """True where more than half of the disc around a pixel is: a binary median, (H, W) bool.

    Of the disc, only the pixels inside the image are asked.
    """
    lit = _sum_discs(mask.astype(np.int32), radius_px)
    asked = _sum_discs(np.ones(mask.shape, np.int32), radius_px)
    return np.asarray(2 * lit > asked)


def _morph(mask: Mask, radius_px: int, operation: int) -> Mask:
    # OpenCV's own border value is the neutral one of either operation.
    disc = build_disc(radius_px).astype(np.uint8)
    return np.asarray(cv2.morphologyEx(mask.astype(np.uint8), operation, disc) > 0)


def _sum_discs(values: NDArray[np.int32], radius_px: int) -> NDArray[np.int32]:
    """The sum over the disc around each pixel, (H, W) int32; 0 beyond the image."""
    height, width = values.shape
    padded = np.pad(values, ((radius_px, radius_px), (radius_px + 1, radius_px)))
    sums = np.cumsum(padded, axis=1, dtype=np.int32)
    total = np.zeros(values.shape, np.int32)
    for row, half in enumerate(disc_half_widths(radius_px)):
        left, right = radius_px - half, radius_px + half + 1
        line = sums[row : row + height]
        total += line[:, right : right + width] - line[:, left : left + width]
    return total
