import pytest
import torch
from torch import Tensor

from busdemo.training.detector.losses import (
    assign_places,
    boxes_of_numbers,
    detection_loss,
    varifocal_loss,
)


def numbered(*boxes: tuple[int, int, int, int], side: int = 64) -> Tensor:
    lesions = torch.zeros(1, 1, side, side, dtype=torch.uint8)
    for number, (left, top, right, bottom) in enumerate(boxes, start=1):
        lesions[0, 0, top:bottom, left:right] = number
    return lesions


def answer(box: tuple[int, int, int, int], certainty: float, side: int = 64) -> Tensor:
    """A detector's output that says this box wherever it can, and is sure of it in its middle."""
    places = side // 8
    middle = (torch.arange(places) + 0.5) * 8
    y, x = torch.meshgrid(middle, middle, indexing="ij")
    left, top, right, bottom = box
    sides = torch.stack([x - left, y - top, right - x, bottom - y])
    central = (x - (left + right) / 2).abs() <= (right - left) / 4
    central &= (y - (top + bottom) / 2).abs() <= (bottom - top) / 4
    score = torch.where(central, certainty, -certainty)
    return torch.cat([score[None], sides.clamp(min=0.1)])[None]


def test_numbers_become_boxes() -> None:
    lesions = numbered((3, 5, 20, 30), (40, 40, 50, 44))
    assert boxes_of_numbers(lesions[0, 0]).tolist() == [[3, 5, 20, 30], [40, 40, 50, 44]]
    assert boxes_of_numbers(torch.zeros(8, 8, dtype=torch.uint8)).shape == (0, 4)


def test_the_middle_of_a_lesion_learns_it() -> None:
    places, which = assign_places(torch.tensor([[0.0, 0, 32, 32]]), (8, 8))
    assert places.tolist() == [9, 10, 17, 18]
    assert which.tolist() == [0] * 4


@pytest.mark.parametrize("corner", [(1, 1), (30, 21), (59, 62)])
def test_the_smallest_lesion_has_a_place(corner: tuple[int, int]) -> None:
    x, y = corner
    places, _ = assign_places(torch.tensor([[x, y, x + 2, y + 2]]).float(), (8, 8))
    assert len(places) >= 1


def test_of_two_lesions_at_one_place_the_smaller_has_it() -> None:
    lesions = torch.tensor([[24.0, 24, 40, 40], [0, 0, 64, 64]])
    places, which = assign_places(lesions, (8, 8))
    assert set(which[torch.isin(places, torch.tensor([27, 28, 35, 36]))].tolist()) == {0}
    assert 1 in which.tolist()


def test_a_right_answer_costs_little_and_a_wrong_one_more() -> None:
    lesion = (16, 16, 48, 48)
    right = detection_loss(answer(lesion, 6), numbered(lesion))
    unsure = detection_loss(answer(lesion, 0), numbered(lesion))
    elsewhere = detection_loss(answer((0, 0, 24, 24), 6), numbered(lesion))
    assert right < unsure < elsewhere


def test_a_normal_image_costs_what_is_wrongly_found_in_it() -> None:
    nothing, output = numbered(), answer((8, 8, 40, 40), 3)
    loud = detection_loss(output, nothing)
    output[:, 0] = -9
    quiet = detection_loss(output, nothing)
    assert 0 <= quiet < loud
    assert torch.isfinite(loud)


def test_the_loss_is_varifocal() -> None:
    scores, targets = torch.tensor([0.3, -1.2]), torch.tensor([0.8, 0.0])
    p = scores.sigmoid()
    expected = -0.8 * (0.8 * p[0].log() + 0.2 * (1 - p[0]).log())
    expected -= 0.75 * p[1] ** 2 * (1 - p[1]).log()
    assert varifocal_loss(scores, targets) == pytest.approx(float(expected))
