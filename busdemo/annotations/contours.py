"""Masks to outlines along the edges of pixels, so that filling them gives the mask again, exactly.

A component (8-connected) becomes one outline. Its holes are part of it: a slit of no width leads
from the outer edge to the hole and back, as formats without holes have it done. Outer edges run
clockwise as seen, holes the other way, so that both fill rules agree.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from busdemo.annotations.outlines import MAX_CORNERS, MAX_OUTLINES
from busdemo.imaging.arrays import Mask, require_mask

Corners = NDArray[np.int64]
"""(N, 2) int64: x, y of corners of pixels, from 0 to width and height."""

_Point = tuple[int, int]


def trace_outlines(mask: Mask) -> list[Corners]:
    """One closed outline for each component of a (H, W) mask, none for an empty one.

    Raises TypeError or ValueError if it is no mask, ValueError for one too intricate for outlines.
    """
    require_mask(mask)
    padded = np.pad(mask, 1).astype(np.uint8)
    _require_simple(padded)
    components, labels = cv2.connectedComponents(padded, connectivity=8)
    if components - 1 > MAX_OUTLINES:
        raise ValueError(_TOO_INTRICATE)
    nexts = _link_corners(padded)
    loops: dict[int, list[Corners]] = {label: [] for label in range(1, components)}
    while nexts:
        loop = _follow(nexts)
        loops[_label_inside(labels, loop)].append(loop)
    return [_join_holes(found) for found in loops.values()]


def outline_box(outline: Corners) -> tuple[int, int, int, int]:
    """x, y, width and height in pixels."""
    low, high = outline.min(axis=0), outline.max(axis=0)
    return int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1])


_TOO_INTRICATE = (
    f"The mask has more than {MAX_OUTLINES:,} parts or {MAX_CORNERS:,} corners, too many for "
    "outlines; please use PNG, NIfTI, DICOM or COCO RLE."
)


def _require_simple(padded: NDArray[np.uint8]) -> None:
    if int(np.count_nonzero(_corner_sums(padded) % 2)) > MAX_CORNERS // 2:
        raise ValueError(_TOO_INTRICATE)


def _corner_sums(padded: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """How many of the four pixels around each corner of pixels are lesion."""
    return padded[:-1, :-1] + padded[:-1, 1:] + padded[1:, :-1] + padded[1:, 1:]


def _link_corners(padded: NDArray[np.uint8]) -> dict[tuple[_Point, int], tuple[_Point, int]]:
    """From each corner and way out of it to the next corner and the way out of that.

    Ways: 0 right, 1 down, 2 left, 3 up; lesion lies to the right hand of each. Where lesion
    touches lesion at a corner only, the edge crosses over, which joins the two.
    """
    above_left, above_right = padded[:-1, :-1], padded[:-1, 1:]
    below_left, below_right = padded[1:, :-1], padded[1:, 1:]
    leaves = np.stack(
        [
            below_right > above_right,
            below_left > below_right,
            above_left > below_left,
            above_right > above_left,
        ]
    )
    arrives = np.stack(
        [
            below_left > above_left,
            above_left > above_right,
            above_right > below_right,
            below_right > below_left,
        ]
    )
    turns = (leaves != arrives).any(axis=0) | (leaves.sum(axis=0) > 1)
    return _connect(leaves, arrives, turns)


def _connect(
    leaves: NDArray[np.bool_], arrives: NDArray[np.bool_], turns: NDArray[np.bool_]
) -> dict[tuple[_Point, int], tuple[_Point, int]]:
    """Corners are paired along each row and column: an edge runs straight between two of them."""
    nexts: dict[tuple[_Point, int], tuple[_Point, int]] = {}
    only_way, crossed = leaves.argmax(axis=0), leaves.sum(axis=0) > 1
    for way in range(4):
        starts = _in_order(leaves[way] & turns, way)
        ends = _in_order(arrives[way] & turns, way)
        y1, x1 = ends.T
        ways = np.where(crossed[y1, x1], (way + 3) % 4, only_way[y1, x1])
        for start, end, out in zip(starts.tolist(), ends.tolist(), ways.tolist(), strict=True):
            nexts[(start[1], start[0]), way] = (end[1], end[0]), out
    return nexts


def _in_order(at: NDArray[np.bool_], way: int) -> NDArray[np.intp]:
    """(N, 2) y, x of the corners, line by line along the direction of `way`."""
    if way % 2 == 0:
        return np.argwhere(at)
    return np.argwhere(at.T)[:, ::-1]


def _follow(nexts: dict[tuple[_Point, int], tuple[_Point, int]]) -> Corners:
    """Take one closed loop out of the links."""
    place = next(iter(nexts))
    corners = []
    while place in nexts:
        corners.append(place[0])
        place = nexts.pop(place)
    return np.array(corners, np.int64)


def _label_inside(labels: NDArray[np.int32], loop: Corners) -> int:
    """The component whose edge this is: the lesion to the right hand of the first edge."""
    (x0, y0), (x1, y1) = loop[0], loop[1]
    if y0 == y1:
        column = x0 if x1 > x0 else x0 - 1
        row = y0 if x1 > x0 else y0 - 1
    else:
        column = x0 - 1 if y1 > y0 else x0
        row = y0 if y1 > y0 else y0 - 1
    return int(labels[row + 1, column + 1])


def _join_holes(loops: list[Corners]) -> Corners:
    """The outer edge with a slit to each hole, at the corner nearest to the hole's first."""
    outer, *holes = sorted(loops, key=_signed_area, reverse=True)
    if not holes:
        return outer
    at: dict[int, list[Corners]] = {}
    for hole in holes:
        nearest = int(((outer - hole[0]) ** 2).sum(axis=1).argmin())
        at.setdefault(nearest, []).append(hole)
    pieces = []
    for index, corner in enumerate(outer):
        pieces.append(corner[None])
        for hole in at.get(index, []):
            pieces += [hole, hole[:1], corner[None]]
    return np.concatenate(pieces)


def _signed_area(loop: Corners) -> int:
    """Twice the area in px: positive for an outer edge, negative for a hole."""
    following = np.roll(loop, -1, axis=0)
    return int((loop[:, 0] * following[:, 1] - following[:, 0] * loop[:, 1]).sum())
