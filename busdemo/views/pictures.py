"""Pictures of masks over scans, the same pixels the viewer shows."""

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from busdemo.imaging.arrays import GreyImage, Mask, require_same_size

HIT, EXTRA, MISSED = (0, 158, 115), (213, 94, 0), (0, 114, 178)
"""Okabe-Ito colours, safe for colour-blind eyes: in both, mask only, reference only."""
ALONE = (240, 228, 66)
"""Okabe-Ito's yellow: a mask that has no reference to be compared with."""

Style = Literal["fill", "outline", "off"]


def draw_overlay(
    image: GreyImage,
    mask: Mask,
    reference: Mask | None,
    *,
    style: Style = "fill",
    opacity: float = 0.5,
) -> NDArray[np.uint8]:
    """The scan with hit, extra and missed pixels coloured: (H, W, 3) RGB uint8.

    `image` is (H, W) uint8, masks (H, W) bool. `fill` mixes the colour into every pixel by
    `opacity` in [0, 1]; `outline` draws the edge pixels of mask and reference; `off` leaves the
    scan as it is. Raises ValueError when the sizes differ.
    """
    require_same_size(image, mask)
    grey = np.repeat(image[..., None], 3, axis=2)
    if style == "off":
        return grey
    truth = mask if reference is None else reference
    require_same_size(mask, truth)
    region = mask | truth if style == "fill" else _edge(mask) | _edge(truth)
    palette = np.zeros((4, 3), np.float64)
    palette[1:] = (ALONE, ALONE, ALONE) if reference is None else (EXTRA, MISSED, HIT)
    colours = palette[mask.astype(np.uint8) + 2 * truth.astype(np.uint8)]
    weight = opacity if style == "fill" else 1.0
    # Half up, as Math.round in the viewer does; np.rint would round half to even.
    mixed = np.floor(grey + weight * (colours - grey) + 0.5).astype(np.uint8)
    # Outlines lie inside their masks, so that no edge pixel is without a class.
    return np.where(region[..., None], mixed, grey)


def draw_entropy(image: GreyImage, entropy: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The scan, darkened, under the entropy of the votes: (H, W, 3) RGB uint8.

    `entropy` is (H, W) float32 in [0, 1] bits: 0 leaves the scan, 1 is OpenCV's brightest
    viridis. Raises ValueError when the sizes differ.
    """
    require_same_size(image, entropy)
    steps = np.rint(entropy * 255).astype(np.uint8)
    colours = cv2.cvtColor(cv2.applyColorMap(steps, cv2.COLORMAP_VIRIDIS), cv2.COLOR_BGR2RGB)
    grey = np.repeat((image * 0.7).astype(np.uint8)[..., None], 3, axis=2)
    return np.where(entropy[..., None] > 0, colours, grey).astype(np.uint8)


def encode_png(pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> bytes:
    """A PNG file of (H, W) grey or (H, W, 3) RGB pixels, 8 or 16 bit."""
    ordered = pixels[..., ::-1] if pixels.ndim == 3 else pixels
    written, png = cv2.imencode(".png", ordered)
    if not written:
        raise ValueError(f"An array of shape {pixels.shape} has no PNG.")
    return bytes(png)


def encode_small_png(pixels: NDArray[np.uint8]) -> bytes:
    """The smallest PNG file of (H, W) uint8 that a few ways of writing give: for files to keep."""
    filters = (cv2.IMWRITE_PNG_FILTER_SUB, cv2.IMWRITE_PNG_ALL_FILTERS)
    best = [cv2.IMWRITE_PNG_COMPRESSION, 9]
    ways = [[*best, cv2.IMWRITE_PNG_FILTER, one] for one in filters]
    ways += [[*best, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_FILTERED]]
    return min((bytes(cv2.imencode(".png", pixels, way)[1]) for way in ways), key=len)


def _edge(mask: Mask) -> Mask:
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    inner = cv2.erode(mask.astype(np.uint8), cross, borderType=cv2.BORDER_CONSTANT, borderValue=1)
    return np.asarray(mask & (inner == 0))
