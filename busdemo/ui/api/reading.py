"""The arguments of all endpoints that read images and masks: the same words everywhere."""

from dataclasses import dataclass

import gradio as gr

from busdemo.annotations.request import Options
from busdemo.workflows.labels import MERGED


@dataclass(frozen=True, eq=False)
class ReadingControls:
    """How files are read; they are never shown."""

    frame: gr.Number
    label: gr.Textbox
    invert: gr.Checkbox
    score: gr.Number
    image_name: gr.Textbox
    crop: gr.Textbox
    mask_frame: gr.Number

    @classmethod
    def build(cls) -> "ReadingControls":
        """Build them; call inside the API's hidden column."""
        return cls(
            gr.Number(value=0, label="frame", precision=0),
            gr.Textbox(value="", label="label"),
            gr.Checkbox(value=False, label="invert"),
            gr.Number(value=0.5, label="score"),
            gr.Textbox(value="", label="image_name"),
            gr.Textbox(value="auto", label="crop"),
            gr.Number(value=0, label="mask_frame", precision=0),
        )

    @property
    def of_masks(self) -> list[gr.components.Component]:
        """In the order that `read_options` takes them."""
        return [self.label, self.invert, self.score, self.image_name]


def read_options(
    label: str, invert: bool, score: float, image_name: str, mask_frame: float = 0
) -> Options:
    """How masks are to be read; label "all" and an empty one mean each."""
    return Options(
        label=label if label not in ("", MERGED) else None,
        invert=invert,
        least_score=score,
        image_name=image_name[:200],
        frame=int(mask_frame) or None,
    )
