"""Average precision against the published evaluation, pycocotools."""

from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from busdemo.imaging.boxes import BoxArray
from busdemo.scoring.detection import FoundBoxes, average_precision, match_boxes

Image = tuple[FoundBoxes, BoxArray]


def draw_images(seed: int, images: int, most_found: int = 6) -> list[Image]:
    """Images with 0 to 3 lesions; boxes are lesions moved a little, and some false alarms."""
    rng = np.random.default_rng(seed)

    def draw() -> Image:
        corners = rng.uniform(0, 80, (int(rng.integers(0, 4)), 2))
        true = np.hstack([corners, corners + rng.uniform(8, 60, corners.shape)])
        moved = np.repeat(true, 2, axis=0) + rng.normal(0, 4, (2 * len(true), 4))
        corners = rng.uniform(0, 80, (int(rng.integers(0, most_found)), 2))
        false = np.hstack([corners, corners + rng.uniform(8, 60, corners.shape)])
        boxes = np.vstack([moved, false])
        boxes[:, 2:] = np.maximum(boxes[:, 2:], boxes[:, :2] + 1)
        # Few different scores, so that equal ones happen too.
        scores = rng.integers(1, 40, len(boxes)) / 40
        return FoundBoxes(boxes, scores), true

    return [draw() for _ in range(images)]


def evaluate_with_coco(images: list[Image]) -> tuple[float, float]:
    """mAP@50:95 and mAP@50 of the published evaluation."""

    def to_xywh(box: Any) -> list[float]:
        return [box[0], box[1], box[2] - box[0], box[3] - box[1]]

    true = [(i, to_xywh(box)) for i, (_, boxes) in enumerate(images) for box in boxes]
    found = [
        {"image_id": i, "category_id": 1, "bbox": to_xywh(box), "score": float(score)}
        for i, (found, _) in enumerate(images)
        for box, score in zip(found.boxes, found.scores, strict=True)
    ]
    facts = {"iscrowd": 0, "category_id": 1}
    with redirect_stdout(StringIO()):
        truth = COCO()
        truth.dataset = {
            "info": {},
            "images": [{"id": i} for i in range(len(images))],
            "categories": [{"id": 1, "name": "lesion"}],
            "annotations": [
                {**facts, "id": n, "image_id": i, "bbox": box, "area": box[2] * box[3]}
                for n, (i, box) in enumerate(true, start=1)
            ],
        }
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(found), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return float(evaluation.stats[0]), float(evaluation.stats[1])


@pytest.mark.parametrize("seed", range(4))
def test_precisions_are_those_of_the_published_evaluation(seed: int) -> None:
    images = draw_images(seed, images=40)
    precisions = average_precision([match_boxes(*image) for image in images])
    assert precisions.shape == (10,)
    assert (precisions.mean(), precisions[0]) == pytest.approx(evaluate_with_coco(images), abs=1e-9)


def test_of_more_than_100_boxes_the_100_best_count() -> None:
    images = draw_images(7, images=6, most_found=250)
    precisions = average_precision([match_boxes(*image) for image in images])
    assert max(len(found.boxes) for found, _ in images) > 100
    assert precisions.mean() == pytest.approx(evaluate_with_coco(images)[0], abs=1e-9)


def test_a_detector_that_finds_everything_has_precision_1() -> None:
    true = np.array([[1.0, 2, 30, 40], [50, 2, 90, 40]])
    found = FoundBoxes(true, np.array([0.9, 0.2]))
    assert average_precision([match_boxes(found, true)]).tolist() == [1.0] * 10


def test_a_detector_that_finds_nothing_has_precision_0() -> None:
    nothing = FoundBoxes(np.zeros((0, 4)), np.zeros(0))
    assert average_precision([match_boxes(nothing, np.array([[1.0, 2, 30, 40]]))]).max() == 0


def test_without_lesions_there_is_no_precision() -> None:
    found = FoundBoxes(np.array([[1.0, 2, 30, 40]]), np.array([0.9]))
    assert np.isnan(average_precision([match_boxes(found, np.zeros((0, 4)))])).all()


def test_a_second_box_on_the_same_lesion_is_a_false_one() -> None:
    true = np.array([[0.0, 0, 10, 10]])
    found = FoundBoxes(np.vstack([true, true]), np.array([0.5, 0.6]))
    assert match_boxes(found, true).hits[0].tolist() == [True, False]
