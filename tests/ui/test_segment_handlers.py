"""What the Segment tab's handlers send to the browser."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import gradio as gr
import numpy as np
from screens import draw_screen
from tiny_world import add_model, draw_scan

from busdemo.annotations.request import Options
from busdemo.imaging.crops import write_crop
from busdemo.inference.segmenter import SegmenterPool
from busdemo.inference.two_stage import TwoStage, open_two_stage
from busdemo.phantoms import random_recipe, simulate
from busdemo.ui.intake.component import Intake, IntakeData, Upload
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
    updates = list(tab.drop_image(Upload((("mine.png", image),)), None, ViewerChoice()))
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


def reading_of(update: tuple[object, ...]) -> IntakeData:
    """The card after a mask was dropped."""
    card = update[1]
    assert isinstance(card, IntakeData)
    return card


def found_by(score: float, *labels: str, name: str = "mine.png") -> bytes:
    """A COCO file of two images that marks one of them, a square for each label."""
    sizes = {"width": 90, "height": 70}
    images = [{"id": 0, "file_name": "no.png", **sizes}, {"id": 1, "file_name": name, **sizes}]
    squares = [[x, 5, x + 20, 5, x + 20, 25, x, 25] for x in (5, 40)]
    pieces = [
        {"image_id": 1, "category_id": n, "segmentation": [square], "score": score}
        for n, square in enumerate(squares[: len(labels)])
    ]
    names = [{"id": n, "name": label} for n, label in enumerate(labels)]
    return json.dumps({"images": images, "annotations": pieces, "categories": names}).encode()


def test_what_a_mask_s_file_leaves_open_is_offered_and_asked(weights: Path) -> None:
    add_model(weights, "one")
    tab = build_tab(open_two_stage(SegmenterPool(read_cards(weights)), weights))
    image = cv2.imencode(".png", draw_scan(7, (90, 70))[0])[1].tobytes()
    _, opened = last(tab.drop_image(Upload((("mine.png", image),)), None, ViewerChoice()))
    choice = ViewerChoice(case=opened.case)

    def drop(data: bytes, **how: Any) -> tuple[IntakeData, Any]:
        update = tab.drop_mask(Upload((("f.json", data),), options=Options(**how)), opened, choice)
        return reading_of(update), update[2]

    card, _ = drop(found_by(1, "tumour", name="other.png"))
    assert card.reading.names == ["no.png", "other.png"]
    assert "annotations of 2 images" in card.mask.error
    card, space = drop(found_by(1, "tumour", name="other.png"), image_name="other.png")
    assert (card.reading.names, space.reference.mask.sum()) == ([], 400)

    card, _ = drop(found_by(0.4, "tumour"))
    assert card.reading.scored
    assert "with a score below 0.5" in card.mask.error
    card, space = drop(found_by(0.4, "tumour"), least_score=0.3)
    assert (card.reading.scored, card.reading.score) == (True, 0.3)
    assert space.reference.mask.sum() == 400

    card, space = drop(found_by(1, "tumour", "cyst"))
    assert (card.reading.labels, card.reading.label) == (["tumour", "cyst"], "")
    assert "labels merged: tumour, cyst" in card.mask.text.lower()
    card, space = drop(found_by(1, "tumour", "cyst"), label="cyst")
    assert card.reading.label == "cyst"
    assert np.flatnonzero(space.reference.mask.any(axis=0))[0] == 40


def test_a_wrong_mask_gets_a_mask_s_sentence(weights: Path) -> None:
    add_model(weights, "one")
    tab = build_tab(open_two_stage(SegmenterPool(read_cards(weights)), weights))
    image = cv2.imencode(".png", draw_scan(7, (90, 70))[0])[1].tobytes()
    _, opened = last(tab.drop_image(Upload((("mine.png", image),)), None, ViewerChoice()))
    wrong = Upload((("letter.docx", b"PK\x03\x04 a letter"),))
    card = reading_of(tab.drop_mask(wrong, opened, ViewerChoice(case=opened.case)))
    assert "please use a picture, a volume" in card.mask.error
    assert not card.image.error


def test_a_screens_scan_area_is_used_and_one_click_undoes_it(weights: Path) -> None:
    add_model(weights, "one")
    tab = build_tab(open_two_stage(SegmenterPool(read_cards(weights)), weights))
    made = simulate(random_recipe(np.random.default_rng(5)), 5)
    screen = draw_screen(made.image, made.mask)
    image, mask = (
        cv2.imencode(".png", pixels)[1].tobytes()
        for pixels in (screen.pixels, screen.mask * np.uint8(255))
    )
    card, opened = last(tab.drop_image(Upload((("s.png", image),)), None, ViewerChoice()))
    assert card.crop == card.found == write_crop(screen.box)
    assert "this picture may hold a name" in card.image.text
    _, _, opened = tab.drop_mask(Upload((("m.png", mask),)), opened, ViewerChoice(case=opened.case))
    levels = opened.segmentations["one"].levels.copy()
    assert not levels[:, :100].any()

    choice = ViewerChoice(case=opened.case)
    card, undone = last(tab.crop_image(Upload(crop="none"), opened, choice))
    assert (card.crop, card.found) == ("none", write_crop(screen.box))
    assert "scan area" not in card.image.text
    assert undone.reference is opened.reference
    assert not np.array_equal(undone.segmentations["one"].levels, levels)

    choice = ViewerChoice(case=undone.case)
    card, again = last(tab.crop_image(Upload(crop="auto"), undone, choice))
    assert card.crop == write_crop(screen.box)
    assert np.array_equal(again.segmentations["one"].levels, levels)

    choice = ViewerChoice(case=again.case)
    card, left = last(tab.crop_image(Upload(crop="9,9,9,9"), again, choice))
    assert "is not inside the image" in card.image.error
    assert (card.crop, left) == (write_crop(screen.box), None)
