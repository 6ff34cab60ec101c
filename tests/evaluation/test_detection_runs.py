from pathlib import Path

import numpy as np
import pytest
from tiny_world import write_dataset

from busdemo.evaluation.datasets import Case, read_index
from busdemo.evaluation.detection import measure_detection, run_detector
from busdemo.imaging.arrays import GreyImage
from busdemo.imaging.boxes import Box, boxes_of, stack
from busdemo.inference.detector import Tuning
from busdemo.scoring.detection import FoundBoxes

ROWS = [
    ("a1", "A", "test", "benign"),
    ("a2", "A", "test", "malignant"),
    ("b1", "B", "test", "benign"),
    ("b2", "B", "test", "normal"),
]


class Oracle:
    """Knows the lesions of some cases, and draws a box around all of a normal image."""

    name = sha256 = "oracle"
    tuning = Tuning(0.5, 0.5, 0.2)

    def __init__(self, cases: list[Case], score: float = 0.9) -> None:
        self.score = score
        self.known = {}
        for case in cases:
            image, mask = case.read()
            height, width = mask.shape
            self.known[image.tobytes()] = boxes_of(mask) or [Box.whole((width, height))]

    def propose(self, image: GreyImage) -> FoundBoxes:
        boxes = self.known[image.tobytes()]
        return FoundBoxes(stack(boxes) + np.array([0, 0, 1, 0]), np.full(len(boxes), self.score))


@pytest.fixture
def cases(tmp_path: Path) -> list[Case]:
    return read_index(write_dataset(tmp_path, ROWS), "test")  # type: ignore[arg-type]


def test_results_stand_by_set_and_together(cases: list[Case]) -> None:
    results = measure_detection(run_detector(Oracle(cases), cases), cut_off=0.5)
    assert set(results["map50"]) == {"A", "B", "all sets"}
    assert results["map50"]["all sets"].n == 3
    assert results["map50_with_normals"]["all sets"].n == 4
    assert results["map50"]["A"].value >= results["map50_95"]["A"].value > 0
    assert results["found"]["all sets"].value == 1


def test_normal_images_are_counted_by_whether_they_have_a_box(cases: list[Case]) -> None:
    run = run_detector(Oracle(cases, 0.6), cases)
    assert measure_detection(run, cut_off=0.5)["false_boxes"]["B"].value == 1
    quiet = measure_detection(run, cut_off=0.7)
    assert quiet["false_boxes"]["B"].value == 0
    assert quiet["found"]["all sets"].value == 0


def test_a_set_without_normal_images_has_no_share_of_them(cases: list[Case]) -> None:
    results = measure_detection(run_detector(Oracle(cases), cases), cut_off=0.5)
    assert "A" not in results["false_boxes"]
