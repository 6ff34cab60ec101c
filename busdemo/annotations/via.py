"""VGG Image Annotator 1 and 2: JSON, projects and CSV, one file over many images.

Format: https://www.robots.ox.ac.uk/~vgg/software/via/, `via_export_json` and `via_export_csv`.
"""

import csv
import io
import json
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from busdemo.annotations.contours import trace_outlines
from busdemo.annotations.figures import box_outline, ellipse_outline, turn_outline
from busdemo.annotations.labelled import (
    NO_INSIDE,
    Shapes,
    Sheet,
    dict_of,
    list_dicts,
    plain_label,
    shape_of,
)
from busdemo.annotations.request import MaskFile, Request
from busdemo.imaging.arrays import Mask
from busdemo.imaging.refusals import UnreadableImage

_PROJECT = "_via_img_metadata"
_SHAPE, _WORDS = "region_shape_attributes", "region_attributes"
_NAMES = ("label", "class", "name", "category", "type", "lesion")
"""What the attribute that says what a region is, is mostly called; otherwise it is the first."""


def is_via(content: Any) -> bool:
    """Is this JSON of VIA: a project, or an export?"""
    images = dict_of(dict_of(content).get(_PROJECT, content)).values()
    return _PROJECT in dict_of(content) or (
        bool(images)
        and all(isinstance(i, dict) and {"filename", "regions"} <= set(i) for i in images)
    )


def is_via_csv(data: bytes) -> bool:
    """Does its first line name the columns of VIA?"""
    return _SHAPE.encode() in data[:1000].partition(b"\n")[0]


def list_via(file: MaskFile, _: Request) -> list[Sheet]:
    """A sheet for each image; VIA does not know their sizes."""
    content = dict_of(file.content)
    images = dict_of(content.get(_PROJECT, content)).values()
    return [
        _sheet(str(one.get("filename", "")), _regions_of(one.get("regions")), file.name)
        for one in images
        if isinstance(one, dict)
    ] or [_sheet("", [], file.name)]


def list_via_csv(file: MaskFile, _: Request) -> list[Sheet]:
    """The same from a line for each region; a line without a shape is an image without one."""
    text = file.data.decode("utf-8-sig", "replace").lstrip("#")
    regions: dict[str, list[dict[str, Any]]] = {}
    try:
        for row in csv.DictReader(io.StringIO(text)):
            own = regions.setdefault(row.get("filename") or "", [])
            shape = json.loads(row.get(_SHAPE) or "{}")
            words = json.loads(row.get(_WORDS) or "{}")
            own += [{"shape_attributes": shape, _WORDS: words}] if shape else []
    except (ValueError, RecursionError, csv.Error):
        raise UnreadableImage(f"{file.name} holds a line that is none of VIA's.") from None
    return [_sheet(title, own, file.name) for title, own in regions.items()] or [
        _sheet("", [], file.name)
    ]


def write_via(mask: Mask, label: str, image_name: str) -> bytes:
    """A VIA export of a mask (H, W): a polygon for each component, holes joined by slits."""
    regions = [
        {
            "shape_attributes": {
                "name": "polygon",
                "all_points_x": outline[:, 0].tolist(),
                "all_points_y": outline[:, 1].tolist(),
            },
            _WORDS: {"label": label},
        }
        for outline in trace_outlines(mask)
    ]
    image = {"filename": image_name, "size": -1, "regions": regions, "file_attributes": {}}
    return json.dumps({f"{image_name}-1": image}, ensure_ascii=False).encode()


def _sheet(title: str, regions: Sequence[dict[str, Any]], name: str) -> Sheet:
    return Sheet(title, (None, None), partial(_read_regions, regions, name))


def _regions_of(value: object) -> list[dict[str, Any]]:
    """A list of regions, or VIA 1's table of them by number."""
    return list_dicts(list(value.values()) if isinstance(value, dict) else value)


def _read_regions(regions: Sequence[dict[str, Any]], name: str, _: tuple[int, int]) -> Shapes:
    for region in regions:
        shape = dict_of(region.get("shape_attributes"))
        label = _label_of(dict_of(region.get(_WORDS)))
        try:
            outline = _outline_of(shape)
        except (TypeError, ValueError, OverflowError):
            raise UnreadableImage(f"{name} holds a shape whose numbers are none.") from None
        yield NO_INSIDE if outline is None else shape_of(label, outline, name)


def _outline_of(shape: dict[str, Any]) -> Any:
    """The corners of a shape; None without an inside."""
    kind = shape.get("name")
    x, y, width, height, cx, cy, r, rx, ry = (
        float(shape.get(key) or 0)
        for key in ("x", "y", "width", "height", "cx", "cy", "r", "rx", "ry")
    )
    if kind in ("polygon", "polyline"):
        if kind == "polyline" and not _is_closed(shape):
            return None
        return np.stack([shape.get(f"all_points_{axis}") or [] for axis in "xy"], axis=1).tolist()
    if kind == "rect":
        return box_outline(x, y, x + width, y + height)
    if kind == "circle":
        return ellipse_outline((cx, cy), (r, r))
    if kind == "ellipse":
        turn = np.degrees(float(shape.get("theta") or 0))
        return turn_outline(ellipse_outline((cx, cy), (rx, ry)), float(turn))
    return None


def _is_closed(shape: dict[str, Any]) -> bool:
    ends = [shape.get(f"all_points_{axis}") or [0, 1] for axis in "xy"]
    return all(isinstance(own, list) and own[0] == own[-1] for own in ends)


def _label_of(words: dict[str, Any]) -> str:
    """What a region is: a text, or the boxes that are ticked."""
    known = [words[key] for key in _NAMES if words.get(key)]
    value = next(iter((*known, *words.values())), "")
    if isinstance(value, dict):
        return plain_label(", ".join(str(key) for key, ticked in value.items() if ticked))
    return plain_label(value)
