"""What the image shows at, in and below an outline: measurements, not words.

Grey levels of a B-mode image are log-compressed, so a difference of levels stands for a ratio of
echo strengths, by a factor that the machine's settings decide. Lengths are measured in the
lesion's equivalent diameter d = 2 sqrt(area / pi), so that the picture's scale does not matter.

Sources: Horsch et al., "Computerized diagnosis of breast lesions on ultrasound", Med Phys 29, 2002
(normalised radial gradient, posterior against both sides); Shen et al., "Breast ultrasound
computer-aided diagnosis using BI-RADS features", Acad Radiol 14, 2007 (step across the boundary,
echo against surrounding tissue).
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from busdemo.imaging.arrays import GreyImage, Mask, require_mask, require_same_size

BAND, GAP, RING = 0.08, 0.04, 0.25
"""In equivalent diameters: width of the bands at the outline; where the surroundings begin; how
wide they are."""
LEAST_BELOW = 0.25
"""Of the lesion's height: less room below says nothing about the posterior echo."""


@dataclass(frozen=True)
class Echo:
    """Measurements at one lesion; nan where the image leaves no room for one."""

    inside: float
    """Mean grey level of the lesion, 0 to 255."""
    surroundings: float
    """Mean grey level of the tissue around it, left, right and above, 0 to 255."""
    contrast: float
    """(inside - surroundings) / (inside + surroundings), -1 to 1; below 0 it is darker."""
    texture: float
    """Standard deviation inside over that of the surroundings; above 1 it is more uneven."""
    step: float
    """Mean just outside the outline less that just inside, in grey levels (Shen 2007)."""
    radial_gradient: float
    """Share of the gradient at the outline that points away from the lesion's centre, -1 to 1; 1 is
    an outline at which every change is from inside to outside (Horsch 2002)."""
    posterior: float
    """Mean below the lesion less the mean beside that strip, in grey levels; above 0 is
    enhancement, below 0 shadow (after Horsch 2002)."""


def measure_echo(image: GreyImage, lesion: Mask, others: Mask | None = None) -> Echo:
    """Measure one lesion (H, W) bool in its image (H, W) uint8; `others` are lesions left out.

    Raises TypeError or ValueError for other arrays, ValueError for an empty mask.
    """
    require_mask(lesion)
    require_same_size(image, lesion)
    if not lesion.any():
        raise ValueError("There is no lesion in the mask.")
    diameter = 2 * math.sqrt(np.count_nonzero(lesion) / math.pi)
    x, y, width, height = box = cv2.boundingRect(lesion.astype(np.uint8))
    reach = math.ceil((GAP + RING) * diameter) + 4
    window = np.s_[max(0, y - reach) : y + height + reach, max(0, x - reach) : x + width + reach]
    free = np.ones_like(lesion) if others is None else ~others | lesion
    pixels, mine, usable = image[window], lesion[window], free[window]
    inner = cv2.distanceTransform(np.pad(mine.astype(np.uint8), 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    outer = cv2.distanceTransform((~mine).astype(np.uint8), cv2.DIST_L2, 5)
    below = _lie_below(mine)
    ring = (outer > max(1, GAP * diameter)) & (outer <= max(3, (GAP + RING) * diameter))
    ring &= usable & ~below
    band = max(2, BAND * diameter)
    at_rim, just_outside = mine & (inner <= band), ~mine & (outer <= band) & usable
    inside, around = _mean(pixels, mine), _mean(pixels, ring)
    return Echo(
        inside=inside,
        surroundings=around,
        contrast=(inside - around) / (inside + around) if inside + around > 0 else math.nan,
        texture=_deviation(pixels, mine) / (_deviation(pixels, ring) or math.nan),
        step=_mean(pixels, just_outside) - _mean(pixels, at_rim),
        radial_gradient=_radial_gradient(pixels, mine, inner),
        posterior=_measure_below(image, free, box),
    )


def _lie_below(mine: Mask) -> Mask:
    """What lies under a lesion pixel, column by column, and is no lesion itself."""
    return np.asarray(np.logical_or.accumulate(mine, axis=0) & ~mine)


def _mean(pixels: GreyImage, where: Mask) -> float:
    return float(pixels[where].mean()) if where.any() else math.nan


def _deviation(pixels: GreyImage, where: Mask) -> float:
    return float(pixels[where].std()) if where.any() else math.nan


def _radial_gradient(pixels: GreyImage, mine: Mask, inner: NDArray[np.float32]) -> float:
    smooth = cv2.GaussianBlur(pixels, (0, 0), 1.0).astype(np.float32)
    gx = cv2.Sobel(smooth, cv2.CV_32F, 1, 0)
    gy = cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    rim = mine & (inner <= 1.5)
    rows, columns = np.nonzero(mine)
    y, x = np.nonzero(rim)
    dx, dy = x - columns.mean(), y - rows.mean()
    length = np.hypot(dx, dy)
    keep = length > 0
    radial = (gx[rim][keep] * dx[keep] + gy[rim][keep] * dy[keep]) / length[keep]
    total = float(np.hypot(gx[rim], gy[rim]).sum())
    return float(radial.sum()) / total if total > 0 else math.nan


def _measure_below(image: GreyImage, free: Mask, box: tuple[int, int, int, int]) -> float:
    """The strip under the middle two thirds of the lesion against those left and right of it."""
    x, y, width, height = box
    top, depth = y + height + round(0.1 * height), height
    bottom = min(image.shape[0], top + depth)
    if bottom - top < max(1, LEAST_BELOW * depth):
        return math.nan
    margin = width // 6
    strips = []
    for left in (x + margin, x - width + margin, x + width + margin):
        columns = slice(max(0, left), max(0, left + width - 2 * margin))
        part, usable = image[top:bottom, columns], free[top:bottom, columns]
        enough = part.shape[1] * 2 >= width - 2 * margin and usable.any()
        strips.append(float(part[usable].mean()) if enough else math.nan)
    sides = [value for value in strips[1:] if not math.isnan(value)]
    return strips[0] - float(np.mean(sides)) if sides else math.nan
