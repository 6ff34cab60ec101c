"""What formats of labelled shapes draw, as corners or pixels: boxes, ellipses, rings, bitmaps."""

import base64
import math
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from busdemo.imaging.arrays import Mask
from busdemo.imaging.decoding import read_pixels
from busdemo.imaging.refusals import MAX_BYTES, UnreadableImage

Corners = Sequence[Sequence[float]]

Point = Sequence[float] | NDArray[np.float64]

MAX_SIDE = 1e6
"""In pixels: a corner farther away is a mistake."""


def box_outline(left: float, top: float, right: float, bottom: float) -> list[list[float]]:
    """The corners of a box."""
    return [[left, top], [right, top], [right, bottom], [left, bottom]]


def ellipse_outline(centre: Point, radii: Point) -> list[list[float]]:
    """An ellipse as 128 corners, 0.0003 of its radius off at the most."""
    turns = [2 * math.pi * k / 128 for k in range(128)]
    return [[centre[0] + radii[0] * math.cos(t), centre[1] + radii[1] * math.sin(t)] for t in turns]


def turn_outline(corners: Corners, degrees: float, about: Point | None = None) -> list[list[float]]:
    """Corners turned clockwise as seen, about a point or the middle of their box."""
    points = np.asarray(corners, np.float64)
    if not (np.isfinite(points).all() and math.isfinite(degrees)):
        return [[math.nan, math.nan]]
    centre = (points.min(axis=0) + points.max(axis=0)) / 2 if about is None else np.asarray(about)
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    x, y = (points - centre).T
    turned = np.stack([x * cosine - y * sine, x * sine + y * cosine], axis=1) + centre
    return [[float(a), float(b)] for a, b in turned]


def join_rings(rings: object) -> object:
    """An outline and its holes as one, joined by slits of no width; one that is no list as it is.

    By the even-odd rule a slit, gone both ways, cancels.
    """
    if not (isinstance(rings, list) and rings and all(isinstance(r, list) and r for r in rings)):
        return rings
    outer, *holes = rings
    return [*outer, *(corner for hole in holes for corner in (outer[0], *hole, hole[0]))]


def read_picture_text(text: object, name: str, *, packed: bool = False) -> Mask:
    """(h, w): where a picture in base64, `packed` also in zlib, shows anything that is not clear.

    Raises UnreadableImage for a damaged one.
    """
    try:
        data = base64.b64decode(str(text), validate=True)
        if packed:
            data = zlib.decompressobj().decompress(data, MAX_BYTES)
        pixels = read_pixels(data, name, least_side_px=1)
    except (ValueError, zlib.error):
        raise UnreadableImage(f"{name} holds a mask whose picture is damaged.") from None
    clear = pixels.alpha is not None and not pixels.alpha.all()
    shown = pixels.alpha if pixels.alpha is not None and clear else pixels.values
    return np.asarray((shown != 0).reshape(*shown.shape[:2], -1).any(axis=2), np.bool_)


def paste_mask(
    part: NDArray[Any], corner: Sequence[float], size_wh: tuple[int, int], name: str
) -> NDArray[Any]:
    """(H, W) of the same type, say bool: a smaller mask, its first pixel at a corner (x, y).

    Raises UnreadableImage for one that does not lie inside.
    """
    left, top = (round(side) if abs(side) < MAX_SIDE else -1 for side in corner)
    height, width = part.shape[:2]
    if left < 0 or top < 0 or left + width > size_wh[0] or top + height > size_wh[1]:
        raise UnreadableImage(f"{name} holds a mask that does not lie inside its image.")
    mask = np.zeros(size_wh[::-1], part.dtype)
    mask[top : top + height, left : left + width] = part
    return mask
