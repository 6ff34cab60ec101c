"""The endpoint /score: one mask against another; no model runs."""

from dataclasses import replace
from typing import Any

import gradio as gr

from busdemo.annotations.annotation import tabulate_provenance, tell
from busdemo.annotations.files import read_annotations, read_size
from busdemo.annotations.request import Target
from busdemo.ui import text
from busdemo.ui.api.controls import Controls, File
from busdemo.ui.api.files import open_files
from busdemo.ui.api.reading import read_options
from busdemo.ui.api.signature import build_endpoint
from busdemo.ui.queues import MODELS
from busdemo.workflows.segmenting import tabulate_numbers


def add_score(controls: Controls) -> None:
    """Add it; call inside the API's hidden column."""
    references = File(label="references", type="filepath", file_count="multiple")
    gr.Button("score").click(
        build_endpoint("score", score_files),
        [
            *(controls.masks, references, *controls.reading.of_masks),
            controls.reading.mask_frame,
        ],
        gr.JSON(label="scores"),
        api_name="score",
        api_description=text.SCORE_API,
        **MODELS,
    )


def score_files(  # noqa: PLR0913, PLR0917 (one a control of the endpoint)
    masks: list[str] | None,
    references: list[str] | None,
    label: str = "",
    invert: bool = False,
    score: float = 0.5,
    image_name: str = "",
    mask_frame: float = 0,
) -> dict[str, Any]:
    """Scores of a mask against a reference of its size; gr.Error with one sentence.

    Both are read with the same options.
    """
    if not masks or not references:
        raise gr.Error("Both a mask and a reference are needed.", print_exception=False)
    try:
        files = open_files(references)
        name, data = files[0]
        asked = read_options(label, invert, score, image_name, mask_frame)
        target, merged = Target(read_size(data, name, image_name[:200])), replace(asked, merge=True)
        (mask,) = read_annotations(open_files(masks), target, merged)
        (reference,) = read_annotations(files, target, merged)
    except ValueError as error:
        raise gr.Error(str(error), print_exception=False) from error
    told = {
        "mask": tell(mask.provenance),
        "reference": tell(reference.provenance),
        "provenance": [tabulate_provenance(one.provenance) for one in (mask, reference)],
    }
    return tabulate_numbers(mask.mask, reference.mask) | told
