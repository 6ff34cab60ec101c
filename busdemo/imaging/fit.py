"""The resize to a network's input, and its way back, as one value.

A probability map only means something at the image's own pixels, so the frozen `Fit` travels with
the tensor and undoes exactly what was done. Every number is computed after `restore`.
"""

from dataclasses import dataclass
from typing import Literal, Self, get_args

import cv2
import numpy as np

from busdemo.imaging.arrays import GreyImage, ProbabilityMap

ResizeRule = Literal["stretch", "letterbox"]
"""`stretch` fills the input and changes the aspect ratio; `letterbox` keeps it and pads."""


@dataclass(frozen=True)
class Fit:
    """Where an image of `image_wh` px lies inside a network input of `input_wh` px.

    `inner_wh` is the size the image takes there, `offset_xy` its top left corner.
    """

    image_wh: tuple[int, int]
    input_wh: tuple[int, int]
    inner_wh: tuple[int, int]
    offset_xy: tuple[int, int]

    @classmethod
    def of(
        cls, image_wh: tuple[int, int], input_wh: tuple[int, int], rule: ResizeRule = "letterbox"
    ) -> Self:
        """The fit of an image into an input; ValueError for empty sizes or an unknown rule."""
        if min(*image_wh, *input_wh) < 1:
            raise ValueError(f"Sizes must be at least 1 px, got {image_wh} into {input_wh}.")
        if rule not in get_args(ResizeRule):
            raise ValueError(f"Unknown resize rule {rule!r}.")
        if rule == "stretch":
            return cls(image_wh, input_wh, input_wh, (0, 0))
        scale = min(input_wh[0] / image_wh[0], input_wh[1] / image_wh[1])
        inner_w = max(1, min(input_wh[0], round(image_wh[0] * scale)))
        inner_h = max(1, min(input_wh[1], round(image_wh[1] * scale)))
        offset = ((input_wh[0] - inner_w) // 2, (input_wh[1] - inner_h) // 2)
        return cls(image_wh, input_wh, (inner_w, inner_h), offset)

    def apply(self, image: GreyImage, *, border: int = 0) -> GreyImage:
        """The image (H, W) uint8 as the network sees it: resized, padded with the grey `border`."""
        self._require_size(image.shape, self.image_wh)
        inner = cv2.resize(image, self.inner_wh, interpolation=_interpolation(self))
        if self.inner_wh == self.input_wh:
            return np.asarray(inner, np.uint8)
        framed = np.full(self.input_wh[::-1], border, np.uint8)
        framed[self._window()] = inner
        return framed

    def restore(self, probability_map: ProbabilityMap) -> ProbabilityMap:
        """A map (input height, input width) brought back to the image's own size, in [0, 1]."""
        self._require_size(probability_map.shape, self.input_wh)
        inner = np.ascontiguousarray(probability_map[self._window()], np.float32)
        native = cv2.resize(inner, self.image_wh, interpolation=cv2.INTER_LINEAR)
        return np.asarray(np.clip(native, 0.0, 1.0), np.float32)

    def _window(self) -> tuple[slice, slice]:
        (x, y), (w, h) = self.offset_xy, self.inner_wh
        return slice(y, y + h), slice(x, x + w)

    @staticmethod
    def _require_size(shape: tuple[int, ...], size_wh: tuple[int, int]) -> None:
        if shape != size_wh[::-1]:
            raise ValueError(f"Expected an array of shape {size_wh[::-1]}, got {shape}.")


def _interpolation(fit: Fit) -> int:
    # Area averaging shrinks without aliasing speckle; it does not enlarge.
    shrinks = fit.inner_wh[0] <= fit.image_wh[0] and fit.inner_wh[1] <= fit.image_wh[1]
    return int(cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
