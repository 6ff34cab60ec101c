"""`ZooTable`: the zoo's table, sorted and searched in the browser, as one Gradio component.

Events: `enter` when it is first shown (its tab is built then, not before), again while models are
still being timed and when the page turns dark or light; `pick` when a visitor chooses a model. A
handler takes a `gr.EventData`, which `Visit.from_event` checks.
"""

from dataclasses import dataclass
from typing import ClassVar

import gradio as gr
from gradio.data_classes import GradioModel

from busdemo.ui.component import PageComponent
from busdemo.ui.gradio_private import read_event

_LEAST_PX, _MOST_PX = 280, 1600


class ZooData(GradioModel):  # type: ignore[misc]
    """What the table shows. Nothing of it is read on the way up."""

    rows: str = ""
    """Head and body of the table as HTML, every word in it escaped."""
    note: str = ""
    """What stands under the table."""
    chosen: str = ""
    """Id of the model whose card is shown."""
    waiting: bool = False
    """Are models still being timed? The table then asks again."""


@dataclass(frozen=True)
class Visit:
    """What a browser says of itself and wants to see, within bounds; the id may be unknown."""

    model: str = ""
    dark: bool = False
    width_px: int = 1000
    """Of the tab's content."""

    @classmethod
    def from_event(cls, event: gr.EventData) -> "Visit":
        """Read an event, which anyone may have written."""
        data = read_event(event)
        width = data.get("width")
        return cls(
            model=str(data.get("model", ""))[:64],
            dark=data.get("dark") is True,
            width_px=min(max(width, _LEAST_PX), _MOST_PX) if isinstance(width, int) else 1000,
        )


class ZooTable(PageComponent):
    """The table as a Gradio component; use it with `show_progress="hidden"` on its events."""

    data_model = ZooData
    view = "models"
    EVENTS: ClassVar[tuple[str, ...]] = ("enter", "pick")

    def preprocess(self, payload: ZooData | None) -> None:
        """Nothing: what a visitor does arrives as events."""

    def postprocess(self, value: ZooData | None) -> ZooData | None:
        """Passed on as it is."""
        return value
