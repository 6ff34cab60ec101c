"""Masks of exactly known shapes."""

import numpy as np
from numpy.typing import NDArray

from busdemo.imaging.arrays import Mask


def _grid(side_px: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    y, x = np.mgrid[:side_px, :side_px].astype(np.float64)
    return x - (side_px - 1) / 2, y - (side_px - 1) / 2


def disc(radius_px: float, side_px: int = 241) -> Mask:
    x, y = _grid(side_px)
    return np.hypot(x, y) <= radius_px


def ellipse(major_px: float, minor_px: float, angle_deg: float, side_px: int = 241) -> Mask:
    """Half axes in px; a positive angle rises to the right."""
    x, y = _grid(side_px)
    cosine, sine = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    along, across = x * cosine - y * sine, x * sine + y * cosine
    return (along / major_px) ** 2 + (across / minor_px) ** 2 <= 1


def star(arms: int, depth: float = 0.25, radius_px: float = 80, side_px: int = 241) -> Mask:
    """A disc whose radius swings by `depth` of it, once an arm."""
    x, y = _grid(side_px)
    return np.hypot(x, y) <= radius_px * (1 + depth * np.cos(arms * np.arctan2(y, x)))
