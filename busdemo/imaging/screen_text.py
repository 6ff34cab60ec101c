"""Letters around the scan area of a screen: told of, because a name may be among them.

What they say is not read. Rows of characters are looked for as those burnt into a scan are
(`busdemo.imaging.marks`), light on dark and dark on light, at a size at which a scanner's smallest
letters have strokes.
"""

import cv2
import numpy as np

from busdemo.imaging.arrays import GreyImage
from busdemo.imaging.boxes import Box
from busdemo.imaging.marks import find_text

SIDE_PX = 960
"""Long side at which letters are looked for; larger pictures are shrunk, smaller ones stay."""


def find_text_around(image: GreyImage, area: Box) -> list[Box]:
    """Boxes, in px of the image (H, W) uint8, around rows of letters outside the scan area."""
    height, width = image.shape
    scale = min(1.0, SIDE_PX / max(height, width))
    around = image.copy()
    rows, columns = area.window()
    # The scan's own letters are part of it; a grey that is neither adds no edge to look at.
    around[rows, columns] = _typical(image, area)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = np.asarray(cv2.resize(around, size, interpolation=cv2.INTER_AREA), np.uint8)
    found = [*find_text(small), *find_text(255 - small)]
    return [Box(x / scale, y / scale, (x + w) / scale, (y + h) / scale) for x, y, w, h in found]


def _typical(image: GreyImage, area: Box) -> int:
    """The grey value that most pixels around the area have."""
    counts = np.bincount(image.ravel(), minlength=256)
    return int((counts - np.bincount(image[area.window()].ravel(), minlength=256)).argmax())
