"""CVAT XML ("CVAT for images 1.1"): polygons, boxes, ellipses and masks of one image."""

from xml.etree import ElementTree as ET
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

import numpy as np

from busdemo.annotations.annotation import Annotation
from busdemo.annotations.contours import trace_outlines
from busdemo.annotations.labelled import (
    NO_INSIDE,
    Shape,
    box_outline,
    ellipse_outline,
    fill_shapes,
    pick_image,
    plain_label,
    shape_of,
    turn_outline,
)
from busdemo.annotations.outlines import require_drawn_on
from busdemo.annotations.request import File, Request
from busdemo.annotations.rle import expand_runs
from busdemo.imaging.arrays import Mask
from busdemo.imaging.refusals import UnreadableImage

MAX_ELEMENTS = 200_000
MAX_RUNS = 1_000_000
MAX_MASKS = 50
"""Of one image: each is decoded at the image's size."""


def read_cvat(file: File, request: Request) -> list[Annotation]:
    """One annotation for each label; lines and points have no inside and are left out.

    Raises UnreadableImage for other XML, for document types (their entities may grow without
    bound), and for nonsense.
    """
    name = file.name
    images = _parse(file.data, name).findall("image")
    if not images:
        raise UnreadableImage(f"{name} is XML, but holds no images as CVAT writes them.")
    try:
        sizes = [
            require_drawn_on((int(i.get("width", "0")), int(i.get("height", "0"))), name)
            for i in images
        ]
    except ValueError as error:
        raise _refuse(name) from error
    titles = [image.get("name", "") for image in images]
    chosen = pick_image(list(zip(titles, sizes, strict=True)), request, name)
    size_wh = sizes[chosen] or request.size_wh
    if len(images[chosen].findall("mask")) > MAX_MASKS:
        raise UnreadableImage(f"{name} holds too many masks of this image.")
    read = (_read_shape(element, size_wh, name) for element in images[chosen])
    found = [shape for shape in read if shape is not None]
    return fill_shapes(found, request, name, drawn_on_wh=size_wh, title=titles[chosen])


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
    try:
        parser.Parse(data, True)
        return builder.close()
    except (expat.ExpatError, AssertionError, ValueError) as error:
        if isinstance(error, UnreadableImage):
            raise
        raise UnreadableImage(f"{name} is not valid XML; please save it again.") from None


def _read_shape(element: ET.Element, size_wh: tuple[int, int], name: str) -> Shape | str | None:
    """A shape, why one is left out, or None for what is no shape."""
    label, kind = plain_label(element.get("label", "")), element.tag
    try:
        turn = float(element.get("rotation", "0"))
        if kind == "polygon":
            return shape_of(label, _read_points(element), name)
        if kind == "box":
            sides = [float(element.get(side, "nan")) for side in ("xtl", "ytl", "xbr", "ybr")]
            return shape_of(label, turn_outline(box_outline(*sides), turn), name)
        if kind == "ellipse":
            cx, cy, rx, ry = (float(element.get(key, "nan")) for key in ("cx", "cy", "rx", "ry"))
            outline = turn_outline(ellipse_outline((cx, cy), (rx, ry)), turn)
            return shape_of(label, outline, name)
        if kind == "mask":
            return Shape(label, raster=_read_mask(element, size_wh, name))
    except UnreadableImage:
        raise
    except (ValueError, OverflowError) as error:
        raise _refuse(name) from error
    return None if kind == "tag" else NO_INSIDE


def _read_points(element: ET.Element) -> list[list[str]]:
    return [pair.split(",") for pair in element.get("points", "").split(";")]


def _read_mask(element: ET.Element, size_wh: tuple[int, int], name: str) -> Mask:
    """A mask's box of runs along the rows, put in its place."""
    left, top, width, height = (
        int(float(element.get(key, "-1"))) for key in ("left", "top", "width", "height")
    )
    inside = left >= 0 and top >= 0 and left + width <= size_wh[0] and top + height <= size_wh[1]
    if not inside or width < 1 or height < 1:
        raise _refuse(name)
    words = element.get("rle", "").split(",")
    if len(words) > MAX_RUNS:
        raise _refuse(name)
    runs = np.array([min(int(word), 10**9) for word in words], np.int64)
    mask = np.zeros(size_wh[::-1], np.bool_)
    box = expand_runs(runs, (height, width), name, order="C")
    mask[top : top + height, left : left + width] = box
    return mask


def _refuse(name: str) -> UnreadableImage:
    return UnreadableImage(f"{name} holds a shape or a size that is not possible.")
