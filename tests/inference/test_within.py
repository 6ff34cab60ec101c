"""Models that look at the scan area of a picture, and answer in the frame of all of it."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from fixed_detector import FixedDetector
from tiny_world import add_model, draw_scan

from busdemo.imaging.boxes import Box
from busdemo.imaging.crops import parse_crop
from busdemo.imaging.images import Scan, ScanOptions, read_scan
from busdemo.inference.segmenter import SegmenterPool
from busdemo.inference.two_stage import TwoStage
from busdemo.inference.within import locate_within, look_in_two_stages, look_within
from busdemo.workflows.copies import look_among
from busdemo.workflows.explaining import look_within_scan
from busdemo.workflows.receipts import crop_of, read_receipt, replay, write_receipt
from busdemo.workflows.segmenting import Choice, segment
from busdemo.zoo.cards import read_cards

IMAGE, _ = draw_scan(4, (80, 60))
AREA = Box(30, 20, 110, 80)


def read(crop: str = "30,20,80,60") -> Scan:
    pixels = np.zeros((120, 160), np.uint8)
    pixels[AREA.window()] = IMAGE
    data = cv2.imencode(".png", pixels)[1].tobytes()
    return read_scan(data, "screen.png", ScanOptions(crop=parse_crop(crop)))


@pytest.fixture
def pool(weights: Path) -> SegmenterPool:
    add_model(weights, "small")
    return SegmenterPool(read_cards(weights))


def test_a_cropped_scan_gives_what_the_crop_alone_gives(pool: SegmenterPool) -> None:
    whole = look_within(read(), pool.look_at).predict("small")
    assert np.array_equal(whole[AREA.window()], pool.predict("small", IMAGE))
    around = whole.copy()
    around[AREA.window()] = 0
    assert not around.any()


def test_a_scan_without_a_crop_is_looked_at_as_it_is(pool: SegmenterPool) -> None:
    scan = read("none")
    whole = look_within(scan, pool.look_at).predict("small")
    assert np.array_equal(whole, pool.predict("small", scan.pixels))


def test_boxes_of_a_detector_stand_in_the_whole_pictures_frame(pool: SegmenterPool) -> None:
    staged = TwoStage(pool, lambda: FixedDetector(Box(20, 10, 50, 40), padding=0.1))
    scan = read()
    found = locate_within(scan, staged)
    assert found.detections[0].box == Box(50, 30, 80, 60)
    once, again = look_in_two_stages(scan, staged), look_in_two_stages(scan, staged, found)
    assert once.localisation == again.localisation == found
    alone = staged.look_at(IMAGE).predict("small")
    for predictions in (once, again):
        assert np.array_equal(predictions.predict("small")[AREA.window()], alone)


def test_a_heat_map_lies_over_the_scan_area(pool: SegmenterPool) -> None:
    look = look_within_scan(pool, "small", read(), "entropy")
    assert look.values.shape == (120, 160)
    assert look.values[AREA.window()].any()
    assert not look.values[:20].any()


def test_a_receipt_keeps_the_crop_and_replays_it(pool: SegmenterPool) -> None:
    result, _ = segment(read(), "small", pool)
    receipt = read_receipt(json.dumps(write_receipt(read(), result, Choice(100))))
    assert receipt["input"]["crop"] == "30,20,80,60"
    assert crop_of(receipt) == AREA
    assert replay(receipt, read(), pool) == []
    assert replay(receipt, read("none"), pool) == [
        "The receipt's crop is 30,20,80,60, the image was read with none."
    ]


def test_a_copy_is_looked_for_in_the_scan_area() -> None:
    asked = []

    class Noted:
        def find_copies(self, image: np.ndarray) -> list[object]:
            asked.append(image)
            return []

        def __len__(self) -> int:
            return 1

    look_among(Noted(), read())  # type: ignore[arg-type]
    assert np.array_equal(asked[0], IMAGE)
