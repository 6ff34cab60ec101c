"""A comparison as tables: every two annotators, and everyone against the reference."""

import html
import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from busdemo.scoring.agreement import METRICS, TOLERANCES_PX, Comparison, Matrix, metric_of

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7A5195", "#8C6D31")
"""Of annotators, in order and then again: Okabe-Ito's without black and yellow, and two more."""

NAMED_COLUMNS = 6
"""A matrix of more annotators has numbers for its columns."""


def tabulate_matrix(comparison: Comparison, metric: str) -> pd.DataFrame:
    """(N, N) values of a metric in its unit, rows and columns named after the annotators.

    KeyError for an unknown metric.
    """
    names = _index(comparison.names)
    return pd.DataFrame(comparison.matrix(metric), index=names, columns=names)


def tabulate_against(comparison: Comparison, reference: str) -> pd.DataFrame:
    """A row for every other annotator: kind, outcome, and all metrics with their units.

    Indexed by annotator; KeyError if the reference is none of them.
    """
    titles = {metric.id: title_metric(comparison, metric.id) for metric in METRICS}
    rows = {
        row.annotator: {"kind": row.kind, "outcome": str(row.outcome)}
        | {title: row.values[metric] for metric, title in titles.items()}  # noqa: PD011
        for row in comparison.against(reference)
    }
    columns = ["kind", "outcome", *titles.values()]
    return pd.DataFrame(list(rows.values()), index=_index(rows), columns=columns)


def tabulate_curve(comparison: Comparison, reference: str) -> pd.DataFrame:
    """NSD of every annotator (row) at tolerances of 1 to 10 px (columns); KeyError as above."""
    curve = comparison.nsd_curve(reference)
    return pd.DataFrame(curve, index=_index(comparison.names), columns=list(TOLERANCES_PX))


def _index(names: Iterable[str]) -> "pd.Index[Any]":
    """Visitors' names as they are: what stands behind pandas' own strings refuses broken ones."""
    return pd.Index(list(names), dtype=object)


def title_metric(comparison: Comparison, metric: str) -> str:
    """A metric's name with its unit or, for the NSD, its tolerance: "HD95, px"."""
    name, unit = metric_of(metric).name, comparison.unit(metric)
    if metric == "nsd":
        return f"{name} at {comparison.tolerance_px:g} px"
    return f"{name}, {unit}" if unit else name


def shade_matrix(values: Matrix, *, higher_is_better: bool) -> NDArray[np.float64]:
    """(N, N) in [0, 1], 1 the best agreement of any two; nan on the diagonal and where undefined.

    The worst finite value is 0, and so is one without end.
    """
    shades = np.where(np.eye(len(values), dtype=np.bool_), math.nan, values)
    known = shades[np.isfinite(shades)]
    low, high = (known.min(), known.max()) if known.size else (0.0, 0.0)
    worst, best = (low, high) if higher_is_better else (high, low)
    spread = best - worst
    scaled = np.ones_like(shades) if spread == 0 else (shades - worst) / spread
    return np.where(np.isnan(shades), math.nan, np.where(np.isinf(shades), 0.0, scaled))


def draw_matrix(comparison: Comparison, metric: str) -> str:
    """The matrix as an HTML table whose cells are shaded by agreement; every name is escaped.

    The shades are made of the custom property `--bd-accent`, so that they suit light and dark
    pages and paper. KeyError for an unknown metric.
    """
    values = comparison.matrix(metric)
    shades = shade_matrix(values, higher_is_better=metric_of(metric).higher_is_better)
    numbered = len(values) > NAMED_COLUMNS
    heads = [
        f'<th scope="col">{index if numbered else html.escape(name)}</th>'
        for index, name in enumerate(comparison.names, 1)
    ]
    rows = []
    for index, name in enumerate(comparison.names):
        cells = [
            _draw_cell(metric_of(metric).show(value, comparison.mm_per_px), shade)
            for value, shade in zip(values[index], shades[index], strict=True)
        ]
        number = f"{index + 1} " if numbered else ""
        rows.append(f'<tr><th scope="row">{number}{html.escape(name)}</th>{"".join(cells)}</tr>')
    caption = html.escape(title_metric(comparison, metric))
    return (
        f'<table class="bd-matrix"><caption>{caption}</caption>'
        f"<thead><tr><td></td>{''.join(heads)}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def _draw_cell(word: str, shade: float) -> str:
    if math.isnan(shade):
        return f'<td class="bd-self">{word}</td>'
    share = round(8 + 47 * shade)
    colour = f"color-mix(in srgb,var(--bd-accent,#0b6e75) {share}%,transparent)"
    return f'<td style="background:{colour}">{word}</td>'
