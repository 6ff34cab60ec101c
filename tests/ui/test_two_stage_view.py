from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from tiny_world import add_detector, add_model, draw_scan

from busdemo.imaging.boxes import Box
from busdemo.imaging.images import Scan
from busdemo.inference.detector import Detection
from busdemo.inference.segmenter import SegmenterPool
from busdemo.inference.two_stage import Localisation, TwoStage, open_two_stage
from busdemo.ui.two_stage import (
    describe_localisation,
    read_models,
    run_two_stages,
    show_two_stages,
)
from busdemo.ui.viewer.component import Viewer, ViewerData
from busdemo.ui.workspace import Workspace, show_workspace
from busdemo.zoo.cards import read_cards

IMAGE, _ = draw_scan(2, (90, 70))
WRITE = Viewer(render=False).write_picture


@pytest.fixture
def pool(weights: Path) -> SegmenterPool:
    add_model(weights, "a", seed=1)
    add_model(weights, "b", seed=2)
    return SegmenterPool(read_cards(weights))


@pytest.fixture
def workspace() -> Workspace:
    return Workspace(Scan(IMAGE, "scan.png", "0" * 64, ()), "scan.png").drawn(WRITE)


def found(*boxes: Box) -> Localisation:
    return Localisation("detector", "d" * 64, 0.5, 0.2, tuple(Detection(b, 0.75) for b in boxes))


def event_of(data: object) -> gr.EventData:
    return gr.EventData(None, data)


def test_models_run_one_after_another_and_the_detector_once(
    pool: SegmenterPool, weights: Path, workspace: Workspace
) -> None:
    add_detector(weights)
    staged = open_two_stage(pool, weights)
    steps = list(run_two_stages(workspace, staged, ["b", "a", "unknown"], WRITE))
    assert [list(step.staged) for step in steps] == [["b"], ["b", "a"]]
    assert steps[0].localisation is steps[1].localisation
    assert steps[1].staged["a"].localisation is steps[1].localisation
    (again,) = run_two_stages(steps[1], staged, ["a"], WRITE)
    assert again.staged is steps[1].staged
    assert again.localisation is steps[1].localisation


def test_where_no_lesion_is_found_the_direct_result_stands(
    pool: SegmenterPool, workspace: Workspace
) -> None:
    *_, (direct, _) = workspace.run(pool, "a", WRITE)
    staged = TwoStage(pool, lambda: pytest.fail("no detector is needed"))
    known = Workspace(**{**vars(direct), "localisation": found()})
    *_, done = run_two_stages(known, staged, ["a"], WRITE)
    assert np.array_equal(done.staged["a"].levels, direct.segmentations["a"].levels)
    assert done.staged["a"].localisation == found()


def test_a_detector_that_fails_leaves_the_rest_as_it_is(
    pool: SegmenterPool, weights: Path, workspace: Workspace
) -> None:
    (add_detector(weights) / "model.safetensors").write_bytes(b"other")
    staged = open_two_stage(pool, weights)
    (told,) = run_two_stages(workspace, staged, ["a"], WRITE)
    assert told.segmentations is workspace.segmentations
    assert told.localisation is None
    assert list(told.failures) == ["detector"]
    shown = show(told, staged)
    assert shown.two_stage_problem.startswith("Two-stage cannot be used here. The weights are not")


def show(workspace: Workspace, staged: TwoStage) -> ViewerData:
    shown = show_workspace(workspace, staged.pool, chosen="a")
    return show_two_stages(shown, workspace, staged)


def test_the_viewer_gets_levels_boxes_and_a_sentence(
    pool: SegmenterPool, weights: Path, workspace: Workspace
) -> None:
    add_detector(weights)
    staged = open_two_stage(pool, weights)
    located = Workspace(**{**vars(workspace), "localisation": found(Box(1, 2, 30, 40))})
    *_, done = run_two_stages(located, staged, ["a"], WRITE)
    shown = show(done, staged)
    assert [bool(layer.staged) for layer in shown.models] == [True, False]
    assert [box.model_dump() for box in shown.boxes] == [
        {"left": 1, "top": 2, "right": 30, "bottom": 40, "score": 0.75}
    ]
    assert shown.two_stage_note.startswith("The detector found one lesion, score 0.75")
    assert shown.two_stage_problem == ""


def test_the_sentence_counts_lesions() -> None:
    assert "no lesion" in describe_localisation(found())
    assert "whole frame" in describe_localisation(found())
    assert "found 2 lesions" in describe_localisation(found(*[Box(0, 0, 9, 9)] * 2))


@pytest.mark.parametrize("data", [None, [], {}, {"models": "a"}, {"models": [1, None]}])
def test_an_event_that_anyone_may_have_written_asks_for_nothing(data: object) -> None:
    assert read_models(event_of(data)) == []


def test_an_event_asks_for_a_few_models_at_most() -> None:
    assert len(read_models(event_of({"models": ["a"] * 99}))) == 16
