"""LabelMe JSON: polygons, rectangles and circles (https://github.com/wkentaro/labelme)."""

import json
import math
from typing import Any

from busdemo.annotations.contours import trace_outlines
from busdemo.annotations.labelled import (
    Shape,
    box_outline,
    ellipse_outline,
    fill_shapes,
    note_left_out,
    plain_label,
)
from busdemo.annotations.outlines import read_outline, require_drawn_on
from busdemo.annotations.parts import Part, Request
from busdemo.imaging.arrays import Mask
from busdemo.imaging.refusals import UnreadableImage


def read_labelme(content: dict[str, Any], name: str, request: Request) -> list[Part]:
    """One part for each label; points and lines have no inside and are left out, which is said."""
    stated = (content.get("imageWidth"), content.get("imageHeight"))
    drawn_on_wh = require_drawn_on(stated, name)
    shapes, left_out = [], 0
    for one in content["shapes"]:
        if not isinstance(one, dict):
            raise UnreadableImage(f"{name} holds a shape that is none.")
        corners = _corners_of(one, name)
        if corners is None:
            left_out += 1
        else:
            shapes.append(Shape(plain_label(one.get("label")), read_outline(corners, name)))
    return fill_shapes(
        shapes, request, name, drawn_on_wh=drawn_on_wh, notes=note_left_out(left_out)
    )


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


def _corners_of(shape: dict[str, Any], name: str) -> object:
    """The outline of a shape, None for one without an inside."""
    kind, points = shape.get("shape_type") or "polygon", shape.get("points")
    if kind == "polygon":
        return points if isinstance(points, list) else []
    if kind not in ("rectangle", "circle"):
        return None
    try:
        (x0, y0), (x1, y1) = [[float(number) for number in point] for point in points or ()]
    except (TypeError, ValueError, OverflowError):
        raise UnreadableImage(f"{name} holds a {kind} without its two points.") from None
    if kind == "rectangle":
        return box_outline(x0, y0, x1, y1)
    radius = math.hypot(x1 - x0, y1 - y0)
    return ellipse_outline((x0, y0), (radius, radius))
