"""Smooth random fields: what tissue, phases and outlines vary by.

Everything is drawn from a `numpy.random.Generator`, so the same seed gives the same field.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]
"""(H, W) float32, one value a pixel; the unit is in the name of the variable."""

_TO_UNIT = 1.35
"""Cubic interpolation between grid points lowers the spread of their values; this undoes it."""


def draw_smooth(
    rng: np.random.Generator, shape_hw: tuple[int, int], cell_yx: tuple[float, float]
) -> Field:
    """A field (H, W) of zero mean and about unit spread that varies over `cell_yx` px.

    Value noise: normal values on a coarse grid, interpolated by cubics.
    """
    height, width = shape_hw
    cell_y, cell_x = max(1.0, cell_yx[0]), max(1.0, cell_yx[1])
    rows, columns = int(height / cell_y) + 4, int(width / cell_x) + 4
    grid = rng.standard_normal((rows, columns), dtype=np.float32)
    # A random start inside a cell, so that grid points do not always fall on the frame's edge.
    shift_y, shift_x = rng.uniform(0.5, 1.5, 2)
    scale = np.array([[1 / cell_x, 0, shift_x], [0, 1 / cell_y, shift_y]], np.float32)
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    field = cv2.warpAffine(
        grid, scale, (width, height), flags=flags, borderMode=cv2.BORDER_REFLECT_101
    )
    return np.asarray(field * _TO_UNIT, np.float32)


def draw_curve(rng: np.random.Generator, width: int, cell_px: float) -> NDArray[np.float32]:
    """A smooth random curve (W,) of zero mean and about unit spread."""
    return np.asarray(draw_smooth(rng, (1, width), (1.0, cell_px))[0], np.float32)


def draw_rough(
    rng: np.random.Generator, shape_hw: tuple[int, int], cell_yx: tuple[float, float]
) -> Field:
    """Three octaves of smooth fields: large shapes with finer ones on them, about unit spread."""
    total = np.zeros(shape_hw, np.float32)
    for octave, share in enumerate((0.8, 0.5, 0.33)):
        cell = (cell_yx[0] / 2**octave, cell_yx[1] / 2**octave)
        total += share * draw_smooth(rng, shape_hw, cell)
    return total


def trace_zero(field: Field, width: float) -> Field:
    """Thin lines (0 to 1) along the zero crossings of a field, `width` px wide."""
    slope_y, slope_x = np.gradient(field)
    slope = np.hypot(slope_y, slope_x) + np.float32(1e-4)
    return np.asarray(np.exp(-((field / slope / width) ** 2)), np.float32)


def face_up(field: Field) -> Field:
    """How squarely the level lines of a field face the probe above: 1 level, 0 upright."""
    slope_y, slope_x = np.gradient(field)
    return np.asarray(slope_y**2 / (slope_y**2 + slope_x**2 + np.float32(1e-8)), np.float32)
