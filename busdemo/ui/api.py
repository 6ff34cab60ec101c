"""The same verbs over HTTP, named and documented under "Use via API"."""

from pathlib import Path
from typing import Any

import gradio as gr
from gradio import processing_utils
from gradio.utils import get_upload_folder

from busdemo.annotations.files import read_size
from busdemo.annotations.masks import read_mask
from busdemo.imaging.images import read_scan
from busdemo.imaging.masks import stop_of
from busdemo.imaging.post_processing import PostProcessing
from busdemo.imaging.refusals import UnreadableImage
from busdemo.imaging.spacing import read_spacing
from busdemo.inference.segmenter import SegmenterPool
from busdemo.inference.two_stage import TwoStage
from busdemo.ui import classifier_text, text
from busdemo.ui.api_compare import build_compare_api
from busdemo.ui.api_describe import build_describe
from busdemo.ui.endpoints import build_endpoint
from busdemo.ui.explain_api import add_explain
from busdemo.ui.workspace import first_usable
from busdemo.workflows.classifying import classifier_of, tabulate_classification
from busdemo.workflows.receipts import write_receipt
from busdemo.workflows.segmenting import draw_results, read_reference, segment, tabulate_numbers
from busdemo.zoo.loading import UnusableModel


def build_api(staged: TwoStage) -> None:
    """Add every endpoint; their controls are never shown."""
    pool = staged.pool
    # Real file controls rather than `gr.api`: Gradio then checks that a path lies in its upload
    # folder, so that nobody can name a file of the server.
    with gr.Column(visible=False):
        image = gr.File(label="image", type="filepath")
        masks = gr.File(label="masks", type="filepath", file_count="multiple")
        references = gr.File(label="references", type="filepath", file_count="multiple")
        model = gr.Dropdown(list(pool.cards), value=first_usable(pool), label="model")
        threshold = gr.Number(value=0, label="threshold")
        process = gr.Textbox(value="", label="process")
        spacing = gr.Number(value=0, label="mm_per_px")
        two_stage = gr.Checkbox(value=False, label="two_stage")
        files = [gr.File(label=name) for name in ("mask", "probability map", "overlay")]
        receipt, scores = gr.JSON(label="receipt"), gr.JSON(label="scores")
        shared: dict[str, Any] = {"concurrency_id": "models", "concurrency_limit": 1}
        gr.Button("segment").click(
            build_endpoint("segment", segment_files, staged),
            [image, model, threshold, masks, process, spacing, two_stage],
            [*files, receipt],
            api_name="segment",
            api_description=text.SEGMENT_API,
            **shared,
        )
        paint, classes = gr.Checkbox(label="paint"), gr.JSON(label="classes")
        gr.Button("classify").click(
            build_endpoint("classify", classify_file, pool),
            [image, paint],
            classes,
            api_name="classify",
            api_description=classifier_text.CLASSIFY_API,
            **shared,
        )
        add_explain(pool, image, model)
        gr.Button("score").click(
            build_endpoint("score", score_files),
            [masks, references],
            scores,
            api_name="score",
            api_description=text.SCORE_API,
            **shared,
        )
        build_describe(pool, shared)
    build_compare_api(pool)


def segment_files(  # noqa: PLR0913, PLR0917 (one a control of the endpoint)
    staged: TwoStage,
    image: str | None,
    model: str,
    threshold: float,
    masks: list[str] | None,
    process: str = "",
    mm_per_px: float = 0,
    two_stage: bool = False,
) -> tuple[str, str, str, dict[str, Any]]:
    """Paths of mask, probability map and overlay, and the receipt; gr.Error with one sentence."""
    if image is None:
        raise gr.Error("An image is needed.", print_exception=False)
    try:
        scan = read_scan(Path(image).read_bytes(), Path(image).name)
        card = staged.pool.cards[model]
        stop = stop_of(threshold) if threshold else card.stop
        steps = PostProcessing.parse(process) if process else card.post_processing
        spacing = read_spacing(mm_per_px) if mm_per_px else None
        among = staged.look_at(scan.pixels) if two_stage else None
        segmentation, probability_map = segment(scan, model, staged.pool, among)
        reference = read_reference(_read(masks), scan) if masks else None
    except (UnreadableImage, UnusableModel, ValueError) as error:
        raise gr.Error(str(error), print_exception=False) from error
    mask = segmentation.mask(stop, steps)
    pictures = draw_results(scan, mask, probability_map, reference=reference)
    stem = Path(scan.name).stem
    written = [_write(data, f"{stem}-{model}-{kind}.png") for kind, data in pictures.items()]
    receipt = write_receipt(scan, segmentation, stop, reference, steps=steps, mm_per_px=spacing)
    return written[0], written[1], written[2], receipt


def classify_file(pool: SegmenterPool, image: str | None, paint: bool) -> dict[str, Any]:
    """Class probabilities and burnt-in marks of one image; gr.Error with one sentence."""
    if image is None:
        raise gr.Error("An image is needed.", print_exception=False)
    try:
        scan = read_scan(Path(image).read_bytes(), Path(image).name)
        return tabulate_classification(scan.pixels, classifier_of(pool), pool, paint=paint)
    except (UnreadableImage, UnusableModel) as error:
        raise gr.Error(str(error), print_exception=False) from error


def score_files(masks: list[str] | None, references: list[str] | None) -> dict[str, Any]:
    """Scores of a mask against a reference of its size; gr.Error with one sentence."""
    if not masks or not references:
        raise gr.Error("Both a mask and a reference are needed.", print_exception=False)
    try:
        size_wh = read_size(Path(references[0]).read_bytes(), Path(references[0]).name)
        readings = [read_mask(_read(paths), size_wh) for paths in (masks, references)]
    except (UnreadableImage, ValueError) as error:
        raise gr.Error(str(error), print_exception=False) from error
    numbers = tabulate_numbers(readings[0].mask, readings[1].mask)
    return numbers | {"mask": readings[0].sentence, "reference": readings[1].sentence}


def _read(paths: list[str]) -> list[tuple[str, bytes]]:
    return [(Path(path).name, Path(path).read_bytes()) for path in paths]


def _write(data: bytes, name: str) -> str:
    return str(processing_utils.save_bytes_to_cache(data, name, get_upload_folder()))
