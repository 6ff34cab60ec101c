"""The endpoint /score: one mask against another; no model runs."""

from typing import Any

import gradio as gr

from busdemo.annotations.files import read_size
from busdemo.annotations.masks import read_mask
from busdemo.ui import text
from busdemo.ui.api.controls import MODELS_QUEUE, Controls, File
from busdemo.ui.api.files import open_files
from busdemo.ui.api.signature import build_endpoint
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
        **MODELS_QUEUE,
    )


def score_files(masks: list[str] | None, references: list[str] | None) -> dict[str, Any]:
    """Scores of a mask against a reference of its size; gr.Error with one sentence."""
    if not masks or not references:
        raise gr.Error("Both a mask and a reference are needed.", print_exception=False)
    try:
        files = open_files(references)
        name, data = files[0]
        size_wh = read_size(data, name)
        readings = [read_mask(given, size_wh) for given in (open_files(masks), files)]
    except ValueError as error:
        raise gr.Error(str(error), print_exception=False) from error
    numbers = tabulate_numbers(readings[0].mask, readings[1].mask)
    return numbers | {"mask": readings[0].sentence, "reference": readings[1].sentence}
