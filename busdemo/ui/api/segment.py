"""The endpoint /segment: one model's mask of one image, and its receipt."""

from pathlib import Path
from typing import Any

import gradio as gr

from busdemo.imaging.masks import stop_of
from busdemo.imaging.post_processing import PostProcessing
from busdemo.imaging.spacing import read_spacing
from busdemo.inference.two_stage import TwoStage
from busdemo.inference.within import look_within
from busdemo.ui import text
from busdemo.ui.api.controls import Controls
from busdemo.ui.api.files import keep, open_files, open_scan
from busdemo.ui.api.reading import read_options
from busdemo.ui.api.signature import build_endpoint
from busdemo.ui.queues import MODELS
from busdemo.workflows.presence import add_presence, look_for_presence
from busdemo.workflows.receipts import write_receipt
from busdemo.workflows.segmenting import Choice, draw_results, read_reference, segment
from busdemo.zoo.presence import read_cut_off


def add_segment(staged: TwoStage, controls: Controls) -> None:
    """Add it; call inside the API's hidden column."""
    process = gr.Textbox(value="", label="process")
    spacing = gr.Number(value=0, label="mm_per_px")
    two_stage = gr.Checkbox(value=False, label="two_stage")
    presence = gr.Textbox(value="", label="presence")
    files = [gr.File(label=name) for name in ("mask", "probability map", "overlay")]
    gr.Button("segment").click(
        build_endpoint("segment", segment_files, staged),
        [
            *(controls.image, controls.model, controls.threshold, controls.masks),
            *(
                process,
                spacing,
                two_stage,
                controls.reading.frame,
                *controls.reading.of_masks,
                controls.reading.crop,
                controls.reading.mask_frame,
                presence,
            ),
        ],
        [*files, gr.JSON(label="receipt")],
        api_name="segment",
        api_description=text.SEGMENT_API,
        **MODELS,
    )


def segment_files(  # noqa: PLR0913, PLR0917 (one a control of the endpoint)
    staged: TwoStage,
    image: str | None,
    model: str,
    threshold: float = 0,
    masks: list[str] | None = None,
    process: str = "",
    mm_per_px: float = 0,
    two_stage: bool = False,
    frame: float = 0,
    label: str = "",
    invert: bool = False,
    score: float = 0.5,
    image_name: str = "",
    crop: str = "auto",
    mask_frame: float = 0,
    presence: str = "",
) -> tuple[str, str, str, dict[str, Any]]:
    """Paths of mask, probability map and overlay, and the receipt; gr.Error with one sentence."""
    try:
        scan = open_scan(image, frame, crop)
        options = read_options(label, invert, score, image_name, mask_frame)
        card = staged.pool.cards[model]
        choice = Choice(
            stop_of(threshold) if threshold else card.stop,
            PostProcessing.parse(process) if process else card.post_processing,
            read_spacing(mm_per_px) if mm_per_px else None,
            read_cut_off(presence) if presence else None,
        )
        among = look_within(scan, staged.look_at if two_stage else staged.pool.look_at)
        segmentation, probability_map = segment(scan, model, staged.pool, among)
        look = look_for_presence(scan, staged.pool, among)
        segmentation = add_presence(segmentation, look)
        reference = read_reference(open_files(masks), scan, options) if masks else None
    except ValueError as error:
        raise gr.Error(str(error), print_exception=False) from error
    mask = segmentation.answer(choice)
    pictures = draw_results(scan, mask, probability_map, reference=reference)
    stem = Path(scan.name).stem
    written = [keep(data, f"{stem}-{model}-{kind}.png") for kind, data in pictures.items()]
    receipt = write_receipt(scan, segmentation, choice, reference)
    return written[0], written[1], written[2], receipt
