"""HTML of a run's tables and keys, for the page and for the report. Every word is escaped."""

import html
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from busdemo.imaging import printed

UNKNOWN = "–"


@dataclass(frozen=True)
class Cell:
    """One cell: words, smaller words after them, and what it is sorted by."""

    words: str
    small: str = ""
    value: float | None = None


@dataclass(frozen=True)
class Column:
    """One column: its title, whether it holds numbers, and whether the best of them are small."""

    title: str
    number: bool = True
    ascending: bool = False


def render_table(
    label: str,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Cell | str]],
    *,
    sortable: bool = False,
    marked: int = -1,
) -> str:
    """A table in a box that scrolls; the first cell of a row is its name, row `marked` stands out.

    A script may make the heads of a sortable table into buttons: `data-value` is what cells are
    sorted by, `data-first` how a column is sorted first.
    """
    heads = "".join(
        f'<th scope="col" data-first="{"ascending" if column.ascending else "descending"}"'
        f"{_number(column)}>{esc(column.title)}</th>"
        for column in columns
    )
    body = "".join(
        f"<tr{' class=bd-marked' if place == marked else ''}>{_render_row(columns, row)}</tr>"
        for place, row in enumerate(rows)
    )
    return (
        f'<div class="bd-table" tabindex="0" role="group" aria-label="{esc(label)}">'
        f"<table{' data-sortable' if sortable else ''}><thead><tr>{heads}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


def render_key(first: str, second: str = "", others: bool = False) -> str:
    """Which colour is which model."""
    items = [("bd-first", first), ("bd-second", second), ("bd-others", "the others")]
    shown = [item for item in items[:2] if item[1]] + (items[2:] if others else [])
    words = "".join(f'<li><i class="{name}"></i>{esc(word)}</li>' for name, word in shown)
    return f'<ul class="bd-key">{words}</ul>'


def paragraph(words: str, kind: str = "") -> str:
    """A paragraph of words."""
    return f"<p{f' class={kind}' if kind else ''}>{esc(words)}</p>"


def plot(number: int, label: str, *, square: bool = False) -> str:
    """The place of a passage's figure."""
    kind = "bd-plot bd-square" if square else "bd-plot"
    return f'<div class="{kind}" data-plot="{number}" role="img" aria-label="{esc(label)}"></div>'


def beside(*parts: str) -> str:
    """Two parts next to each other where there is room."""
    columns = "".join(f"<div>{part}</div>" for part in parts)
    return f'<div class="bd-beside">{columns}</div>'


def tell_mean(value: float, low: float, high: float, digits: int = 2) -> Cell:
    """A mean with its interval, as far as they are known."""
    if math.isnan(value):
        return Cell(UNKNOWN)
    shown, *ends = (printed.plain(number, digits) for number in (value, low, high))
    return Cell(shown, "" if math.isnan(low) else f"({' to '.join(ends)})", value)


def tell_share(value: float, low: float, high: float) -> Cell:
    """A share of images in percent, with its interval."""
    if math.isnan(value):
        return Cell(UNKNOWN)
    ends = printed.percents(low, high, between=" to ")
    return Cell(printed.percent(value), f"({ends})" if ends else "", value)


def tell_number(value: float, digits: int = 0, small: str = "") -> Cell:
    """A plain number."""
    known = math.isfinite(value)
    return Cell(f"{value:.{digits}f}", small, value) if known else Cell(UNKNOWN)


def tell_p(p: float) -> str:
    """A p value."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def esc(words: object) -> str:
    """Words of any origin as HTML."""
    return html.escape(str(words))


def _render_row(columns: Sequence[Column], row: Sequence[Cell | str]) -> str:
    cells = [cell if isinstance(cell, Cell) else Cell(cell) for cell in row]
    return "".join(
        _render_cell(column, cell, "td" if place else 'th scope="row"')
        for place, (column, cell) in enumerate(zip(columns, cells, strict=True))
    )


def _render_cell(column: Column, cell: Cell, tag: str) -> str:
    value = "" if cell.value is None else f' data-value="{cell.value:.6g}"'
    if not column.number:
        value = f' data-value="{esc(cell.words)}"'
    small = f" <small>{esc(cell.small)}</small>" if cell.small else ""
    return f"<{tag}{_number(column)}{value}>{esc(cell.words)}{small}</{tag[:2]}>"


def _number(column: Column) -> str:
    return ' class="bd-number"' if column.number else ""
