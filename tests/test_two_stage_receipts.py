"""Receipts in two stages: what they name, and replaying them."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from fixed_detector import FixedDetector
from pixels import read_pixels
from tiny_world import add_model, draw_scan

from busdemo.imaging.boxes import Box
from busdemo.imaging.images import read_scan
from busdemo.inference.segmenter import SegmenterPool
from busdemo.inference.two_stage import TwoStage, open_two_stage
from busdemo.inference.within import look_in_two_stages
from busdemo.workflows.receipts import read_receipt, replay, write_receipt
from busdemo.workflows.segmenting import Choice, segment, write_results
from busdemo.zoo.cards import read_cards

SCAN = read_scan(cv2.imencode(".png", draw_scan(4, (80, 60))[0])[1].tobytes(), "scan.png")
BOX = Box(20, 10, 50, 40)


@pytest.fixture
def pool(weights: Path) -> SegmenterPool:
    add_model(weights, "small")
    return SegmenterPool(read_cards(weights))


def staged(pool: SegmenterPool, *boxes: Box) -> TwoStage:
    detector = FixedDetector(*boxes, padding=0.1)
    return TwoStage(pool, lambda: detector)


def receipt_of(two: TwoStage) -> dict[str, Any]:
    result, _ = segment(SCAN, "small", two.pool, look_in_two_stages(SCAN, two))
    return read_receipt(json.dumps(write_receipt(SCAN, result, Choice(100))))


def test_a_receipt_names_the_detector_and_its_boxes(pool: SegmenterPool) -> None:
    assert receipt_of(staged(pool, BOX))["two_stage"] == {
        "detector": "fixed",
        "sha256": "f" * 64,
        "cut_off": 0.5,
        "padding": 0.1,
        "boxes": [[20, 10, 50, 40, 0.9]],
    }


def test_a_receipt_in_one_stage_names_no_detector(pool: SegmenterPool) -> None:
    result, _ = segment(SCAN, "small", pool)
    assert write_receipt(SCAN, result, Choice(100))["two_stage"] is None


@pytest.mark.parametrize("boxes", [(BOX,), (BOX, Box(0, 0, 30, 30)), ()])
def test_a_replayed_receipt_differs_in_nothing(pool: SegmenterPool, boxes: tuple[Box, ...]) -> None:
    two = staged(pool, *boxes)
    assert replay(receipt_of(two), SCAN, pool, two_stage=two) == []


def test_another_detector_is_told_of(pool: SegmenterPool) -> None:
    receipt = receipt_of(staged(pool, BOX))
    other = FixedDetector(BOX)
    other.sha256 = "e" * 64
    differences = replay(receipt, SCAN, pool, two_stage=TwoStage(pool, lambda: other))
    assert differences == [
        "The detector here is not the one the receipt names (its sha256 differs)."
    ]


def test_other_boxes_are_told_of(pool: SegmenterPool) -> None:
    receipt = receipt_of(staged(pool, BOX))
    differences = replay(receipt, SCAN, pool, two_stage=staged(pool, Box(0, 0, 30, 30)))
    assert "The boxes differ." in differences


def test_without_a_detector_the_reason_is_given(pool: SegmenterPool, weights: Path) -> None:
    receipt = receipt_of(staged(pool, BOX))
    assert replay(receipt, SCAN, pool) == [
        "The receipt is one in two stages, and there is no detector here."
    ]
    missing = open_two_stage(pool, weights)
    assert replay(receipt, SCAN, pool, two_stage=missing) == [
        "The receipt is one in two stages. There is no detector in the zoo."
    ]


def test_a_tables_row_counts_the_boxes(pool: SegmenterPool, tmp_path: Path) -> None:
    two = staged(pool, BOX)
    results = segment(SCAN, "small", pool, look_in_two_stages(SCAN, two))
    prefix = tmp_path / "scan"
    row, _ = write_results(SCAN, *results, reference=None, choice=Choice(), prefix=prefix)
    assert (row["boxes"], row["detector_sha256"]) == (1, "f" * 64)
    mask = read_pixels(tmp_path / "scan-mask.png")
    assert np.count_nonzero(mask[45:]) == 0
