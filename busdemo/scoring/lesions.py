"""How large and how shaped each lesion of a mask is, in pixels or, with a spacing, millimetres.

A lesion is as large as its pixels are: lengths run between pixel corners, so that a single pixel
is 1 px wide. All is computed from whole numbers; the page (`web/core/lesions.js`) has the same.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from busdemo.imaging.arrays import Levels, Mask, require_same_size
from busdemo.imaging.components import Components, find_components
from busdemo.imaging.masks import STOPS

Point = tuple[int, int]
"""x and y of a pixel corner; the scan's top left corner is (0, 0)."""


@dataclass(frozen=True)
class Lesion:
    """One lesion of a mask, in px."""

    number: int
    """From 1, as `Components` numbers them: by size."""
    area_px: int
    longest_px: float
    """Longest diameter: the largest distance between two of its pixel corners (maximum Feret)."""
    perpendicular_px: float
    """Its whole extent at right angles to the longest diameter."""
    depth_to_width: float
    """Height of its box over the box's width; above 1 it is taller than wide.

    Source: Stavros et al., Radiology 1995; ACR BI-RADS Atlas, 5th ed., ultrasound, orientation.
    """
    centre_xy: tuple[float, float]
    """Mean of its pixels' column and row, the first of each being 0."""
    box_xywh: tuple[int, int, int, int]
    longest_ends: tuple[Point, Point]
    """The corners between which the longest diameter runs, the upper one first."""
    mean_probability: float | None = None
    """Over its pixels, each rounded down to a step of 0.005; None without a probability map."""


def measure_lesions(
    mask: Mask, levels: Levels | None = None, *, aspect: float = 1.0
) -> list[Lesion]:
    """The lesions of a (H, W) bool mask, largest first.

    `levels` is (H, W) uint8 from `quantize`; `aspect` > 0 is a pixel's height over its width: where
    it is not 1, a px is the side of the square of a pixel's area.

    Raises TypeError if the mask is not bool, ValueError if the sizes differ.
    """
    components = find_components(mask)
    lesions = [_measure(components, number, aspect) for number in range(1, components.n + 1)]
    if levels is None:
        return lesions
    require_same_size(mask, levels)
    weights = np.where(mask, levels, np.uint8(0)).ravel()
    sums = np.bincount(components.labels.ravel(), weights, components.n + 1)[1:]
    return [
        replace(lesion, mean_probability=int(total) / (STOPS * lesion.area_px))
        for lesion, total in zip(lesions, sums, strict=True)
    ]


def _measure(components: Components, number: int, aspect: float) -> Lesion:
    pixels = components.mask(number)
    x, y, width, height = (int(value) for value in components.boxes[number - 1])
    hull = convex_hull(_corners(pixels))
    one, other, squared = find_diameter(hull, aspect)
    # A pixel's sides where its area is 1: for square ones whole numbers stay whole numbers.
    wide, high = (1, 1) if aspect == 1 else (1 / math.sqrt(aspect), math.sqrt(aspect))
    dx, dy = (other[0] - one[0]) * wide, (other[1] - one[1]) * high
    across = [px * wide * dy - py * high * dx for px, py in hull]
    rows, columns = np.nonzero(pixels)
    area = int(components.areas[number - 1])
    return Lesion(
        number=number,
        area_px=area,
        longest_px=math.sqrt(squared),
        perpendicular_px=(max(across) - min(across)) / math.sqrt(squared),
        depth_to_width=height * aspect / width,
        centre_xy=(
            (int(columns.sum()) + area * x) / area,
            (int(rows.sum()) + area * y) / area,
        ),
        box_xywh=(x, y, width, height),
        longest_ends=((one[0] + x, one[1] + y), (other[0] + x, other[1] + y)),
    )


def _corners(pixels: Mask) -> list[Point]:
    """The outermost pixel corners of every row, which the convex hull is made of."""
    first = pixels.argmax(axis=1)
    last = pixels.shape[1] - pixels[:, ::-1].argmax(axis=1)
    points: set[Point] = set()
    for row in np.flatnonzero(pixels.any(axis=1)):
        y, left, right = int(row), int(first[row]), int(last[row])
        points |= {(left, y), (right, y), (left, y + 1), (right, y + 1)}
    return sorted(points)


def convex_hull(points: list[Point]) -> list[Point]:
    """The corners of the convex hull of sorted points, none of them on a straight edge.

    Source: Andrew, "Another efficient algorithm for convex hulls in two dimensions", 1979.
    """
    halves = []
    for ordered in (points, points[::-1]):
        half: list[Point] = []
        for point in ordered:
            while len(half) > 1 and _turn(half[-2], half[-1], point) <= 0:
                half.pop()
            half.append(point)
        halves.append(half[:-1])
    return halves[0] + halves[1]


def find_diameter(hull: list[Point], aspect: float = 1.0) -> tuple[Point, Point, float]:
    """The two corners farthest apart and their distance squared.

    Of several such pairs, the one whose upper (then left) end comes first, then its other end.
    """
    ordered = np.array(sorted(hull, key=lambda point: (point[1], point[0])), np.int64)
    squares = (ordered[:, None] - ordered[None]) ** 2
    apart = squares.sum(axis=2) if aspect == 1 else squares @ np.array([1 / aspect, aspect])
    i, j = sorted(np.unravel_index(int(np.argmax(apart)), apart.shape))
    (x1, y1), (x2, y2) = ordered[i].tolist(), ordered[j].tolist()
    return (x1, y1), (x2, y2), float(apart[i, j])


def _turn(origin: Point, before: Point, after: Point) -> int:
    """Above 0 where the path turns left."""
    return (before[0] - origin[0]) * (after[1] - origin[1]) - (before[1] - origin[1]) * (
        after[0] - origin[0]
    )
