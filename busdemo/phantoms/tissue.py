"""The breast around the lesion: layers from skin to chest wall, and how they echo.

Two kinds of echo are kept apart because speckle treats them differently. Scatterers too small and
too many to tell apart give speckle (`diffuse_db`); smooth interfaces facing the probe give bright
unbroken lines (`specular`). Levels are dB relative to fibroglandular tissue.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from busdemo.phantoms.fields import Field, draw_curve, draw_smooth
from busdemo.phantoms.layers import Frame, Layer, fill_fat, fill_gland, fill_muscle

Rows = NDArray[np.float32]
"""(W,) float32: for every column the row where something begins."""


@dataclass(frozen=True)
class TissueRecipe:
    """Layers from top to bottom, depths in mm from the probe, levels in dB relative to gland."""

    skin_mm: float = 1.8
    fat_to_mm: float = 9.0
    gland_to_mm: float = 24.0
    muscle_to_mm: float = 33.0
    fat_db: float = -10.0
    muscle_db: float = -9.0
    lobule_mm: float = 9.0
    """Width of a fat lobule."""
    septa: float = 1.0
    """Brightness of ligaments and fascia: 0 none, 1 usual."""
    gland_mottle_db: float = 4.0
    """Spread of the gland's level: low is homogeneous, high is patchy."""
    duct_share: float = 0.3
    """How much of the gland is ducts and islands of fat: 0 little, 1 much."""
    waviness_mm: float = 1.3
    """How far the layers' borders swing."""
    shade_db: float = 4.0
    """Depth of the upright dark bands that ligaments and poor contact cast."""


@dataclass(frozen=True, eq=False)
class EchoMap:
    """What the probe would hear from every pixel, before any speckle; all fields (H, W)."""

    diffuse_db: Field
    specular: Field
    """Amplitude of smooth interfaces, 1 = as strong as the gland's mean echo."""
    loss_db: Field
    """Loss on the way there and back beyond what the time-gain expects; below 0 is a gain."""
    px_mm: float


def build_tissue(recipe: TissueRecipe, frame: Frame, rng: np.random.Generator) -> EchoMap:
    """Lay skin, fat, gland, muscle and chest wall over a frame; deterministic for an rng."""
    fat_end, gland_end, muscle_end = _draw_ends(recipe, frame, rng)
    fat = fill_fat(frame, recipe.fat_db, recipe.lobule_mm, rng)
    gland = fill_gland(frame, recipe.gland_mottle_db, recipe.duct_share, rng)
    muscle = fill_muscle(frame, recipe.muscle_db, gland_end, rng)
    behind = Layer(muscle.diffuse_db - 4, 0.15 * muscle.specular)
    stack = _lay(fat, gland, fat_end, 0.35, frame)
    stack = _lay(stack, fat, gland_end, 0.25, frame)
    muscle_top = gland_end + np.float32(1.3 / frame[1])
    stack = _lay(stack, muscle, muscle_top, 0.2, frame)
    stack = _lay(stack, behind, muscle_end, 0.2, frame)
    fascia = _draw_line(fat_end, 0.35, 0.13, frame, rng)
    fascia += _draw_line(muscle_top, 0.8, 0.15, frame, rng)
    fascia += _draw_line(muscle_top + np.float32(0.9 / frame[1]), 0.4, 0.12, frame, rng)
    fascia += _draw_line(muscle_end, 1.0, 0.17, frame, rng)
    stack = Layer(stack.diffuse_db, recipe.septa * (stack.specular + fascia))
    stack = _cover_with_skin(stack, recipe.skin_mm, frame, rng)
    return EchoMap(*stack, _shade(muscle_end, recipe.shade_db, frame, rng), frame[1])


def _draw_ends(recipe: TissueRecipe, frame: Frame, rng: np.random.Generator) -> list[Rows]:
    """The rows where fat, gland and muscle end."""
    (_, width), px_mm = frame
    tilt = np.linspace(-1, 1, width, dtype=np.float32) * np.float32(rng.normal(0, 1.0))
    ends = []
    for depth_mm, fine in (
        (recipe.fat_to_mm, 0.4),
        (recipe.gland_to_mm, 0.1),
        (recipe.muscle_to_mm, 0.05),
    ):
        slow = draw_curve(rng, width, 16 / px_mm)
        fast = draw_curve(rng, width, 3.5 / px_mm)
        curve = depth_mm + recipe.waviness_mm * (0.8 * slow + fine * fast + tilt)
        ends.append(np.asarray(curve / px_mm, np.float32))
    # Crossing fascias would look like nothing in a breast.
    ends[1] = np.maximum(ends[1], ends[0])
    ends[2] = np.maximum(ends[2], ends[1] + np.float32(4.0 / px_mm))
    return ends


def _lay(above: Layer, below: Layer, start: Rows, soft_mm: float, frame: Frame) -> Layer:
    """`above` down to a curve, `below` from there on, with a border `soft_mm` wide."""
    share = _depth_under(start, frame) / np.float32(max(soft_mm / frame[1], 0.5))
    share = 1 / (1 + np.exp(-np.clip(2 * share, -30, 30)))
    return Layer(
        above.diffuse_db + share * (below.diffuse_db - above.diffuse_db),
        above.specular + share * (below.specular - above.specular),
    )


def _depth_under(start: Rows, frame: Frame) -> Field:
    """Rows below a curve, (H, W), negative above it."""
    rows = np.arange(frame[0][0], dtype=np.float32)
    return np.asarray(rows[:, None] - start[None, :], np.float32)


def _draw_line(
    start: Rows, strength: float, width_mm: float, frame: Frame, rng: np.random.Generator
) -> Field:
    """A bright interface along a curve that weakens where it tilts and fades in and out."""
    facing = 1 / (1 + (np.gradient(start) / 0.25) ** 2)
    seen = 0.75 + 0.4 * draw_curve(rng, len(start), 5 / frame[1])
    seen = np.clip(seen + 0.2 * draw_curve(rng, len(start), 0.8 / frame[1]), 0.05, 2)
    thick = width_mm * np.clip(1 + 0.4 * draw_curve(rng, len(start), 3 / frame[1]), 0.5, 2)
    across = np.exp(-((_depth_under(start, frame) * frame[1] / thick[None, :]) ** 2))
    return np.asarray(strength * across * facing * seen, np.float32)


def _cover_with_skin(
    tissue: Layer, skin_mm: float, frame: Frame, rng: np.random.Generator
) -> Layer:
    """Skin between two bright lines, and the faint echoes of probe and gel above it."""
    shape_hw, px_mm = frame
    top = np.asarray(0.35 / px_mm + 0.12 / px_mm * draw_curve(rng, shape_hw[1], 20 / px_mm))
    bottom = top + np.float32(skin_mm / px_mm) + 0.12 / px_mm * draw_curve(rng, len(top), 5 / px_mm)
    mottle = draw_smooth(rng, shape_hw, (0.35 / px_mm, 5 / px_mm))
    skin = Layer(np.asarray(1 + 2.0 * mottle, np.float32), np.zeros(shape_hw, np.float32))
    covered = _lay(skin, tissue, bottom, 0.15, frame)
    gel = Layer(np.full(shape_hw, -14, np.float32), np.zeros(shape_hw, np.float32))
    covered = _lay(gel, covered, top, 0.1, frame)
    lines = _draw_line(top, 1.0, 0.14, frame, rng) + _draw_line(bottom, 0.4, 0.14, frame, rng)
    return Layer(covered.diffuse_db, covered.specular + lines)


def _shade(muscle_end: Rows, shade_db: float, frame: Frame, rng: np.random.Generator) -> Field:
    """Loss in dB: dark behind the chest wall, and soft upright bands that begin at some depth."""
    shape_hw, px_mm = frame
    behind = np.clip(_depth_under(muscle_end, frame) * px_mm, 0, None)
    depth_mm = np.arange(shape_hw[0], dtype=np.float32)[:, None] * np.float32(px_mm)
    loss = 0.45 * behind
    for cell_mm in (12.0, 6.0):
        bands = np.clip(draw_curve(rng, shape_hw[1], cell_mm / px_mm) - 0.4, 0, 1)
        start_mm = np.maximum(8 + 5 * draw_curve(rng, shape_hw[1], 12 / px_mm), 4)
        grown = np.clip((depth_mm - start_mm[None, :]) / 14, 0, 1)
        loss = loss + 0.7 * shade_db * bands[None, :] * grown
    return np.asarray(loss, np.float32)
