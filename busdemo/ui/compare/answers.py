"""What the comparison asks the server without leaving anything there: masks read, and measured.

Each function takes what a browser sent, which anyone may have written, and returns plain JSON; a
mistake is one sentence under `error` or `errors`.
"""

import base64
import binascii
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from busdemo.annotations.annotation import (
    Annotation,
    Kind,
    Provenance,
    merge,
    tabulate_provenance,
    tell,
)
from busdemo.annotations.files import read_annotations
from busdemo.annotations.pictures import write_mask_png
from busdemo.annotations.request import AS_THEY_ARE, Target
from busdemo.annotations.returning import (
    find_sent_spacing,
    read_options,
    read_provenance,
    read_world,
)
from busdemo.imaging.arrays import Mask
from busdemo.imaging.refusals import MAX_BYTES, MAX_PIXELS, UnreadableImage
from busdemo.imaging.spacing import read_spacing
from busdemo.scoring.agreement import METRICS, TOLERANCES_PX, Comparison, compare
from busdemo.scoring.consensus import Staple, staple
from busdemo.scoring.yardstick import Range, measure_yardstick
from busdemo.ui.intake.card import describe_refusal
from busdemo.ui.journal import UNREADABLE, refuse

MOST_ANNOTATORS = 24
"""Twenty annotators and the consensus masks made of them."""

MOST_TOLERANCE_PX = 50.0

_KINDS: dict[str, Kind] = {
    "person": "person",
    "model": "model",
    "truth": "person",
    "outline": "simulated",
}
"""By the browser's words; all others are a consensus."""


@dataclass(frozen=True, eq=False)
class Table:
    """What a browser sends to be compared, read and checked; `staples` by the annotator's key."""

    keys: tuple[str, ...]
    annotations: tuple[Annotation, ...]
    staples: Mapping[str, Staple]
    members: Mapping[str, tuple[str, ...]]
    """Names of those a STAPLE mask is made of, by its key."""
    reference: str
    """The reference's name."""
    tolerance_px: float
    mm_per_px: float | None
    aspect: float = 1.0

    @property
    def names(self) -> tuple[str, ...]:
        """The annotators' names, in the order of the keys."""
        return tuple(one.annotator for one in self.annotations)


def read_masks(request: Any) -> dict[str, Any]:
    """Mask files {name, data} of an image of `width` x `height` px: {people, errors}.

    A person is {file, name, masks}, `file` counts the files from 0; there is a mask for each label,
    and after several one of all: {label, merged, note, sha256, png, frame, frames, provenance}. A
    file may say how it is to be read: {frame, invert, least_score, image_name}. One that cannot be
    read gives {file, sentence, names, scored}: the names of its images, where one has to be chosen.
    """
    people: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    fields = request if isinstance(request, Mapping) else {}
    try:
        target = _read_target(fields)
        for place, file in enumerate(listed(fields.get("files"))[:MOST_ANNOTATORS]):
            name = str(file.get("name", ""))[:200]
            try:
                data = decode_base64(file.get("data"))
                options = replace(read_options(file), merge=False, label=None)
                found = read_annotations([(name, data)], target, options)
                people += [{"file": place} | one for one in _group(found)]
            except UnreadableImage as error:
                refuse(UNREADABLE)
                errors.append(tell_refusal(error) | {"file": place})
    except ValueError as error:
        errors.append(tell_refusal(error))
    return {"people": people, "errors": errors}


def measure(request: Any) -> dict[str, Any]:
    """Every number of the masks sent: matrices, NSD over the tolerance, yardstick, STAPLE masks.

    Undefined is None, a distance without end "inf"; {error} where the numbers cannot be computed.
    """
    try:
        table = read_table(request if isinstance(request, Mapping) else {})
        comparison = compare(
            table.annotations,
            tolerance_px=table.tolerance_px,
            mm_per_px=table.mm_per_px,
            aspect=table.aspect,
        )
        return _tell_numbers(table, comparison)
    except ValueError as error:
        return {"error": str(error)}


def read_table(fields: Mapping[str, Any]) -> Table:
    """The annotators a browser has sent; ValueError with one sentence for what is no such list."""
    size_wh, sent = read_size(fields), listed(fields.get("annotators"))
    if not 0 < len(sent) <= MOST_ANNOTATORS:
        raise ValueError(f"1 to {MOST_ANNOTATORS} annotators are compared at once.")
    keys = tuple(str(one.get("key", ""))[:64] for one in sent)
    found = {
        key: _read_annotation(one, size_wh, facts_of(fields).get("reference"))
        for key, one in zip(keys, sent, strict=True)
        if one.get("rule") != "staple"
    }
    staples, members = {}, {}
    for key, one in zip(keys, sent, strict=True):
        if key in found:
            continue
        keys_sent = one.get("among")
        wanted = keys_sent if isinstance(keys_sent, list) else []
        among = [found[other] for other in wanted if isinstance(other, str) and other in found]
        staples[key] = staple([other.mask for other in among])
        members[key] = tuple(other.annotator for other in among)
        found[key] = Annotation(_name_of(one), "consensus", staples[key].mask)
    reference = str(fields.get("reference"))
    if len(found) != len(keys) or reference not in found:
        raise ValueError("The list of annotators is damaged; please open the page again.")
    tolerance = fields.get("tolerance")
    if not isinstance(tolerance, int | float) or not 0 <= tolerance <= MOST_TOLERANCE_PX:
        raise ValueError(f"The tolerance is 0 to {MOST_TOLERANCE_PX:g} px.")
    spacing = fields.get("spacing")
    return Table(
        keys,
        tuple(found[key] for key in keys),
        staples,
        members,
        found[reference].annotator,
        float(tolerance),
        read_spacing(spacing) if spacing else None,
        _read_aspect(fields.get("aspect")),
    )


def _read_aspect(value: object) -> float:
    known = isinstance(value, int | float) and 0.01 <= value <= 100
    return float(value) if known else 1.0  # type: ignore[arg-type]


def read_size(fields: Mapping[str, Any]) -> tuple[int, int]:
    """Width and height in px; ValueError where there is no image of that size."""
    width, height = fields.get("width"), fields.get("height")
    if not isinstance(width, int) or not isinstance(height, int):
        raise ValueError("There is no image yet.")
    if not (width > 0 and height > 0 and width * height <= MAX_PIXELS):
        raise ValueError(f"An image of {width}x{height} px is not read here.")
    return width, height


def read_png_mask(data: bytes, size_wh: tuple[int, int]) -> Mask:
    """A mask (H, W) the page itself has written as a grey PNG; ValueError if it is none."""
    header_wh = (int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big"))
    if not data.startswith(b"\x89PNG\r\n\x1a\n") or header_wh != size_wh:
        raise ValueError("A mask that was sent is no PNG of the image's size.")
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    if pixels is None or pixels.shape != size_wh[::-1]:
        raise ValueError("A mask that was sent is damaged.")
    return np.asarray(pixels > 0)


def decode_base64(text: Any) -> bytes:
    """The bytes of a file sent as text; ValueError if it is no such text or too long."""
    if not isinstance(text, str) or len(text) > MAX_BYTES * 4 // 3 + 4:
        raise ValueError("A file is larger than 20 MB; please use a smaller one.")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("A file did not arrive whole; please try again.") from error


def encode_base64(data: bytes) -> str:
    """Bytes as text for JSON."""
    return base64.b64encode(data).decode("ascii")


def _read_target(fields: Mapping[str, Any]) -> Target:
    size_wh, name = read_size(fields), str(fields.get("image", ""))[:200]
    facts = facts_of(fields)
    world, spacing = read_world(facts.get("world")), find_sent_spacing(facts.get("spacing"))
    frame, frames = fields.get("frame"), fields.get("frames")
    if isinstance(frame, int) and isinstance(frames, int) and 1 <= frame <= frames:
        return Target(size_wh, name, frame, frames, world, spacing)
    return Target(size_wh, name, world=world, spacing=spacing)


def facts_of(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the page was told of the scan, as `ViewerData.facts` has it."""
    sent = fields.get("facts")
    return sent if isinstance(sent, Mapping) else {}


def _group(found: list[Annotation]) -> list[dict[str, Any]]:
    """Each reader once, with a mask for each label, and one of all of them."""
    readers: dict[str, list[Annotation]] = {}
    for one in found:
        readers.setdefault(one.annotator, []).append(one)
    return [
        {
            "name": name,
            "masks": [
                *(_describe_mask(one) for one in own),
                *([_describe_mask(merge(own), merged=True)] if len(own) > 1 else []),
            ],
        }
        for name, own in readers.items()
    ]


def _describe_mask(one: Annotation, *, merged: bool = False) -> dict[str, Any]:
    facts = one.provenance
    return {
        "merged": merged,
        "note": tell(facts),
        "sha256": list(facts.sha256),
        "png": encode_base64(write_mask_png(one.mask)),
        "label": facts.label,
        "frame": facts.frame,
        "frames": facts.frames,
        "provenance": tabulate_provenance(facts),
    }


def tell_refusal(error: ValueError) -> dict[str, Any]:
    """A sentence, and what a visitor may choose to have the file read after all."""
    asked = describe_refusal(error, AS_THEY_ARE)
    return {"file": 0, "sentence": str(error), "names": asked.names, "scored": asked.scored}


def listed(value: Any) -> list[Mapping[str, Any]]:
    """The objects of what should be a list of objects."""
    items = value if isinstance(value, list) else []
    return [item for item in items if isinstance(item, Mapping)]


def _name_of(one: Mapping[str, Any]) -> str:
    return str(one.get("name", ""))[:80] or "Unnamed"


def _read_annotation(one: Mapping[str, Any], size_wh: tuple[int, int], truth: object) -> Annotation:
    """`truth` is the provenance of the reference that the server has sent."""
    mask = read_png_mask(decode_base64(one.get("png")), size_wh)
    kind = _KINDS.get(str(one.get("kind")), "consensus")
    if one.get("kind") in ("truth", "outline"):
        one = {"provenance": truth, **{k: v for k, v in one.items() if k != "provenance"}}
    return Annotation(_name_of(one), kind, mask, _read_provenance(one))


def _read_provenance(one: Mapping[str, Any]) -> Provenance:
    """As the page keeps it; of what no file holds, its note."""
    told, sent = read_provenance(one.get("provenance")), one.get("sha256")
    digests = read_provenance({"sha256": sent}).sha256
    words = "" if told.files or told.how else str(one.get("note", ""))[:500]
    return replace(told, how=words or told.how, sha256=told.sha256 or digests)


def _tell_numbers(table: Table, comparison: Comparison) -> dict[str, Any]:
    curves = comparison.nsd_curve(table.reference)
    return {
        "keys": table.keys,
        "reference": table.keys[table.names.index(table.reference)],
        "matrices": {
            metric.id: [[_plain(value) for value in row] for row in comparison.matrix(metric.id)]
            for metric in METRICS
        },
        "units": {metric.id: comparison.unit(metric.id) for metric in METRICS},
        "tolerances": TOLERANCES_PX,
        "nsd": [[_plain(value) for value in row] for row in curves],
        "yardstick": _tell_yardstick(table, comparison),
        "consensus": [
            {"key": key, "png": encode_base64(write_mask_png(one.mask))}
            for key, one in table.staples.items()
        ],
        "staple": [
            {"name": name, "sensitivity": _plain(p), "specificity": _plain(q)}
            for key, one in list(table.staples.items())[:1]
            for name, p, q in zip(
                table.members[key], one.sensitivities, one.specificities, strict=True
            )
        ],
    }


def _tell_yardstick(table: Table, comparison: Comparison) -> dict[str, Any]:
    yardstick = measure_yardstick(comparison)

    def ends(values: Range | None) -> list[float | None] | None:
        return None if values is None else [values.low, values.high]

    keys = dict(zip(table.names, table.keys, strict=True))
    return {
        "people": ends(yardstick.people),
        "models": [
            {"name": one.annotator, "key": keys[one.annotator], "range": ends(one.values) or []}
            for one in yardstick.models
        ],
        "sentence": " ".join(yardstick.sentences()),
    }


def _plain(value: float) -> float | str | None:
    """A number as JSON has it."""
    if math.isnan(value):
        return None
    return "inf" if math.isinf(value) else round(float(value), 6)
