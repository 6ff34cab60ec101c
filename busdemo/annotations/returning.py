"""Provenance that was sent away as JSON and comes back, from a browser: anyone may have made it."""

import math
import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from busdemo.annotations.annotation import Provenance
from busdemo.annotations.request import Options
from busdemo.imaging.pixels import World
from busdemo.imaging.spacing import Spacing, find_spacing

MOST_WORDS, MOST_LENGTH = 64, 500
"""Of a list, and of each of its texts."""

MOST_MM = 1e6
"""No scan lies farther from anything."""

_DIGEST = re.compile("[0-9a-f]{64}")


def read_provenance(sent: object) -> Provenance:
    """What `tabulate_provenance` made; whatever is not of its kind is left out, never raised."""
    given = sent if isinstance(sent, Mapping) else {}
    plain = {
        field.name: _plain(given[field.name], field.default)
        for field in fields(Provenance)
        if field.name in given and _is_like(given[field.name], field.default)
    }
    digests = tuple(one for one in plain.get("sha256", ()) if _DIGEST.fullmatch(one))
    files = plain.get("files", ())
    if files and len(files) != len(digests):  # each file has one
        files = digests = ()
    threshold, blind = given.get("threshold"), given.get("blind")
    return Provenance(
        **plain | {"files": files, "sha256": digests},
        drawn_on_wh=_read_size(given.get("drawn_on_wh")),
        asked=read_options(given.get("asked")),
        spacing=find_sent_spacing(given.get("spacing")),
        blind=blind if isinstance(blind, bool) else None,
        threshold=threshold if type(threshold) is float and 0 <= threshold <= 1 else None,
    )


def read_options(sent: object) -> Options:
    """How files were to be read, as JSON has it; whatever is not of its kind is left out."""
    given = sent if isinstance(sent, Mapping) else {}
    kinds: dict[str, tuple[type, ...]] = {
        "merge": (bool,),
        "invert": (bool,),
        "frame": (int,),
        "image_name": (str,),
        "label": (str,),
        "least_score": (int, float),
    }
    known: dict[str, Any] = {k: given[k] for k, kind in kinds.items() if type(given.get(k)) in kind}
    for key in {"image_name", "label"} & known.keys():
        known[key] = known[key][:200]
    return Options(**known)


def read_world(sent: object) -> World | None:
    """Where pixels lie in space, three rows of three finite numbers; None for anything else."""
    rows = sent if isinstance(sent, list | tuple) else ()
    if len(rows) != 3 or not all(isinstance(row, list | tuple) and len(row) == 3 for row in rows):
        return None
    numbers = [[float(x) if isinstance(x, int | float) else math.nan for x in row] for row in rows]
    if not all(math.isfinite(x) and abs(x) < MOST_MM for row in numbers for x in row):
        return None
    first, second, third = numbers
    apart = np.linalg.norm(np.cross(*np.array(numbers).T[:2]))
    return (tuple(first), tuple(second), tuple(third)) if apart > 0 else None  # type: ignore[return-value]


def _is_like(value: object, default: object) -> bool:
    if isinstance(default, tuple):
        return isinstance(value, list | tuple) and all(isinstance(one, str) for one in value)
    return isinstance(default, bool | int | str) and type(value) is type(default)


def _plain(value: Any, default: object) -> Any:
    if isinstance(default, tuple):
        return tuple(one[:MOST_LENGTH] for one in value[:MOST_WORDS])
    if isinstance(value, str):
        return value[:MOST_LENGTH]
    return value if isinstance(value, bool) else max(0, min(value, 10**6))


def _read_size(value: object) -> tuple[int, int] | None:
    sides = value if isinstance(value, list | tuple) else ()
    if len(sides) != 2 or not all(type(side) is int and 0 < side < 10**6 for side in sides):
        return None
    return sides[0], sides[1]


def find_sent_spacing(value: object) -> Spacing | None:
    """What `tabulate_spacing` made; None for anything else."""
    given = value if isinstance(value, Mapping) else {}
    x, y = given.get("x"), given.get("y")
    if not isinstance(x, int | float) or not isinstance(y, int | float):
        return None
    return find_spacing(float(x), float(y), str(given.get("whose", ""))[:MOST_LENGTH])
