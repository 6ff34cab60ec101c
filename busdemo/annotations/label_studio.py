"""Label Studio JSON, full or minimal: polygons, brushes, rectangles and ellipses of each reader.

Formats: https://labelstud.io/guide/export, "JSON" and "JSON_MIN"; the code of brushes is that of
`encode_rle` in label-studio-converter, bit by bit.
"""

import json
import re
from collections import defaultdict
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from busdemo.annotations.figures import box_outline, ellipse_outline, turn_outline
from busdemo.annotations.labelled import (
    NO_INSIDE,
    LabelledShape,
    Shapes,
    Sheet,
    dict_of,
    list_dicts,
    plain_label,
    shape_of,
)
from busdemo.annotations.request import MaskFile, Request
from busdemo.annotations.rle import runs_of
from busdemo.imaging.arrays import Mask
from busdemo.imaging.refusals import MAX_PIXELS, UnreadableImage

MAX_RUNS = 1_000_000
"""Of one brush."""

TURNED, CANCELLED, PREDICTED = "on a turned image", "that was cancelled", "that a model predicted"
"""Why results are left out."""

_PICTURE = re.compile(
    r"(.*\.(png|jpe?g|bmp|tiff?|webp|gif|avif|heic|dcm|nii(\.gz)?|nrrd|mha))(\?.*)?$", re.IGNORECASE
)
"""An address of an image, without what is asked of its server."""

_SIZES = (3, 4, 8, 16)
"""Bits of a run's length, as Label Studio writes them; a run says which."""


def is_label_studio(content: Any) -> bool:
    """Is it a list of tasks, or one of them, with results as Label Studio has them?"""
    tasks = content if isinstance(content, list) else [content]
    return (
        bool(tasks)
        and all(isinstance(t, dict) and ("data" in t or "id" in t) for t in tasks)
        and any(("data" in task and "annotations" in task) or _list_minimal(task) for task in tasks)
    )


def list_label_studio(file: MaskFile, _: Request) -> list[Sheet]:
    """A sheet for each image; tasks of one image are its several readers'."""
    tasks = file.content if isinstance(file.content, list) else [file.content]
    by_title: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for task in tasks:
        by_title[_title_of(dict_of(task.get("data")) or task)].append(task)
    return [
        Sheet(title, _size_of(own), partial(_read_tasks, own, file.name))
        for title, own in by_title.items()
    ]


def write_label_studio(mask: Mask, label: str, image_name: str) -> bytes:
    """One task with one brush of a mask (H, W), exactly; a mask without lesion has no result."""
    height, width = mask.shape
    brush = {
        "id": "lesion",
        "type": "brushlabels",
        "from_name": "tag",
        "to_name": "image",
        "original_width": width,
        "original_height": height,
        "image_rotation": 0,
        "value": {"format": "rle", "rle": encode_brush(mask), "brushlabels": [label]},
    }
    annotation = {"id": 1, "completed_by": 1, "result": [brush] if mask.any() else []}
    task = {"id": 1, "data": {"image": image_name}, "annotations": [annotation]}
    return json.dumps([task], ensure_ascii=False).encode()


def decode_brush(code: object, size_wh: tuple[int, int], name: str) -> Mask:
    """(H, W): what a brush's code, a list of bytes, covers at all.

    Raises UnreadableImage for a code of another form, or that does not fill its image exactly.
    """
    try:
        bits = _Bits(bytes(code if isinstance(code, list) else []))
        total, depth = bits.read(32), bits.read(5) + 1
        if total != 4 * size_wh[0] * size_wh[1] or total > 4 * MAX_PIXELS or depth > 8:
            raise ValueError("another size")
        sizes = [bits.read(4) + 1 for _ in range(4)]
        flat, at, runs = np.zeros(total, np.uint8), 0, 0
        while at < total:
            repeats, runs = bits.read(1), runs + 1
            length = 1 + bits.read(sizes[bits.read(2)])
            if at + length > total or runs > MAX_RUNS:
                raise ValueError("more than its image")
            flat[at : at + length] = bits.read(depth) if repeats else bits.read_many(length, depth)
            at += length
    except (TypeError, ValueError, OverflowError):
        raise UnreadableImage(f"{name} holds a brush whose code does not fit its image.") from None
    return np.ascontiguousarray(flat.reshape(size_wh[1], size_wh[0], 4)[..., 3] > 0)


def encode_brush(mask: Mask) -> list[int]:
    """The code of a (H, W) mask: red, green, blue and opacity of each pixel 255 where lesion."""
    words = [f"{4 * mask.size:032b}", "00111", *(f"{size - 1:04b}" for size in _SIZES)]
    for place, length in enumerate((4 * runs_of(mask.ravel())).tolist()):
        value = "11111111" if place % 2 else "00000000"
        for start in range(0, length, 2**16):
            part = min(2**16, length - start) - 1
            size = next(n for n, bits in enumerate(_SIZES) if part < 2**bits)
            words.append(f"1{size:02b}{part:0{_SIZES[size]}b}{value}")
    bits = np.frombuffer("".join(words).encode(), np.uint8) - ord("0")
    return [int(byte) for byte in np.packbits(bits)]


class _Bits:
    """Bytes, read as numbers of any few bits, the highest first; ValueError beyond their end."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def read(self, bits: int) -> int:
        """The next number of up to 32 bits."""
        start, self._at = self._at, self._at + bits
        if self._at > 8 * len(self._data):
            raise ValueError("ends too early")
        word = int.from_bytes(self._data[start // 8 : start // 8 + 5].ljust(5, b"\0"))
        return (word >> (40 - start % 8 - bits)) & ((1 << bits) - 1)

    def read_many(self, count: int, bits: int) -> NDArray[np.uint8]:
        """(count,) numbers of up to 8 bits each."""
        start, self._at = self._at, self._at + count * bits
        if self._at > 8 * len(self._data):
            raise ValueError("ends too early")
        part = np.frombuffer(self._data[start // 8 : -(-self._at // 8)], np.uint8)
        flat = np.unpackbits(part)[start % 8 :][: count * bits].reshape(count, bits)
        return np.packbits(flat, axis=1)[:, 0] >> np.uint8(8 - bits)


def _list_minimal(task: dict[str, Any]) -> list[dict[str, Any]]:
    """The results of a task in the minimal form: regions lie under the names of their controls."""
    regions = [one for value in task.values() for one in list_dicts(value)]
    return [one for one in regions if "original_width" in one]


def _list_readers(task: dict[str, Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Each annotation's reader and results; a reader without results says so."""
    if "annotations" not in task:
        return [
            (_name_reader(task.get("annotator")), [o | {"value": o} for o in _list_minimal(task)])
        ]
    return [
        (_name_reader(one.get("completed_by")), list_dicts(one.get("result")))
        for one in list_dicts(task["annotations"])
        if not one.get("was_cancelled")
    ]


def _require_done(tasks: list[dict[str, Any]], name: str) -> None:
    """Raise UnreadableImage where nobody looked: an image without results is not a normal one."""
    given = [task.get("annotations", True) or task.get("predictions") for task in tasks]
    if not any(given):
        raise UnreadableImage(f"{name} holds no annotation of this image that was completed.")


def _read_tasks(tasks: list[dict[str, Any]], name: str, size_wh: tuple[int, int]) -> Shapes:
    _require_done(tasks, name)
    for task in tasks:
        cancelled = [a for a in list_dicts(task.get("annotations")) if a.get("was_cancelled")]
        yield from (CANCELLED for _ in cancelled)
        for one in list_dicts(task.get("predictions")):
            yield from (PREDICTED for _ in list_dicts(one.get("result")))
        for reader, results in _list_readers(task):
            yield LabelledShape("", reader=reader)
            for result in results:
                found = _read_result(result, reader, name, size_wh)
                if found is not None:
                    yield found


def _read_result(
    result: dict[str, Any], reader: str, name: str, size_wh: tuple[int, int]
) -> LabelledShape | str | None:
    """A shape, why one is left out, or None for what has no place in the image."""
    value = dict_of(result.get("value"))
    if result.get("image_rotation"):
        return TURNED
    labels = next((v for key, v in value.items() if key.endswith("labels") and v), None)
    label = plain_label(labels[0] if isinstance(labels, list) else labels)
    if "rle" in value:
        return LabelledShape(label, raster=decode_brush(value["rle"], size_wh, name), reader=reader)
    try:
        outline = _outline_of(value, np.array(size_wh) / 100)
    except (TypeError, ValueError, OverflowError):
        raise UnreadableImage(f"{name} holds a shape whose numbers are none.") from None
    if outline is None:
        return NO_INSIDE if "x" in value else None
    return shape_of(label, outline, name, reader=reader)


def _outline_of(value: dict[str, Any], scale: NDArray[np.float64]) -> Any:
    """The corners of what is drawn in percent of the image's sides; None without an inside."""
    if "points" in value:
        return (np.asarray(value["points"], np.float64).reshape(-1, 2) * scale).tolist()
    if "x" not in value or "y" not in value:
        return None
    at, turn = np.array([float(value["x"]), float(value["y"])]) * scale, value.get("rotation") or 0
    if "radiusX" in value and "radiusY" in value:
        radii = np.array([float(value["radiusX"]), float(value["radiusY"])]) * scale
        return turn_outline(ellipse_outline(at, radii), float(turn), at)
    if "width" in value and "height" in value:
        end = at + np.array([float(value["width"]), float(value["height"])]) * scale
        return turn_outline(box_outline(*at, *end), float(turn), at)
    return None


def _title_of(data: dict[str, Any]) -> str:
    """The image that a task is about: the first of its texts that is called like one."""
    texts = [value for value in data.values() if isinstance(value, str)]
    pictures = [found[1] for text in texts if (found := _PICTURE.match(text))]
    return next(iter((*pictures, *texts)), "")


def _size_of(tasks: list[dict[str, Any]]) -> tuple[object, object]:
    results = [one for task in tasks for _, own in _list_readers(task) for one in own]
    found = next((one for one in results if "original_width" in one), {})
    return found.get("original_width"), found.get("original_height")


def _name_reader(who: object) -> str:
    """By what a person is known by: an address, or a number."""
    if isinstance(who, dict):
        who = next((who[key] for key in ("email", "username", "id") if who.get(key)), None)
    return f"annotator {who}" if isinstance(who, int) else plain_label(who)
