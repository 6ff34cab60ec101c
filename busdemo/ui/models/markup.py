"""HTML of the Models tab: the table's rows, a card's head and drawing. Every word is escaped."""

import html
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import pandas as pd

from busdemo.ui import text
from busdemo.views.diagram import draw_symbol, list_symbols
from busdemo.views.tables import (
    DICE,
    FALSE_ALARMS,
    TWO_STAGE,
    UNKNOWN,
    Row,
    find_front,
    format_result,
    list_rows,
    list_sets,
    select_measured,
)
from busdemo.zoo.blueprint import Blueprint

_WORDS = ("name", "family", "start", "paper")
_DIGITS = {"year": 0, "parameters": 1, "gflops": 1, "size_mb": 1, "ms": 0}
"""Columns of words, and decimals of those of plain numbers; the others hold intervals."""


def render_rows(table: pd.DataFrame) -> str:
    """Head and body of the zoo's table, from `tabulate_zoo`.

    A cell's `data-value` is what it is sorted by; cells without are unknown. A row's `data-words`
    is what a search looks through.
    """
    sets = list_sets(table)
    rows = [
        _render_row(model_id, row, order, sets)
        for order, (model_id, row) in enumerate(list_rows(table).items())
    ]
    return f"{_render_head(sets)}<tbody>{''.join(rows)}</tbody>"


def render_facts(facts: Sequence[tuple[str, str]]) -> str:
    """Names and values as a description list."""
    items = (f"<div><dt>{_esc(name)}</dt><dd>{_esc(value)}</dd></div>" for name, value in facts)
    return f'<dl class="bd-facts">{"".join(items)}</dl>'


def render_card_head(row: Row, facts: Sequence[tuple[str, str]]) -> str:
    """Name, family, year, paper, why it cannot run, and the facts."""
    year: str = "" if pd.isna(row["year"]) else f"{row['year']:.0f}"
    parts = [_esc(part) for part in (row["family"], year) if part]
    if link := render_paper(row["paper"]):
        parts.append(link)
    problem = f'<p class="bd-problem">{_esc(_problem(row))}</p>' if _problem(row) else ""
    return (
        f'<header class="bd-card-head"><h2>{_esc(row["name"])}</h2><p>{" · ".join(parts)}</p>'
        f'<button type="button" data-up>All models</button></header>{problem}{render_facts(facts)}'
    )


def render_figure(drawing: str, caption: str, keys: Sequence[tuple[str, str]] = ()) -> str:
    """A drawing that scrolls in its own box, with a caption and its key (symbol, words)."""
    items = "".join(f"<li>{symbol}<span>{_esc(words)}</span></li>" for symbol, words in keys)
    return (
        f'<figure class="bd-figure"><div class="bd-figure-scroll" tabindex="0" role="group" '
        f'aria-label="{_esc(text.DIAGRAM_LABEL)}">{drawing}</div>'
        f"<figcaption>{_esc(caption)}{f'<ul>{items}</ul>' if items else ''}</figcaption></figure>"
    )


def explain_symbols(blueprint: Blueprint) -> list[tuple[str, str]]:
    """The key to a network's drawing: symbols and what they mean."""
    branches = "; ".join(branch for block in blueprint.blocks for branch in block.branches)
    return [
        (draw_symbol(symbol), text.DIAGRAM_KEY[symbol].format(branches=branches))
        for symbol in list_symbols(blueprint)
    ]


def render_training(
    sentence: str, *, command: str = "", facts: Sequence[tuple[str, str]] = (), note: str = ""
) -> str:
    """How a model was trained: the command to copy, the recipe's values, a line on the curves."""
    parts = [f"<h3>{_esc(text.CARD_TRAINING)}</h3><p>{_esc(sentence)}</p>"]
    if command:
        parts.append(
            f'<div class="bd-command"><code>{_esc(command)}</code>'
            f'<button type="button" data-copy="{_esc(command)}">Copy</button></div>'
        )
    if facts:
        parts.append(render_facts(facts))
    if note:
        parts.append(f"<p>{_esc(note)}</p>")
    return "".join(parts)


def render_results(results: pd.DataFrame) -> str:
    """A model's test results from `tabulate_results`, a row a data set; empty where it has none."""
    rows = []
    for name, row in list_rows(results).items():
        cells = []
        for column in ("dice", FALSE_ALARMS):
            value, interval = format_result(row, column)
            cells.append(f"<b>{value}</b> <small>{interval}</small>")
            n, groups = row[f"{column} n"], row[f"{column} groups"]
            cells.append("0" if pd.isna(n) else f"{n:.0f} <small>({groups:.0f})</small>")
        title = _esc(text.MODELS_COLUMNS.get(name, name))
        shown = "".join(f'<td class="bd-number">{cell}</td>' for cell in cells)
        rows.append(f'<tr><th scope="row">{title}</th>{shown}</tr>')
    if not rows:
        return ""
    head = "".join(f'<th scope="col">{_esc(title)}</th>' for title in text.RESULTS_COLUMNS)
    return (
        f'<h3>{_esc(text.RESULTS_TITLE)}</h3><div class="bd-results" tabindex="0" role="group" '
        f'aria-label="{_esc(text.RESULTS_TITLE)}"><table><thead>'
        f"<tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def render_pareto(table: pd.DataFrame) -> str:
    """Heading of the chart, and one sentence on what it shows."""
    return (
        f"<h2>{_esc(text.PARETO_TITLE)}</h2><p>{_esc(_tell_pareto(table))}</p>"
        f"<p>{_esc(text.PARETO_KEY)}</p>"
    )


def _tell_pareto(table: pd.DataFrame) -> str:
    rows, front = list_rows(select_measured(table)), find_front(table)
    if not front:
        return text.PARETO_NONE
    fastest, best = rows[front[0]], rows[front[-1]]
    low: float = best[DICE] if pd.isna(best[f"{DICE} low"]) else best[f"{DICE} low"]
    inside = sum(row[DICE] >= low for row in rows.values()) - 1
    sentence = text.PARETO_MANY if len(front) > 1 else text.PARETO_ONE
    sentence = text.PARETO_ALONE if len(rows) == 1 else sentence
    return sentence.format(
        front=len(front),
        all=len(rows),
        others=len(rows) - 1,
        inside=inside,
        fastest=fastest["name"],
        fastest_dice=format_result(fastest, DICE)[0],
        fastest_ms=f"{fastest['ms']:.0f}",
        best=best["name"],
        best_dice=format_result(best, DICE)[0],
        best_interval=format_result(best, DICE)[1],
        best_ms=f"{best['ms']:.0f}",
    )


def render_paper(url: str) -> str:
    """A link to a paper, called by its arXiv number or its host; empty for any other address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return ""
    host = parts.netloc.removeprefix("www.")
    number = parts.path.removeprefix("/abs/")
    name = f"arXiv {number}" if host == "arxiv.org" and number != parts.path else host
    return f'<a href="{_esc(url)}" target="_blank" rel="noopener noreferrer">{_esc(name)}</a>'


def _columns(sets: Sequence[str]) -> list[str]:
    return ["name", "family", *_DIGITS, "start", *sets, TWO_STAGE, FALSE_ALARMS, "paper"]


def _render_head(sets: Sequence[str]) -> str:
    columns = _columns(sets)
    before = columns.index(sets[0])
    groups = (
        f'<tr class="bd-groups"><td></td><td colspan="{before - 1}"></td>'
        f'<th scope="colgroup" colspan="{len(sets) + 1}">{_esc(text.MODELS_DICE)}</th>'
        f'<th scope="colgroup">{_esc(text.MODELS_NORMAL)}</th><td></td></tr>'
    )
    cells = []
    for index, key in enumerate(columns):
        best = "descending" if key in (*sets, TWO_STAGE, "year") else "ascending"
        cells.append(
            f'<th scope="col" aria-sort="none"{_number_class(key)}><button type="button" '
            f'data-column="{index}" data-first="{best}">'
            f"{_esc(text.MODELS_COLUMNS.get(key, key))}</button></th>"
        )
    return f"<thead>{groups}<tr>{''.join(cells)}</tr></thead>"


def _render_row(model_id: str, row: Row, order: int, sets: Sequence[str]) -> str:
    cells = "".join(_render_cell(key, row) for key in _columns(sets))
    year: str = "" if pd.isna(row["year"]) else f"{row['year']:.0f}"
    words = " ".join((model_id, row["name"], row["family"], year, row["start"], _problem(row)))
    return (
        f'<tr data-model="{_esc(model_id)}" data-order="{order}" '
        f'data-words="{_esc(words.lower())}">{cells}</tr>'
    )


def _render_cell(key: str, row: Row) -> str:
    """One cell; `data-value` is missing where nothing is known."""
    value: Any = row.get(f"dice {key}", row.get(key))
    if value is None or value == "" or (isinstance(value, float) and pd.isna(value)):
        shown = text.NOT_TIMED if key == "ms" and not row["problem"] else UNKNOWN
        return f"<td{_number_class(key)}>{shown}</td>"
    if key == "name":
        reason = f"<small>{_esc(_problem(row))}</small>" if _problem(row) else ""
        button = f'<button type="button" data-pick>{_esc(value)}</button>'
        return f'<th scope="row" data-value="{_esc(value)}">{button}{reason}</th>'
    if key == "paper":
        return f'<td data-value="{_esc(value)}">{render_paper(value) or UNKNOWN}</td>'
    if key in _WORDS:
        return f'<td data-value="{_esc(value)}">{_esc(value)}</td>'
    if key in _DIGITS:
        scaled = value / 1e6 if key == "parameters" else value
        return f'<td class="bd-number" data-value="{value:g}">{scaled:.{_DIGITS[key]}f}</td>'
    column = key if key in (FALSE_ALARMS, TWO_STAGE) else f"dice {key}"
    shown, interval = format_result(row, column)
    return (
        f'<td class="bd-number" data-value="{value:g}" title="{row[f"{column} n"]:.0f} images">'
        f"<b>{shown}</b> <small>{interval}</small></td>"
    )


def _number_class(key: str) -> str:
    return "" if key in _WORDS else ' class="bd-number"'


def _problem(row: Row) -> str:
    return text.MODELS_PROBLEM.format(reason=row["problem"]) if row["problem"] else ""


def _esc(words: object) -> str:
    return html.escape(str(words))
