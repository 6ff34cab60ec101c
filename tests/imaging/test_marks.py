import cv2
import numpy as np
import pytest
from tiny_world import draw_scan

from busdemo.imaging.arrays import GreyImage
from busdemo.imaging.marks import find_marks, paint_out

SIZE = (360, 280)


def tissue(size_wh: tuple[int, int] = SIZE) -> GreyImage:
    """Soft speckle without anything drawn into it."""
    image, _ = draw_scan(4, size_wh)
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 2) // 2, np.uint8)


def draw_cross(image: GreyImage, x: int, y: int, arm: int = 5) -> None:
    image[y, x - arm : x + arm + 1] = 240
    image[y - arm : y + arm + 1, x] = 240


def test_tissue_has_no_marks() -> None:
    marks = find_marks(tissue())
    assert not marks
    assert not marks.pixels.any()


def test_calipers_are_found_where_they_were_drawn() -> None:
    image = tissue()
    for x, y in ((60, 50), (200, 130)):
        draw_cross(image, x, y)
    marks = find_marks(image)
    assert (marks.calipers, marks.texts) == (2, 0)
    assert marks.pixels[50, 60]
    assert marks.pixels[130, 200]
    assert marks.pixels.mean() < 0.01


def test_a_row_of_text_is_found() -> None:
    image = tissue()
    cv2.putText(image, "RIGHT 12 H", (40, 200), cv2.FONT_HERSHEY_SIMPLEX, 0.4, 235, 1)
    marks = find_marks(image)
    assert marks.texts == 1
    assert marks.pixels[190:202, 38:130].any()


def test_a_bright_line_through_tissue_is_no_text() -> None:
    image = tissue()
    cv2.line(image, (20, 90), (330, 96), 230, 3)
    assert not find_marks(image)


def test_painting_out_leaves_all_other_pixels_as_they_were() -> None:
    image, clean = tissue(), tissue()
    draw_cross(image, 60, 50)
    marks = find_marks(image)
    painted = paint_out(image, marks)
    assert np.array_equal(painted[~marks.pixels], image[~marks.pixels])
    assert np.abs(painted.astype(int) - clean).max() < 40
    assert not find_marks(painted)


def test_marks_are_found_in_a_large_image_at_its_own_size() -> None:
    image = cv2.resize(tissue(), (1440, 1120), interpolation=cv2.INTER_CUBIC)
    cv2.line(image, (380, 400), (420, 400), 240, 4)
    cv2.line(image, (400, 380), (400, 420), 240, 4)
    marks = find_marks(np.asarray(image, np.uint8))
    assert marks.calipers == 1
    assert marks.pixels.shape == (1120, 1440)
    assert marks.pixels[400, 400]


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (5, 3)])
@pytest.mark.parametrize("value", [0, 255])
def test_empty_images_of_any_size_have_no_marks(shape: tuple[int, int], value: int) -> None:
    assert not find_marks(np.full(shape, value, np.uint8))
