"""What a visitor has on the table is a value: a change gives another one, and shares no files."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from fixed_detector import FixedDetector
from gradio.data_classes import FileData
from numpy.typing import NDArray
from tiny_world import add_model, draw_scan

from busdemo.annotations.annotation import Annotation
from busdemo.imaging.arrays import GreyImage
from busdemo.imaging.boxes import Box
from busdemo.imaging.images import Scan
from busdemo.inference.presence import PresenceLook, PresenceScore
from busdemo.inference.segmenter import SegmenterPool
from busdemo.inference.two_stage import TwoStage
from busdemo.ui.two_stage import run_two_stages, show_two_stages
from busdemo.ui.viewer.component import ViewerData
from busdemo.ui.workspace import Workspace, show_workspace
from busdemo.zoo.cards import read_cards
from busdemo.zoo.files import NotNow
from busdemo.zoo.presence import Evidence, PresenceRule

IMAGE, MASK = draw_scan(2, (90, 70))


class Files:
    """Writes every picture it is given, and counts."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.written = folder, 0

    def write(self, pixels: NDArray[np.uint8]) -> FileData:
        self.written += 1
        path = self.folder / f"{self.written}.bin"
        path.write_bytes(pixels.tobytes())
        return FileData(path=str(path))


@pytest.fixture
def pool(weights: Path) -> SegmenterPool:
    for name in ("a", "b"):
        add_model(weights, name)
    return SegmenterPool(read_cards(weights))


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


@pytest.fixture
def workspace() -> Workspace:
    return Workspace(Scan(IMAGE, "scan.png", "0" * 64, ()), "scan.png")


def test_what_was_yielded_before_is_not_changed_by_what_follows(
    pool: SegmenterPool, files: Files, workspace: Workspace
) -> None:
    steps = [step for step, _ in workspace.run(pool, "a", files.write)]
    assert [sorted(step.pictures) for step in steps] == [
        ["image"],
        ["a", "image"],
        ["a", "b", "image"],
    ]
    assert [sorted(step.segmentations) for step in steps] == [[], ["a"], ["a", "b"]]
    assert workspace.pictures == {}
    assert files.written == 3  # each picture once


def test_showing_a_workspace_changes_nothing_and_writes_nothing(
    pool: SegmenterPool, files: Files, workspace: Workspace
) -> None:
    drawn = workspace.drawn(files.write)
    before = dict(vars(drawn))
    show_workspace(drawn, pool, chosen="a")
    assert vars(drawn) == before
    assert files.written == 1


def test_a_drawn_workspace_is_drawn_anew_only_where_a_file_is_gone(
    files: Files, workspace: Workspace
) -> None:
    drawn = workspace.drawn(files.write)
    assert drawn.drawn(files.write) is drawn
    Path(drawn.pictures["image"].path).unlink()
    again = drawn.drawn(files.write)
    assert Path(again.pictures["image"].path).exists()
    assert files.written == 2


def test_another_reference_is_another_picture(files: Files, workspace: Workspace) -> None:
    def reference(mask: NDArray[np.bool_]) -> Annotation:
        return Annotation("mask.png", "person", mask)

    first = workspace.with_reference(reference(MASK > 0)).drawn(files.write)
    second = first.with_reference(reference(MASK == 0)).drawn(files.write)
    assert second.pictures["reference"] != first.pictures["reference"]
    assert second.pictures["image"] == first.pictures["image"]
    assert "reference" not in second.with_reference(None).drawn(files.write).pictures


LITTLE = "The memory did not suffice. The next request tries again."


@dataclass
class OnceTooLittle:
    """Stands in for a model or the detector: at the first question, memory does not suffice."""

    true: Any
    asked: int = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.true, name)

    def answer(self, image: GreyImage) -> Any:
        return self._ask(self.true.answer, image)

    def propose(self, image: GreyImage) -> Any:
        return self._ask(self.true.propose, image)

    def _ask(self, answer: Any, image: GreyImage) -> Any:
        self.asked += 1
        if self.asked == 1:
            raise NotNow(LITTLE)
        return answer(image)


def last(steps: Iterable[Workspace]) -> Workspace:
    return deque(steps, 1)[0]


def test_a_model_that_ran_out_of_memory_says_so_and_answers_when_it_is_asked_again(
    pool: SegmenterPool, files: Files, workspace: Workspace
) -> None:
    pool.slots["a"].replace(cast(Any, OnceTooLittle(pool.get("a"))))
    first = last(step for step, _ in workspace.run(pool, "a", files.write))
    shown = {layer.id: layer for layer in show_workspace(first, pool, chosen="a").models}
    assert (shown["a"].state, shown["a"].reason) == ("unusable", LITTLE)
    assert shown["b"].state == "ready"
    assert pool.unavailable == {}
    again = last(step for step, _ in first.run(pool, "a", files.write))
    assert [layer.state for layer in show_workspace(again, pool, chosen="a").models] == [
        "ready"
    ] * 2


def test_so_do_the_detector_and_a_model_in_two_stages(
    pool: SegmenterPool, files: Files, workspace: Workspace
) -> None:
    staged = TwoStage(pool, lambda: cast(Any, OnceTooLittle(FixedDetector(Box(10, 10, 50, 50)))))
    pool.slots["b"].replace(cast(Any, OnceTooLittle(pool.get("b"))))

    def show(step: Workspace) -> ViewerData:
        return show_two_stages(show_workspace(step, pool, chosen="a"), step, staged)

    first = last(run_two_stages(workspace, staged, ["a", "b"], files.write))
    assert LITTLE in show(first).two_stage_problem
    second = last(run_two_stages(first, staged, ["a", "b"], files.write))
    assert show(second).two_stage_problem == ""
    assert set(second.staged) == {"a"}
    assert [layer.reason for layer in show(second).models] == ["", LITTLE]
    third = last(run_two_stages(second, staged, ["a", "b"], files.write))
    assert set(third.staged) == {"a", "b"}


def test_a_mask_is_shown_before_its_presence_is_judged_and_two_stages_have_the_same(
    pool: SegmenterPool, files: Files, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = PresenceRule((0.0,) * 5, 0.0, 0.6, "", "")
    pool.cards["a"] = replace(pool.cards["a"], presence=rule)
    found = PresenceScore(0.1249, 0.6, Evidence(0.5, 0.5, 0.5, 0.5, 0.5))
    monkeypatch.setattr(PresenceLook, "judge", lambda _, model: found if model == "a" else None)
    steps = [step for step, _ in workspace.run(pool, "a", files.write, among=["a"])]
    assert [step.segmentations["a"].presence for step in steps[1:]] == [None, found]
    shown = show_workspace(steps[-1], pool, chosen="a").models
    assert [(layer.id, layer.presence, layer.cut_off) for layer in shown] == [
        ("a", 0.1249, 60),
        ("b", None, 0),
    ]
    (staged,) = run_two_stages(steps[-1], TwoStage(pool, FixedDetector), ["a"], files.write)
    assert staged.staged["a"].presence == found
