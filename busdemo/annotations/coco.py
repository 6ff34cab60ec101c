"""COCO JSON: polygons and run-length codes, of the image that is on the table.

Format: https://cocodataset.org/#format-data, "Object Detection".
"""

import json
from typing import Any

import numpy as np

from busdemo.annotations.contours import outline_box, trace_outlines
from busdemo.annotations.labelled import Shape, fill_shapes, pick_image, plain_label
from busdemo.annotations.outlines import MAX_OUTLINES, read_outline, require_drawn_on
from busdemo.annotations.parts import Part, Request
from busdemo.annotations.rle import decode_rle, encode_rle
from busdemo.imaging.arrays import Mask
from busdemo.imaging.refusals import UnreadableImage

MAX_DECODED = 50
"""Run-length codes of one image: each is decoded at the image's size."""


def read_coco(content: dict[str, Any], name: str, request: Request) -> list[Part]:
    """One part for each category, and for each annotator where annotations name theirs.

    Raises UnreadableImage for a file that does not hold this image, only boxes, or nonsense.
    """
    images = [one for one in _list(content, "images") if isinstance(one, dict)]
    annotations = [one for one in _list(content, "annotations") if isinstance(one, dict)]
    drawn_on_wh = None
    if images:
        sizes = [require_drawn_on((i.get("width"), i.get("height")), name) for i in images]
        titles = [str(image.get("file_name", "")) for image in images]
        chosen = pick_image(list(zip(titles, sizes, strict=True)), request, name)
        drawn_on_wh, wanted = sizes[chosen], images[chosen].get("id")
        annotations = [one for one in annotations if one.get("image_id") == wanted]
    elif len({str(one.get("image_id")) for one in annotations}) > 1:
        raise UnreadableImage(f"{name} holds annotations of several images, and names none.")
    shapes = _read_shapes(content, annotations, name)
    for shape in shapes:
        size_wh = None if shape.raster is None else shape.raster.shape[::-1]
        drawn_on_wh = drawn_on_wh or size_wh
        if size_wh is not None and size_wh != drawn_on_wh:
            raise UnreadableImage(f"{name} holds a run-length code that does not fit its image.")
    if annotations and not shapes:
        raise UnreadableImage(f"{name} holds boxes but no outlines of this image.")
    return fill_shapes(shapes, request, name, drawn_on_wh=drawn_on_wh)


def write_coco(mask: Mask, label: str, image_name: str, *, polygons: bool = False) -> bytes:
    """A COCO file of one image and its mask (H, W): one exact run-length code, or polygons.

    As polygons each component is one annotation, its holes joined to it by slits.
    """
    pieces: list[dict[str, Any]] = []
    if polygons:
        for outline in trace_outlines(mask):
            pieces.append(
                {"segmentation": [outline.ravel().tolist()], "bbox": outline_box(outline)}
            )
            x, y = outline.T
            following = np.roll(outline, -1, axis=0)
            pieces[-1]["area"] = int((x * following[:, 1] - following[:, 0] * y).sum()) // 2
    elif mask.any():
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        box = [columns[0], rows[0], columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1]
        bbox = [int(side) for side in box]
        pieces = [{"segmentation": encode_rle(mask), "bbox": bbox, "area": int(mask.sum())}]
    height, width = mask.shape
    content = {
        "images": [{"id": 1, "file_name": image_name, "width": width, "height": height}],
        "annotations": [
            {"id": n, "image_id": 1, "category_id": 1, "iscrowd": 0, **piece}
            for n, piece in enumerate(pieces, start=1)
        ],
        "categories": [{"id": 1, "name": label}],
    }
    return json.dumps(content, ensure_ascii=False).encode()


def _read_shapes(
    content: dict[str, Any], annotations: list[dict[str, Any]], name: str
) -> list[Shape]:
    categories = {
        str(one.get("id")): plain_label(one.get("name"))
        for one in _list(content, "categories")
        if isinstance(one, dict)
    }
    shapes: list[Shape] = []
    for one in annotations:
        label = _label_of(one, categories)
        code = one.get("segmentation")
        if isinstance(code, dict):
            shapes.append(Shape(label, raster=decode_rle(code, name)))
        elif isinstance(code, list):
            flat = [code] if code and not isinstance(code[0], list) else code
            shapes += [Shape(label, read_outline(polygon, name)) for polygon in flat]
        if len(shapes) > MAX_OUTLINES or sum(s.raster is not None for s in shapes) > MAX_DECODED:
            raise UnreadableImage(f"{name} holds too many annotations of this image.")
    return shapes


def _label_of(annotation: dict[str, Any], categories: dict[str, str]) -> str:
    more = annotation.get("attributes")
    annotator = plain_label(
        annotation.get("annotator") or (more.get("annotator") if isinstance(more, dict) else None)
    )
    number = str(annotation.get("category_id", ""))
    category = categories.get(number) or plain_label(number)
    return f"{annotator}, {category}" if annotator else category


def _list(content: dict[str, Any], key: str) -> list[Any]:
    found = content.get(key)
    return found if isinstance(found, list) else []
