"""Six real scans among the examples: BrEaST's, chosen by a rule that looks at no model's answer.

BrEaST (Pawłowska et al., Scientific Data 2024) is given out under CC BY 4.0: the only set whose
pictures may be shown here. Of its test images: the one with the lowest case number of every kind.
"""

import csv
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from busdemo.evaluation.datasets import Case, read_index
from busdemo.phantoms.writing import write_scan

DATASET = "BrEaST"
CREDIT = (
    "BrEaST (Pawłowska et al. 2024), CC BY 4.0, "
    "[doi:10.7937/9WKK-Q141](https://doi.org/10.7937/9WKK-Q141)"
)

Row = Mapping[str, str]
"""What the index says of an image."""


@dataclass(frozen=True)
class Kind:
    """A kind of scan: how it is called, and whether an image is of it."""

    words: str
    holds: Callable[[Row], bool]
    order: Callable[[Row], float] = lambda _: 0.0
    """The least comes first; equal ones by their case number."""


def _area_mm2(row: Row) -> float:
    side_mm = 10 * float(row["pixel_size_cm"] or "nan")
    return float(row["lesion_px"]) * side_mm**2 if int(row["lesion_px"]) else math.inf


KINDS = (
    Kind("benign, oval", lambda row: row["label"] == "benign" and row["shape"] == "oval"),
    Kind("another benign one", lambda row: row["label"] == "benign"),
    Kind(
        "malignant, spiculated margin",
        lambda row: row["label"] == "malignant" and "spiculated" in row["margin"],
    ),
    Kind("another malignant one", lambda row: row["label"] == "malignant"),
    Kind("the smallest lesion, in mm²", lambda row: row["label"] != "normal", _area_mm2),
    Kind("normal", lambda row: row["label"] == "normal"),
)
"""In the order of the page; the first opens it. A scan is taken once."""


def choose_scans(rows: Sequence[Row]) -> dict[str, str]:
    """Ids of the chosen test images by the rule, each with the words of its kind."""
    shown = [row for row in rows if row["dataset"] == DATASET and row["split"] == "test"]
    chosen: dict[str, str] = {}
    for kind in KINDS:
        left = [row for row in shown if row["id"] not in chosen and kind.holds(row)]
        if left:
            first = min(left, key=lambda row, kind=kind: (kind.order(row), row["id"]))  # type: ignore[misc]
            chosen[first["id"]] = kind.words
    return chosen


def write_shown_scans(folder: Path, data: Path) -> list[dict[str, Any]]:
    """Write the chosen scans of a data folder as examples; their entries of the index, in order.

    Raises FileNotFoundError with a plain sentence when there is no index in `data`.
    """
    cases = {case.id: case for case in read_index(data, "test")}
    with (data / "index.csv").open(newline="", encoding="utf-8-sig") as lines:
        rows = {row["id"]: row for row in csv.DictReader(lines)}
    entries = []
    for name, why in choose_scans(list(rows.values())).items():
        image, mask = cases[name].read()
        write_scan(folder / name, image, mask)
        height, width = image.shape
        entries.append(
            _describe(cases[name], rows[name]) | {"why": why, "width": width, "height": height}
        )
    return entries


def _describe(case: Case, row: Row) -> dict[str, Any]:
    """What the set says of a case, in its own words."""
    number = case.id.removeprefix("breast-")
    said = {key: row[key] for key in ("birads", "shape", "margin", "histology")}
    given = {key: value for key, value in said.items() if value not in ("", "not applicable")}
    return {
        "id": case.id,
        "title": f"BrEaST {number}: {case.label}, BI-RADS {case.birads}",
        "description": _tell(given),
        "simulated": False,
        "label": case.label,
        "mm_per_px": case.mm_per_px,
        **given,
    }


def _tell(given: Mapping[str, str]) -> str:
    """Shape, margin and histology in a few words."""
    margin = given.get("margin", "").replace("&", " and ")
    words = [
        f"{given['shape']} shape" if "shape" in given else "",
        f"margin {margin}" if margin else "",
        given.get("histology", "").replace("&", " and ") or "no histology in the set",
    ]
    return "; ".join(word for word in words if word)


def write_credits(folder: Path, entries: Sequence[Mapping[str, Any]]) -> None:
    """README.md beside the examples: whose scans they are, and by which rule they were chosen."""
    lines = ["# Examples", "", "Written by `busdemo examples`.", "", "## Real scans", ""]
    lines += [
        f"{CREDIT}. Test images of the split behind the models' cards: no model learned from "
        "them and no threshold was set on them, and the benchmark's tables count them. Chosen by "
        "a rule that looks at no model's answer: the lowest case number of every kind. Changed: "
        "stored as 8-bit grey PNG, outlines of one image merged into one mask.",
        "",
        "| scan | size, px | kind | BI-RADS | shape | margin | histology |",
        "|---|---|---|---|---|---|---|",
    ]
    simulated = [one for one in entries if one["simulated"]]
    for one in entries:
        if not one["simulated"]:
            facts = [str(one.get(key, "–")) for key in ("birads", "shape", "margin", "histology")]
            size = f"{one['width']} × {one['height']}"
            cells = (one["id"], size, str(one["why"]), *facts)
            lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "## Simulated scans", ""]
    lines.append(
        f"{len(simulated)} pictures made by busdemo's own simulator, with an exactly known outline "
        "and the outlines of simulated readers: no tissue, no person."
    )
    (folder / "README.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
