"""The verb `describe` over HTTP."""

from pathlib import Path
from typing import Any

import gradio as gr

from busdemo.imaging.images import read_scan
from busdemo.imaging.masks import stop_of
from busdemo.imaging.refusals import UnreadableImage
from busdemo.inference.segmenter import SegmenterPool
from busdemo.ui import text
from busdemo.ui.endpoints import build_endpoint
from busdemo.ui.workspace import first_usable
from busdemo.workflows.describing import report, tabulate_report
from busdemo.workflows.segmenting import read_reference, segment
from busdemo.zoo.loading import UnusableModel


def build_describe(pool: SegmenterPool, shared: dict[str, Any]) -> None:
    """Add the endpoint /describe; call inside the API's hidden column."""
    image = gr.File(label="image", type="filepath")
    masks = gr.File(label="masks", type="filepath", file_count="multiple")
    model = gr.Dropdown(list(pool.cards), value=first_usable(pool), label="model")
    threshold = gr.Number(value=0, label="threshold")
    gr.Button("describe").click(
        build_endpoint("describe", describe_files, pool),
        [image, masks, model, threshold],
        gr.JSON(label="description"),
        api_name="describe",
        api_description=text.DESCRIBE_API,
        **shared,
    )


def describe_files(
    pool: SegmenterPool, image: str | None, masks: list[str] | None, model: str, threshold: float
) -> dict[str, Any]:
    """The mask's lesion described, without masks the model's; gr.Error with one sentence."""
    if image is None:
        raise gr.Error("An image is needed.", print_exception=False)
    try:
        scan = read_scan(Path(image).read_bytes(), Path(image).name)
        if masks:
            files = [(Path(path).name, Path(path).read_bytes()) for path in masks]
            mask = read_reference(files, scan).reading.mask
        else:
            stop = stop_of(threshold) if threshold else pool.cards[model].stop
            segmentation, _ = segment(scan, model, pool)
            mask = segmentation.card.post_processing.apply(segmentation.mask(stop))
        return tabulate_report(report(scan.pixels, mask, mm_per_px=scan.spacing_mm))
    except (UnreadableImage, UnusableModel, ValueError) as error:
        raise gr.Error(str(error), print_exception=False) from error
