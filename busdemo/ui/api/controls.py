"""The controls that several endpoints share; they are never shown."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from busdemo.inference.segmenter import SegmenterPool
from busdemo.ui.api.reading import ReadingControls
from busdemo.ui.api.snippets import SAMPLES
from busdemo.ui.workspace import first_usable


class File(gr.File):  # type: ignore[misc]
    """Gradio's, whose example in the API's description is a file of its name, not a PDF."""

    def get_block_name(self) -> str:
        """Gradio's: what draws it."""
        return "file"

    def example_payload(self) -> Any:
        """One file, or a list of one."""
        file = {"path": SAMPLES[str(self.label)][1], "meta": {"_type": "gradio.FileData"}}
        return file if self.file_count == "single" else [file]


@dataclass(frozen=True, eq=False)
class Controls:
    """What most endpoints take.

    Real file controls rather than `gr.api`: Gradio then checks that a path lies in its upload
    folder, so that nobody can name a file of the server.
    """

    image: gr.File
    masks: gr.File
    model: gr.Dropdown
    threshold: gr.Number
    reading: ReadingControls

    @classmethod
    def build(cls, pool: SegmenterPool) -> "Controls":
        """Build them; call inside the API's hidden column."""
        return cls(
            image=File(label="image", type="filepath"),
            masks=File(label="masks", type="filepath", file_count="multiple"),
            model=gr.Dropdown(list(pool.cards), value=first_usable(pool), label="model"),
            threshold=gr.Number(value=0, label="threshold"),
            reading=ReadingControls.build(),
        )
