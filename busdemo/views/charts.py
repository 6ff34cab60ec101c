"""Interactive charts: Dice against time for the zoo, the curves of one training run.

Only what plotly.js 3 draws too is used (scatters and lines), because that is what the page has.
"""

import html
import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import pandas as pd
import plotly.graph_objects as go  # type: ignore[import-untyped]

from busdemo.views.chart_style import (
    BOTTOM,
    LEFT,
    RIGHT,
    TOP,
    Palette,
    annotate,
    axis,
    fade,
    layout,
    widen,
)
from busdemo.views.labels import Box, Spot, place_names
from busdemo.views.tables import DICE, Row, find_front, format_result, list_rows, select_measured

PARETO_PX, TRAINING_PX = 400, 360
"""Heights of the charts."""

_NAMES_PX = 118
"""Room for the lines' names at the right of a training's curves."""


def plot_pareto(table: pd.DataFrame, palette: Palette, *, width_px: int) -> go.Figure:
    """Mean test Dice against milliseconds (log scale), one bubble a model, area by parameters.

    `table` is from `tabulate_zoo`. The models that no other equals in both stand in the accent and
    are joined by a line. Names are placed for a chart of `width_px`; those for which there is no
    room are left out, and shown under the cursor like all.
    """
    front = find_front(table)
    rows = list_rows(select_measured(table))
    ordered = [(key, rows[key]) for key in (*front, *(key for key in rows if key not in front))]
    sizes = _diameters([row for _, row in ordered])
    figure = go.Figure(layout=layout(palette, PARETO_PX))
    if not ordered:
        return figure
    figure.add_scatter(
        x=[rows[key]["ms"] for key in front],
        y=[rows[key][DICE] for key in front],
        mode="lines",
        line={"color": palette.accent, "width": 1.5, "dash": "dot", "shape": "hv"},
        hoverinfo="skip",
    )
    bubbles = list(zip(ordered, sizes, strict=True))
    for part, colour, fill in (
        (bubbles[len(front) :], palette.quiet, 0.25),
        (bubbles[: len(front)], palette.accent, 0.8),
    ):
        figure.add_scatter(**_bubbles(part, colour, fill))
    spread = [value for _, row in ordered for value in _bounds(row)]
    y_range = widen(min(spread), max(spread), 0.08, 0.002)
    powers = [math.log10(row["ms"]) for _, row in ordered]
    x_range = widen(min(powers), max(powers), 0.06, 0.15)
    _add_names(figure, bubbles, len(front), palette, (x_range, y_range, width_px))
    figure.update_xaxes(
        type="log",
        range=x_range,
        title_text="ms an image on this machine, log scale",
        tickvals=[digit * 10**power for power in range(5) for digit in (1, 2, 5)],
    )
    figure.update_yaxes(
        range=y_range, title_text="mean test Dice (0 to 1), all sets", tickformat=".2f"
    )
    return figure


def plot_training(curves: Mapping[str, Sequence[float]], palette: Palette) -> go.Figure:
    """Validation Dice (mean in the accent, sets in grey) and false alarms, above the training loss.

    `curves` are the columns of a run's curves.csv, one value an epoch; a line stands where the
    input side changes. Raises KeyError without the column of epochs.
    """
    epochs = list(curves["epoch"])
    figure = go.Figure(layout=layout(palette, TRAINING_PX))
    lines = {
        **{name: (name[5:], palette.quiet, 1.0, "solid") for name in curves if name[:5] == "dice_"},
        "false_alarms": ("false alarms", palette.quiet, 1.5, "dot"),
        "mean_dice": ("mean of the sets", palette.accent, 2.5, "solid"),
        "train_loss": ("training loss", palette.ink, 1.5, "solid"),
    }
    ends = []
    for column, (name, colour, width, dash) in lines.items():
        if column not in curves:
            continue
        loss = column == "train_loss"
        figure.add_scatter(
            x=epochs,
            y=list(curves[column]),
            yaxis="y2" if loss else "y",
            name=html.escape(name),
            mode="lines",
            line={"color": colour, "width": width, "dash": dash},
            hovertemplate="%{y:.3f}",
        )
        if not loss:
            ends.append((curves[column][-1], html.escape(name), colour))
    ends.sort()
    for (_, name, colour), y in zip(ends, _spread([end[0] for end in ends]), strict=True):
        annotate(figure, name, colour, x=1, y=y, xref="paper", xanchor="left", xshift=6)
    _mark_sides(figure, epochs, curves.get("side_px", ()), palette)
    figure.update_layout(
        hovermode="x unified",
        margin={"r": _NAMES_PX, "t": 26},
        xaxis={"anchor": "y2", "title_text": "epoch", "range": [epochs[0] - 0.5, epochs[-1] + 0.2]},
        yaxis={
            "domain": [0.4, 1],
            "range": [0, 1.02],
            "title_text": "validation, 0 to 1",
            "dtick": 0.25,
        },
        yaxis2=axis(palette),
    )
    figure.update_layout(yaxis2={"domain": [0, 0.3], "title_text": "loss", "rangemode": "tozero"})
    return figure


def _diameters(rows: Sequence[Row]) -> list[float]:
    """Of bubbles, in px: area by parameters, the largest model at 34."""
    known = [0.0 if math.isnan(row["parameters"]) else row["parameters"] for row in rows]
    largest = max(known, default=0) or 1
    return [max(34 * (value / largest) ** 0.5, 8) for value in known]


def _bubbles(
    part: Sequence[tuple[tuple[str, Row], float]], colour: str, fill: float
) -> dict[str, Any]:
    rows = [row for (_, row), _ in part]
    return {
        "x": [row["ms"] for row in rows],
        "y": [row[DICE] for row in rows],
        "error_y": {
            "array": [_bounds(row)[1] - row[DICE] for row in rows],
            "arrayminus": [row[DICE] - _bounds(row)[0] for row in rows],
            "color": fade(colour, 0.45),
            "thickness": 1,
            "width": 0,
        },
        "mode": "markers",
        "marker": {
            "size": [size for _, size in part],
            "color": fade(colour, fill),
            "line": {"color": colour, "width": 1.5},
            "opacity": 1,
        },
        "customdata": [[key] for (key, _), _ in part],
        "hovertext": [_tell(row) for row in rows],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }


def _add_names(
    figure: go.Figure,
    bubbles: Sequence[tuple[tuple[str, Row], float]],
    front: int,
    palette: Palette,
    frame: tuple[list[float], list[float], int],
) -> None:
    """Write the names beside the bubbles, the first `front` of them in ink, off the whiskers."""
    (x0, x1), (y0, y1), width_px = frame
    width, height = width_px - LEFT - RIGHT, PARETO_PX - TOP - BOTTOM

    def across(ms: float) -> float:
        return (math.log10(ms) - x0) / (x1 - x0) * width

    def up(dice: float) -> float:
        return (dice - y0) / (y1 - y0) * height

    rows = [row for (_, row), _ in bubbles]
    spots = [
        Spot(row["name"], across(row["ms"]), up(row[DICE]), size)
        for row, (_, size) in zip(rows, bubbles, strict=True)
    ]
    lines: list[Box] = [
        (spot.x - 1, up(_bounds(row)[0]), spot.x + 1, up(_bounds(row)[1]))
        for spot, row in zip(spots, rows, strict=True)
    ]
    lines += [(a.x, a.y - 2, b.x, a.y + 2) for a, b in pairwise(spots[:front])]
    for index, (dx, dy) in place_names(spots, (width, height), lines).items():
        colour = palette.ink if index < front else palette.quiet
        x, y = math.log10(rows[index]["ms"]), rows[index][DICE]
        name = html.escape(spots[index].name)
        annotate(figure, name, colour, x=x, y=y, xshift=dx, yshift=dy)


def _mark_sides(
    figure: go.Figure, epochs: Sequence[float], sides: Sequence[float], palette: Palette
) -> None:
    """The input side where it changes, and a line there."""
    for index, side in enumerate(sides):
        if index and side == sides[index - 1]:
            continue
        x = epochs[index] - 0.5
        if index:
            figure.add_vline(x=x, line={"color": palette.quiet, "width": 1, "dash": "dot"})
        place = {"x": x, "y": 1, "yref": "paper", "xanchor": "left", "yanchor": "bottom"}
        annotate(figure, f"{side:.0f} px", palette.quiet, **place)


def _bounds(row: Row) -> tuple[float, float]:
    """The interval of the mean Dice; the mean itself where there is none."""
    low, high = row[f"{DICE} low"], row[f"{DICE} high"]
    return (row[DICE], row[DICE]) if math.isnan(low) else (low, high)


def _spread(values: Sequence[float], gap: float = 0.085) -> list[float]:
    """Ascending values moved apart by at least `gap`, so that words beside them do not touch."""
    spread: list[float] = []
    for value in values:
        spread.append(max(value, spread[-1] + gap) if spread else value)
    over = max(spread[-1] - 1, 0) if spread else 0
    return [value - over for value in spread]


def _tell(row: Row) -> str:
    """A bubble in words, for the cursor."""
    value, interval = format_result(row, DICE)
    words = [
        f"<b>{html.escape(row['name'])}</b>",
        f"Dice {value} {interval}",
        f"{row['ms']:.0f} ms",
    ]
    if not math.isnan(row["parameters"]):
        words.append(f"{row['parameters'] / 1e6:.1f} M parameters")
    return "<br>".join(words)
