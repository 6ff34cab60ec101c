"""A file that is saved is scored against the reference that the browser shows."""

import base64
import json
from typing import Any

import gradio as gr
import numpy as np
import pytest
from tiny_world import add_model, draw_scan

from busdemo.annotations.annotation import Annotation
from busdemo.annotations.pictures import write_mask_png
from busdemo.imaging.images import Scan
from busdemo.inference.segmenter import SegmenterPool
from busdemo.scoring.overlap import score_overlap
from busdemo.ui.downloads import with_shown_reference, write_download
from busdemo.ui.viewer.component import ExportRequest
from busdemo.ui.workspace import Workspace
from busdemo.workflows.segmenting import mask_of, segment
from busdemo.zoo.cards import read_cards

IMAGE, MASK = draw_scan(2, (90, 70))
SCAN = Scan(IMAGE, "scan.png", "0" * 64, ())
DRAWN = np.roll(MASK, 9, axis=1)
WISH = {"kind": "receipt", "model": "a", "stop": 90}


@pytest.fixture
def workspace(weights: Any) -> Workspace:
    add_model(weights, "a")
    known = {"a": segment(SCAN, "a", SegmenterPool(read_cards(weights)))[0]}
    return Workspace(
        SCAN, "scan.png", segmentations=known, reference=Annotation("Truth", "person", MASK)
    )


def event(**more: Any) -> gr.EventData:
    return gr.EventData(None, WISH | more)


def sent(mask: np.ndarray) -> dict[str, str]:
    return {"name": "Drawn", "png": base64.b64encode(write_mask_png(mask)).decode()}


def test_the_reference_kept_here_counts_where_the_event_names_none(workspace: Workspace) -> None:
    assert with_shown_reference(workspace, event()) is workspace


def test_a_drawn_reference_is_what_the_receipt_scores_against(workspace: Workspace) -> None:
    asked = event(reference=sent(DRAWN))
    shown = with_shown_reference(workspace, asked)
    np.testing.assert_array_equal(mask_of(shown.reference), DRAWN)
    download = write_download(shown, ExportRequest.from_event(asked), two_stage=False)
    assert download is not None
    receipt = json.loads(download[1])
    mask = workspace.segmentations["a"].mask(90)
    assert receipt["reference"]["name"] == "Drawn"
    assert receipt["numbers"]["dice"] == pytest.approx(score_overlap(mask, DRAWN).dice, nan_ok=True)


def test_no_reference_in_the_browser_is_none_in_the_file(workspace: Workspace) -> None:
    assert with_shown_reference(workspace, event(reference=None)).reference is None


@pytest.mark.parametrize("png", [None, "%", "AAAA", sent(MASK[:-1])["png"]])
def test_what_is_no_mask_of_the_scan_gets_one_sentence(workspace: Workspace, png: Any) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        with_shown_reference(workspace, event(reference={"name": "x", "png": png}))
