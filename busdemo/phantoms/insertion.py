"""Putting a lesion into tissue: its echo, what it does to its surroundings and to the beam."""

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from busdemo.imaging.arrays import Mask
from busdemo.phantoms.fields import Field, draw_rough
from busdemo.phantoms.lesions import LesionRecipe
from busdemo.phantoms.tissue import EchoMap


def insert_lesion(
    echo: EchoMap, mask: Mask, recipe: LesionRecipe, rng: np.random.Generator
) -> EchoMap:
    """Put a lesion where its mask is: its own echo, rim, and the beam's gain or loss behind it."""
    if not mask.any():
        return echo
    px_mm = echo.px_mm
    echo = _push_aside(echo, recipe)
    inside = _soften(mask.astype(np.float32), recipe.edge_mm / px_mm)
    away = np.asarray(cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5))
    level = float(echo.diffuse_db[(away > 0) & (away < 3 / px_mm)].mean()) + recipe.echo_db
    own = level + recipe.texture_db * draw_rough(rng, mask.shape, (1.5 / px_mm, 2.5 / px_mm))
    surround = echo.diffuse_db + _draw_rim(away, recipe, px_mm, rng)
    specular = echo.specular * (1 - inside) + recipe.capsule * _draw_capsule(mask, px_mm, rng)
    return replace(
        echo,
        diffuse_db=np.asarray(surround + inside * (own - surround), np.float32),
        specular=np.asarray(specular, np.float32),
        loss_db=echo.loss_db + _cast(mask, recipe, px_mm),
    )


def _push_aside(echo: EchoMap, recipe: LesionRecipe) -> EchoMap:
    """Bend the tissue around the lesion's ellipse as if it had grown from a smaller one.

    In the ellipse's own units tissue at distance r came from sqrt(r^2 - push): areas stay as
    they were. Skin stays in place.
    """
    if recipe.push <= 0:
        return echo
    height, width = echo.diffuse_db.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    dx, dy = x - recipe.centre_xy[0] * width, y - recipe.centre_xy[1] * height
    tilt = np.deg2rad(recipe.tilt_deg)
    along = (dx * np.cos(tilt) + dy * np.sin(tilt)) / (recipe.size_mm[0] / 2 / echo.px_mm)
    across = (dy * np.cos(tilt) - dx * np.sin(tilt)) / (recipe.size_mm[1] / 2 / echo.px_mm)
    squared = np.maximum(along**2 + across**2, 1e-3)
    moved = 1 - np.sqrt(np.maximum(squared - recipe.push, 1e-3) / squared)
    moved *= np.clip((y * echo.px_mm - 2.0) / 3.0, 0, 1)
    source = (np.float32(x - dx * moved), np.float32(y - dy * moved))
    diffuse, specular = (
        np.asarray(
            cv2.remap(part, *source, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101),
            np.float32,
        )
        for part in (echo.diffuse_db, echo.specular)
    )
    return replace(echo, diffuse_db=diffuse, specular=specular)


def _draw_rim(away: Field, recipe: LesionRecipe, px_mm: float, rng: np.random.Generator) -> Field:
    """Extra level in dB outside the outline, `away` px from it: a haze, and threads out of it."""
    shape_hw = (away.shape[0], away.shape[1])
    uneven = np.clip(1 + 0.6 * draw_rough(rng, shape_hw, (2 / px_mm, 2 / px_mm)), 0, 2)
    rim = recipe.halo_db * uneven * np.exp(-away / (0.9 / px_mm))
    if recipe.posterior_db < 0:  # the far side lies in the shadow: its rim is not seen
        middle, half = recipe.centre_xy[1] * shape_hw[0], recipe.size_mm[1] / 2 / px_mm
        rim *= np.clip(1 - (np.arange(shape_hw[0]) - middle) / half, 0, 1)[:, None]
    if recipe.strands:
        rim = rim + 9 * _draw_strands(recipe, shape_hw, px_mm, rng) * np.exp(-away / (2.5 / px_mm))
    return np.asarray(rim, np.float32)


def _draw_strands(
    recipe: LesionRecipe, shape_hw: tuple[int, int], px_mm: float, rng: np.random.Generator
) -> Field:
    """Threads that radiate from the centre, slightly bent, 0 to 1."""
    canvas = np.zeros(shape_hw, np.float32)
    centre = np.array([recipe.centre_xy[0] * shape_hw[1], recipe.centre_xy[1] * shape_hw[0]])
    steps = np.linspace(0, 1, 12)
    for angle in rng.uniform(0, 2 * np.pi, recipe.strands):
        bend = angle + rng.normal(0, 0.25) * steps
        reach = steps * (max(recipe.size_mm) / 2 + rng.uniform(3, 8)) / px_mm
        points = centre + np.stack([reach * np.cos(bend), reach * np.sin(bend)], -1)
        cv2.polylines(canvas, [np.rint(points * 16).astype(np.int32)], False, 1.0, 2, shift=4)
    return np.clip(_soften(canvas, 0.14 / px_mm), 0, 1)


def _soften(field: Field, sigma_px: float) -> Field:
    if sigma_px < 0.3:
        return field
    return np.asarray(cv2.GaussianBlur(field, (0, 0), sigma_px), np.float32)


def _draw_capsule(mask: Mask, px_mm: float, rng: np.random.Generator) -> Field:
    """A thin line on the outline, strong where it lies level."""
    smooth = _soften(mask.astype(np.float32), max(1.0, 0.15 / px_mm))
    slope_y, slope_x = np.gradient(smooth)
    slope = np.hypot(slope_y, slope_x)
    facing = slope_y**2 / (slope**2 + 1e-8)
    seen = np.clip(0.5 + 0.6 * draw_rough(rng, mask.shape, (2 / px_mm, 3 / px_mm)), 0, 1.5)
    return np.asarray(slope / (slope.max() + 1e-8) * facing**2 * seen, np.float32)


def _cast(mask: Mask, recipe: LesionRecipe, px_mm: float) -> Field:
    """Extra loss in dB along the beam, which runs straight down: shadow or enhancement.

    Every pixel of lesion above adds its share, so what lies behind the thickest part changes by
    `posterior_db` (less behind lesions thinner than 6 mm). The beams that are averaged cross at
    angles, so the sides blur more the deeper they lie, and an enhancement wears off.
    """
    thickness = mask.sum(axis=0).astype(np.float32)
    thickest_px = max(1.0, float(thickness.max()))
    crossed = np.cumsum(mask, axis=0, dtype=np.float32) / thickest_px
    strength = recipe.posterior_db * min(1.0, thickest_px * px_mm / 6)
    loss = -strength * crossed
    if recipe.margin in ("smooth", "lobulated"):
        loss += _refract(mask, thickness, px_mm)
    bottom = int(np.flatnonzero(mask.any(axis=1))[-1])
    behind_mm = np.clip(np.arange(mask.shape[0]) - bottom, 0, None)[:, None] * px_mm
    sharp = cv2.GaussianBlur(loss, (0, 0), 0.4 / px_mm, sigmaY=0.5)
    blurred = cv2.GaussianBlur(loss, (0, 0), 2.2 / px_mm, sigmaY=0.5)
    share = np.clip(behind_mm / 14, 0, 1) ** 0.7
    fade = np.exp(-behind_mm / 18) if recipe.posterior_db > 0 else 1.0
    return np.asarray((sharp + share * (blurred - sharp)) * fade, np.float32)


def _refract(mask: Mask, thickness: NDArray[np.float32], px_mm: float) -> Field:
    """Thin dark bands below the sides of a smooth lesion, in dB."""
    columns = np.flatnonzero(thickness)
    x = np.arange(mask.shape[1], dtype=np.float32)
    sides = np.zeros_like(x)
    for side in (columns[0], columns[-1]):
        sides += np.exp(-(((x - side) / (0.5 / px_mm)) ** 2))
    middle = float(np.mean(np.flatnonzero(mask.any(axis=1))))
    below = np.clip((np.arange(mask.shape[0]) - middle) / (4 / px_mm), 0, 1)
    return np.asarray(3.0 * below[:, None] * sides[None, :], np.float32)
