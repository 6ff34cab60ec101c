"""The endpoint /classify: class probabilities and burnt-in marks."""

from typing import Any

import gradio as gr

from busdemo.imaging.refusals import UnreadableImage
from busdemo.inference.segmenter import SegmenterPool
from busdemo.ui import classifier_text
from busdemo.ui.api.controls import Controls
from busdemo.ui.api.files import open_scan
from busdemo.ui.api.signature import build_endpoint
from busdemo.ui.queues import MODELS
from busdemo.workflows.classifying import classifier_of, tabulate_classification
from busdemo.zoo.files import UnusableModel


def add_classify(pool: SegmenterPool, controls: Controls) -> None:
    """Add it; call inside the API's hidden column."""
    gr.Button("classify").click(
        build_endpoint("classify", classify_file, pool),
        [controls.image, gr.Checkbox(label="paint"), controls.reading.frame, controls.reading.crop],
        gr.JSON(label="classes"),
        api_name="classify",
        api_description=classifier_text.CLASSIFY_API,
        **MODELS,
    )


def classify_file(
    pool: SegmenterPool,
    image: str | None,
    paint: bool = False,
    frame: float = 0,
    crop: str = "auto",
) -> dict[str, Any]:
    """Class probabilities and burnt-in marks of one image; gr.Error with one sentence."""
    try:
        scan = open_scan(image, frame, crop)
        row = tabulate_classification(scan.inside, classifier_of(pool), pool, paint=paint)
        return {**row, "frame": scan.frame, "notes": list(scan.notes)}
    except (UnreadableImage, UnusableModel) as error:
        raise gr.Error(str(error), print_exception=False) from error
