"""Which part of a picture is the scan: all of it, what is found, or what somebody says."""

import re
from typing import Literal

from busdemo.imaging.arrays import GreyImage
from busdemo.imaging.boxes import Box
from busdemo.imaging.refusals import MIN_SIDE_PX, UnreadableImage
from busdemo.imaging.scan_area import find_scan_area
from busdemo.imaging.screen_text import find_text_around

Crop = Literal["none", "auto"] | Box
"""All of a picture, the scan area that is found in it, or a box in whole px."""

MAY_HOLD_A_NAME = "this picture may hold a name"


def parse_crop(words: str) -> Crop:
    """`auto`, `none` or x,y,w,h in px of the picture; ValueError with one sentence."""
    if words in ("auto", "none"):
        return "auto" if words == "auto" else "none"
    if not re.fullmatch(r"\d{1,6}(\s*,\s*\d{1,6}){3}", words.strip()):
        raise ValueError(
            f"A crop is auto, none or x,y,w,h in px, such as 200,120,611,700, not {words[:40]!r}."
        )
    left, top, width, height = (int(number) for number in words.split(","))
    return Box(left, top, left + width, top + height)


def write_crop(area: Box | None) -> str:
    """An area as `parse_crop` reads it."""
    if area is None:
        return "none"
    left, top = int(area.left), int(area.top)
    return f"{left},{top},{int(area.right) - left},{int(area.bottom) - top}"


def choose_area(image: GreyImage, crop: Crop) -> Box | None:
    """The scan's box in an image (H, W) uint8, None where that is all of it.

    Raises UnreadableImage for a box that is not inside the image, or too small.
    """
    if not isinstance(crop, Box):
        return find_scan_area(image) if crop == "auto" else None
    height, width = image.shape
    inside = 0 <= crop.left < crop.right <= width and 0 <= crop.top < crop.bottom <= height
    if not inside or min(crop.right - crop.left, crop.bottom - crop.top) < MIN_SIDE_PX:
        raise UnreadableImage(
            f"The crop {write_crop(crop)} is not inside the image of {width}x{height} px, "
            f"or under {MIN_SIDE_PX} px on a side."
        )
    return None if crop == Box.whole((width, height)) else crop


def tell_area(image: GreyImage, area: Box) -> list[str]:
    """That only this part of an image (H, W) uint8 is looked at; if letters stand around it."""
    left, top, width, height = write_crop(area).split(",")
    notes = [f"only the scan area is looked at, {width}x{height} px from {left}, {top}"]
    if find_text_around(image, area):
        notes.append(f"there are letters around it: {MAY_HOLD_A_NAME}")
    return notes
