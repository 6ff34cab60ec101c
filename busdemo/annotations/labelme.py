"""LabelMe JSON: polygons, rectangles, circles and masks (https://github.com/wkentaro/labelme)."""

import base64
import binascii
import json
import math
from typing import Any

from busdemo.annotations.annotation import Annotation
from busdemo.annotations.contours import trace_outlines
from busdemo.annotations.labelled import (
    NO_INSIDE,
    Shape,
    box_outline,
    ellipse_outline,
    fill_shapes,
    paste_mask,
    plain_label,
    shape_of,
)
from busdemo.annotations.outlines import require_drawn_on
from busdemo.annotations.request import File, Request
from busdemo.imaging.arrays import Mask
from busdemo.imaging.decoding import read_pixels
from busdemo.imaging.refusals import UnreadableImage


def is_labelme(content: Any) -> bool:
    """Is this JSON of LabelMe?"""
    return isinstance(content, dict) and isinstance(content.get("shapes"), list)


def read_labelme(file: File, request: Request) -> list[Annotation]:
    """One annotation for each label; points and lines have no inside and are left out."""
    content, name = file.content, file.name
    stated = (content.get("imageWidth"), content.get("imageHeight"))
    drawn_on_wh = require_drawn_on(stated, name)
    size_wh, found = drawn_on_wh or request.size_wh, []
    for one in content["shapes"]:
        if not isinstance(one, dict):
            raise UnreadableImage(f"{name} holds a shape that is none.")
        found.append(_read_shape(one, size_wh, name))
    title = str(content.get("imagePath") or "")
    return fill_shapes(found, request, name, drawn_on_wh=drawn_on_wh, title=title)


def write_labelme(mask: Mask, label: str, image_name: str) -> bytes:
    """A LabelMe file of a mask (H, W): a polygon for each component, holes joined by slits."""
    shapes = [
        {
            "label": label,
            "points": outline.astype(float).tolist(),
            "group_id": None,
            "shape_type": "polygon",
            "flags": {},
        }
        for outline in trace_outlines(mask)
    ]
    content = {
        "version": "5.5.0",
        "flags": {},
        "shapes": shapes,
        "imagePath": image_name,
        "imageData": None,
        "imageHeight": mask.shape[0],
        "imageWidth": mask.shape[1],
    }
    return json.dumps(content, ensure_ascii=False).encode()


def _read_shape(shape: dict[str, Any], size_wh: tuple[int, int], name: str) -> Shape | str:
    """A shape, or why it is left out."""
    kind, points = shape.get("shape_type") or "polygon", shape.get("points")
    label = plain_label(shape.get("label"))
    if kind in ("polygon", "rotation"):
        return shape_of(label, points if isinstance(points, list) else [], name)
    if kind == "rectangle" and isinstance(points, list) and len(points) == 4:  # X-AnyLabeling
        return shape_of(label, points, name)
    if kind not in ("rectangle", "circle", "mask"):
        return NO_INSIDE
    try:
        (x0, y0), (x1, y1) = [[float(number) for number in point] for point in points or ()]
    except (TypeError, ValueError, OverflowError):
        raise UnreadableImage(f"{name} holds a {kind} without its two points.") from None
    if kind == "mask":
        raster = _read_raster(shape.get("mask"), (min(x0, x1), min(y0, y1)), size_wh, name)
        return Shape(label, raster=raster)
    if kind == "rectangle":
        return shape_of(label, box_outline(x0, y0, x1, y1), name)
    radius = math.hypot(x1 - x0, y1 - y0)
    return shape_of(label, ellipse_outline((x0, y0), (radius, radius)), name)


def _read_raster(
    text: object, corner: tuple[float, float], size_wh: tuple[int, int], name: str
) -> Mask:
    """The mask (H, W) of a picture in text, put where its first corner lies."""
    try:
        data = base64.b64decode(str(text), validate=True)
        pixels = read_pixels(data, name, least_side_px=1)
    except (binascii.Error, UnreadableImage):
        raise UnreadableImage(f"{name} holds a mask whose picture is damaged.") from None
    return paste_mask(pixels.values, corner, size_wh, name)
