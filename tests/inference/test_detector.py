import json
from pathlib import Path

import numpy as np
import pytest
from fixed_detector import FixedDetector
from tiny_world import add_detector, add_model, draw_scan

from busdemo.imaging.boxes import Box
from busdemo.imaging.fit import Fit
from busdemo.inference.detector import (
    Detection,
    find_lesions,
    load_detector,
    place,
    read_detector_card,
    read_tuning,
)
from busdemo.scoring.detection import FoundBoxes
from busdemo.zoo.cards import read_card, read_cards
from busdemo.zoo.files import UnusableModel


def found(*boxes: tuple[float, float, float, float], scores: tuple[float, ...]) -> FoundBoxes:
    return FoundBoxes(np.array(boxes, np.float64), np.array(scores))


def test_boxes_return_to_the_images_own_pixels() -> None:
    stretched = Fit.of((200, 50), (100, 100), "stretch")
    assert place(found((10, 10, 20, 30), scores=(0.9,)), stretched, 0.5).boxes.tolist() == [
        [20, 5, 40, 15]
    ]
    framed = Fit.of((200, 100), (100, 100), "letterbox")
    assert place(found((10, 35, 20, 45), scores=(0.9,)), framed, 0.5).boxes.tolist() == [
        [20, 20, 40, 40]
    ]


def test_boxes_end_where_the_image_ends_and_none_lies_outside() -> None:
    framed = Fit.of((200, 100), (100, 100), "letterbox")
    placed = place(found((-9, 20, 20, 45), (5, 0, 9, 20), scores=(0.9, 0.8)), framed, 0.5)
    assert placed.boxes.tolist() == [[0, 0, 40, 40]]


def test_no_lesion_is_found_twice() -> None:
    same = Fit.of((100, 100), (100, 100), "stretch")
    twice = found((10, 10, 50, 50), (11, 11, 51, 51), (60, 60, 90, 90), scores=(0.5, 0.9, 0.4))
    assert place(twice, same, 0.5).scores.tolist() == [0.9, 0.4]


def test_only_boxes_from_the_cut_off_on_are_lesions() -> None:
    boxes = [Box(n, n, n + 5.0, n + 5.0) for n in range(0, 60, 10)]
    detections = find_lesions(FixedDetector(*boxes), draw_scan()[0])
    assert [round(d.score, 1) for d in detections] == [0.9, 0.8, 0.7, 0.6, 0.5]
    assert detections[0] == Detection(boxes[0], 0.9)


def test_the_zoos_detector_finds_boxes_inside_the_image(weights: Path) -> None:
    add_detector(weights)
    detector = load_detector(read_detector_card(weights))
    image, _ = draw_scan(size_wh=(90, 70))
    proposed = detector.propose(image)
    assert proposed.boxes.shape == (len(proposed.scores), 4)
    assert (proposed.boxes >= 0).all()
    assert (proposed.boxes <= [90, 70, 90, 70]).all()
    assert (proposed.scores >= 0.01).all()


def test_a_detector_is_no_segmentation_model(weights: Path) -> None:
    add_detector(weights)
    add_model(weights, "small")
    assert [card.id for card in read_cards(weights)] == ["small"]
    card = read_detector_card(weights)
    assert card is not None
    assert (card.id, card.problem) == ("detector", None)


def test_a_zoo_without_a_detector_says_so(weights: Path) -> None:
    assert read_detector_card(weights) is None
    with pytest.raises(UnusableModel, match="no detector"):
        load_detector(None)


def test_missing_weights_are_named(weights: Path) -> None:
    (add_detector(weights) / "model.safetensors").unlink()
    with pytest.raises(UnusableModel, match="no weights"):
        load_detector(read_detector_card(weights))


def test_settings_without_a_padding_are_refused(weights: Path) -> None:
    folder = add_detector(weights)
    path = folder / "preprocessor_config.json"
    settings = json.loads(path.read_text())
    assert read_tuning(read_card(folder)).padding == 0.25
    del settings["padding"]
    path.write_text(json.dumps(settings))
    with pytest.raises(UnusableModel, match="padding"):
        read_tuning(read_card(folder))
