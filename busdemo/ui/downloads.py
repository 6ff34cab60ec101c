"""The files a visitor takes away from the viewer: mask, overlay and receipt."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import gradio as gr

from busdemo.annotations.annotation import Annotation, Provenance
from busdemo.annotations.pictures import write_mask_png
from busdemo.ui.compare.answers import decode_base64, read_png_mask
from busdemo.ui.gradio_private import read_event
from busdemo.ui.viewer.component import ExportRequest
from busdemo.ui.workspace import Workspace
from busdemo.views.pictures import draw_overlay, encode_png
from busdemo.workflows.receipts import encode_receipt, write_receipt
from busdemo.workflows.segmenting import Segmentation, mask_of

SUFFIXES = {"mask": "mask.png", "overlay": "overlay.png", "receipt": "receipt.json"}
"""How the files' names end, by kind."""


def with_shown_reference(workspace: Workspace, event: gr.EventData) -> Workspace:
    """The workspace with the reference that the browser shows, where that is not the one kept here.

    The event's `reference` is missing (the one kept here), None (there is none), or {name, png} of
    a mask of the scan's size: drawn, uploaded or of a model, and known to the browser alone.
    Raises ValueError with one sentence for what is no such mask.
    """
    data = read_event(event)
    if "reference" not in data:
        return workspace
    sent = data["reference"]
    if not isinstance(sent, Mapping):
        return workspace.with_reference(None)
    height, width = workspace.scan.pixels.shape
    png = decode_base64(sent.get("png"))
    told = Provenance(how="The reference chosen in the browser.", sha256=(sha256(png).hexdigest(),))
    name = str(sent.get("name", ""))[:80] or "Unnamed"
    mask = read_png_mask(png, (width, height))
    return workspace.with_reference(Annotation(name, "person", mask, told))


def write_download(
    workspace: Workspace, request: ExportRequest, *, two_stage: bool
) -> tuple[str, bytes] | None:
    """Name and contents of the file asked for; None where the model has no such result."""
    results = workspace.staged if two_stage else workspace.segmentations
    segmentation = results.get(request.model)
    if segmentation is None:
        return None
    write = {"mask": _write_mask, "overlay": _write_overlay, "receipt": _write_receipt}
    stages = "-two-stage" if two_stage else ""
    stem = f"{Path(workspace.scan.name).stem}-{request.model}{stages}"
    contents = write[request.kind](workspace, segmentation, request)
    return f"{stem}-{SUFFIXES[request.kind]}", contents


def _write_mask(_: Workspace, segmentation: Segmentation, request: ExportRequest) -> bytes:
    return write_mask_png(segmentation.answer(request.choice))


def _write_overlay(
    workspace: Workspace, segmentation: Segmentation, request: ExportRequest
) -> bytes:
    mask = segmentation.answer(request.choice)
    truth, pixels = mask_of(workspace.reference), workspace.scan.pixels
    overlay = draw_overlay(pixels, mask, truth, style=request.style, opacity=request.opacity)
    return encode_png(overlay)


def _write_receipt(
    workspace: Workspace, segmentation: Segmentation, request: ExportRequest
) -> bytes:
    receipt = write_receipt(workspace.scan, segmentation, request.choice, workspace.reference)
    return encode_receipt(receipt)
