import numpy as np
import pytest
from blobs import draw_blobs, draw_specks, one_pixel
from scipy import ndimage

from busdemo.imaging.components import find_components

EIGHT = np.ones((3, 3))


@pytest.mark.parametrize("seed", range(6))
def test_lesions_are_scipys_eight_connected_regions_by_size_and_then_by_place(seed: int) -> None:
    mask = draw_blobs(seed) >= 130
    found = find_components(mask)
    labels, n = ndimage.label(mask, EIGHT)
    assert found.n == n > 3
    keys = []
    for number in range(1, n + 1):
        pixels = found.labels == number
        assert len(np.unique(labels[pixels])) == 1, "one region a number"
        assert np.count_nonzero(labels == labels[pixels][0]) == found.areas[number - 1]
        keys.append((-np.count_nonzero(pixels), int(np.flatnonzero(pixels)[0])))
        x, y, width, height = found.boxes[number - 1]
        assert np.array_equal(found.mask(number), pixels[y : y + height, x : x + width])
        assert np.count_nonzero(found.mask(number)) == found.areas[number - 1]
    assert keys == sorted(keys)
    assert ((found.labels > 0) == mask).all()


def test_an_empty_mask_has_no_lesion_and_a_single_pixel_is_one() -> None:
    assert find_components(np.zeros((4, 5), np.bool_)).n == 0
    one = find_components(one_pixel())
    assert (one.n, one.areas.tolist(), one.boxes.tolist()) == (1, [1], [[7, 5, 1, 1]])


def test_specks_are_counted_one_by_one() -> None:
    assert find_components(draw_specks()).n == 501


def test_what_is_no_mask_is_refused() -> None:
    with pytest.raises(TypeError, match="A mask is bool"):
        find_components(np.zeros((4, 5), np.uint8))  # type: ignore[arg-type]


def test_a_mask_without_pixels_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one pixel"):
        find_components(np.zeros((0, 0), np.bool_))
