"""Simulated readers: a known outline as people who disagree a little might have drawn it.

Made by programs like the scans themselves, so that the examples show what comparing people with
people looks like. Nobody's hand was copied: how far they differ is an assumption, not a finding.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from busdemo.imaging.arrays import Mask
from busdemo.phantoms.recipes import PhantomRecipe

Field = NDArray[np.float32]

WAVE_SHARE = 0.12
"""Width of the wobbles of an outline, as a share of the lesion's diameter."""


@dataclass(frozen=True)
class Reader:
    """A habit of drawing; both numbers are shares of the diameter of a disc of the lesion's area.

    `generous` moves the whole outline, outwards if positive; `wobble` is the standard deviation of
    what the hand adds along it.
    """

    name: str
    note: str
    generous: float
    wobble: float


READERS = (
    Reader("Simulated 1", "Follows the dark inside closely.", -0.02, 0.02),
    Reader("Simulated 2", "Takes in the blurred rim.", 0.03, 0.03),
)


def draw_as(reader: Reader, mask: Mask, *, doubt: float = 1.0, seed: int = 0) -> Mask:
    """The outline of `mask` (H, W) bool as a reader draws it; the same seed draws the same.

    `doubt` >= 0 multiplies both habits. An empty mask stays empty.
    """
    if not mask.any():
        return mask.copy()
    diameter_px = 2 * np.sqrt(mask.sum() / np.pi)
    moved = reader.generous + reader.wobble * _waves(mask.shape, WAVE_SHARE * diameter_px, seed)
    drawn = _inside_px(mask) + doubt * diameter_px * moved > 0
    smooth = cv2.medianBlur(drawn.astype(np.uint8), 5)
    return np.asarray(smooth > 0)


def doubt_of(recipe: PhantomRecipe) -> float:
    """How much harder than usual the faintest lesion of a scan is to draw: 1 to 3."""
    return max((1 + 2 * float(np.exp(lesion.echo_db / 4)) for lesion in recipe.lesions), default=1)


def _inside_px(mask: Mask) -> Field:
    """(H, W) distance to the outline in px, positive inside."""
    inside, outside = (
        cv2.distanceTransform(part.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        for part in (mask, ~mask)
    )
    return np.asarray(inside - outside, np.float32)


def _waves(shape: tuple[int, int], width_px: float, seed: int) -> Field:
    """(H, W) smooth noise, mean 0 and standard deviation 1, of waves about `width_px` wide."""
    noise = np.random.default_rng(seed).normal(size=shape)
    smooth = cv2.GaussianBlur(noise, (0, 0), max(width_px, 1.0))
    return np.asarray((smooth - smooth.mean()) / smooth.std(), np.float32)
