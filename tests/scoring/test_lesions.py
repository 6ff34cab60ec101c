import itertools
import math

import numpy as np
import pytest
from blobs import draw_blobs, draw_specks, one_pixel

from busdemo.imaging.components import find_components
from busdemo.scoring.lesions import measure_lesions


def corners_of(mask: np.ndarray) -> list[tuple[int, int]]:  # type: ignore[type-arg]
    offsets = [(0, 0), (0, 1), (1, 0), (1, 1)]
    return sorted({(int(x) + i, int(y) + j) for y, x in np.argwhere(mask) for i, j in offsets})


@pytest.mark.parametrize("seed", range(5))
def test_every_number_is_that_of_its_definition_over_all_corners_and_pixels(seed: int) -> None:
    levels = draw_blobs(seed, (60, 44))
    mask = levels >= 150
    labels = find_components(mask).labels
    lesions = measure_lesions(mask, levels)
    assert [lesion.number for lesion in lesions] == list(range(1, labels.max() + 1))
    for lesion in lesions:
        pixels = labels == lesion.number
        corners = corners_of(pixels)
        pairs = list(itertools.combinations(corners, 2))
        longest = max(math.dist(*pair) for pair in pairs)
        assert lesion.longest_px == pytest.approx(longest, rel=1e-12)
        (x1, y1), (x2, y2) = lesion.longest_ends
        assert math.dist((x1, y1), (x2, y2)) == lesion.longest_px
        across = [((y2 - y1) * x - (x2 - x1) * y) / longest for x, y in corners]
        assert lesion.perpendicular_px == pytest.approx(max(across) - min(across))
        rows, columns = np.nonzero(pixels)
        assert lesion.area_px == len(rows)
        assert lesion.centre_xy == pytest.approx((columns.mean(), rows.mean()))
        assert lesion.depth_to_width == (np.ptp(rows) + 1) / (np.ptp(columns) + 1)
        assert lesion.mean_probability == pytest.approx((levels[pixels] / 200).mean())


def test_of_equally_long_diameters_the_one_that_begins_first_is_named() -> None:
    square = np.zeros((9, 9), np.bool_)
    square[2:6, 3:7] = True
    (lesion,) = measure_lesions(square)
    assert lesion.longest_ends == ((3, 2), (7, 6))
    assert lesion.longest_px == math.sqrt(32)
    assert lesion.perpendicular_px == pytest.approx(math.sqrt(32))


def test_a_bar_is_as_long_as_its_pixels_reach() -> None:
    bar = np.zeros((12, 20), np.bool_)
    bar[4:7, 2:14] = True
    (lesion,) = measure_lesions(bar)
    assert lesion.longest_px == math.sqrt(12**2 + 3**2)
    assert lesion.depth_to_width == 3 / 12
    assert lesion.mean_probability is None


def test_a_single_pixel_five_hundred_specks_and_nothing_are_measured_too() -> None:
    (one,) = measure_lesions(one_pixel())
    assert (one.area_px, one.longest_px) == (1, math.sqrt(2))
    assert one.perpendicular_px == pytest.approx(math.sqrt(2))
    assert (one.depth_to_width, one.centre_xy) == (1, (7, 5))
    assert len(measure_lesions(draw_specks())) == 501
    assert measure_lesions(np.zeros((3, 4), np.bool_)) == []


def test_a_lesion_that_fills_the_image_is_measured_to_its_corners() -> None:
    (lesion,) = measure_lesions(np.ones((30, 40), np.bool_))
    assert lesion.longest_px == 50
    assert lesion.longest_ends == ((0, 0), (40, 30))


def test_of_equal_diameters_the_one_that_begins_uppermost_is_drawn() -> None:
    plus = np.zeros((3, 3), np.bool_)
    plus[1], plus[:, 1] = True, True
    (lesion,) = measure_lesions(plus)
    assert lesion.longest_px == pytest.approx(math.sqrt(10))
    assert lesion.longest_ends == ((1, 0), (2, 3))
