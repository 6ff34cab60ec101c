"""LabelMe JSON: polygons, rectangles, circles and masks (https://github.com/wkentaro/labelme)."""

import json
import math
from collections.abc import Sequence
from functools import partial
from typing import Any

from busdemo.annotations.contours import trace_outlines
from busdemo.annotations.figures import (
    box_outline,
    ellipse_outline,
    paste_mask,
    read_picture_text,
)
from busdemo.annotations.labelled import (
    NO_INSIDE,
    LabelledShape,
    Shapes,
    Sheet,
    plain_label,
    score_of,
    shape_of,
)
from busdemo.annotations.request import MaskFile, Request
from busdemo.imaging.arrays import Mask
from busdemo.imaging.refusals import UnreadableImage


def is_labelme(content: Any) -> bool:
    """Is this JSON of LabelMe?"""
    return isinstance(content, dict) and isinstance(content.get("shapes"), list)


def list_labelme(file: MaskFile, _: Request) -> list[Sheet]:
    """Its one image; points and lines have no inside and are left out."""
    content = file.content
    stated = content.get("imageWidth"), content.get("imageHeight")
    read = partial(_read_shapes, content["shapes"], file.name)
    return [Sheet(str(content.get("imagePath") or ""), stated, read)]


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


def _read_shapes(shapes: Sequence[Any], name: str, size_wh: tuple[int, int]) -> Shapes:
    for one in shapes:
        if not isinstance(one, dict):
            raise UnreadableImage(f"{name} holds a shape that is none.")
        facts = {"score": score_of(one.get("score"))}  # X-AnyLabeling's
        kind, points = one.get("shape_type") or "polygon", one.get("points")
        label = plain_label(one.get("label"))
        corners = points if isinstance(points, list) else []
        turned = kind == "rotation" or (kind == "rectangle" and len(corners) == 4)  # X-AnyLabeling
        if kind == "polygon" or turned:
            yield shape_of(label, corners, name, **facts)
        elif kind not in ("rectangle", "circle", "mask"):
            yield NO_INSIDE
        else:
            (x0, y0), (x1, y1) = _read_two(corners, kind, name)
            if kind == "mask":
                part = read_picture_text(one.get("mask"), name)
                raster = paste_mask(part, (min(x0, x1), min(y0, y1)), size_wh, name)
                yield LabelledShape(label, raster=raster, score=facts["score"])
            elif kind == "rectangle":
                yield shape_of(label, box_outline(x0, y0, x1, y1), name, **facts)
            else:
                radius = math.hypot(x1 - x0, y1 - y0)
                yield shape_of(label, ellipse_outline((x0, y0), (radius, radius)), name, **facts)


def _read_two(points: Sequence[Any], kind: str, name: str) -> list[list[float]]:
    """Two points; UnreadableImage for anything else."""
    try:
        (x0, y0), (x1, y1) = [[float(number) for number in point] for point in points]
    except (TypeError, ValueError, OverflowError):
        raise UnreadableImage(f"{name} holds a {kind} without its two points.") from None
    return [[x0, y0], [x1, y1]]
