"""Charts of a run over images, thresholds and probabilities: two models, and the others in grey.

The first of the two stands in the accent, the second in purple; every word is escaped.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go  # type: ignore[import-untyped]
from numpy.typing import ArrayLike

from busdemo.evaluation.benchmark import System
from busdemo.evaluation.curves import Reliability, ThresholdSweep
from busdemo.evaluation.pairs import TIE
from busdemo.imaging import printed
from busdemo.imaging.masks import STOPS
from busdemo.views.benchmark_charts import shorten
from busdemo.views.chart_style import Palette, axis, fade, layout

SCATTER_PX, SWEEP_PX, RELIABILITY_PX = 460, 460, 460
"""Heights of the charts."""


def plot_scatter(images: pd.DataFrame, names: tuple[str, str], palette: Palette) -> go.Figure:
    """Dice of every image by two systems, from `list_scatter`; on the line both are equal.

    Images on which the first is better are in the accent, below the line; those of the second in
    purple, above it; ties in grey.
    """
    figure = go.Figure(layout=layout(palette, SCATTER_PX))
    _add_diagonal(figure, palette)
    better = np.where(images["difference"] >= TIE, 0, np.where(images["difference"] <= -TIE, 1, 2))
    for kind, colour in enumerate((palette.accent, palette.second, palette.quiet)):
        part = images[better == kind]
        figure.add_scatter(
            x=_short(part["a"]),
            y=_short(part["b"]),
            mode="markers",
            marker={"size": 7, "color": fade(colour, 0.55), "line": {"width": 0}},
            hovertext=[_tell_image(row) for row in part.to_dict("records")],
            hovertemplate="%{hovertext}<br>%{x:.2f} and %{y:.2f}<extra></extra>",
        )
    side = {"range": [-0.03, 1.03], "dtick": 0.25}
    figure.update_layout(
        xaxis=side | {"title_text": f"Dice, {shorten(names[0])}"},
        yaxis=side | {"title_text": f"Dice, {shorten(names[1])}"},
    )
    return figure


def plot_sweep(
    sweep: ThresholdSweep, systems: Sequence[System], chosen: Sequence[str], palette: Palette
) -> go.Figure:
    """Mean lesion Dice at every threshold, false alarms below; dots where thresholds are frozen."""
    figure = go.Figure(layout=layout(palette, SWEEP_PX))
    colours = dict(zip(chosen, (palette.accent, palette.second), strict=False))
    order = sorted(range(len(systems)), key=lambda place: systems[place].key in colours)
    for curves, at in ((sweep.dice, ""), (sweep.false_alarms, "2")):
        for place in order:
            if np.isfinite(curves[place]).any():
                _add_curve(
                    figure, sweep.thresholds, curves[place], systems[place], colours, palette
                )
                figure.data[-1].update(yaxis=f"y{at}")
                figure.data[-2].update(yaxis=f"y{at}")
    figure.update_layout(
        xaxis={"anchor": "y2", "range": [0, 1], "dtick": 0.25, "title_text": "threshold"},
        yaxis={"domain": [0.42, 1], "title_text": "mean lesion Dice", "rangemode": "tozero"},
        yaxis2=axis(palette),
    )
    figure.update_layout(
        yaxis2={
            "domain": [0, 0.32],
            "range": [-0.03, 1.03],
            "tickvals": [0, 0.5, 1],
            "ticktext": ["0 %", "50 %", "100 %"],
            "title_text": "false alarms",
        }
    )
    return figure


def plot_reliability(
    found: Mapping[str, Reliability], names: Mapping[str, str], palette: Palette
) -> go.Figure:
    """Share of lesion pixels against probability, by bin, and how many pixels each bin holds."""
    figure = go.Figure(layout=layout(palette, RELIABILITY_PX))
    _add_diagonal(figure, palette)
    for (key, bins), colour in zip(found.items(), (palette.accent, palette.second), strict=False):
        name = shorten(names[key])
        told = [
            f"<b>{name}</b><br>{printed.percent(share, 2)} of the pixels" for share in bins.share
        ]
        figure.add_scatter(
            x=_short(bins.probability),
            y=_short(bins.observed),
            mode="lines+markers",
            line={"color": colour, "width": 2},
            marker={"size": 7},
            hovertext=told,
            hovertemplate="%{hovertext}<br>probability %{x:.2f}, lesion %{y:.2f}<extra></extra>",
        )
        edges = (np.arange(len(bins.share)) + 0.5) / len(bins.share)
        figure.add_scatter(
            x=_short(edges),
            y=[float(share) or None for share in bins.share],
            yaxis="y2",
            mode="lines",
            line={"color": colour, "width": 1.5, "shape": "hvh"},
            hovertext=told,
            hovertemplate="%{hovertext}<extra></extra>",
        )
    percents = [0.0001, 0.01, 1]
    figure.update_layout(
        xaxis={"anchor": "y2", "range": [-0.02, 1.02], "dtick": 0.25, "title_text": "probability"},
        yaxis={"domain": [0.36, 1], "range": [-0.03, 1.03], "title_text": "share that is lesion"},
        yaxis2=axis(palette),
    )
    figure.update_layout(
        yaxis2={
            "domain": [0, 0.26],
            "type": "log",
            "range": [-4.3, 0.1],
            "tickvals": percents,
            "ticktext": ["0.01 %", "1 %", "100 %"],
            "title_text": "pixels",
        }
    )
    return figure


def _add_curve(
    figure: go.Figure,
    thresholds: ArrayLike,
    values: ArrayLike,
    system: System,
    colours: Mapping[str, str],
    palette: Palette,
) -> None:
    """A system's curve and its frozen point."""
    colour = colours.get(system.key, palette.quiet)
    strong = system.key in colours
    told = f"<b>{shorten(system.name)}</b><br>"
    common: dict[str, Any] = {
        "hovertemplate": told + "threshold %{x:.3f}: %{y:.2f}<extra></extra>",
    }
    figure.add_scatter(
        x=_short(thresholds),
        y=_short(values),
        mode="lines",
        line={"color": colour if strong else fade(colour, 0.45), "width": 2.5 if strong else 1},
        **common,
    )
    frozen = np.asarray(values)[system.stop - 1]
    figure.add_scatter(
        x=[system.stop / STOPS],
        y=_short([frozen]),
        mode="markers",
        marker={
            "size": 11 if strong else 6,
            "color": colour if strong else fade(colour, 0.7),
            "line": {"color": palette.card, "width": 1.5 if strong else 0},
        },
        hovertemplate=told + "frozen threshold %{x:.3f}: %{y:.2f}<extra></extra>",
    )


def _add_diagonal(figure: go.Figure, palette: Palette) -> None:
    line = {"color": palette.quiet, "width": 1, "dash": "dot"}
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line=line, hoverinfo="skip")


def _tell_image(row: Mapping[Any, Any]) -> str:
    words = (row["dataset"], row["label"])
    return f"<b>{shorten(row['id'])}</b><br>{', '.join(shorten(word) for word in words)}"


def _short(values: ArrayLike) -> list[float | None]:
    """Numbers for JSON: four decimals, None for nan."""
    return [round(float(v), 4) if np.isfinite(v) else None for v in np.asarray(values)]
