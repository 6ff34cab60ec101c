"""The files a visitor takes away from the viewer: mask, overlay and receipt."""

from pathlib import Path

from busdemo.annotations.pictures import write_mask_png
from busdemo.ui.viewer.component import ExportRequest
from busdemo.ui.workspace import Workspace
from busdemo.views.pictures import draw_overlay, encode_png
from busdemo.workflows.receipts import encode_receipt, write_receipt
from busdemo.workflows.segmenting import Segmentation, mask_of

SUFFIXES = {"mask": "mask.png", "overlay": "overlay.png", "receipt": "receipt.json"}
"""How the files' names end, by kind."""


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
