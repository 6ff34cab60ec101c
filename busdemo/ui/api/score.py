"""The endpoint /score: one mask against another; no model runs."""

from typing import Any

import gradio as gr

from busdemo.annotations.annotation import tabulate_provenance, tell
from busdemo.annotations.files import read_annotations, read_size
from busdemo.annotations.request import Options, Target
from busdemo.ui import text
from busdemo.ui.api.controls import Controls, File
from busdemo.ui.api.files import open_files
from busdemo.ui.api.signature import build_endpoint
from busdemo.ui.queues import MODELS
from busdemo.workflows.segmenting import tabulate_numbers


def add_score(controls: Controls) -> None:
    """Add it; call inside the API's hidden column."""
    references = File(label="references", type="filepath", file_count="multiple")
    gr.Button("score").click(
        build_endpoint("score", score_files),
        [controls.masks, references],
        gr.JSON(label="scores"),
        api_name="score",
        api_description=text.SCORE_API,
        **MODELS,
    )


def score_files(masks: list[str] | None, references: list[str] | None) -> dict[str, Any]:
    """Scores of a mask against a reference of its size; gr.Error with one sentence."""
    if not masks or not references:
        raise gr.Error("Both a mask and a reference are needed.", print_exception=False)
    try:
        files = open_files(references)
        name, data = files[0]
        target, merged = Target(read_size(data, name)), Options(merge=True)
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
