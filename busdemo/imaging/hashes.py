"""Perceptual hashes: 247 bits of the middle of a picture, which a crop leaves in place.

A frame's middle (36 % of its area) is averaged into 32 x 32 cells and taken apart into cosine
waves (DCT-II), as in pHash (Zauner 2010, "Implementation and Benchmarking of Perceptual Image Hash
Functions"). The coarsest waves, alike in all ultrasound, are left out; of each other one a bit says
whether it is above its median over a set of ultrasound images. Nobody can draw a picture from that.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from busdemo.imaging.arrays import GreyImage

SIDE_PX = 256
"""Pictures are hashed at this width and height, whatever their own: a resize changes nothing."""

MIDDLE = (0.2, 0.8)
"""The part of a frame's width and of its height that is hashed: a crop of up to 20 % a side keeps
it."""

WAVES, COARSEST, CELLS = 16, 3, 32
"""Waves an axis, how many of them are left out where both are coarse, and cells averaged."""

Floats = NDArray[np.float32]
Bits = NDArray[np.bool_]

Cuts = tuple[float, float]
"""What is cut off at an axis's two ends, in parts of the frame's length before the cut."""

_USED = np.ones((WAVES, WAVES), np.bool_)
_USED[:COARSEST, :COARSEST] = False

BITS = int(_USED.sum())

_ODD = np.where(np.arange(WAVES) % 2, np.float32(-1), np.float32(1))

FLIPS: Floats = np.stack(
    [
        np.outer(rows, columns)[_USED]
        for rows in (np.ones_like(_ODD), _ODD)
        for columns in (np.ones_like(_ODD), _ODD)
    ]
).astype(np.float32)
"""(4, 247): as it is, left to right, upside down, both. A mirror turns the odd waves' signs."""

_COSINES = np.cos(np.pi * np.outer(np.arange(WAVES), np.arange(CELLS) + 0.5) / CELLS)
_LARGEST = 2.0
_DISC, _ABOVE = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7)), np.float32(20)


@dataclass(frozen=True, eq=False)
class Scale:
    """How strong each wave is in ultrasound: `median` and `deviation`, (247,) float32."""

    median: Floats
    deviation: Floats

    @classmethod
    def of(cls, images: Iterable[GreyImage]) -> "Scale":
        """Measured over images (H, W) uint8, of which there must be some that are not flat."""
        waves = np.concatenate([_measure_whole(image) for image in images])
        deviation = waves.std(axis=0) + np.float32(1e-6)
        strength = _strength(waves / deviation)
        known = strength[:, 0] > 0
        return cls(np.median(waves[known] / strength[known], axis=0), deviation)

    def level(self, waves: Floats) -> Floats:
        """Waves (n, 247) float32 on one scale, each row of length 1 / sqrt(247).

        Its product with a row of ones and minus ones lies in [-1, 1]; a flat picture's row is 0.
        """
        strength = _strength(waves / self.deviation)
        known = np.where(strength > 0, strength, 1)
        clipped = np.clip((waves / known - self.median) / self.deviation, -_LARGEST, _LARGEST)
        length = np.sqrt(np.square(clipped).sum(axis=1, keepdims=True) * BITS)
        return np.where(strength > 0, clipped / np.maximum(length, 1e-6), 0).astype(np.float32)


def hash_image(image: GreyImage, scale: Scale) -> Bits:
    """The hash (247,) bool of an image (H, W) uint8."""
    return np.asarray(scale.level(_measure_whole(image))[0] > 0)


def shrink(image: GreyImage) -> Floats:
    """An image (H, W) uint8 as it is hashed: (256, 256) float32.

    What is thin and stands out, such as calipers and text, is dimmed: no pixel stays more than 20
    grey values above the grey opening around it.
    """
    rule = cv2.INTER_AREA if min(image.shape) > SIDE_PX else cv2.INTER_LINEAR
    small = cv2.resize(image, (SIDE_PX, SIDE_PX), interpolation=rule).astype(np.float32)
    return np.asarray(np.minimum(small, cv2.morphologyEx(small, cv2.MORPH_OPEN, _DISC) + _ABOVE))


def measure_waves(small: Floats, top_bottom: Sequence[Cuts], left_right: Sequence[Cuts]) -> Floats:
    """The waves of the frame's middle, if `small` is what these cuts left of a frame.

    `small` is (256, 256) float32. Every pair of cuts is tried: (rows x columns, 247) float32, the
    columns' cuts running fastest.
    """
    waves = _read_middle(top_bottom) @ small @ _read_middle(left_right).T
    pairs = waves.reshape(len(top_bottom), WAVES, len(left_right), WAVES).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(pairs.reshape(-1, WAVES, WAVES)[:, _USED])


def _read_middle(cuts: Sequence[Cuts]) -> Floats:
    """(16 n, 256) float32: takes a picture's axis to the waves along the frame's middle."""
    first, last = np.array(cuts, np.float32).T[..., None]
    ends = (np.array(MIDDLE, np.float32) - first) / (1 - first - last) * SIDE_PX
    edges = ends[:, :1] + (ends[:, 1:] - ends[:, :1]) * np.linspace(0, 1, CELLS + 1)
    starts, stops = edges[:, :-1, None], edges[:, 1:, None]
    pixels = np.arange(SIDE_PX)
    covered = np.clip(np.minimum(stops, pixels + 1) - np.maximum(starts, pixels), 0, None)
    cells = covered / np.maximum(covered.sum(axis=2, keepdims=True), 1e-9)
    return np.asarray((_COSINES @ cells).reshape(-1, SIDE_PX), np.float32)


def _measure_whole(image: GreyImage) -> Floats:
    return measure_waves(shrink(image), [(0.0, 0.0)], [(0.0, 0.0)])


def _strength(waves: Floats) -> Floats:
    """(n, 1): the root mean square of each row, 0 where it is as good as flat."""
    strength = np.sqrt(np.square(waves).mean(axis=1, keepdims=True))
    return np.where(strength > 1e-3, strength, 0).astype(np.float32)
