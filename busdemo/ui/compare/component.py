"""`Compare`: people, models and consensus masks of one scan, compared in the browser.

Events: `enter` when its tab is opened first, `pick_example`, `open_image` (a file has arrived),
`bring` (the Segment tab's scan), `run_models`. What concerns masks is asked through server
functions, which keep nothing: `read_masks`, `measure` (`answers.py`), `write_file` (`files.py`).
All of it is untrusted.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import gradio as gr
from gradio.data_classes import FileData
from pydantic import BaseModel, Field

from busdemo.annotations.writing import EXPORTS
from busdemo.ui.gradio_private import read_event
from busdemo.ui.intake.component import Tile
from busdemo.ui.viewer.component import Viewer, ViewerData

MOST_MODELS = 20
"""Models one event may ask for."""


class Given(BaseModel):
    """A mask that comes with an example: who drew it, how, and the picture (0 and 255)."""

    name: str
    note: str
    mask: FileData


def list_formats() -> list[tuple[str, str]]:
    """What a mask can be saved as."""
    return [(name, export.title) for name, export in EXPORTS.items()]


class CompareData(ViewerData):
    """What the tab shows of its scan: the viewer's data, and where the scan may come from."""

    example: str = ""
    """Id of the shipped example, or empty."""
    examples: list[Tile] = Field(default_factory=list)
    scan_note: str = ""
    """What was done with the file."""
    scan_sha256: str = ""
    frame: int = 1
    frames: int = 1
    """Which frame of its file the scan is, and how many there are."""
    spacing: float = 0.0
    """Of the scan's file, in mm per px; 0 where it does not say."""
    readers: list[Given] = Field(default_factory=list)
    """Of an example: simulated people's masks."""
    formats: list[tuple[str, str]] = Field(default_factory=list_formats)
    """Of masks to save: ids and titles."""
    upload: FileData | None = None
    """On the way up: the image file that has arrived."""


@dataclass(frozen=True)
class OpenedImage:
    """What came in: the name of the case on the table, and perhaps an image file."""

    case: str = ""
    file: tuple[str, bytes] | None = None


@dataclass(frozen=True)
class CompareRequest:
    """What an event asks for, within bounds; the names may be unknown ones."""

    example: str = ""
    models: tuple[str, ...] = ()

    @classmethod
    def from_event(cls, event: gr.EventData) -> "CompareRequest":
        """Read an event, which anyone may have written."""
        data = read_event(event)
        models = data.get("models")
        listed = models[:MOST_MODELS] if isinstance(models, list) else []
        return cls(str(data.get("example", ""))[:64], tuple(str(one)[:64] for one in listed))


class Compare(Viewer):
    """The comparison as a Gradio component; use it with `show_progress="hidden"` on its events."""

    data_model = CompareData
    view = "compare"
    EVENTS: ClassVar[tuple[str, ...]] = (
        "enter",
        "pick_example",
        "open_image",
        "bring",
        "run_models",
    )

    def __init__(
        self,
        value: CompareData | None = None,
        *,
        answers: Sequence[Callable[[Any], Any]] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(value=value, server_functions=[*answers], **kwargs)

    def preprocess(self, payload: Any) -> Any:
        """An `Arrival`: the file is read into memory, its copy on disk is deleted later."""
        if payload is None:
            return OpenedImage()
        file = payload.upload
        name = "" if file is None else Path(file.orig_name or file.path).name[:200]
        read = None if file is None else (name, Path(file.path).read_bytes())
        return OpenedImage(payload.case[:128], read)
