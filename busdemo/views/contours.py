"""Outlines of masks as SVG: a file for drawing programs, or lines over the scan.

A line runs through the centres of a mask's outermost pixels, between which distances are measured.
"""

import base64
import html
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from busdemo.annotations.annotation import Annotation
from busdemo.imaging.arrays import GreyImage, Mask, require_mask
from busdemo.views.pictures import encode_png


def trace_path(mask: Mask) -> str:
    """The outlines of a (H, W) bool mask, holes too, as the data of one SVG path; may be empty."""
    require_mask(mask)
    pixels = mask.astype("uint8")
    loops, _ = cv2.findContours(pixels, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    return "".join(
        "M" + "L".join(f"{x + 0.5:g} {y + 0.5:g}" for x, y in loop[:, 0].tolist()) + "Z"
        for loop in loops
    )


def draw_contours(
    annotations: Sequence[Annotation],
    colours: Sequence[str],
    image: GreyImage | None = None,
) -> str:
    """An SVG in the image's pixels with one named path an annotator, the image below if given.

    `colours` ("#rrggbb") are the annotators', repeated if there are too few; `image` is uint8, of
    the masks' size or a smaller one of the same shape. Names are escaped. Lines keep their width
    at every zoom.
    """
    height, width = annotations[0].mask.shape
    paths = [
        f'<path d="{trace_path(one.mask)}" stroke="{html.escape(colours[index % len(colours)])}" '
        f'{_DASHES[one.kind]}fill="none" stroke-width="1.6" stroke-linejoin="round" '
        f'stroke-linecap="round" vector-effect="non-scaling-stroke">'
        f"<title>{html.escape(one.annotator)}</title></path>"
        for index, one in enumerate(annotations)
    ]
    below = "" if image is None else _embed(image, (width, height))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}">{below}{"".join(paths)}</svg>'
    )


_DASHES = {
    "person": "",
    "model": 'stroke-dasharray="6 3" ',
    "consensus": 'stroke-dasharray="1.5 4" ',
    "simulated": "",
}


def _embed(image: GreyImage, size_wh: tuple[int, int]) -> str:
    width, height = size_wh
    return f'<image width="{width}" height="{height}" href="{embed_png(encode_png(image))}"/>'


def embed_png(data: bytes) -> str:
    """A PNG file as a data URI."""
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


def shrink(pixels: NDArray[np.uint8], longest_px: int) -> NDArray[np.uint8]:
    """A picture (H, W) or (H, W, 3) whose longer side is at most `longest_px`, means of areas."""
    scale = longest_px / max(pixels.shape[:2])
    if scale >= 1:
        return pixels
    size_wh = (round(pixels.shape[1] * scale), round(pixels.shape[0] * scale))
    return np.asarray(cv2.resize(pixels, size_wh, interpolation=cv2.INTER_AREA), np.uint8)
