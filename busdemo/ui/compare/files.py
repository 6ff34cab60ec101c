"""What a visitor takes along from the comparison: a mask, contours, a table, numbers, a report.

Nothing is written on the server's disk: a file's contents go back as text for the browser to save.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from busdemo.annotations.annotation import Annotation
from busdemo.annotations.returning import find_sent_spacing
from busdemo.annotations.writing import EXPORTS, write_annotation
from busdemo.imaging.images import Scan, read_scan
from busdemo.imaging.post_processing import PostProcessing
from busdemo.imaging.refusals import plain_name
from busdemo.imaging.spacing import Spacing
from busdemo.scoring.agreement import METRICS
from busdemo.ui.compare.answers import (
    Table,
    decode_base64,
    encode_base64,
    facts_of,
    listed,
    measure,
    read_masks,
    read_table,
    tell_refusal,
)
from busdemo.ui.compare.stored import StoredScans
from busdemo.ui.queues import BUSY, Desk
from busdemo.views.contours import draw_contours
from busdemo.workflows.comparing import (
    ComparedImage,
    annotate,
    compare_annotations,
    encode_case,
    encode_matrix,
)
from busdemo.workflows.comparison_report import write_report
from busdemo.workflows.labels import tell_absent
from busdemo.zoo.cards import Card

TYPES = {
    "report": ("comparison.html", "text/html"),
    "json": ("comparison.json", "application/json"),
    "csv": ("matrix.csv", "text/csv"),
    "svg": ("contours.svg", "image/svg+xml"),
}
"""How a kind of file ends, and its media type."""


def serve_answers(
    cards: Mapping[str, Card], desk: Desk, scans: StoredScans
) -> list[Callable[[Any], Any]]:
    """The comparison's server functions: who asks waits at the desk, not in Gradio's threads."""
    return [
        desk.serve(read_masks, {"people": [], "errors": [tell_refusal(ValueError(BUSY))]}),
        desk.serve(measure, {"error": BUSY}),
        desk.serve(build_file_writer(cards, scans), {"error": BUSY}),
    ]


def build_file_writer(
    cards: Mapping[str, Card], scans: StoredScans
) -> Callable[[Any], dict[str, Any]]:
    """The server function `write_file` over the zoo's cards, whose digests stand in the files."""

    def write_file(request: Any) -> dict[str, Any]:
        """{name, type, data} of the file asked for, or {error} with one sentence.

        {lacks: "image"} where the scan's picture is not here any more, and was not sent along.
        """
        fields = request if isinstance(request, Mapping) else {}
        try:
            table = read_table(fields)
            scan = _read_scan(fields, scans)
            if scan is None:
                return {"lacks": "image"}
            if fields.get("kind") == "mask":
                return _write_mask(table, scan, fields)
            return _write_table(table, scan, fields, cards)
        except (ValueError, KeyError) as error:
            return {"error": str(error)}

    return write_file


def _write_mask(table: Table, scan: Scan, fields: Mapping[str, Any]) -> dict[str, Any]:
    export, key = str(fields.get("format")), str(fields.get("key"))
    if export not in EXPORTS or key not in table.keys:
        raise ValueError("This is not a file the comparison offers.")
    one = table.annotations[table.keys.index(key)]
    data = write_annotation(one.mask, export, name=one.annotator, scan=scan)
    name = f"{_stem(scan.name)}-{_stem(one.annotator)}{EXPORTS[export].suffix}"
    return {"name": name, "type": "application/octet-stream", "data": encode_base64(data)}


def _write_table(
    table: Table, scan: Scan, fields: Mapping[str, Any], cards: Mapping[str, Card]
) -> dict[str, Any]:
    kind, metric = str(fields.get("kind")), str(fields.get("metric"))
    if kind not in TYPES or metric not in {one.id for one in METRICS}:
        raise ValueError("This is not a file the comparison offers.")
    if kind == "svg":
        data = _draw(table, fields).encode("utf-8", "replace")
    else:
        case = _open_case(table, scan, fields, cards)
        data = {
            "report": lambda: write_report(case).encode("utf-8", "replace"),
            "json": lambda: encode_case(case),
            "csv": lambda: encode_matrix(case, metric),
        }[kind]()
    ending, media = TYPES[kind]
    return {"name": f"{_stem(scan.name)}-{ending}", "type": media, "data": encode_base64(data)}


def _draw(table: Table, fields: Mapping[str, Any]) -> str:
    sent = [str(one.get("colour")) for one in listed(fields.get("annotators"))]
    colours = [c if re.fullmatch("#[0-9a-f]{6}", c) else "#ffffff" for c in sent]
    return draw_contours(table.annotations, colours)


def _open_case(
    table: Table, scan: Scan, fields: Mapping[str, Any], cards: Mapping[str, Card]
) -> ComparedImage:
    sent = listed(fields.get("annotators"))
    annotations = [
        _describe(one, annotation, cards)
        for one, annotation in zip(sent, table.annotations, strict=True)
    ]
    if table.mm_per_px:
        root = math.sqrt(table.aspect)
        spacing = Spacing(table.mm_per_px / root, table.mm_per_px * root, "the page")
        told = find_sent_spacing(facts_of(fields).get("spacing"))
        if told is not None and math.isclose(told.side_mm, table.mm_per_px, rel_tol=1e-4):
            spacing = told  # as the file has it, and nobody typed another
        scan = replace(scan, spacing=spacing)
    case = compare_annotations(
        scan,
        annotations,
        reference=table.reference,
        tolerance_px=table.tolerance_px,
        mm_per_px=table.mm_per_px,
    )
    label, without = str(fields.get("label", ""))[:60], fields.get("without")
    absent = [str(name)[:80] for name in without[:24]] if isinstance(without, list) else []
    return replace(case, label=label, notes=tell_absent(label, absent) if label else ())


def _describe(
    one: Mapping[str, Any], annotation: Annotation, cards: Mapping[str, Card]
) -> Annotation:
    card, stop = cards.get(str(one.get("model"))), one.get("stop")
    if annotation.kind == "model" and card is not None and isinstance(stop, int):
        made = annotate(card, annotation.mask, stop, PostProcessing.of(one.get("steps") or {}))
        return replace(made, annotator=annotation.annotator)
    return annotation


def _read_scan(fields: Mapping[str, Any], scans: StoredScans) -> Scan | None:
    """The scan as the page shows it, under its own name and with the digest of its own file."""
    facts, sent = fields.get("scan"), fields.get("image")
    told = facts if isinstance(facts, Mapping) else {}
    data = scans.read(told.get("url")) if sent is None else decode_base64(sent)
    if data is None:
        return None
    scan = read_scan(data, "scan.png")
    digest = told.get("sha256")
    return replace(
        scan,
        name=plain_name(str(told.get("title", ""))),
        sha256=str(digest) if _is_digest(digest) else scan.sha256,
    )


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None


def _stem(name: str) -> str:
    """A name as part of a file's name."""
    words = re.sub(r"[^\w.-]+", "-", PurePath(plain_name(name)).stem, flags=re.ASCII)
    return words.strip("-.")[:60] or "scan"
