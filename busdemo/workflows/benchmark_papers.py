"""Why papers disagree: the same predictions under each paper's protocol, beside the honest one."""

from functools import lru_cache
from typing import Any

import pandas as pd

from busdemo.evaluation.crops import read_crops
from busdemo.evaluation.protocols import PAPERS, tabulate_protocols
from busdemo.evaluation.split_effect import read_split_pair
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
    return "" if opened.run is None else _tell_run(opened)


@lru_cache(maxsize=2)
def _tell_run(opened: OpenRun) -> str:
    assert opened.run is not None  # noqa: S101
    table = tabulate_protocols(opened.run, read_crops(), read_split_pair())
    return render_papers(table) if len(table) else ""


def render_papers(table: pd.DataFrame) -> str:
    """A table with the columns `COLUMNS`; numbers between 0 and 1, every word escaped."""
    rows = [[_tell(row[name]) for name in COLUMNS] for row in table.to_dict("records")]
    told = (
        "The same predictions of this run, scored under each paper's convention and under the one "
        "of this page: mean Dice of each image with a lesion at its own size, at a threshold "
        "frozen before, false alarms apart. The gap is the convention's, not the network's. The "
        "models are ours, not the papers', trained and tested on other images: beside a claim, "
        "the table shows how far a convention alone moves a number, never what a paper's model "
        "would score here. “Claimed” is what the source prints, under its own protocol."
    )
    sources = "; ".join(f"{key}: {facts['paper']}" for key, facts in PAPERS.items())
    return (
        "<h2>Why papers disagree</h2>"
        + paragraph(told)
        + render_table("Why papers disagree", list(COLUMNS.values()), rows)
        + paragraph(f"Sources: {sources}.", "bd-quiet")
    )


def _tell(value: Any) -> Cell:
    if isinstance(value, int | float):
        return Cell("–") if pd.isna(value) else Cell(f"{value:.3f}", "", float(value))
    return Cell(str(value))
