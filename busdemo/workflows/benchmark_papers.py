"""Why papers disagree: the same predictions under each paper's protocol, beside the honest one."""

from typing import Any

import pandas as pd

from busdemo.workflows.benchmark_markup import Cell, Column, paragraph, render_table
from busdemo.workflows.benchmarking import OpenRun

COLUMNS = {
    "system": Column("System", number=False),
    "claimed": Column("Claimed", number=False),
    "convention": Column("Convention", number=False),
    "value under it": Column("Under it"),
    "honest value": Column("Honest"),
    "what it hides": Column("What it hides", number=False),
}
"""Of the table of protocols, and how they are shown."""


def tell_papers(opened: OpenRun) -> str:
    """The section as HTML; empty where the run's rows were let go of or nothing is known yet."""
    table = pd.DataFrame(columns=list(COLUMNS))
    return render_papers(table) if opened.run is not None and len(table) else ""


def render_papers(table: pd.DataFrame) -> str:
    """A table with the columns `COLUMNS`; numbers between 0 and 1, every word escaped."""
    rows = [[_tell(row[name]) for name in COLUMNS] for row in table.to_dict("records")]
    told = (
        "The same predictions of this run, scored under each paper's convention and under the one "
        "of this page: mean Dice of each image with a lesion at its own size, at a threshold "
        "frozen before, false alarms apart. The gap is the convention's, not the network's."
    )
    return (
        "<h2>Why papers disagree</h2>"
        + paragraph(told)
        + render_table("Why papers disagree", list(COLUMNS.values()), rows)
    )


def _tell(value: Any) -> Cell:
    if isinstance(value, int | float):
        return Cell("–") if pd.isna(value) else Cell(f"{value:.3f}", "", float(value))
    return Cell(str(value))
