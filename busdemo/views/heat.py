"""Heat maps as pictures, in the viewer's colours."""

import cv2
import numpy as np
from numpy.typing import NDArray

from busdemo.imaging.arrays import GreyImage, ProbabilityMap
from busdemo.imaging.masks import STOPS, quantize

HEAT_ANCHORS = (
    (0, 0, 0, 4), (0.25, 45, 17, 96), (0.5, 114, 31, 129), (0.7, 181, 64, 140),
    (0.85, 226, 132, 178), (0.95, 248, 206, 224), (1, 255, 250, 253),
)  # fmt: skip
"""Position in [0, 1] and RGB, as in the viewer's colours.js: rising in lightness throughout, so
that it reads without colour vision, and free of the hues that mean hit, extra or missed."""


def heat_table() -> NDArray[np.uint8]:
    """(200, 3) RGB uint8: the colour of every level."""
    at, *channels = np.array(HEAT_ANCHORS, np.float64).T
    places = np.arange(STOPS) / (STOPS - 1)
    mixed = np.stack([np.interp(places, at, channel) for channel in channels], axis=1)
    return np.floor(mixed + 0.5).astype(np.uint8)


def draw_heat(
    image: GreyImage, values: ProbabilityMap, *, top: float = 1.0, opacity: float = 0.6
) -> NDArray[np.uint8]:
    """A heat map over the scan: (H, W, 3) RGB uint8.

    `image` is (H, W) uint8, `values` (H, W) float32 from 0 to `top`, opacity in [0, 1]. Raises
    ValueError when the sizes differ.
    """
    if image.shape != values.shape:
        raise ValueError(f"The heat map is {values.shape}, the image {image.shape}.")
    levels = quantize(np.asarray(values / np.float32(top), np.float32))
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2RGB), np.float64)
    # Half up, as Math.round in the viewer does.
    mixed = np.floor(grey + opacity * (heat_table()[levels] - grey) + 0.5)
    return mixed.astype(np.uint8)
