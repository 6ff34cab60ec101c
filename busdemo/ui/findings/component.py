"""`Findings`: what else the scan tells, in collapsible sections, as one Gradio component.

Its one event is `ask`: a visitor has opened a section, or what an open section tells of has
changed. The handler takes a `gr.EventData`, which `Question.from_event` checks, and answers with
a `FindingsData`. Nothing is computed for a section that is closed, and nothing is asked while the
threshold is dragged: the viewer tells the page of a choice when it is settled (`tell` in its
`mount.js`), and the panel asks a moment after the last of them.

Inside a section's HTML, a control named by `data-ask="layer"` is a choice of that section: a
button chooses its `data-value`, a select or an input its value. The browser keeps the choices of a
case and sends them along; the section's builder finds them in `Subject.choices`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import gradio as gr
from gradio.data_classes import GradioModel
from pydantic import Field

from busdemo.ui.component import PageComponent
from busdemo.ui.gradio_private import read_event

_MOST_CHOICES, _MOST_CHARACTERS = 16, 64


class Section(GradioModel):  # type: ignore[misc]
    """One section of the panel."""

    id: str
    title: str
    hint: str = ""
    """What it is about, beside the title: a few words."""
    html: str = ""
    """Its contents, made by Python, every text from outside escaped. Empty: not computed, the
    browser keeps what it shows."""


class FindingsData(GradioModel):  # type: ignore[misc]
    """Everything the panel shows. Nothing of it is read on the way up."""

    sections: list[Section] = Field(default_factory=list)
    about: str = ""
    """What the sections tell of: "U-Net at threshold 0.450"."""
    turn: str = ""
    """Of the question that is answered here."""
    done: bool = True
    """False while more sections of the same question are to come."""
    message: str = ""
    """One sentence, where there is nothing to tell."""


@dataclass(frozen=True)
class Question:
    """What a visitor wants to know, within bounds; ids may still be unknown ones.

    Of which scan, model and threshold is the viewer's to say: its `ViewerChoice` comes along.
    """

    turn: str = ""
    sections: tuple[str, ...] = ()
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By section, what was chosen in it, by the control's name."""

    @classmethod
    def from_event(cls, event: gr.EventData) -> "Question":
        """Read an `ask` event, which anyone may have written: strings are cut, lists shortened."""
        data = read_event(event)
        sections = data.get("sections")
        return cls(
            turn=_word(data.get("turn")),
            sections=tuple(map(_word, sections[:16])) if isinstance(sections, list) else (),
            choices={
                section: _words(_mapping(chosen))
                for section, chosen in _words_first(_mapping(data.get("choices")))
            },
        )


class Findings(PageComponent):
    """The panel as a Gradio component; use it with `show_progress="hidden"` on its event."""

    data_model = FindingsData
    view = "analysis"
    EVENTS: ClassVar[tuple[str, ...]] = ("ask",)

    def preprocess(self, payload: FindingsData | None) -> None:
        """Nothing: what a visitor wants arrives as events."""

    def postprocess(self, value: FindingsData | None) -> FindingsData | None:
        """Passed on as it is."""
        return value


def _word(value: object) -> str:
    return value[:_MOST_CHARACTERS] if isinstance(value, str) else ""


def _words(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: _word(value) for name, value in _words_first(values)}


def _words_first(values: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The first few items, their names cut."""
    return [(_word(name), value) for name, value in list(values.items())[:_MOST_CHOICES]]


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
