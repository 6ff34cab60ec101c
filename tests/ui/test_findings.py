"""The panel's Python side: questions anyone may have written, and what is answered."""

from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
from tiny_world import add_model, draw_scan

from busdemo.imaging.images import Scan
from busdemo.imaging.post_processing import PostProcessing
from busdemo.inference.segmenter import SegmenterPool
from busdemo.ui import text
from busdemo.ui.findings.component import Question
from busdemo.ui.findings.panel import Panel, list_sections
from busdemo.ui.findings.subject import Builder, Subject
from busdemo.ui.viewer.component import ViewerChoice
from busdemo.ui.workspace import Workspace
from busdemo.workflows.segmenting import segment
from busdemo.zoo.cards import read_cards
from busdemo.zoo.files import UnusableModel


def event(**data: Any) -> gr.EventData:
    return gr.EventData(None, data)


def tell_choice(subject: Subject) -> str:
    return f"<p>{subject.choices.get('layer', 'none')} at {subject.stop}</p>"


def refuse(_: Subject) -> str:
    raise UnusableModel("Weights of <b>this</b> are missing.")


BUILDERS = (
    Builder("choice", "Choice", "", tell_choice),
    Builder("broken", "Broken", "", refuse),
    Builder("silent", "Silent", "", lambda _: ""),
)

HERE = ViewerChoice("here", "small")


@pytest.fixture
def panel(weights: Path) -> Panel:
    add_model(weights, "small")
    return Panel(SegmenterPool(read_cards(weights)), BUILDERS)


@pytest.fixture
def workspace(panel: Panel) -> Workspace:
    scan = Scan(pixels=draw_scan()[0], name="a.png", sha256="", notes=())
    result, _ = segment(scan, "small", panel.pool)
    return Workspace(scan=scan, title="a", segmentations={"small": result}, case="here")


def test_a_question_out_of_bounds_is_cut_to_size() -> None:
    asked = Question.from_event(
        event(
            turn=7,
            sections=["s" * 500, None] * 100,
            choices={"a": {"layer": "x" * 500, "more": ["y"]}, "b": "nonsense"},
        )
    )
    assert asked.turn == ""
    assert len(asked.sections) == 16
    assert set(map(len, asked.sections)) == {64, 0}
    assert asked.choices == {"a": {"layer": "x" * 64, "more": ""}, "b": {}}


@pytest.mark.parametrize("data", [None, [], "text", 3])
def test_an_event_that_is_no_question_asks_for_nothing(data: Any) -> None:
    assert Question.from_event(gr.EventData(None, data)) == Question()


def test_a_closed_panel_holds_the_titles_and_nothing_computed() -> None:
    sections = list_sections(BUILDERS).sections
    assert [section.title for section in sections] == ["Choice", "Broken", "Silent"]
    assert not any(section.html for section in sections)


def test_only_what_was_asked_for_is_built_with_the_choices_made_in_it(
    panel: Panel, workspace: Workspace
) -> None:
    choices = {"choice": {"layer": "deep"}}
    asked = event(sections=["choice"], choices=choices, turn="4")
    (answer,) = panel.answer(workspace, ViewerChoice("here", "small", 90), asked)
    assert [section.html for section in answer.sections] == ["<p>deep at 90</p>", "", ""]
    assert (answer.turn, answer.done, answer.message) == ("4", True, "")
    assert answer.about == "Small at threshold 0.450"


def test_several_sections_arrive_one_by_one(panel: Panel, workspace: Workspace) -> None:
    asked = event(sections=["choice", "silent"])
    first, second = panel.answer(workspace, HERE, asked)
    assert (first.done, second.done) == (False, True)
    assert [bool(section.html) for section in first.sections] == [True, False, False]
    assert text.FINDINGS_NOTHING in second.sections[2].html


def test_what_cannot_be_computed_is_said_escaped_and_the_rest_goes_on(
    panel: Panel, workspace: Workspace
) -> None:
    asked = event(sections=["broken", "choice"])
    *_, answer = panel.answer(workspace, HERE, asked)
    assert answer.sections[0].html
    assert "&lt;b&gt;this&lt;/b&gt;" in answer.sections[1].html


@pytest.mark.parametrize(
    ("case", "model", "sentence"),
    [("gone", "small", text.SESSION_ENDED), ("here", "other", text.FINDINGS_NONE)],
)
def test_another_scan_or_a_model_without_a_result_gets_a_sentence(
    panel: Panel, workspace: Workspace, case: str, model: str, sentence: str
) -> None:
    (answer,) = panel.answer(workspace, ViewerChoice(case, model), event(sections=["choice"]))
    assert answer.message == sentence
    assert answer.done
    assert not any(section.html for section in answer.sections)


def test_the_mask_is_the_processed_one_and_the_spacing_the_visitors(
    panel: Panel, workspace: Workspace
) -> None:
    steps = PostProcessing(keep="largest")
    choice = ViewerChoice("here", "small", 100, post_processing=steps, mm_per_px=0.1)
    subject = panel.read_subject(workspace, choice)
    assert subject is not None
    raw = workspace.segmentations["small"].mask(100)
    assert np.array_equal(subject.mask, steps.apply(raw))
    assert subject.mask.sum() < raw.sum()
    assert subject.mm_per_px == 0.1
