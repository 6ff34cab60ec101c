"""What the Segment tab's handlers send to the browser."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import gradio as gr
import numpy as np
from screens import draw_screen
from tiny_world import add_model, draw_scan

from busdemo.imaging.crops import write_crop
from busdemo.inference.segmenter import SegmenterPool
from busdemo.inference.two_stage import TwoStage, open_two_stage
from busdemo.phantoms import random_recipe, simulate
from busdemo.ui.intake.component import Arrival, Intake, IntakeData
from busdemo.ui.segment_handlers import SegmentTab
from busdemo.ui.viewer.component import Viewer, ViewerChoice
from busdemo.ui.workspace import Workspace
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


def last(updates: Iterator[tuple[object, ...]]) -> tuple[IntakeData, Any]:
    """The card and the workspace, if any, that a visitor is left with."""
    sent = list(updates)
    cards = [card for _, card, _ in sent if isinstance(card, IntakeData)]
    spaces = [space for *_, space in sent if isinstance(space, Workspace)]
    return cards[-1], spaces[-1] if spaces else None


def test_a_screens_scan_area_is_used_and_one_click_undoes_it(weights: Path) -> None:
    add_model(weights, "one")
    tab = build_tab(open_two_stage(SegmenterPool(read_cards(weights)), weights))
    made = simulate(random_recipe(np.random.default_rng(5)), 5)
    screen = draw_screen(made.image, made.mask)
    image, mask = (
        cv2.imencode(".png", pixels)[1].tobytes()
        for pixels in (screen.pixels, screen.mask * np.uint8(255))
    )
    card, opened = last(tab.drop_image(Arrival((("s.png", image),)), None, ViewerChoice()))
    assert card.crop == card.found == write_crop(screen.box)
    assert "this picture may hold a name" in card.image.text
    _, _, opened = tab.drop_mask(
        Arrival((("m.png", mask),)), opened, ViewerChoice(case=opened.case)
    )
    levels = opened.segmentations["one"].levels.copy()
    assert not levels[:, :100].any()

    choice = ViewerChoice(case=opened.case)
    card, undone = last(tab.crop_image(Arrival(crop="none"), opened, choice))
    assert (card.crop, card.found) == ("none", write_crop(screen.box))
    assert "scan area" not in card.image.text
    assert undone.reference is opened.reference
    assert not np.array_equal(undone.segmentations["one"].levels, levels)

    choice = ViewerChoice(case=undone.case)
    card, again = last(tab.crop_image(Arrival(crop="auto"), undone, choice))
    assert card.crop == write_crop(screen.box)
    assert np.array_equal(again.segmentations["one"].levels, levels)

    choice = ViewerChoice(case=again.case)
    card, left = last(tab.crop_image(Arrival(crop="9,9,9,9"), again, choice))
    assert "is not inside the image" in card.image.error
    assert (card.crop, left) == (write_crop(screen.box), None)
