"""YOLO segmentation text: a line for each outline, a class and corners as shares of the image.

Format: https://docs.ultralytics.com/datasets/segment/, "Ultralytics YOLO format".
"""

import numpy as np

from busdemo.annotations.contours import trace_outlines
from busdemo.annotations.labelled import Shape, fill_shapes
from busdemo.annotations.outlines import MAX_OUTLINES, read_outline
from busdemo.annotations.parts import Part, Request
from busdemo.imaging.arrays import Mask
from busdemo.imaging.refusals import UnreadableImage

_BEYOND = 0.5
"""Corners may lie this share of the image outside; farther, they are no shares."""


def is_yolo(data: bytes) -> bool:
    """Is the first line a class and at least four numbers, or the file blank (nothing marked)?"""
    if not data.strip():
        return True
    line = data[:4096].lstrip().split(b"\n", 1)[0].split()
    if len(line) < 5 or not line[0].isdigit():
        return False
    try:
        [float(word) for word in line[1:-1]]
    except ValueError:
        return False
    return True


def read_yolo(data: bytes, name: str, request: Request) -> list[Part]:
    """One part for each class; UnreadableImage for boxes, or for what is no share."""
    lines = [line.split() for line in data.decode("ascii", "replace").splitlines()]
    lines = [line for line in lines if line]
    if len(lines) > MAX_OUTLINES:
        raise UnreadableImage(f"{name} holds more than {MAX_OUTLINES:,} outlines.")
    if any(len(line) == 5 for line in lines):
        raise UnreadableImage(f"{name} holds YOLO boxes, not outlines; please use outlines.")
    shapes = [_read_line(line, name, request) for line in lines]
    return fill_shapes(shapes, request, name, drawn_on_wh=None)


def write_yolo(mask: Mask) -> bytes:
    """The text for a mask (H, W), class 0: a line a component, holes joined by slits."""
    size = np.array(mask.shape[::-1])
    lines = [
        " ".join(["0", *(f"{share:.8g}" for share in (outline / size).ravel())])
        for outline in trace_outlines(mask)
    ]
    return ("\n".join(lines) + "\n").encode()


def _read_line(line: list[str], name: str, request: Request) -> Shape:
    try:
        label, shares = f"class {int(line[0])}", [float(word) for word in line[1:]]
    except ValueError:
        raise UnreadableImage(f"{name} holds a line that is no YOLO outline.") from None
    outline = read_outline(shares, name)
    if outline.min() < -_BEYOND or outline.max() > 1 + _BEYOND:
        raise UnreadableImage(
            f"{name} holds corners that are no shares of the image's width and height (0 to 1)."
        )
    return Shape(label, outline * np.array(request.size_wh))
