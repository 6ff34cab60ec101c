import numpy as np
import pytest
import torch
from torchvision.ops import box_iou, nms

from busdemo.imaging.boxes import (
    Box,
    boxes_of,
    overlap_boxes,
    pad_to_square,
    stack,
    suppress,
)


def random_boxes(count: int, seed: int = 0) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    rng = np.random.default_rng(seed)
    corners = rng.uniform(0, 60, (count, 2))
    return np.hstack([corners, corners + rng.uniform(1, 40, (count, 2))])


def test_every_connected_part_of_a_mask_has_a_box() -> None:
    mask = np.zeros((40, 60), bool)
    mask[3:9, 5:20] = True
    mask[20:40, 50:60] = True
    assert boxes_of(mask) == [Box(5, 3, 20, 9), Box(50, 20, 60, 40)]


def test_parts_that_touch_at_a_corner_are_one_lesion() -> None:
    mask = np.zeros((20, 20), bool)
    mask[:5, :5] = mask[5:10, 5:10] = True
    assert boxes_of(mask) == [Box(0, 0, 10, 10)]


def test_debris_of_drawing_has_no_box() -> None:
    mask = np.zeros((20, 20), bool)
    mask[::4, ::4] = True
    assert boxes_of(mask) == []
    assert len(boxes_of(mask, least_px=1)) == 25


def test_a_mask_of_numbers_is_refused() -> None:
    with pytest.raises(TypeError, match="bool"):
        boxes_of(np.zeros((4, 4), np.uint8))  # type: ignore[arg-type]


def test_overlaps_are_those_of_torchvision() -> None:
    first, second = random_boxes(20), random_boxes(30, seed=1)
    expected = box_iou(torch.from_numpy(first), torch.from_numpy(second)).numpy()
    assert np.allclose(overlap_boxes(first, second), expected)


def test_empty_boxes_overlap_nothing() -> None:
    empty = stack([Box(3, 3, 3, 3)])
    assert overlap_boxes(empty, empty) == 0
    assert overlap_boxes(stack([]), empty).shape == (0, 1)


@pytest.mark.parametrize("most_iou", [0.0, 0.3, 0.7])
def test_suppression_keeps_what_torchvision_keeps(most_iou: float) -> None:
    boxes, scores = random_boxes(60), np.random.default_rng(2).uniform(size=60)
    expected = nms(torch.from_numpy(boxes), torch.from_numpy(scores), most_iou).tolist()
    assert suppress(boxes, scores, most_iou) == expected


def test_a_crop_is_a_square_around_the_middle_of_the_box() -> None:
    assert pad_to_square(Box(40, 50, 60, 60), 0.5, (200, 100)) == Box(30, 35, 70, 75)


def test_a_crop_that_would_leave_the_image_is_moved_inside() -> None:
    assert pad_to_square(Box(0, 90, 20, 100), 0.5, (200, 100)) == Box(0, 60, 40, 100)


def test_a_crop_larger_than_the_image_is_cut_off_at_it() -> None:
    assert pad_to_square(Box(10, 10, 190, 90), 0.5, (200, 100)) == Box(0, 0, 200, 100)
    assert pad_to_square(Box(0, 0, 1, 1), 1.0, (1, 1)) == Box(0, 0, 1, 1)


def test_a_crops_window_cuts_it_out_of_an_image() -> None:
    image = np.arange(200).reshape(10, 20)
    assert np.array_equal(image[Box(3, 2, 8, 6).window()], image[2:6, 3:8])
