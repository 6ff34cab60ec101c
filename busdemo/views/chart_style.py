"""The look of interactive charts: colours, axes, words; the same for all of them."""

from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go  # type: ignore[import-untyped]


@dataclass(frozen=True)
class Palette:
    """Colours of a chart on a light or a dark page; one accent, the rest grey.

    Of the Okabe-Ito colours green, vermillion and blue mean hit, extra and missed on every page;
    `second` is its purple, for what is compared with the accent.
    """

    ink: str
    quiet: str
    line: str
    accent: str
    card: str
    second: str = "#cc79a7"


LIGHT = Palette("#0f1720", "#56616e", "#e2e6eb", "#0b6e75", "#ffffff")
DARK = Palette("#e8edf2", "#94a3b3", "#2a3442", "#3fb6bd", "#121820")

LEFT, RIGHT, TOP, BOTTOM = 56, 16, 12, 46
"""Margins in px."""

_FONT = "system-ui, -apple-system, Segoe UI, Roboto, sans-serif"


def layout(palette: Palette, height_px: int) -> dict[str, Any]:
    """A chart without frame, legend or tools, on a clear ground."""
    return {
        "template": "none",
        "height": height_px,
        "margin": {"l": LEFT, "r": RIGHT, "t": TOP, "b": BOTTOM},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": _FONT},
        "showlegend": False,
        "dragmode": False,
        "hoverlabel": {
            "bgcolor": palette.card,
            "bordercolor": palette.quiet,
            "font": {"family": _FONT, "color": palette.ink, "size": 13},
        },
        "xaxis": axis(palette),
        "yaxis": axis(palette),
    }


def axis(palette: Palette) -> dict[str, Any]:
    """An axis with hairlines and quiet words, which nobody can drag."""
    return {
        "gridcolor": palette.line,
        "linecolor": palette.line,
        "zeroline": False,
        "fixedrange": True,
        "tickfont": {"color": palette.quiet, "size": 12},
        "title": {"font": {"color": palette.quiet, "size": 12}, "standoff": 8},
    }


def annotate(figure: go.Figure, word: str, colour: str, **place: Any) -> None:
    """Write a word, escaped by the caller, somewhere in the chart."""
    font = {"color": colour, "size": 12}
    figure.add_annotation(text=word, showarrow=False, font=font, **place)


def fade(colour: str, opacity: float) -> str:
    """A colour "#rrggbb" at an opacity in [0, 1]."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def widen(low: float, high: float, share: float, least: float) -> list[float]:
    """A range with a share of itself, or at least so much, to either side."""
    room = max(share * (high - low), least)
    return [low - room, high + room]
