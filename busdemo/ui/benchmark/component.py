"""`Bench`: a run explored in the browser, as one Gradio component.

Events: `enter` when its tab is opened first, `ask` (passages are wanted: sections were opened or a
choice has changed), `open_run` (a visitor's file has arrived), `close_run`. All but `open_run` take
a `gr.EventData`, which `Wish.from_event` checks. Nothing is asked while a visitor points at charts.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import gradio as gr
from gradio.data_classes import FileData, GradioModel
from pydantic import Field

from busdemo.ui.component import PageComponent
from busdemo.ui.gradio_private import read_event

_LEAST_PX, _MOST_PX = 280, 1600
_LONGEST = 400
"""Letters of any word in a request: a model's key or a data set's name may have 300."""

Options = list[tuple[str, str]]
"""Of a picker: values and words."""


class Told(GradioModel):  # type: ignore[misc]
    """One passage: HTML, every word in it escaped, and its figures as JSON."""

    html: str
    figures: list[str] = Field(default_factory=list)


class SectionTitle(GradioModel):  # type: ignore[misc]
    """A section that a visitor may open."""

    id: str
    title: str
    hint: str


class BenchData(GradioModel):  # type: ignore[misc]
    """Everything the tab shows, and, on the way up, a file that has arrived."""

    message: str = ""
    """One sentence on what could not be done."""
    opened: bool = False
    """Is this another run than before? Then all that follows up to `papers` is new."""
    run: str = ""
    """Names the run; empty: there is none."""
    own: bool = False
    about: str = ""
    datasets: Options = Field(default_factory=list)
    stages: Options = Field(default_factory=list)
    factors: Options = Field(default_factory=list)
    sections: list[SectionTitle] = Field(default_factory=list)
    papers: str = ""
    models: Options = Field(default_factory=list)
    """Of the selection, the best first; empty: as before."""
    told: dict[str, Told] = Field(default_factory=dict)
    """Passages by section."""
    turn: str = ""
    """Of the question that is answered here."""
    plotly: FileData | None = None
    """The library that draws the figures."""
    upload: FileData | None = None


@dataclass(frozen=True)
class BenchmarkRequest:
    """What a browser asks for, within bounds; names may be unknown ones."""

    turn: str = ""
    sections: tuple[str, ...] = ()
    own: bool = False
    """Does the browser show the visitor's own run?"""
    dataset: str = ""
    stages: int = 0
    a: str = ""
    b: str = ""
    factor: str = ""
    dark: bool = False
    width_px: int = 900

    @classmethod
    def from_event(cls, event: gr.EventData) -> "BenchmarkRequest":
        """Read an event, which anyone may have written."""
        data = read_event(event)
        sections, width = data.get("sections"), data.get("width")
        stages = str(data.get("stages"))
        return cls(
            sections=tuple(map(_word, sections[:16])) if isinstance(sections, list) else (),
            own=data.get("own") is True,
            stages=int(stages) if stages in ("1", "2") else 0,
            dark=data.get("dark") is True,
            width_px=min(max(width, _LEAST_PX), _MOST_PX) if isinstance(width, int) else 900,
            **{name: _word(data.get(name)) for name in ("turn", "dataset", "a", "b", "factor")},
        )


class Bench(PageComponent):
    """The tab as a Gradio component; use it with `show_progress="hidden"` on its events."""

    data_model = BenchData
    view = "benchmark"
    EVENTS: ClassVar[tuple[str, ...]] = ("enter", "ask", "open_run", "close_run")

    def preprocess(self, payload: BenchData | None) -> tuple[str, bytes] | None:
        """The name and contents of the file that has arrived; its copy on disk is deleted."""
        if payload is None or payload.upload is None:
            return None
        path = Path(payload.upload.path)
        data = path.read_bytes()
        path.unlink()
        return Path(payload.upload.orig_name or path).name[:200], data

    def postprocess(self, value: BenchData | None) -> BenchData | None:
        """Passed on as it is."""
        return value


def _word(value: object) -> str:
    return value[:_LONGEST] if isinstance(value, str) else ""
