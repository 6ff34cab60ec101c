"""Tables of single images of a run, by id: no picture of a data set is shown."""

from collections.abc import Mapping, Sequence
from typing import Any

from busdemo.evaluation.pairs import list_scatter
from busdemo.evaluation.worst import list_false_alarms, list_worst
from busdemo.workflows.benchmark_markup import (
    Cell,
    Column,
    paragraph,
    render_table,
    tell_mean,
    tell_number,
)
from busdemo.workflows.benchmarking import Study

SHOWN = 20
"""Images listed at most."""

Rows = Sequence[Mapping[Any, Any]]

_IMAGE = [Column(title, number=False) for title in ("Image", "Set", "Class")]


def render_worst(study: Study, key: str) -> str:
    """Lesions on which a system did worst, and normal images in which it marked most."""
    worst, name = list_worst(study.benchmark, key), study.names[key]
    alarms = list_false_alarms(study.benchmark, key)
    seen = study.leaderboard["false alarms n"].to_dict()[key]
    parts = [
        paragraph(
            f"Images with a lesion, the lowest Dice of {name} first: {_count(len(worst))}. The "
            "median of the other models tells whether an image is hard for all or for this one."
        ),
        _table_worst(worst.head(SHOWN).to_dict("records")),
        "<h4>False alarms</h4>",
    ]
    if not seen:
        parts.append(paragraph("There are no normal images here."))
    elif alarms.empty:
        parts.append(paragraph(f"{name} marks nothing in any of {seen:.0f} normal images."))
    else:
        told = f"Of {seen:.0f} normal images, {name} marks something in {len(alarms)}"
        parts.append(paragraph(f"{told}; the largest marks first: {_count(len(alarms))}."))
        parts.append(_table_alarms(alarms.head(SHOWN).to_dict("records")))
    return "".join(parts)


def render_differing(study: Study, a: str, b: str) -> str:
    """Lesions on which two systems differ most."""
    images = list_scatter(study.benchmark, a, b)
    columns = [*_IMAGE, Column(study.names[a]), Column(study.names[b]), Column("Difference")]
    rows = [
        [
            *_facts(row),
            tell_number(row["a"], 2),
            tell_number(row["b"], 2),
            Cell(f"{row['difference']:+.2f}".replace("-", "−"), "", row["difference"]),
        ]
        for row in images.head(SHOWN).to_dict("records")
    ]
    told = (
        f"Images with a lesion on which the Dice of {study.names[a]} and of {study.names[b]} lie "
        f"farthest apart: {_count(len(images))}. These are the ones to look at together."
    )
    return paragraph(told) + render_table("Images where two models differ", columns, rows)


def _table_worst(worst: Rows) -> str:
    columns = [*_IMAGE, Column("Lesion, % of the image"), Column("Dice")]
    columns += [Column("Outcome", number=False), Column("Others' median")]
    rows = [
        [
            *_facts(row),
            tell_number(100 * row["lesion_share"], 1),
            tell_number(row["dice"], 2),
            Cell(str(row["outcome"])),
            tell_mean(row["others"], float("nan"), float("nan")),
        ]
        for row in worst
    ]
    return render_table("Worst cases", columns, rows, sortable=True)


def _table_alarms(alarms: Rows) -> str:
    columns = [*_IMAGE, Column("Marked, % of the image"), Column("Other models that mark, too")]
    rows = [
        [
            *_facts(row),
            tell_number(100 * row["marked"], 2),
            Cell(f"{row['others']} of {row['of']}", "", row["others"]),
        ]
        for row in alarms
    ]
    return render_table("False alarms", columns, rows, sortable=True)


def _facts(row: Mapping[Any, Any]) -> list[Cell]:
    return [Cell(str(row[name])) for name in ("id", "dataset", "label")]


def _count(n: int) -> str:
    return f"all {n}" if n <= SHOWN else f"{SHOWN} of {n}"
