"""`Compare`: people, models and consensus masks of one scan, compared in the browser.

Events: `enter` when its tab is opened first, `pick_example`, `open_image` (a file has arrived),
`bring` (the Segment tab's scan), `run_models`. What concerns masks is asked through server
functions, which keep nothing: `read_masks`, `measure` (`answers.py`), `write_file` (`files.py`).
All of it is untrusted.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.data_classes import FileData
from pydantic import BaseModel, Field

from busdemo.annotations.files import EXPORTS
from busdemo.ui.component import join_texts
from busdemo.ui.intake.component import Tile
from busdemo.ui.viewer.component import Viewer, ViewerData

_HERE = Path(__file__).parent
_VIEWER = _HERE.parent / "viewer"

_SHARED_SCRIPTS = (
    *("png", "scoring", "colours", "drawing", "transform", "pointer"),
    *("numbers", "controls", "votes", "lesions", "processing", "spacing"),
)
_SCRIPTS = (
    *(
        "planes",
        "contours",
        "strokes",
        "maskfile",
        "palette",
        "steps",
        "roster",
        "rows",
        "pictures",
    ),
    *("easel", "showing", "binding", "charts", "panel"),
    *("annotators", "looking", "desk", "link", "main"),
)
"""The order in which the scripts are joined: the viewer's before them, `main` last."""
_SHARED_STYLES = ("viewer", "surface")
_STYLES = ("desk", "list", "figures")

SAVES = (
    ("report", "Report", "HTML, one file, prints on A4"),
    ("json", "Numbers", "JSON, with versions and digests"),
    ("csv", "Table", "CSV, the metric shown"),
    ("svg", "Contours", "SVG"),
)
"""What the download menu offers: kind, name, and what it is."""

MOST_MODELS = 20
"""Models one event may ask for."""


class Given(BaseModel):
    """A mask that comes with an example: who drew it, how, and the picture (0 and 255)."""

    name: str
    note: str
    mask: FileData


class CompareData(ViewerData):
    """What the tab shows of its scan: the viewer's data, and where the scan may come from."""

    example: str = ""
    """Id of the shipped example, or empty."""
    examples: list[Tile] = Field(default_factory=list)
    scan_note: str = ""
    """What was done with the file."""
    scan_sha256: str = ""
    spacing: float = 0.0
    """Of the scan's file, in mm per px; 0 where it does not say."""
    readers: list[Given] = Field(default_factory=list)
    """Of an example: simulated people's masks."""
    upload: FileData | None = None
    """On the way up: the image file that has arrived."""


@dataclass(frozen=True)
class Arrival:
    """What came in: the name of the case on the table, and perhaps an image file."""

    case: str = ""
    file: tuple[str, bytes] | None = None


@dataclass(frozen=True)
class Wish:
    """What an event asks for, within bounds; the names may be unknown ones."""

    example: str = ""
    models: tuple[str, ...] = ()

    @classmethod
    def from_event(cls, event: gr.EventData) -> "Wish":
        """Read an event, which anyone may have written."""
        data = event._data if isinstance(event._data, dict) else {}
        models = data.get("models")
        listed = models[:MOST_MODELS] if isinstance(models, list) else []
        return cls(str(data.get("example", ""))[:64], tuple(str(one)[:64] for one in listed))


class Compare(Viewer):
    """The comparison as a Gradio component; use it with `show_progress="hidden"` on its events."""

    data_model = CompareData

    def __init__(
        self,
        value: CompareData | None = None,
        *,
        answers: Sequence[Callable[[Any], Any]] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(
            value=value,
            html_template=join_texts((_HERE / "loader.html",)),
            css_template="",
            js_on_load=join_texts((_HERE / "loader.js",)),
            server_functions=[read_parts, *answers],
            padding=False,
            **kwargs,
        )

    def preprocess(self, payload: Any) -> Any:
        """An `Arrival`: the file is read into memory, its copy on disk is deleted later."""
        if payload is None:
            return Arrival()
        file = payload.upload
        name = "" if file is None else Path(file.orig_name or file.path).name[:200]
        read = None if file is None else (name, Path(file.path).read_bytes())
        return Arrival(payload.case[:128], read)


def read_parts(_: Any = None) -> dict[str, str]:
    """Markup, style and script of the tab, asked for when it is opened first."""
    return _join_parts()


@lru_cache(maxsize=1)
def _join_parts() -> dict[str, str]:
    formats = [{"id": name, "title": export.title} for name, export in EXPORTS.items()]
    known = f"const FORMATS = {json.dumps(formats)}, SAVES = {json.dumps(SAVES)};"
    styles = _read(_VIEWER, _SHARED_STYLES, "css") + _read(_HERE, _STYLES, "css")
    scripts = _read(_VIEWER, _SHARED_SCRIPTS, "js") + _read(_HERE, _SCRIPTS, "js")
    return {
        "html": (_HERE / "template.html").read_text("utf-8"),
        # As Gradio does with a component's style: it holds under the component's own id only.
        "css": "#bd-compare {\n" + "\n".join(styles) + "\n}",
        "js": "\n".join([known, *scripts]),
    }


def _read(folder: Path, names: Sequence[str], suffix: str) -> list[str]:
    return [(folder / f"{name}.{suffix}").read_text("utf-8") for name in names]
