"""The endpoint /describe: a lesion in words and numbers."""

from typing import Any

import gradio as gr

from busdemo.imaging.masks import stop_of
from busdemo.inference.segmenter import SegmenterPool
from busdemo.ui import text
from busdemo.ui.api.controls import Controls
from busdemo.ui.api.files import open_files, open_scan
from busdemo.ui.api.signature import build_endpoint
from busdemo.ui.queues import MODELS
from busdemo.workflows.describing import report, tabulate_report
from busdemo.workflows.segmenting import read_reference, segment


def add_describe(pool: SegmenterPool, controls: Controls) -> None:
    """Add it; call inside the API's hidden column."""
    gr.Button("describe").click(
        build_endpoint("describe", describe_files, pool),
        [controls.image, controls.masks, controls.model, controls.threshold],
        gr.JSON(label="description"),
        api_name="describe",
        api_description=text.DESCRIBE_API,
        **MODELS,
    )


def describe_files(
    pool: SegmenterPool,
    image: str | None,
    masks: list[str] | None = None,
    model: str = "",
    threshold: float = 0,
) -> dict[str, Any]:
    """The mask's lesion described, without masks the model's; gr.Error with one sentence."""
    try:
        scan = open_scan(image)
        if masks:
            mask = read_reference(open_files(masks), scan).mask
        else:
            stop = stop_of(threshold) if threshold else pool.cards[model].stop
            segmentation, _ = segment(scan, model, pool)
            mask = segmentation.card.post_processing.apply(segmentation.mask(stop))
        return tabulate_report(report(scan.pixels, mask, mm_per_px=scan.spacing_mm))
    except ValueError as error:
        raise gr.Error(str(error), print_exception=False) from error
