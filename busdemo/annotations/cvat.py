"""CVAT XML, for images or video 1.1: polygons, boxes, ellipses and masks.

Format: https://docs.cvat.ai/docs/dataset_management/formats/format-cvat/.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable
from functools import partial
from pathlib import PurePath
from xml.etree import ElementTree as ET
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

import numpy as np

from busdemo.annotations.contours import trace_outlines
from busdemo.annotations.figures import box_outline, ellipse_outline, paste_mask, turn_outline
from busdemo.annotations.labelled import (
    NO_INSIDE,
    LabelledShape,
    Shapes,
    Sheet,
    plain_label,
    shape_of,
)
from busdemo.annotations.outlines import MAX_CORNERS
from busdemo.annotations.request import MaskFile, Request
from busdemo.annotations.rle import expand_runs
from busdemo.imaging.arrays import Mask
from busdemo.imaging.refusals import MAX_PIXELS, UnreadableImage

MAX_ELEMENTS = 200_000
MAX_RUNS = 1_000_000
BETWEEN = "between two key frames"
"""Why a track is left out: only an export of all frames says where it is there."""


def list_cvat(file: MaskFile, request: Request) -> list[Sheet]:
    """A sheet for each image, or one of a video's frame; lines and points are left out.

    Of a video the frame that is asked for, that the image is, or that its name says
    (`frame_000012`), otherwise the one that has most shapes. Raises UnreadableImage for other XML,
    for document types (their entities may grow without bound), and for nonsense.
    """
    name = file.name
    root = _parse(file.data, name)
    if tracks := root.findall("track"):
        return [_sheet_of_video(root, tracks, request, name)]
    images = root.findall("image")
    if not images:
        raise UnreadableImage(f"{name} is XML, but holds no images as CVAT writes them.")
    return [
        Sheet(
            image.get("name", ""),
            (_whole(image.get("width", "0")), _whole(image.get("height", "0"))),
            partial(_read_shapes, [(image.get("label", ""), child) for child in image], name),
        )
        for image in images
    ]


def write_cvat(mask: Mask, label: str, image_name: str) -> bytes:
    """A CVAT file of a mask (H, W): a polygon for each component, holes joined by slits."""
    height, width = mask.shape
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        "<annotations>",
        "  <version>1.1</version>",
        f'  <image id="0" name={quoteattr(image_name)} width="{width}" height="{height}">',
    ]
    for outline in trace_outlines(mask):
        points = ";".join(f"{x:.2f},{y:.2f}" for x, y in outline.tolist())
        lines.append(
            f'    <polygon label={quoteattr(label)} source="manual" occluded="0" '
            f'points="{points}" z_order="0"></polygon>'
        )
    return "\n".join([*lines, "  </image>", "</annotations>", ""]).encode()


def _parse(data: bytes, name: str) -> ET.Element:
    """The tree of a document without a document type and of bounded size."""
    builder, parser = ET.TreeBuilder(), expat.ParserCreate()
    seen = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal seen
        seen += 1
        if seen > MAX_ELEMENTS:
            raise UnreadableImage(f"{name} holds more than {MAX_ELEMENTS:,} elements.")
        builder.start(tag, attributes)

    def refuse_type(*_: object) -> None:
        raise UnreadableImage(f"{name} is XML with a document type, which is not read here.")

    parser.StartDoctypeDeclHandler = refuse_type
    parser.StartElementHandler = start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(data, True)
        return builder.close()
    except (expat.ExpatError, AssertionError, LookupError, ValueError) as error:
        if isinstance(error, UnreadableImage):
            raise
        raise UnreadableImage(f"{name} is not valid XML; please save it again.") from None


def _sheet_of_video(
    root: ET.Element, tracks: list[ET.Element], request: Request, name: str
) -> Sheet:
    shown = [
        (_whole(shape.get("frame", "-1")), track.get("label", ""), shape)
        for track in tracks
        for shape in track
        if shape.get("outside") != "1"
    ]
    last = max((number for number, *_ in shown), default=0)
    frames = max(_whole(root.findtext("meta/task/size") or "1"), last + 1)
    saved = re.fullmatch(r"frame_(\d{6})", PurePath(request.image_name).stem)
    number, note = request.pick_frame(frames, name)
    if number is None and saved and int(saved[1]) < frames:
        number, note = int(saved[1]) + 1, f"frame {int(saved[1]) + 1} of {frames}, as its name says"
    if number is None:
        counts = Counter(number for number, *_ in shown)
        number = max(counts, key=counts.__getitem__, default=0) + 1
        note = f"frame {number} of {frames}, the one with most shapes"
    here = [(label, shape) for at, label, shape in shown if at == number - 1]
    lost = [BETWEEN for track in tracks if _is_between(track, number - 1)]
    size = root.find("meta/task/original_size")
    stated = tuple(
        None if size is None else _whole(size.findtext(side) or "0") for side in ("width", "height")
    )

    def read(size_wh: tuple[int, int]) -> Shapes:
        yield from lost
        yield from _read_shapes(here, name, size_wh)

    return Sheet("", (stated[0], stated[1]), read, (note,) if note else (), number, frames)


def _is_between(track: ET.Element, frame: int) -> bool:
    """Is it there before and after a frame, and nothing said of the frame itself?"""
    frames = {_whole(shape.get("frame", "-1")): shape.get("outside") == "1" for shape in track}
    before = [number for number in frames if number < frame]
    after = any(number > frame for number in frames)
    return frame not in frames and bool(before) and after and not frames[max(before)]


def _whole(text: str) -> int:
    """A whole number; -1, which no size or frame is, for anything else."""
    return int(text) if text.strip().isdecimal() and len(text) < 10 else -1


def _read_shapes(
    elements: Iterable[tuple[str, ET.Element]], name: str, size_wh: tuple[int, int]
) -> Shapes:
    for of_all, element in elements:
        try:
            label = plain_label(of_all or element.get("label", ""))
            found = _read_shape(element, label, name, size_wh)
        except UnreadableImage:
            raise
        except (ValueError, OverflowError) as error:
            raise _refuse(name) from error
        if found is not None:
            yield found


def _read_shape(
    element: ET.Element, label: str, name: str, size_wh: tuple[int, int]
) -> LabelledShape | str | None:
    """A shape, why one is left out, or None for what is no shape."""
    numbers = {key: _number(element, key) for key in _NUMBERS if key in element.attrib}
    turn = numbers.get("rotation", 0.0)
    if element.tag == "polygon":
        text = element.get("points", "")
        if text.count(";") > MAX_CORNERS:
            raise _refuse(name)
        return shape_of(label, [pair.split(",") for pair in text.split(";")], name)
    if element.tag == "box":
        corners = box_outline(*(numbers.get(side, math.nan) for side in _SIDES))
        return shape_of(label, turn_outline(corners, turn), name)
    if element.tag == "ellipse":
        cx, cy, rx, ry = (numbers.get(key, math.nan) for key in _RADII)
        return shape_of(label, turn_outline(ellipse_outline((cx, cy), (rx, ry)), turn), name)
    if element.tag == "mask":
        return LabelledShape(label, raster=_read_mask(element, size_wh, name))
    return None if element.tag == "tag" else NO_INSIDE


_SIDES, _RADII = ("xtl", "ytl", "xbr", "ybr"), ("cx", "cy", "rx", "ry")
_NUMBERS = ("rotation", *_SIDES, *_RADII)


def _number(element: ET.Element, key: str) -> float:
    return float(element.get(key, "nan"))


def _read_mask(element: ET.Element, size_wh: tuple[int, int], name: str) -> Mask:
    """A mask's box of runs along the rows, put in its place."""
    left, top, width, height = (
        int(float(element.get(key, "-1"))) for key in ("left", "top", "width", "height")
    )
    words = element.get("rle", "").split(",")
    if min(width, height) < 1 or width * height > MAX_PIXELS or len(words) > MAX_RUNS:
        raise _refuse(name)
    runs = np.array([min(int(word), 10**9) for word in words], np.int64)
    return paste_mask(
        expand_runs(runs, (height, width), name, order="C"), (left, top), size_wh, name
    )


def _refuse(name: str) -> UnreadableImage:
    return UnreadableImage(f"{name} holds a shape or a size that is not possible.")
