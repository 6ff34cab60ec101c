"""The picture that a link to the page is shown with."""

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from busdemo.imaging.arrays import GreyImage, Mask
from busdemo.views.pictures import draw_overlay

SIZE_WH = (1200, 630)
"""In px, what every site that shows such pictures asks for."""

_MARGIN, _GAP, _TOP = 36, 18, 168
_GROUND, _TEXT, _QUIET = (11, 15, 25), (243, 244, 246), (156, 163, 175)
_PANES = ("Scan", "Ground truth", "Model against it")


def draw_preview(
    image: GreyImage, mask: Mask, reference: Mask, *, title: str, tagline: str, note: str
) -> NDArray[np.uint8]:
    """(630, 1200, 3) RGB uint8: a scan (H, W), its reference and a mask against that, in words.

    ValueError when the sizes differ.
    """
    picture = Image.new("RGB", SIZE_WH, _GROUND)
    draw = ImageDraw.Draw(picture)
    draw.text((_MARGIN, 30), title, _TEXT, ImageFont.load_default(58))
    draw.text((_MARGIN, 100), tagline, _QUIET, ImageFont.load_default(30))
    width = (SIZE_WH[0] - 2 * _MARGIN - 2 * _GAP) // 3
    height = round(width * image.shape[0] / image.shape[1])
    panes = (
        draw_overlay(image, mask, None, style="off"),
        draw_overlay(image, reference, None),
        draw_overlay(image, mask, reference),
    )
    for place, (pane, words) in enumerate(zip(panes, _PANES, strict=True)):
        left = _MARGIN + place * (width + _GAP)
        shown = cv2.resize(pane, (width, height), interpolation=cv2.INTER_AREA)
        picture.paste(Image.fromarray(shown), (left, _TOP))
        draw.text((left, _TOP + height + 12), words, _TEXT, ImageFont.load_default(26))
    draw.text((_MARGIN, SIZE_WH[1] - 60), note, _QUIET, ImageFont.load_default(24))
    return np.asarray(picture, np.uint8)
