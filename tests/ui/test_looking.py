"""The viewer's wish for a heat map: what is asked, what is answered and kept."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
from pixels import read_pixels
from tiny_world import add_model, draw_scan

from busdemo.imaging.images import Scan
from busdemo.imaging.masks import quantize
from busdemo.inference.explain import explain_mask
from busdemo.inference.segmenter import SegmenterPool
from busdemo.ui.findings.explanation import build_explanation
from busdemo.ui.findings.subject import Subject
from busdemo.ui.looking import add_look
from busdemo.ui.viewer.component import Viewer
from busdemo.ui.viewer.looks import LookRequest
from busdemo.ui.workspace import Workspace, show_workspace
from busdemo.workflows.segmenting import segment
from busdemo.zoo.cards import read_cards
from busdemo.zoo.referral import SHARES

SCAN = Scan(draw_scan()[0], "scan.png", "0" * 64, ())
VIEWER = Viewer(render=False)


@pytest.fixture
def pool(weights: Path) -> SegmenterPool:
    add_model(weights, "a", facts={"name": "<b>A</b>"})
    return SegmenterPool(read_cards(weights))


@pytest.fixture
def workspace(pool: SegmenterPool) -> Workspace:
    known = {"a": segment(SCAN, "a", pool)[0]}
    return Workspace(SCAN, "scan.png", segmentations=known).drawn(VIEWER.write_picture)


def event(data: Any) -> gr.EventData:
    return gr.EventData(None, data)


@pytest.mark.parametrize("data", [None, "x", {}, {"kind": "mask"}, {"kind": ["gradcam"]}])
def test_what_is_no_wish_is_refused(
    pool: SegmenterPool, workspace: Workspace, data: object
) -> None:
    with pytest.raises(gr.Error, match="not a heat map"):
        add_look(workspace, pool, VIEWER, event(data))


def test_long_words_are_cut() -> None:
    request = LookRequest.from_event(event({"kind": "gate", "model": "m" * 999, "part": "p" * 999}))
    assert (len(request.model), len(request.part)) == (64, 160)


def test_a_model_without_a_result_gives_nothing(pool: SegmenterPool, workspace: Workspace) -> None:
    assert add_look(workspace, pool, VIEWER, event({"kind": "gate", "model": "b"})) is None


def test_a_heat_map_is_written_as_levels_and_kept(
    pool: SegmenterPool, workspace: Workspace
) -> None:
    wish = {"kind": "gradcam", "model": "a"}
    found = add_look(workspace, pool, VIEWER, event(wish))
    assert found is not None
    (answer,) = found.looks
    assert (answer.kind, answer.model, answer.asked, answer.part) == (
        "gradcam", "a", "", "a:encoder.1",
    )  # fmt: skip
    written = read_pixels(answer.levels.path)
    assert np.array_equal(written, quantize(explain_mask(pool, "a", SCAN.pixels).values))
    again = add_look(found, pool, VIEWER, event(wish))
    assert again is not None
    assert len(again.looks) == 1
    shown = show_workspace(again, pool, chosen="a")
    assert [look.part for look in shown.looks] == ["a:encoder.1"]
    assert not shown.models[0].recipe


def test_a_refusal_is_kept_as_its_sentence(pool: SegmenterPool, workspace: Workspace) -> None:
    wish = {"kind": "gradcam", "model": "a", "part": "a:nonsense"}
    found = add_look(workspace, pool, VIEWER, event(wish))
    assert found is not None
    assert "no layer 'nonsense'" in found.looks[0].problem
    assert show_workspace(found, pool, chosen="a").looks[0].problem


def subject_of(workspace: Workspace, pool: SegmenterPool) -> Subject:
    result = workspace.segmentations["a"]
    stop = result.card.stop
    return Subject(SCAN, result, stop, result.mask(stop), None, pool)


def test_without_a_cutoff_the_section_says_so_and_escapes_names(
    pool: SegmenterPool, workspace: Workspace
) -> None:
    html = build_explanation(subject_of(workspace, pool))
    assert "no cut-off has been chosen" in html
    assert "&lt;b&gt;A&lt;/b&gt;" in html
    assert "<b>A</b>" not in html
    assert "<svg" not in html


def add_referral(pool: SegmenterPool, cutoff: float, *, kept_low: float = 0.85) -> None:
    card = pool.cards["a"]
    counts = {"marked": 10, "unmarked": 2, "missed": 1, "referred": 3, "bad": 4, "bad_referred": 3}
    test = counts | {"all_dice": 0.8, "kept_dice": 0.9, "kept_low": kept_low, "kept_high": 0.95}
    curve = [0.8 + 0.1 * share for share in SHARES]
    content = {"sha256": card.sha256, "stop": card.stop, "cutoff": cutoff, "val": counts}
    content |= {"test": test, "kept": curve, "ideal": curve}
    (card.folder / "referral.json").write_text(json.dumps(content))


@pytest.mark.parametrize(("cutoff", "hint"), [(0.0, "Look again."), (1.0, "No hint to look again")])
def test_with_a_cutoff_there_is_a_hint_and_the_curve(
    pool: SegmenterPool, workspace: Workspace, cutoff: float, hint: str
) -> None:
    add_referral(pool, cutoff)
    html = build_explanation(subject_of(workspace, pool))
    assert hint in html
    assert html.count("<polyline") == 3
    assert "refers 3 (30 %) for a second look" in html
    assert "no gain" not in html


@pytest.mark.parametrize("cutoff", [0.0, 1.0], ids=["hint", "no hint"])
@pytest.mark.parametrize("agrees", [True, False])
def test_a_hint_does_not_stand_against_what_the_reference_shows(
    pool: SegmenterPool, workspace: Workspace, cutoff: float, agrees: bool
) -> None:
    add_referral(pool, cutoff)
    subject = subject_of(workspace, pool)
    doubted = subject.segmentation.levels >= subject.stop
    html = build_explanation(replace(subject, reference=doubted if agrees else ~doubted))
    told = {
        (0.0, True): "The reference shows no need: agreement, Dice 1.000.",
        (0.0, False): "The reference bears it out: missed lesion, Dice 0.000.",
        (1.0, True): "The reference agrees: agreement, Dice 1.000.",
        (1.0, False): "Here a second look was needed:</b> against the reference, missed lesion, "
        "Dice 0.000.",
    }
    assert [words for words in told.values() if words in html] == [told[cutoff, agrees]]


def test_no_hint_says_how_many_bad_masks_had_none(
    pool: SegmenterPool, workspace: Workspace
) -> None:
    add_referral(pool, 1.0)
    html = build_explanation(subject_of(workspace, pool))
    assert "of the 4 test masks that do not agree with the reference, 1 had no hint either" in html


def test_a_second_look_that_is_worth_nothing_is_said_to_be(
    pool: SegmenterPool, workspace: Workspace
) -> None:
    add_referral(pool, 0.5, kept_low=0.79)
    html = build_explanation(subject_of(workspace, pool))
    assert "(0.790–0.950) in place of 0.800, which the interval does not leave behind" in html
