"""The endpoint /explain: one heat map over HTTP."""

from pathlib import Path
from typing import Any, cast

import gradio as gr
from gradio import processing_utils
from gradio.utils import get_upload_folder

from busdemo.imaging.images import read_scan
from busdemo.inference.segmenter import SegmenterPool
from busdemo.ui import text
from busdemo.ui.endpoints import build_endpoint
from busdemo.workflows.explaining import KINDS, Kind, look_at
from busdemo.workflows.explanations import describe_hint, describe_look, draw_look


def add_explain(pool: SegmenterPool, image: gr.File, model: gr.Dropdown) -> None:
    """Add it beside the other endpoints, on their own controls; call where those are built."""
    kind = gr.Dropdown(list(KINDS), value="gradcam", label="kind")
    layer = gr.Textbox(label="layer")
    files = [gr.File(label=name) for name in ("heat over the scan", "values")]
    gr.Button("explain").click(
        build_endpoint("explain", explain_file, pool),
        [image, model, kind, layer],
        [*files, gr.JSON(label="facts")],
        api_name="explain",
        api_description=text.EXPLAIN_API,
        concurrency_id="models",
        concurrency_limit=1,
    )


def explain_file(
    pool: SegmenterPool, image: str | None, model: str, kind: str, layer: str
) -> tuple[str, str, dict[str, Any]]:
    """Paths of the heat over the scan and of the values, and the facts; gr.Error as a sentence."""
    if image is None:
        raise gr.Error("An image is needed.", print_exception=False)
    part = layer if ":" in layer or not layer else f"{model}:{layer}"
    try:
        scan = read_scan(Path(image).read_bytes(), Path(image).name)
        facts = describe_hint(scan, pool, model)
        look = look_at(pool, model, scan.pixels, cast(Kind, kind), part)
    except ValueError as error:  # an unreadable image, an unusable model, nothing to explain
        raise gr.Error(str(error), print_exception=False) from error
    stem = Path(scan.name).stem
    heat, values = (
        str(processing_utils.save_bytes_to_cache(data, name, get_upload_folder()))
        for name, data in (
            (f"{stem}-{model}-{kind}{suffix}.png", data)
            for suffix, data in draw_look(scan, look).items()
        )
    )
    return heat, values, facts | {kind: describe_look(look)}
