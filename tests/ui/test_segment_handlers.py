"""What the Segment tab's handlers send to the browser."""

from pathlib import Path

import cv2
import gradio as gr
from tiny_world import add_model, draw_scan

from busdemo.inference.segmenter import SegmenterPool
from busdemo.inference.two_stage import TwoStage, open_two_stage
from busdemo.ui.intake.component import Arrival, Intake, IntakeData
from busdemo.ui.segment_handlers import SegmentTab
from busdemo.ui.viewer.component import Viewer, ViewerChoice
from busdemo.zoo.cards import read_cards


def build_tab(staged: TwoStage) -> SegmentTab:
    with gr.Blocks():
        return SegmentTab(staged, {}, Viewer(), Intake(IntakeData()), gr.State(), lambda: 0)


def test_the_intake_card_is_sent_when_it_changes_only(weights: Path) -> None:
    """Sent again it would overwrite the file or frame that a visitor chooses meanwhile."""
    for name in ("one", "two", "three"):
        add_model(weights, name)
    tab = build_tab(open_two_stage(SegmenterPool(read_cards(weights)), weights))
    image = cv2.imencode(".png", draw_scan(7, (90, 70))[0])[1].tobytes()
    updates = list(tab.drop_image(Arrival((("mine.png", image),)), None, ViewerChoice()))
    assert len(updates) == 5  # before the first model, after each of three, at the end
    cards = [card for _, card, _ in updates if isinstance(card, IntakeData)]
    assert cards[0].image.name == "mine.png"
    # The second says whether a training image looks like it, which is looked up after one answer.
    assert [isinstance(card, IntakeData) for _, card, _ in updates] == [
        True,
        False,
        True,
        *[False] * 2,
    ]
    assert cards[0].seen != cards[1].seen
