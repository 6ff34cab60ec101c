"""How fat, gland, muscle, skin and chest wall look by themselves, each over the whole frame.

Every function returns a `Layer`: the level of the speckle and the strength of bright interfaces.
`busdemo.phantoms.tissue` cuts them to their depths and puts them on top of each other.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from busdemo.phantoms.fields import Field, draw_curve, draw_rough, draw_smooth, face_up, trace_zero


class Layer(NamedTuple):
    """Echoes of one kind of tissue, two fields (H, W)."""

    diffuse_db: Field
    specular: Field
    """Amplitude of smooth interfaces, 1 = as strong as the gland's mean echo."""


Frame = tuple[tuple[int, int], float]
"""The shape (H, W) in px and the size of a pixel in mm."""


def fill_fat(frame: Frame, level_db: float, lobule_mm: float, rng: np.random.Generator) -> Layer:
    """Dark lobules, wider than high, parted by thin bright septa (Cooper's ligaments)."""
    shape_hw, px_mm = frame
    edge_px, owner, levels = _draw_lobules(frame, lobule_mm, rng)
    facing = cv2.GaussianBlur(face_up(edge_px), (0, 0), 1.5)
    width_px = 0.12 / px_mm
    line = np.exp(-((edge_px / width_px) ** 2))
    # Septa fade in and out: they leave the plane of the scan.
    seen = np.clip(0.8 + 0.55 * draw_rough(rng, shape_hw, (3 / px_mm, 5 / px_mm)), 0, 2)
    diffuse = level_db + levels[owner] + 5 * line * np.clip(seen, 0, 1)
    diffuse += 1.4 * draw_rough(rng, shape_hw, (1.2 / px_mm, 4 / px_mm))
    # Short bright strands inside the lobules.
    waves = draw_rough(rng, shape_hw, (1.6 / px_mm, 9 / px_mm))
    strand = trace_zero(waves, width_px) * face_up(waves) ** 2
    strand *= np.clip(draw_smooth(rng, shape_hw, (1.5 / px_mm, 3.5 / px_mm)) - 0.9, 0, 1)
    specular = line * seen * (0.04 + 0.5 * facing) + 0.4 * strand
    return Layer(np.asarray(diffuse, np.float32), np.asarray(specular, np.float32))


def fill_gland(
    frame: Frame, mottle_db: float, duct_share: float, rng: np.random.Generator
) -> Layer:
    """Bright, patchy tissue with wavy level streaks, islands of fat and dark ducts."""
    shape_hw, px_mm = frame
    patches = draw_rough(rng, shape_hw, (3 / px_mm, 7 / px_mm))
    diffuse = mottle_db * np.tanh(patches)
    lie = draw_curve(rng, shape_hw[1], 12 / px_mm) * np.float32(1.8 / px_mm)
    streaks = _follow(draw_rough(rng, shape_hw, (1.2 / px_mm, 6 / px_mm)), lie)
    diffuse += 0.8 * mottle_db * np.tanh(streaks)
    islands = draw_rough(rng, shape_hw, (1.8 / px_mm, 4.5 / px_mm))
    diffuse -= 8 * _step(islands - (2.0 - 1.6 * duct_share), 0.25)
    ridges = trace_zero(streaks, 0.15 / px_mm) * face_up(streaks)
    seen = np.clip(draw_rough(rng, shape_hw, (2 / px_mm, 4 / px_mm)), 0, 1.5)
    diffuse += 5 * ridges * seen
    return Layer(np.asarray(diffuse, np.float32), np.asarray(0.75 * ridges * seen, np.float32))


def fill_muscle(
    frame: Frame, level_db: float, top_row: NDArray[np.float32], rng: np.random.Generator
) -> Layer:
    """Dark, with long bright fibres that run along the muscle's own top (W,)."""
    shape_hw, px_mm = frame
    fibres = _follow(draw_rough(rng, shape_hw, (0.9 / px_mm, 16 / px_mm)), top_row)
    seen = np.clip(_follow(draw_smooth(rng, shape_hw, (1.2 / px_mm, 6 / px_mm)), top_row), 0, 1.6)
    lines = trace_zero(fibres, 0.13 / px_mm)
    diffuse = level_db + 2.5 * fibres + 4 * lines * seen
    return Layer(np.asarray(diffuse, np.float32), np.asarray(0.4 * lines * seen, np.float32))


def _draw_lobules(
    frame: Frame, lobule_mm: float, rng: np.random.Generator
) -> tuple[Field, NDArray[np.intp], NDArray[np.float32]]:
    """Distance to the nearest septum in px, the lobule of each pixel, each lobule's level in dB.

    Cells of a Voronoi diagram around jittered seeds, in coordinates bent by a smooth field.
    """
    (height, width), px_mm = frame
    step = 2  # every second pixel is enough for shapes this large
    small = (height // step + 1, width // step + 1)
    cell_x, cell_y = lobule_mm / px_mm / step, 0.42 * lobule_mm / px_mm / step
    y, x = np.mgrid[: small[0], : small[1]].astype(np.float32)
    bend = 0.22 * cell_y
    y += bend * draw_rough(rng, small, (cell_y, 0.8 * cell_x))
    x += bend * draw_rough(rng, small, (cell_y, 0.8 * cell_x))
    rows, columns = int(small[0] / cell_y) + 5, int(small[1] / cell_x) + 5
    places = np.meshgrid(np.arange(-2.0, rows - 2), np.arange(-2.0, columns - 2), indexing="ij")
    seeds = np.stack([places[0].ravel(), places[1].ravel()], -1)
    seeds[:, 1] += 0.5 * (seeds[:, 0] % 2)
    seeds += rng.uniform(-0.38, 0.38, seeds.shape)
    pixels = np.stack([y.ravel() / cell_y, x.ravel() / cell_x], -1)
    found = cKDTree(seeds).query(pixels, k=2)
    distances, owners = np.asarray(found[0]), np.asarray(found[1])
    # The gap between the two distances grows about twice as fast as the way to the septum.
    gap = (distances[:, 1] - distances[:, 0]).reshape(small) / 2 * cell_y * step
    size_wh = (width, height)
    edge = cv2.resize(gap.astype(np.float32), size_wh, interpolation=cv2.INTER_LINEAR)
    nearest = owners[:, 0].reshape(small).astype(np.float32)
    owner = cv2.resize(nearest, size_wh, interpolation=cv2.INTER_NEAREST)
    levels = rng.normal(0, 1.6, len(seeds)).astype(np.float32)
    return np.asarray(edge, np.float32), owner.astype(np.intp), levels


def _follow(field: Field, top_row: NDArray[np.float32]) -> Field:
    """Shift every column of a field so that its level lines run along a curve (W,)."""
    height, width = field.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    bent = cv2.remap(
        field,
        x,
        y - top_row[None, :] + np.float32(top_row.mean()),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT_101,
    )
    return np.asarray(bent, np.float32)


def _step(field: Field, softness: float) -> Field:
    """A soft step from 0 to 1 where a field crosses zero."""
    return np.asarray(1 / (1 + np.exp(-np.clip(field / softness, -30, 30))), np.float32)
