"""COCO JSON: polygons and run-length codes, of the image that is on the table.

Format: https://cocodataset.org/#format-data, "Object Detection".
"""

import json
from typing import Any

import numpy as np

from busdemo.annotations.annotation import Annotation
from busdemo.annotations.contours import outline_box, trace_outlines
from busdemo.annotations.labelled import Shape, fill_shapes, pick_image, plain_label, shape_of
from busdemo.annotations.outlines import MAX_OUTLINES, require_drawn_on
from busdemo.annotations.request import File, Request
from busdemo.annotations.rle import decode_rle, encode_rle
from busdemo.imaging.arrays import Mask
from busdemo.imaging.refusals import UnreadableImage

MAX_DECODED = 50
"""Run-length codes of one image: each is decoded at the image's size."""

NO_IMAGE, NO_OUTLINE = "of an image that the file does not list", "without an outline"
"""Why annotations are left out."""


def is_coco(content: Any) -> bool:
    """Is this JSON a COCO data set, or a list of results?"""
    if isinstance(content, list):
        return bool(content) and all(isinstance(o, dict) and "segmentation" in o for o in content)
    return isinstance(content, dict) and isinstance(content.get("annotations"), list)


def read_coco(file: File, request: Request) -> list[Annotation]:
    """One annotation for each category, and for each annotator where the file names theirs.

    Instances with a score below `Options.least_score` are left out. Raises UnreadableImage for a
    file that does not hold this image, only boxes, or nonsense.
    """
    name, content = file.name, file.content
    if isinstance(content, list):
        content = {"annotations": content}
    images = [one for one in _list(content, "images") if isinstance(one, dict)]
    annotations = [one for one in _list(content, "annotations") if isinstance(one, dict)]
    found: list[Shape | str] = []
    drawn_on_wh, title = None, ""
    if images:
        sizes = [require_drawn_on((i.get("width"), i.get("height")), name) for i in images]
        titles = [str(image.get("file_name", "")) for image in images]
        chosen = pick_image(list(zip(titles, sizes, strict=True)), request, name)
        drawn_on_wh, wanted, title = sizes[chosen], str(images[chosen].get("id")), titles[chosen]
        known = {str(image.get("id")) for image in images}
        found += [NO_IMAGE for one in annotations if str(one.get("image_id")) not in known]
        annotations = [one for one in annotations if str(one.get("image_id")) == wanted]
    else:  # a list of results: images are known by their ids and the sizes of their codes
        listed = _list_results(annotations, name)
        if len(listed) > 1:
            wanted = listed[pick_image(listed, request, name)][0]
            annotations = [one for one in annotations if str(one.get("image_id")) == wanted]
    found += _read_shapes(content, annotations, name, request.options.least_score)
    shapes = [one for one in found if isinstance(one, Shape)]
    for shape in shapes:
        size_wh = None if shape.raster is None else shape.raster.shape[::-1]
        drawn_on_wh = drawn_on_wh or size_wh
        if size_wh is not None and size_wh != drawn_on_wh:
            raise UnreadableImage(f"{name} holds a run-length code that does not fit its image.")
    if annotations and not shapes and set(found) == {NO_OUTLINE}:
        raise UnreadableImage(f"{name} holds boxes but no outlines of this image.")
    scored = any(_score_of(one) is not None for one in annotations)
    counted = (f"scores from {request.options.least_score:g}",) if scored else ()
    return fill_shapes(found, request, name, drawn_on_wh=drawn_on_wh, counted=counted, title=title)


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


def _list_results(
    annotations: list[dict[str, Any]], name: str
) -> list[tuple[str, tuple[int, int] | None]]:
    sizes: dict[str, tuple[int, int] | None] = {}
    for one in annotations:
        code, key = one.get("segmentation"), str(one.get("image_id"))
        size = code.get("size") if isinstance(code, dict) else None
        known = isinstance(size, list) and len(size) == 2
        found = require_drawn_on((size[1], size[0]), name) if known and size else None
        sizes[key] = sizes.get(key) or found
    return list(sizes.items())


def _read_shapes(
    content: dict[str, Any], annotations: list[dict[str, Any]], name: str, least_score: float
) -> list[Shape | str]:
    categories = {
        str(one.get("id")): plain_label(one.get("name"))
        for one in _list(content, "categories")
        if isinstance(one, dict)
    }
    found: list[Shape | str] = []
    for one in annotations:
        score, code = _score_of(one), one.get("segmentation")
        if score is not None and score < least_score:
            found.append(f"with a score below {least_score:g}")
            continue
        label, reader = _label_of(one, categories), _reader_of(one)
        if isinstance(code, dict):
            found.append(Shape(label, raster=decode_rle(code, name), reader=reader))
        elif isinstance(code, list) and code:
            flat = [code] if not isinstance(code[0], list) else code
            found += [shape_of(label, polygon, name, reader) for polygon in flat]
        else:
            found.append(NO_OUTLINE)
        rasters = sum(isinstance(one, Shape) and one.raster is not None for one in found)
        if len(found) > MAX_OUTLINES or rasters > MAX_DECODED:
            raise UnreadableImage(f"{name} holds too many annotations of this image.")
    return found


def _score_of(annotation: dict[str, Any]) -> float | None:
    score = annotation.get("score")
    return float(score) if isinstance(score, int | float) else None


def _reader_of(annotation: dict[str, Any]) -> str:
    more = annotation.get("attributes")
    inside = more.get("annotator") if isinstance(more, dict) else None
    return plain_label(annotation.get("annotator") or inside)


def _label_of(annotation: dict[str, Any], categories: dict[str, str]) -> str:
    number = str(annotation.get("category_id", ""))
    return categories.get(number) or plain_label(number)


def _list(content: dict[str, Any], key: str) -> list[Any]:
    found = content.get(key)
    return found if isinstance(found, list) else []
