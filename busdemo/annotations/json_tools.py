"""Other tools' JSON, each of a few lines: QuPath, Supervisely, ISAT and V7 Darwin.

Formats: https://geojson.org (RFC 7946), https://docs.supervisely.com (JSON annotation format),
https://github.com/yatengLG/ISAT_with_segment_anything, https://docs.v7labs.com (Darwin JSON).
"""

import json
import math
from functools import partial
from typing import Any

import numpy as np

from busdemo.annotations.contours import trace_outlines
from busdemo.annotations.figures import (
    box_outline,
    ellipse_outline,
    join_rings,
    paste_mask,
    read_picture_text,
    turn_outline,
)
from busdemo.annotations.labelled import (
    BACKGROUND,
    NO_INSIDE,
    ONLY_BOX,
    LabelledShape,
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

TO_IGNORE = "that is to be ignored"
"""Why QuPath's regions of a class whose name ends with an asterisk are left out."""


def is_geojson(content: Any) -> bool:
    """Is it GeoJSON: a collection of features, a list of them, or one?"""
    first = content[0] if isinstance(content, list) and content else content
    return dict_of(first).get("type") in ("FeatureCollection", "Feature")


def list_geojson(file: MaskFile, _: Request) -> list[Sheet]:
    """The one image, of which QuPath says neither name nor size."""
    content = file.content
    if isinstance(content, dict):
        content = content.get("features", [content])
    return [Sheet("", (None, None), partial(_read_features, list_dicts(content), file.name))]


def write_geojson(mask: Mask, label: str) -> bytes:
    """QuPath's GeoJSON of a mask (H, W): a polygon for each component, holes joined by slits."""
    features = [
        {
            "type": "Feature",
            "geometry": {
                "type": "Polygon",
                "coordinates": [[*outline.tolist(), outline[0].tolist()]],
            },
            "properties": {"objectType": "annotation", "classification": {"name": label}},
        }
        for outline in trace_outlines(mask)
    ]
    content = {"type": "FeatureCollection", "features": features}
    return json.dumps(content, ensure_ascii=False).encode()


def _read_features(features: list[dict[str, Any]], name: str, _: tuple[int, int]) -> Shapes:
    for one in features:
        properties, geometry = dict_of(one.get("properties")), dict_of(one.get("geometry"))
        known = dict_of(properties.get("classification"))
        several = known.get("names")
        label = plain_label(
            known.get("name") or ": ".join(map(str, several if isinstance(several, list) else []))
        )
        kind, rings = geometry.get("type"), geometry.get("coordinates")
        if label.endswith("*"):
            yield TO_IGNORE
        elif kind == "Polygon":
            yield shape_of(label, join_rings(rings), name)
        elif kind == "MultiPolygon" and isinstance(rings, list):
            yield from (shape_of(label, join_rings(part), name) for part in rings)
        else:
            yield NO_INSIDE


def is_supervisely(content: Any) -> bool:
    """Is it an annotation of Supervisely?"""
    return "size" in dict_of(content) and isinstance(content.get("objects"), list)


def list_supervisely(file: MaskFile, _: Request) -> list[Sheet]:
    """The image that the file is called after."""
    size = dict_of(file.content["size"])
    read = partial(_read_objects, list_dicts(file.content["objects"]), file.name)
    return [Sheet("", (size.get("width"), size.get("height")), read)]


def _read_objects(objects: list[dict[str, Any]], name: str, size_wh: tuple[int, int]) -> Shapes:
    for one in objects:
        kind = one.get("geometryType")
        who = plain_label(one.get("labelerLogin"))
        label = plain_label(one.get("classTitle"))
        points, bitmap = dict_of(one.get("points")), dict_of(one.get("bitmap"))
        outer = points.get("exterior")
        if kind == "bitmap":
            part = read_picture_text(bitmap.get("data"), name, packed=True)
            corner = _read_numbers(bitmap.get("origin"), 2, name)
            yield LabelledShape(label, raster=paste_mask(part, corner, size_wh, name), reader=who)
        elif kind == "polygon":
            holes = points.get("interior")
            rings = [outer, *holes] if isinstance(holes, list) else [outer]
            yield shape_of(label, join_rings(rings), name, reader=who)
        elif kind == "rectangle":
            yield shape_of(label, box_outline(*_read_numbers(outer, 4, name)), name, reader=who)
        else:
            yield NO_INSIDE


def is_isat(content: Any) -> bool:
    """Is it an annotation of ISAT?"""
    return "info" in dict_of(content) and isinstance(content.get("objects"), list)


def list_isat(file: MaskFile, _: Request) -> list[Sheet]:
    """The image that the file names."""
    info = dict_of(file.content["info"])
    read = partial(_read_isat, list_dicts(file.content["objects"]), file.name)
    return [Sheet(str(info.get("name") or ""), (info.get("width"), info.get("height")), read)]


def _read_isat(objects: list[dict[str, Any]], name: str, _: tuple[int, int]) -> Shapes:
    for one in objects:
        label = plain_label(one.get("category"))
        if label == "__background__":
            yield BACKGROUND
        else:
            yield shape_of(label, one.get("segmentation") or [], name)


def is_darwin(content: Any) -> bool:
    """Is it an annotation of V7 Darwin?"""
    known = dict_of(content)
    return isinstance(known.get("annotations"), list) and bool({"item", "image"} & set(known))


def list_darwin(file: MaskFile, _: Request) -> list[Sheet]:
    """The image that the file names, with its first slot."""
    item = dict_of(file.content.get("item") or file.content.get("image"))
    slot = next(iter(list_dicts(item.get("slots"))), item)
    read = partial(_read_darwin, list_dicts(file.content["annotations"]), file.name)
    title = str(item.get("name") or item.get("filename") or "")
    return [Sheet(title, (slot.get("width"), slot.get("height")), read)]


def _read_darwin(annotations: list[dict[str, Any]], name: str, _: tuple[int, int]) -> Shapes:
    for one in annotations:
        label, polygon, ellipse = (
            plain_label(one.get("name")),
            one.get("polygon"),
            one.get("ellipse"),
        )
        if isinstance(polygon, dict):
            several = polygon.get("paths")
            paths = several if isinstance(several, list) else [polygon.get("path")]
            corners = [[_pair(point) for point in list_dicts(path)] for path in paths]
            yield shape_of(label, join_rings(corners), name)
        elif isinstance(ellipse, dict):
            centre, radii = (_pair(ellipse.get(key)) for key in ("center", "radius"))
            where = _read_numbers([*centre, *radii, ellipse.get("angle") or 0], 5, name)
            outline = ellipse_outline(where[:2], where[2:4])
            yield shape_of(label, turn_outline(outline, math.degrees(where[4])), name)
        else:
            yield ONLY_BOX if "bounding_box" in one else NO_INSIDE


def _pair(point: object) -> list[Any]:
    return [dict_of(point).get(axis) for axis in "xy"]


def _read_numbers(values: object, count: int, name: str) -> list[float]:
    """So many numbers, in pairs or not; UnreadableImage for anything else."""
    try:
        numbers = np.asarray(values, np.float64).reshape(count)
    except (TypeError, ValueError, OverflowError):
        raise UnreadableImage(f"{name} holds a shape whose numbers are none.") from None
    return [float(number) for number in numbers]
