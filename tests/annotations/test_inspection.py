import numpy as np
import pytest

from busdemo.annotations.inspection import inspect_mask
from busdemo.imaging.arrays import Mask


def box(top: int, bottom: int, left: int, right: int) -> Mask:
    mask = np.zeros((50, 100), np.bool_)
    mask[top:bottom, left:right] = True
    return mask


def test_a_plain_lesion_has_a_share_and_is_one() -> None:
    assert inspect_mask(box(10, 20, 30, 60)) == [
        "Marks 6.0 % of the image (300 px).",
        "One lesion.",
    ]


@pytest.mark.parametrize(
    ("pixels", "told"), [(499, "10.0 %"), (501, "10 %"), (1, "under 0.1 %"), (4999, "over 99 %")]
)
def test_a_share_is_no_power_of_ten_and_never_nothing_or_all(pixels: int, told: str) -> None:
    mask = (np.arange(5000) < pixels).reshape(50, 100)
    assert inspect_mask(mask)[0] == f"Marks {told} of the image ({pixels:,} px)."


def test_an_empty_mask_marks_nothing() -> None:
    assert inspect_mask(box(0, 0, 0, 0)) == ["Marks nothing."]


def test_several_lesions_and_specks_are_counted() -> None:
    mask = box(10, 20, 30, 60) | box(30, 40, 10, 20) | box(45, 46, 90, 92)
    assert "3 separate lesions, the largest with 75 % of the pixels; 1 of under 10 px." in (
        inspect_mask(mask)
    )


def test_lesions_that_touch_by_a_corner_are_one_and_enclose_a_hole() -> None:
    ring = np.zeros((50, 100), np.bool_)
    ring[10:13, 10:13] = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]])
    assert inspect_mask(ring)[1:] == ["One lesion.", "1 hole (1 px)."]


def test_holes_are_counted_and_bays_at_the_border_are_none() -> None:
    mask = box(0, 30, 30, 90) & ~box(0, 5, 40, 50)
    assert inspect_mask(mask)[1:] == ["One lesion.", "Touches the image's border (top)."]
    mask &= ~(box(10, 12, 40, 42) | box(20, 21, 40, 43))
    assert "2 holes (7 px)." in inspect_mask(mask)


def test_every_side_that_is_touched_is_named() -> None:
    assert "Touches the image's border (top, right, bottom, left)." in (
        inspect_mask(np.ones((5, 5), np.bool_))
    )


def test_what_is_no_mask_is_refused() -> None:
    with pytest.raises(TypeError, match="bool, got uint8"):
        inspect_mask(np.zeros((5, 5), np.uint8))  # type: ignore[arg-type]
