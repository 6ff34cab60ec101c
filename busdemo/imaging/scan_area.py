"""Where the scan lies in a picture of a scanner's whole screen, by rules.

What a scanner draws around a scan is flat: frame, panels, bars and the space between letters have
one value from pixel to pixel. A scan is textured all over, but where it is black or saturated. So
the scan area is the largest densely textured part of the picture, and a picture is a screen where
that part leaves much of it flat. The cut-offs were set on images of the train and val splits, left
as they are, and on screens drawn around them (tests/benchmarks/scan_areas.py measures both).
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from busdemo.imaging.arrays import GreyImage, Mask
from busdemo.imaging.boxes import Box

SIDE_PX = 480
"""Long side at which the area is looked for; its edges are then set at the picture's own size."""

WINDOW_PX, DENSE = 13, 0.8
"""Side of the window in which the share of textured pixels must exceed `DENSE`: a row of letters
does not fill it, a scan does."""

MOST_SHARE, LEAST_SHARE, LEAST_FLAT = 0.7, 0.04, 0.6
"""A screen's scan area takes up at most and at least so much of it, and at least so much of what
lies around it is flat."""

LEAST_MARGIN, LEAST_MARGINS = 0.02, 2
"""The margin of a screen, as a share of its width or height, and on how many sides there is one:
a scan with a dark far field has a flat margin on one side only."""

QUIET, MOST_NOISE = 5, 5
"""The percentile of the ranges within 3x3 px that a screen's noise is judged by (none, but for a
photograph or a poor JPEG), and what is taken for noise at most."""

PEER = 0.5
"""A textured part of at least this share of the largest one's pixels is a second view beside it."""

Edges = tuple[int, int, int, int]
"""Left, top, right, bottom in px, the last two where the area ends."""


def find_scan_area(image: GreyImage) -> Box | None:
    """The scan's box, in whole px, on a screen (H, W) uint8; None for a picture without a screen.

    Two views side by side are one area. Calipers and letters inside the scan belong to it.
    """
    height, width = image.shape
    scale = min(1.0, SIDE_PX / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    ranges = _measure_ranges(small)
    noise = min(int(np.percentile(ranges, QUIET)), MOST_NOISE)
    rough = _find_textured(small, ranges, noise)
    if rough is None or not _stands_on_a_screen(ranges > 2 + 2 * noise, rough):
        return None
    reach = 1 + int(np.ceil(1.5 / scale))
    left, right = _snap(image, (rough[0] / scale, rough[2] / scale), reach, axis=1)
    top, bottom = _snap(image, (rough[1] / scale, rough[3] / scale), reach, axis=0)
    return Box(left, top, right, bottom)


def _measure_ranges(image: GreyImage) -> GreyImage:
    """The largest less the smallest value in every pixel's 3x3 neighbourhood (H, W)."""
    square = np.ones((3, 3), np.uint8)
    return np.asarray(cv2.dilate(image, square) - cv2.erode(image, square), np.uint8)


def _find_textured(image: GreyImage, ranges: GreyImage, noise: int) -> Edges | None:
    """The box of the largest densely textured part, and of its peers."""
    window = (WINDOW_PX, WINDOW_PX)
    textured = (ranges > 4 + 2 * noise).astype(np.float32)
    share = cv2.boxFilter(textured, -1, window, borderType=cv2.BORDER_CONSTANT)
    dense = (share > DENSE).astype(np.uint8)
    parts = cv2.connectedComponentsWithStats(dense, connectivity=4)[2][1:]
    if not len(parts):
        return None
    chosen = parts[parts[:, cv2.CC_STAT_AREA] >= PEER * parts[:, cv2.CC_STAT_AREA].max()]
    corners = chosen[:, :2].min(axis=0), (chosen[:, :2] + chosen[:, 2:4]).max(axis=0)
    return _grow(image, ranges > 2 * noise, (*corners[0].tolist(), *corners[1].tolist()))


def _grow(image: GreyImage, varied: Mask, edges: Edges) -> Edges:
    """The box moved outwards while half of the pixels along an edge vary at all.

    The window takes a rim off every part; what is flat for a scanner does not vary, and ticks and
    letters beside the scan are few along an edge. A far field without echoes is flat, too, but
    may be lighter than the screen.
    """
    left, top, right, bottom = edges
    for _ in range(2):  # a side that was too short judged its neighbours by too little
        left, right = _walk(varied[top:bottom], 0, (left, right))
        top, bottom = _walk(varied[:, left:right], 1, (top, bottom))
    lit = np.abs(image.astype(np.int16) - _background(image, varied)) > 2
    _, bottom = _walk((lit | varied)[:, left:right], 1, (bottom - 1, bottom))
    return left, top, right, bottom


def _background(image: GreyImage, varied: Mask) -> int:
    """The grey value that most of the flat pixels have; 0 where nothing is flat."""
    return int(np.bincount(image[~varied], minlength=256).argmax())


def _walk(marked: Mask, axis: int, ends: tuple[int, int]) -> tuple[int, int]:
    """Start and end moved outwards over all lines that are marked by half or more."""
    start, end = ends
    full: NDArray[np.bool_] = marked.mean(axis=axis) >= 0.5
    while start > 0 and full[start - 1]:
        start -= 1
    while end < len(full) and full[end]:
        end += 1
    return start, end


def _stands_on_a_screen(textured: Mask, edges: Edges) -> bool:
    height, width = textured.shape
    left, top, right, bottom = edges
    share = (right - left) * (bottom - top) / textured.size
    gaps = left / width, top / height, 1 - right / width, 1 - bottom / height
    around = np.ones(textured.shape, np.bool_)
    around[top:bottom, left:right] = False
    return (
        LEAST_SHARE <= share <= MOST_SHARE
        and sum(gap > LEAST_MARGIN for gap in gaps) >= LEAST_MARGINS
        and float(1 - textured[around].mean()) > LEAST_FLAT
    )


def _snap(image: GreyImage, ends: tuple[float, float], reach: int, axis: int) -> tuple[int, int]:
    """Both ends moved, by at most `reach` px, to the steepest straight step nearby."""
    steps = np.abs(np.diff(image.astype(np.int16), axis=axis)).mean(axis=1 - axis)
    places = []
    for end in ends:
        if not reach < end < image.shape[axis] - reach:
            places.append(round(end))
            continue
        first = max(1, round(end) - reach)
        places.append(first + int(steps[first - 1 : round(end) + reach].argmax()))
    return places[0], places[1]
