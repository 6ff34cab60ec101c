"""Heat maps in the viewer that the server computes: what is asked, and what is answered."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

import gradio as gr
from gradio.data_classes import GradioModel
from pydantic import Field

from busdemo.ui.gradio_private import read_event

Asked = Literal["gradcam", "gate", "tta", "classifier"]
"""What the browser cannot compute from levels."""


class LookPart(GradioModel):  # type: ignore[misc]
    """A layer, gate or member that may be looked at instead."""

    id: str
    label: str


class LookAnswer(GradioModel):  # type: ignore[misc]
    """One heat map, or the sentence that says why there is none."""

    kind: str
    model: str
    asked: str = ""
    """The part that was asked for; empty for the usual one."""
    part: str = ""
    """The part it shows."""
    parts: list[LookPart] = Field(default_factory=list)
    about: str = ""
    """The name of the network it is of."""
    levels: Any = None
    """`FileData` of an 8-bit grey PNG (H, W), values 0 to 199 for 0 to the kind's highest."""
    problem: str = ""


@dataclass(frozen=True)
class LookRequest:
    """A heat map a visitor asked for, within bounds; model and part may be unknown."""

    kind: Asked
    model: str
    part: str

    @classmethod
    def from_event(cls, event: gr.EventData) -> "LookRequest":
        """Read a `look` event, which anyone may have written; ValueError if it is not one."""
        data = read_event(event)
        kind: Any = data.get("kind")
        if kind not in get_args(Asked):
            raise ValueError("This is not a heat map the viewer offers.")
        model, part = str(data.get("model", ""))[:64], str(data.get("part", ""))[:160]
        return cls(kind, model, part)
