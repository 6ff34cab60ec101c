"""Charts of a run with a row for each model or kind of image: leaderboard, ranks, strata.

Names come from files that anyone may have written: every word is escaped here.
"""

import html
import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go  # type: ignore[import-untyped]

from busdemo.evaluation.ranks import Ranks
from busdemo.views.chart_style import (
    BOTTOM,
    RIGHT,
    TOP,
    Palette,
    annotate,
    axis,
    fade,
    layout,
    widen,
)
from busdemo.views.tables import FALSE_ALARMS, Row, format_result

NARROW_PX = 620
"""A chart narrower than this has its rows' names above their marks, not beside them."""

LONGEST = 40
"""Letters of a name in a chart; the tables beside have the whole of it."""

_PITCH_PX, _NARROW_PITCH_PX, _LETTER_PX = 28, 42, 7.2


def shorten(name: object, longest: int = LONGEST) -> str:
    """A name for a chart: one line, cut, escaped."""
    words = " ".join(str(name).split())
    cut = words if len(words) <= longest else f"{words[: longest - 1]}…"
    # Plotly also replaces %{...} in what is shown under the cursor.
    return html.escape(cut, quote=False).replace("%{", "%&#123;").replace("$", "&#36;")


def plot_leaderboard(
    table: pd.DataFrame, palette: Palette, *, width_px: int, alike: Collection[str] = ()
) -> go.Figure:
    """Mean lesion Dice with its interval and the median beside; false alarms in a column apart.

    `table` is from `tabulate_leaderboard`. Systems in `alike` stand in the accent, others in grey.
    """
    rows: list[tuple[str, Row]] = [(str(key), row) for key, row in _records(table)]
    figure = _rows([row["name"] for _, row in rows], palette, width_px)
    alarms = bool((table[f"{FALSE_ALARMS} n"] > 0).any())
    placed = [(-place, key in alike, row) for place, (key, row) in enumerate(rows)]
    for bright, colour in ((False, palette.quiet), (True, palette.accent)):
        part = [(y, row) for y, coloured, row in placed if coloured == bright]
        for column, at in (("dice", ""), (FALSE_ALARMS, "2"))[: 1 + alarms]:
            figure.add_scatter(**_marks(part, column, colour), xaxis=f"x{at}")
        figure.add_scatter(**_medians(part, colour))
    columns = ["dice", "dice low", "dice high", "dice median"]
    known = [value for value in table[columns].to_numpy().ravel().tolist() if value >= 0]
    if known:
        figure.update_xaxes(range=widen(min(known), max(known), 0.06, 0.01))
    figure.update_layout(
        xaxis={"title_text": "mean lesion Dice", "domain": [0, 0.64] if alarms else [0, 1]},
        **({"xaxis2": _alarm_axis(palette)} if alarms else {}),
    )
    return figure


def plot_ranks(
    ranks: Ranks, names: Mapping[str, str], palette: Palette, *, width_px: int
) -> go.Figure:
    """Mean rank of every system, the best on top, and bars over those not told apart."""
    figure = _rows([names[key] for key in ranks.keys], palette, width_px)
    figure.add_scatter(
        x=list(ranks.means),
        y=[-place for place in range(len(ranks.keys))],
        mode="markers",
        marker={"size": 10, "color": palette.accent},
        hovertext=[
            f"<b>{shorten(names[key])}</b><br>mean rank {mean:.2f}"
            for key, mean in zip(ranks.keys, ranks.means, strict=True)
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    )
    for place, (first, last) in enumerate(ranks.cliques):
        figure.add_scatter(
            x=[place, place],
            y=[0.25 - first, -0.25 - last],
            xaxis="x2",
            mode="lines",
            line={"color": palette.ink, "width": 4},
            hovertemplate="no two of these differ<extra></extra>",
        )
    most, wide = len(ranks.keys), width_px >= NARROW_PX
    figure.update_layout(
        xaxis={
            "domain": [0, 0.74],
            "range": [0.7, most + 0.3],
            "tickvals": [*range(1, most + 1, math.ceil(most / (15 if wide else 6)))],
            "title_text": "mean rank (1 is best)",
        },
        xaxis2=axis(palette)
        | {
            "domain": [0.8, 1],
            "range": [-0.7, max(len(ranks.cliques), 3) - 0.3],
            "showgrid": False,
            "showticklabels": False,
            "title": {"text": "not told apart", "font": {"color": palette.quiet, "size": 12}},
        },
    )
    return figure


def plot_strata(
    table: pd.DataFrame, chosen: Sequence[str], palette: Palette, *, width_px: int
) -> go.Figure:
    """Mean lesion Dice by stratum: the first chosen system in the accent, the second in purple.

    `table` is from `tabulate_strata`; all other systems are grey dots.
    """
    table = table[table["dice"].notna()]
    strata = list(dict.fromkeys(table["stratum"]))
    counts = table.groupby("stratum")["dice n"].max()
    titles = [f"{shorten(name, 28)}, n = {counts[name]:.0f}" for name in strata]
    figure = _rows(titles, palette, width_px, pitch_px=44, escape=False)
    places = {name: place for place, name in enumerate(strata)}
    others = table[~table["key"].isin(chosen)]
    figure.add_scatter(
        x=others["dice"].tolist(),
        y=[-places[name] for name in others["stratum"]],
        mode="markers",
        marker={"size": 6, "color": fade(palette.quiet, 0.55)},
        hovertext=[shorten(name) for name in others["name"]],
        hovertemplate="%{hovertext}<br>Dice %{x:.2f}<extra></extra>",
    )
    for shift, key, colour in zip(
        (0, 0.22), chosen, (palette.accent, palette.second), strict=False
    ):
        mine = table[table["key"] == key].to_dict("records")
        part = [(-places[row["stratum"]] - shift, row) for row in mine]
        figure.add_scatter(**_marks(part, "dice", colour))
    figure.update_xaxes(range=[-0.02, 1.02], title_text="mean lesion Dice")
    return figure


def _marks(
    rows: Sequence[tuple[float, Mapping[Any, Any]]], column: str, colour: str
) -> dict[str, Any]:
    """Means at their rows, intervals as whiskers, told in words under the cursor."""
    known = [(y, row) for y, row in rows if not math.isnan(row[column])]
    ends = [(row[column], row[f"{column} low"], row[f"{column} high"]) for _, row in known]
    return {
        "x": [row[column] for _, row in known],
        "y": [y for y, _ in known],
        "mode": "markers",
        "marker": {"size": 9, "color": colour},
        "error_x": {
            "array": [0 if math.isnan(high) else high - value for value, _, high in ends],
            "arrayminus": [0 if math.isnan(low) else value - low for value, low, _ in ends],
            "color": colour,
            "thickness": 1.5,
            "width": 0,
        },
        "hovertext": [_tell(row, column) for _, row in known],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }


def _medians(rows: Sequence[tuple[float, Mapping[Any, Any]]], colour: str) -> dict[str, Any]:
    known = [(y, row["dice median"]) for y, row in rows if not math.isnan(row["dice median"])]
    return {
        "x": [median for _, median in known],
        "y": [y for y, _ in known],
        "mode": "markers",
        "marker": {"symbol": "line-ns-open", "size": 11, "line": {"width": 2}, "color": colour},
        "hovertemplate": "median Dice %{x:.2f}<extra></extra>",
    }


def _tell(row: Mapping[Any, Any], column: str) -> str:
    """A mean in words, for the cursor."""
    shown = " ".join(part for part in format_result(row, column) if part)
    what = "false alarms" if column == FALSE_ALARMS else "mean Dice"
    n, groups = row[f"{column} n"], row[f"{column} groups"]
    return f"<b>{shorten(row['name'])}</b><br>{what} {shown}<br>{n:.0f} images, {groups:.0f} groups"


def _alarm_axis(palette: Palette) -> dict[str, Any]:
    title = {"text": "false alarms", "font": {"color": palette.quiet, "size": 12}, "standoff": 8}
    return axis(palette) | {
        "domain": [0.72, 1],
        "range": [-0.03, 1.03],
        "tickvals": [0, 0.5, 1],
        "ticktext": ["0 %", "50 %", "100 %"],
        "title": title,
    }


def _rows(
    names: Sequence[object],
    palette: Palette,
    width_px: int,
    top_px: int = TOP,
    *,
    pitch_px: int = _PITCH_PX,
    escape: bool = True,
) -> go.Figure:
    """An empty chart with a named row each: row k at y = -k."""
    shown = [shorten(name) if escape else str(name) for name in names]
    narrow = width_px < NARROW_PX
    pitch = max(pitch_px, _NARROW_PITCH_PX) if narrow else pitch_px
    figure = go.Figure(layout=layout(palette, round(pitch * len(names) + top_px + BOTTOM)))
    letters = max((len(html.unescape(name)) for name in shown), default=0)
    figure.update_layout(
        margin={"l": 8 if narrow else round(_LETTER_PX * letters) + 16, "t": top_px, "r": RIGHT},
        yaxis={
            "range": [-len(names) + 0.4, 0.6],
            "tickvals": [-place for place in range(len(names))],
            "ticktext": shown,
            "showticklabels": not narrow,
            "tickfont": {"color": palette.ink, "size": 12},
            "automargin": False,
        },
    )
    if narrow:
        for place, name in enumerate(shown):
            spot = {"xref": "paper", "x": 0, "xanchor": "left", "yanchor": "bottom"}
            annotate(figure, name, palette.ink, y=-place, yshift=5, **spot)
    return figure


def _records(table: pd.DataFrame) -> list[tuple[Any, Any]]:
    return list(zip(table.index, table.to_dict("records"), strict=True))
