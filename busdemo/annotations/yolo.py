"""YOLO segmentation text: a line for each outline, a class and corners as shares of the image.

Format: https://docs.ultralytics.com/datasets/segment/, "Ultralytics YOLO format".
"""

from functools import partial

import numpy as np

from busdemo.annotations.contours import trace_outlines
from busdemo.annotations.labelled import FEW_CORNERS, ONLY_BOX, LabelledShape, Shapes, Sheet
from busdemo.annotations.outlines import read_outline
from busdemo.annotations.request import MaskFile, Request
from busdemo.imaging.arrays import Mask
from busdemo.imaging.refusals import UnreadableImage

_BEYOND = 0.5
"""Corners may lie this share of the image outside; farther, they are no shares."""


def is_yolo(data: bytes) -> bool:
    """Is the first line a class and at least four numbers, or the file blank (nothing marked)?"""
    if not data.strip():
        return True
    line = data[:4096].lstrip().split(b"\n", 1)[0].split()
    try:
        numbers = [float(word) for word in line[:-1]]
    except ValueError:
        return False
    return len(line) >= 5 and numbers[0] >= 0 and numbers[0].is_integer()


def list_yolo(file: MaskFile, _: Request) -> list[Sheet]:
    """The image that the file is called after; boxes are left out.

    A line with one number more than corners need ends with a confidence, as `save_conf` writes it.
    """
    lines = [line.split() for line in file.data.decode("ascii", "replace").splitlines()]
    return [Sheet("", (None, None), partial(_read_lines, [x for x in lines if x], file.name))]


def write_yolo(mask: Mask) -> bytes:
    """The text for a mask (H, W), class 0: a line a component, holes joined by slits."""
    size = np.array(mask.shape[::-1])
    lines = [
        " ".join(["0", *(f"{share:.8g}" for share in (outline / size).ravel())])
        for outline in trace_outlines(mask)
    ]
    return ("\n".join(lines) + "\n").encode()


def _read_lines(lines: list[list[str]], name: str, size_wh: tuple[int, int]) -> Shapes:
    for line in lines:
        try:
            label, shares = f"class {float(line[0]):g}", [float(word) for word in line[1:]]
        except ValueError:
            raise UnreadableImage(f"{name} holds a line that is no YOLO outline.") from None
        score = shares.pop() if len(shares) % 2 else None
        outline = read_outline(shares, name)
        if len(shares) == 4:
            yield ONLY_BOX
        elif outline is None:
            yield FEW_CORNERS
        elif outline.min() < -_BEYOND or outline.max() > 1 + _BEYOND:
            raise UnreadableImage(
                f"{name} holds corners that are no shares of the image's width and height (0 to 1)."
            )
        else:
            yield LabelledShape(label, outline * np.array(size_wh), score=score)
