"""Describing the lesion of a mask: its size, shape and echo as numbers, and what to beware of."""

import math
from dataclasses import dataclass, replace
from typing import overload

import cv2
import numpy as np

from busdemo.imaging.arrays import GreyImage, Mask, require_mask, require_same_size
from busdemo.imaging.components import find_components
from busdemo.scoring.echo import Echo, measure_echo
from busdemo.scoring.lesions import Lesion, measure_lesions
from busdemo.scoring.shape import Shape, measure_shape

STRETCH = 0.6
"""Of a pixel's longer side: how far the edge of a mask of oblong pixels is smoothed."""

LEAST_PX = 64
"""A smaller lesion's shape is that of its pixels: it gets numbers, but no words."""


@dataclass(frozen=True)
class Description:
    """The largest lesion of a mask, described."""

    size: Lesion
    shape: Shape
    echo: Echo
    lesions: int
    """How many the mask holds."""
    cut_by: tuple[str, ...]
    """Edges of the image that the lesion touches: "left", "right", "upper", "lower"."""

    @property
    def is_tiny(self) -> bool:
        """Too few pixels for words."""
        return self.size.area_px < LEAST_PX

    @property
    def caveats(self) -> tuple[str, ...]:
        """What is unreliable here, one sentence each; often empty."""
        sentences = []
        if self.lesions > 1:
            sentences.append(f"This is the largest of {self.lesions} lesions in the mask.")
        if self.cut_by:
            sentences.append(
                f"The lesion touches the image's {' and '.join(self.cut_by)} edge: size, shape and "
                "orientation are those of the part that can be seen."
            )
        if self.is_tiny:
            sentences.append(
                f"The lesion is only {self.size.area_px} px large: words for its shape need at "
                f"least {LEAST_PX} px, and its numbers are mostly those of pixels."
            )
        if np.isnan(self.echo.posterior):
            sentences.append(
                "The image has too little room below or beside it for the posterior echo."
            )
        return tuple(sentences)


def describe(image: GreyImage, mask: Mask, *, aspect: float = 1.0) -> Description | None:
    """Describe the largest lesion of a mask (H, W) bool in its image (H, W) uint8.

    `aspect` > 0 is a pixel's height over its width: every length, ratio and angle is that of what
    was scanned. None where the mask is empty. Raises TypeError if the mask is not bool, ValueError
    if the sizes differ.
    """
    require_mask(mask)
    require_same_size(image, mask)
    components = find_components(mask)
    if components.n == 0:
        return None
    largest = components.labels == 1
    x, y, width, height = (int(side) for side in components.boxes[0])
    size = _measure_size(components.mask(1), x, y, aspect)
    edges = {
        "left": x == 0,
        "right": x + width == mask.shape[1],
        "upper": y == 0,
        "lower": y + height == mask.shape[0],
    }
    return Description(
        size=size,
        shape=_measure_shape(largest, aspect),
        echo=measure_echo(
            _square_up(image, aspect),
            _square_up(largest, aspect),
            _square_up(mask & ~largest, aspect),
        ),
        lesions=components.n,
        cut_by=tuple(edge for edge, touched in edges.items() if touched),
    )


def _measure_shape(lesion: Mask, aspect: float) -> Shape:
    """Shape on square pixels, lengths in sides of the square of an original pixel's area."""
    shape = measure_shape(_square_up(lesion, aspect))
    side = min(math.sqrt(aspect), 1 / math.sqrt(aspect))
    return shape if aspect == 1 else replace(shape, perimeter_px=shape.perimeter_px * side)


@overload
def _square_up(pixels: GreyImage, aspect: float) -> GreyImage: ...
@overload
def _square_up(pixels: Mask, aspect: float) -> Mask: ...
def _square_up(pixels: GreyImage | Mask, aspect: float) -> GreyImage | Mask:
    """The same picture of square pixels, as small as the smaller side of the original ones."""
    if aspect == 1:
        return pixels
    height, width = pixels.shape
    size_wh = (round(width / min(aspect, 1)), round(height * max(aspect, 1)))
    if pixels.dtype != np.bool_:
        return np.asarray(cv2.resize(pixels, size_wh, interpolation=cv2.INTER_LINEAR), np.uint8)
    # A pixel stretched makes stairs: the edge is where as much lies within as without.
    stretched = cv2.resize(pixels.astype(np.float32), size_wh, interpolation=cv2.INTER_NEAREST)
    sigma = STRETCH * max(aspect, 1 / aspect)
    return np.asarray(cv2.GaussianBlur(stretched, (0, 0), sigma) >= 0.5)


def _measure_size(pixels: Mask, x: int, y: int, aspect: float) -> Lesion:
    """The one lesion in a box whose corner lies at x and y of the image."""
    size = measure_lesions(pixels, aspect=aspect)[0]
    (x1, y1), (x2, y2) = size.longest_ends
    return replace(
        size,
        centre_xy=(size.centre_xy[0] + x, size.centre_xy[1] + y),
        box_xywh=(x, y, *size.box_xywh[2:]),
        longest_ends=((x1 + x, y1 + y), (x2 + x, y2 + y)),
    )
