"""What of a run is looked at, and what is told of it: HTML with places for figures."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import plotly.graph_objects as go  # type: ignore[import-untyped]

from busdemo.views.chart_style import LIGHT, Palette
from busdemo.workflows.benchmark_markup import render_key
from busdemo.workflows.benchmarking import Study


@dataclass(frozen=True)
class View:
    """What is looked at: two systems by their keys, what images are divided by, and the colours."""

    study: Study
    a: str
    b: str = ""
    """Empty where the run holds one system only."""
    factor: str = "label"
    palette: Palette = LIGHT
    width_px: int = 900

    @property
    def chosen(self) -> list[str]:
        """The keys of the one or two systems."""
        return [key for key in (self.a, self.b) if key]

    def name(self, key: str) -> str:
        """Of a system."""
        return self.study.names.get(key, "")

    def key(self, *, others: bool = False) -> str:
        """Which colour is which system."""
        more = others and len(self.study.names) > len(self.chosen)
        return render_key(self.name(self.a), self.name(self.b), more)


@dataclass(frozen=True)
class Passage:
    """HTML with places for figures, and the figures."""

    html: str
    figures: Sequence[go.Figure] = field(default_factory=tuple)
