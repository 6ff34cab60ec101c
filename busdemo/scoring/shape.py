"""The shape of one lesion as numbers that do not change when the picture is enlarged.

A lesion is as large as its pixels are, as in `scoring.lesions`: lengths run between pixel corners.
Formulas as in Kilday et al., IEEE TMI 1993 (normalised radial length), Chou et al., Ultrasound Med
Biol 2001, and Alvarenga et al., Med Phys 2012 (shape of breast lesions in ultrasound).
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from busdemo.imaging.arrays import Mask, require_mask

RADIAL_BINS = 100
"""Of the histogram behind the entropy: Kilday et al. 1993."""
LOBE_DEPTH = 0.03
"""Share of the hull's longest diameter from which a concavity of the outline counts."""
LEAST_LOBE_PX = 1.5
"""Less deep are the steps between pixels."""


@dataclass(frozen=True)
class Shape:
    """Shape of one lesion; ratios unless the name ends in a unit."""

    perimeter_px: float
    """Crofton's formula over 4 directions (Legland et al., Image Anal Stereol 2007): within 1 %
    for discs of 10 px radius or more, 5 % short for upright squares."""
    circularity: float
    """4 pi area / perimeter², 1 for a disc, less for anything else (Cox 1927)."""
    solidity: float
    """Area over the pixels in its convex hull, in (0, 1]."""
    extent: float
    """Area over the area of its upright box, in (0, 1]."""
    ellipse_fit: float
    """IoU with the ellipse of the same centre, second moments and area ratio, in [0, 1]."""
    elongation: float
    """1 - minor / major axis of that ellipse: 0 for a disc, near 1 for a line."""
    angle_deg: float
    """Of its major axis against the horizontal, in (-90, 90]; above 0 it rises to the right."""
    radial_mean: float
    """Mean distance of the outline from the centre over the largest, in (0, 1]; 1 for a disc."""
    radial_sd: float
    """Standard deviation of the same distances; 0 for a disc."""
    radial_entropy: float
    """Entropy in bits of the same distances over 100 bins of [0, 1]; 0 for a disc."""
    lobulations: int
    """Concavities of the outline at least 3 % of the longest diameter deep: as many as lobes."""


def measure_shape(pixels: Mask) -> Shape:
    """The shape of the one lesion in a (H, W) bool mask, holes included as they are.

    Raises TypeError or ValueError if it is no mask, ValueError if it is empty.
    """
    require_mask(pixels)
    if not pixels.any():
        raise ValueError("There is no lesion in the mask.")
    x, y, width, height = cv2.boundingRect(pixels.astype(np.uint8))
    lesion = np.pad(pixels[y : y + height, x : x + width], 1)
    area = int(np.count_nonzero(lesion))
    perimeter_px = measure_perimeter(lesion)
    hull_px, lobulations = _measure_hull(lesion)
    axes = _fit_ellipse(lesion)
    radii = _measure_radii(lesion)
    shares = np.histogram(radii, RADIAL_BINS, (0, 1))[0] / radii.size
    return Shape(
        perimeter_px=perimeter_px,
        circularity=4 * math.pi * area / perimeter_px**2,
        solidity=area / hull_px,
        extent=area / (width * height),
        ellipse_fit=axes.overlap(lesion),
        elongation=1 - axes.minor_px / axes.major_px,
        angle_deg=axes.angle_deg,
        radial_mean=float(radii.mean()),
        radial_sd=float(radii.std()),
        radial_entropy=float(-np.sum(shares[shares > 0] * np.log2(shares[shares > 0]))),
        lobulations=lobulations,
    )


def measure_perimeter(lesion: Mask) -> float:
    """Crofton's perimeter in px of a (H, W) bool mask with a margin of background.

    P = pi / 4 times the widths seen from 4 directions; a width is half the number of changes
    between lesion and background along lines of that direction, times the lines' distance.
    """
    straight = np.count_nonzero(lesion[1:] != lesion[:-1])
    straight += np.count_nonzero(lesion[:, 1:] != lesion[:, :-1])
    oblique = np.count_nonzero(lesion[1:, 1:] != lesion[:-1, :-1])
    oblique += np.count_nonzero(lesion[1:, :-1] != lesion[:-1, 1:])
    return math.pi / 8 * (straight + oblique / math.sqrt(2))


@dataclass(frozen=True)
class _Ellipse:
    """Centre and full axes in px, the angle counted as in `Shape`."""

    centre_xy: tuple[float, float]
    major_px: float
    minor_px: float
    angle_deg: float

    def overlap(self, lesion: Mask) -> float:
        """IoU with a mask."""
        y, x = np.ogrid[: lesion.shape[0], : lesion.shape[1]]
        x, y = x - self.centre_xy[0], y - self.centre_xy[1]
        cosine, sine = (f(math.radians(self.angle_deg)) for f in (math.cos, math.sin))
        along, across = x * cosine - y * sine, x * sine + y * cosine
        inside = (along * (2 / self.major_px)) ** 2 + (across * (2 / self.minor_px)) ** 2 <= 1
        return float(np.count_nonzero(inside & lesion) / np.count_nonzero(inside | lesion))


def _fit_ellipse(lesion: Mask) -> _Ellipse:
    """The ellipse with the lesion's centre and second moments; a pixel is a unit square."""
    moments = cv2.moments(lesion.astype(np.uint8), binaryImage=True)
    area = moments["m00"]
    # 1 / 12 is the second moment of the unit square each pixel is.
    xx, yy = moments["mu20"] / area + 1 / 12, moments["mu02"] / area + 1 / 12
    xy = moments["mu11"] / area
    root = math.hypot(xx - yy, 2 * xy)
    major, minor = 2 * math.sqrt(2 * (xx + yy + root)), 2 * math.sqrt(2 * max(xx + yy - root, 0))
    angle = -math.degrees(0.5 * math.atan2(2 * xy, xx - yy))
    centre = moments["m10"] / area, moments["m01"] / area
    return _Ellipse(centre, major, minor, 90.0 if angle == -90 else angle)


def _measure_hull(lesion: Mask) -> tuple[int, int]:
    """Pixels in the convex hull of the lesion's pixels, and the number of deep concavities."""
    outline = _trace(lesion)
    turning = np.sort(cv2.convexHull(outline, returnPoints=False).ravel())
    hull = outline[turning]
    sides = np.abs(np.roll(hull, -1, axis=0) - hull)
    # Pick's theorem (1899): the pixels in the hull, those on its sides among them.
    on_sides = int(np.gcd(sides[:, 0], sides[:, 1]).sum())
    pixels = round(cv2.contourArea(hull) + on_sides / 2 + 1)
    longest = float(np.hypot(*(hull[:, None] - hull[None]).transpose(2, 0, 1)).max())
    arcs = np.split(np.roll(outline, -turning[0], axis=0), turning[1:] - turning[0])
    ends = np.roll(hull, -1, axis=0)
    depths = np.array([_depth(arc, end) for arc, end in zip(arcs, ends, strict=True)])
    deep = np.count_nonzero(depths >= max(LOBE_DEPTH * longest, LEAST_LOBE_PX))
    return pixels, int(deep)


def _depth(arc: NDArray[np.int32], end: NDArray[np.int32]) -> float:
    """How far an arc of the outline strays from the hull's side between its first point and end."""
    (dx, dy), offsets = end - arc[0], arc - arc[0]
    length = math.hypot(dx, dy)
    return float(np.abs(offsets[:, 0] * dy - offsets[:, 1] * dx).max()) / length if length else 0.0


def _measure_radii(lesion: Mask) -> NDArray[np.float64]:
    """Distances of the outline's pixels from the centre over the largest of them, in (0, 1]."""
    outline = _trace(lesion)
    rows, columns = np.nonzero(lesion)
    radii = np.hypot(outline[:, 0] - columns.mean(), outline[:, 1] - rows.mean())
    return np.asarray(radii / radii.max() if radii.max() > 0 else np.ones(len(radii)))


def _trace(lesion: Mask) -> NDArray[np.int32]:
    """(n, 2) x and y of the pixels on the outer outline, in order."""
    pixels = lesion.astype(np.uint8)
    outlines, _ = cv2.findContours(pixels, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(max(outlines, key=len).reshape(-1, 2), np.int32)
