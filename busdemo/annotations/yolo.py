"""YOLO segmentation text: a line for each outline, a class and corners as shares of the image.

Format: https://docs.ultralytics.com/datasets/segment/, "Ultralytics YOLO format".
"""

import numpy as np

from busdemo.annotations.annotation import Annotation
from busdemo.annotations.contours import trace_outlines
from busdemo.annotations.labelled import FEW_CORNERS, Shape, fill_shapes
from busdemo.annotations.outlines import MAX_OUTLINES, read_outline
from busdemo.annotations.request import File, Request
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


def read_yolo(file: File, request: Request) -> list[Annotation]:
    """One annotation for each class; UnreadableImage for boxes, or for what is no share.

    A line with one number more than corners need ends with a confidence, as `save_conf` writes
    them: those below `Options.least_score` are left out.
    """
    name, least = file.name, request.options.least_score
    lines = [line.split() for line in file.data.decode("ascii", "replace").splitlines()]
    lines = [line for line in lines if line]
    if len(lines) > MAX_OUTLINES:
        raise UnreadableImage(f"{name} holds more than {MAX_OUTLINES:,} outlines.")
    if any(len(line) in (5, 6) for line in lines):
        raise UnreadableImage(f"{name} holds YOLO boxes, not outlines; please use outlines.")
    scored = any(_has_score(line) for line in lines)
    return fill_shapes(
        [_read_line(line, name, request) for line in lines],
        request,
        name,
        drawn_on_wh=None,
        counted=(f"scores from {least:g}",) if scored else (),
    )


def write_yolo(mask: Mask) -> bytes:
    """The text for a mask (H, W), class 0: a line a component, holes joined by slits."""
    size = np.array(mask.shape[::-1])
    lines = [
        " ".join(["0", *(f"{share:.8g}" for share in (outline / size).ravel())])
        for outline in trace_outlines(mask)
    ]
    return ("\n".join(lines) + "\n").encode()


def _has_score(line: list[str]) -> bool:
    return len(line) % 2 == 0


def _read_line(line: list[str], name: str, request: Request) -> Shape | str:
    try:
        label, shares = f"class {float(line[0]):g}", [float(word) for word in line[1:]]
    except ValueError:
        raise UnreadableImage(f"{name} holds a line that is no YOLO outline.") from None
    least = request.options.least_score
    if _has_score(line) and shares.pop() < least:
        return f"with a score below {least:g}"
    outline = read_outline(shares, name)
    if outline is None:
        return FEW_CORNERS
    if outline.min() < -_BEYOND or outline.max() > 1 + _BEYOND:
        raise UnreadableImage(
            f"{name} holds corners that are no shares of the image's width and height (0 to 1)."
        )
    return Shape(label, outline * np.array(request.size_wh))
