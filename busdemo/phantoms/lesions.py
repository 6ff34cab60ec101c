"""Lesions: what one is made of, and its outline, which is known exactly.

The outline is one polygon. It is filled once, and that very mask decides where the echo changes
(`busdemo.phantoms.insertion`) and is what the phantom hands out.
"""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from busdemo.imaging.arrays import Mask

Margin = Literal["smooth", "lobulated", "microlobulated", "spiculated", "irregular"]

_SUBPIXEL_BITS = 4
_POINTS = 720


@dataclass(frozen=True)
class LesionRecipe:
    """One lesion. Levels are dB relative to the tissue around it."""

    centre_xy: tuple[float, float] = (0.5, 0.4)
    """As shares of the image's width and height."""
    size_mm: tuple[float, float] = (14.0, 8.0)
    """Width and height before tilting."""
    tilt_deg: float = 0.0
    margin: Margin = "smooth"
    echo_db: float = -9.0
    texture_db: float = 1.5
    """Spread of the level inside; 0 is as even as fluid."""
    edge_mm: float = 0.15
    """Softness of the border: how far the echo takes to change."""
    posterior_db: float = 2.0
    """Behind the thickest part: above 0 enhancement, below 0 shadow."""
    halo_db: float = 0.0
    """Brightness of a hazy rim outside the outline, about 1.5 mm thick."""
    capsule: float = 0.0
    """Brightness of a thin line on the outline where it faces the probe."""
    push: float = 0.0
    """0 grows into the tissue, 1 pushes all of it aside: layers bend around the lesion."""
    strands: int = 0
    """Bright threads that run from the rim into the tissue; they do not belong to the lesion."""


def outline_lesion(
    recipe: LesionRecipe, shape_hw: tuple[int, int], px_mm: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """The outline as a closed polygon (N, 2) of x, y in px; it may leave the frame."""
    angle = np.linspace(0, 2 * np.pi, _POINTS, endpoint=False)
    radius = _vary_radius(recipe.margin, angle, rng)
    x = recipe.size_mm[0] / 2 / px_mm * radius * np.cos(angle)
    y = recipe.size_mm[1] / 2 / px_mm * radius * np.sin(angle)
    tilt = np.deg2rad(recipe.tilt_deg)
    centre_x, centre_y = recipe.centre_xy[0] * shape_hw[1], recipe.centre_xy[1] * shape_hw[0]
    return np.stack(
        [
            centre_x + x * np.cos(tilt) - y * np.sin(tilt),
            centre_y + x * np.sin(tilt) + y * np.cos(tilt),
        ],
        axis=-1,
    ).astype(np.float32)


def _vary_radius(
    margin: Margin, angle: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """The radius at each angle, relative to the ellipse."""
    bumps = {
        "smooth": {2: 0.03, 3: 0.025, 5: 0.008},
        "lobulated": {2: 0.05, 3: 0.09, 4: 0.05, 7: 0.01},
        "microlobulated": {2: 0.06, 3: 0.05, 9: 0.045, 13: 0.035, 21: 0.012},
        "spiculated": {2: 0.08, 3: 0.08, 5: 0.05, 11: 0.025, 19: 0.02},
        "irregular": {2: 0.12, 3: 0.11, 5: 0.08, 7: 0.05, 12: 0.03, 23: 0.015},
    }[margin]
    radius = np.ones_like(angle)
    for waves, size in bumps.items():
        amplitude = size * rng.uniform(0.6, 1.4)
        radius += amplitude * np.cos(waves * angle + rng.uniform(0, 2 * np.pi))
    if margin == "spiculated":
        radius += _draw_spikes(angle, rng)
    return np.clip(radius, 0.35, 1.8)


def _draw_spikes(angle: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    spikes = np.zeros_like(angle)
    count = int(rng.integers(8, 13))
    places = (np.arange(count) + rng.uniform(-0.3, 0.3, count)) * 2 * np.pi / count
    for place in places:
        away = np.abs(np.angle(np.exp(1j * (angle - place))))
        # Wide at the foot, pointed at the tip.
        spikes += rng.uniform(0.1, 0.5) * np.exp(-away / rng.uniform(0.07, 0.14))
    return spikes


def fill_outline(outline: NDArray[np.float32], shape_hw: tuple[int, int]) -> Mask:
    """The polygon filled: (H, W) bool."""
    fixed = np.rint(outline * 2**_SUBPIXEL_BITS).astype(np.int32)
    canvas = np.zeros(shape_hw, np.uint8)
    cv2.fillPoly(canvas, [fixed], 1, shift=_SUBPIXEL_BITS)
    return canvas.astype(bool)
