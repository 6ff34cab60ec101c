"""COCO JSON: polygons and run-length codes, of a data set or a list of results.

Format: https://cocodataset.org/#format-data, "Object Detection".
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from busdemo.annotations.contours import outline_box, trace_outlines
from busdemo.annotations.labelled import (
    ONLY_BOX,
    LabelledShape,
    Shapes,
    Sheet,
    dict_of,
    list_dicts,
    plain_label,
    score_of,
    shape_of,
)
from busdemo.annotations.request import MaskFile, Request
from busdemo.annotations.rle import decode_rle, encode_rle
from busdemo.imaging.arrays import Mask

NO_IMAGE = "of an image that the file does not list"
"""Why annotations are left out."""


def is_coco(content: Any) -> bool:
    """Is this JSON a COCO data set, or a list of results?"""
    if isinstance(content, list):
        return bool(content) and all(isinstance(o, dict) and "segmentation" in o for o in content)
    return isinstance(content, dict) and isinstance(content.get("annotations"), list)


def list_coco(file: MaskFile, _: Request) -> list[Sheet]:
    """A sheet for each image; results know their images by ids and by the sizes of their codes."""
    content = dict_of(file.content) or {"annotations": file.content}
    marks: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in list_dicts(content.get("annotations")):
        marks[str(one.get("image_id"))].append(one)
    images = list_dicts(content.get("images"))
    images = images or [{"id": key} | _describe_result(key, own) for key, own in marks.items()]
    names = {str(one.get("id")): one.get("name") for one in list_dicts(content.get("categories"))}
    known = [str(image.get("id")) for image in images]
    lost = [NO_IMAGE for key in marks.keys() - set(known) for _ in marks[key]]
    return [
        Sheet(
            str(image.get("file_name", "")),
            (image.get("width"), image.get("height")),
            partial(_read_shapes, marks[key], lost, names, file.name),
        )
        for key, image in zip(known, images, strict=True)
    ] or [Sheet("", (None, None), lambda _: lost)]


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


def _describe_result(key: str, own: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """An image as its results know it."""
    sizes = [dict_of(one.get("segmentation")).get("size") for one in own]
    found = next((size for size in sizes if isinstance(size, list) and len(size) == 2), [None] * 2)
    return {"file_name": key, "height": found[0], "width": found[1]}


def _read_shapes(
    marks: list[dict[str, Any]],
    lost: list[str],
    names: dict[str, Any],
    name: str,
    _: tuple[int, int],
) -> Shapes:
    yield from lost
    for one in marks:
        code, number = one.get("segmentation"), str(one.get("category_id", ""))
        label = plain_label(names.get(number)) or plain_label(number)
        facts: dict[str, Any] = {
            "reader": plain_label(
                one.get("annotator") or dict_of(one.get("attributes")).get("annotator")
            ),
            "score": score_of(one.get("score")),
        }
        if isinstance(code, dict):
            yield LabelledShape(label, raster=decode_rle(code, name), **facts)
        elif isinstance(code, list) and code:
            flat = code if isinstance(code[0], list) else [code]
            yield from (shape_of(label, polygon, name, **facts) for polygon in flat)
        else:
            yield ONLY_BOX
