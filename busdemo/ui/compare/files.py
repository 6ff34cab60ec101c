"""What a visitor takes along from the comparison: a mask in any of the formats that are written.

Nothing is written on the server's disk: a file's contents go back as text for the browser to save.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from busdemo.annotations.files import EXPORTS, write_annotation
from busdemo.imaging.images import Scan, read_scan
from busdemo.imaging.refusals import plain_name
from busdemo.ui.compare.answers import (
    Table,
    decode_base64,
    encode_base64,
    read_table,
)


def write_file(request: Any) -> dict[str, Any]:
    """{name, type, data} of the file asked for, or {error} with one sentence."""
    fields = request if isinstance(request, Mapping) else {}
    try:
        return _write_mask(read_table(fields), _read_scan(fields), fields)
    except ValueError as error:
        return {"error": str(error)}


def _write_mask(table: Table, scan: Scan, fields: Mapping[str, Any]) -> dict[str, Any]:
    export, key = str(fields.get("format")), str(fields.get("key"))
    if export not in EXPORTS or key not in table.keys:
        raise ValueError("This is not a file the comparison offers.")
    one = table.annotations[table.keys.index(key)]
    data = write_annotation(one.mask, export, name=one.annotator, scan=scan)
    name = f"{_stem(scan.name)}-{_stem(one.annotator)}{EXPORTS[export].suffix}"
    return {"name": name, "type": "application/octet-stream", "data": encode_base64(data)}


def _read_scan(fields: Mapping[str, Any]) -> Scan:
    """The scan as the page shows it, under its own name and with the digest of its own file."""
    scan = read_scan(decode_base64(fields.get("image")), "scan.png")
    facts = fields.get("scan")
    told = facts if isinstance(facts, Mapping) else {}
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
