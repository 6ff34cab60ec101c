"""The endpoint /explain: one heat map over HTTP."""

from pathlib import Path
from typing import Any, cast

import gradio as gr

from busdemo.inference.segmenter import SegmenterPool
from busdemo.ui import text
from busdemo.ui.api.controls import Controls
from busdemo.ui.api.files import keep, open_scan
from busdemo.ui.api.signature import build_endpoint
from busdemo.ui.queues import MODELS
from busdemo.workflows.explaining import KINDS, Kind, look_within_scan
from busdemo.workflows.explanations import describe_hint, describe_look, draw_look


def add_explain(pool: SegmenterPool, controls: Controls) -> None:
    """Add it; call inside the API's hidden column."""
    kind = gr.Dropdown(list(KINDS), value="gradcam", label="kind")
    layer = gr.Textbox(value="", label="layer")
    files = [gr.File(label=name) for name in ("heat over the scan", "values")]
    gr.Button("explain").click(
        build_endpoint("explain", explain_file, pool),
        [
            controls.image,
            controls.model,
            kind,
            layer,
            controls.reading.frame,
            controls.reading.crop,
        ],
        [*files, gr.JSON(label="facts")],
        api_name="explain",
        api_description=text.EXPLAIN_API,
        **MODELS,
    )


def explain_file(  # noqa: PLR0913, PLR0917 (one a control of the endpoint)
    pool: SegmenterPool,
    image: str | None,
    model: str,
    kind: str = "gradcam",
    layer: str = "",
    frame: float = 0,
    crop: str = "auto",
) -> tuple[str, str, dict[str, Any]]:
    """Paths of the heat over the scan and of the values, and the facts; gr.Error as a sentence."""
    part = layer if ":" in layer or not layer else f"{model}:{layer}"
    try:
        scan = open_scan(image, frame, crop)
        facts = describe_hint(scan, pool, model)
        look = look_within_scan(pool, model, scan, cast(Kind, kind), part)
    except ValueError as error:  # an unreadable image, an unusable model, nothing to explain
        raise gr.Error(str(error), print_exception=False) from error
    stem = Path(scan.name).stem
    heat, values = (
        keep(data, f"{stem}-{model}-{kind}{suffix}.png")
        for suffix, data in draw_look(scan, look).items()
    )
    return heat, values, facts | {kind: describe_look(look)}
