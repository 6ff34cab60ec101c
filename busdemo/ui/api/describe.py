"""The endpoint /describe: a lesion in words and numbers."""

from typing import Any

import gradio as gr

from busdemo.imaging.masks import stop_of
from busdemo.inference.segmenter import SegmenterPool
from busdemo.ui import text
from busdemo.ui.api.controls import Controls
from busdemo.ui.api.files import open_files, open_scan
from busdemo.ui.api.reading import read_options
from busdemo.ui.api.signature import build_endpoint
from busdemo.ui.queues import MODELS
from busdemo.workflows.comparing import ask_models
from busdemo.workflows.describing import describe_annotation
from busdemo.workflows.segmenting import read_reference


def add_describe(pool: SegmenterPool, controls: Controls) -> None:
    """Add it; call inside the API's hidden column."""
    gr.Button("describe").click(
        build_endpoint("describe", describe_files, pool),
        [
            *(controls.image, controls.masks, controls.model, controls.threshold),
            *(
                controls.reading.frame,
                *controls.reading.of_masks,
                controls.reading.crop,
                controls.reading.mask_frame,
            ),
        ],
        gr.JSON(label="description"),
        api_name="describe",
        api_description=text.DESCRIBE_API,
        **MODELS,
    )


def describe_files(  # noqa: PLR0913, PLR0917 (one a control of the endpoint)
    pool: SegmenterPool,
    image: str | None,
    masks: list[str] | None = None,
    model: str = "",
    threshold: float = 0,
    frame: float = 0,
    label: str = "",
    invert: bool = False,
    score: float = 0.5,
    image_name: str = "",
    crop: str = "auto",
    mask_frame: float = 0,
) -> dict[str, Any]:
    """The mask's lesion described, without masks the model's; gr.Error with one sentence."""
    try:
        scan = open_scan(image, frame, crop)
        if masks:
            options = read_options(label, invert, score, image_name, mask_frame)
            outline = read_reference(open_files(masks), scan, options)
        else:
            stop = stop_of(threshold) if threshold else None
            (outline,) = ask_models(scan, [model], pool, stop=stop)
        return describe_annotation(scan, outline)
    except ValueError as error:
        raise gr.Error(str(error), print_exception=False) from error
