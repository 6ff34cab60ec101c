import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from PIL import Image

from busdemo.imaging.arrays import GreyImage, Mask
from busdemo.views.pictures import ALONE, EXTRA, HIT, MISSED, Style, draw_overlay, encode_png

SHAPE = (7, 9)
GREYS = hnp.arrays(np.uint8, SHAPE)
MASKS = hnp.arrays(np.bool_, SHAPE)
IMAGE = np.arange(63, dtype=np.uint8).reshape(SHAPE) * np.uint8(4)


def is_edge(mask: Mask, y: int, x: int) -> bool:
    """Has a mask's pixel a neighbour, left, right, above or below, that is not in the mask?"""
    around = [(y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)]
    inside = [(r, c) for r, c in around if 0 <= r < SHAPE[0] and 0 <= c < SHAPE[1]]
    return bool(mask[y, x]) and not all(mask[place] for place in inside)


def colour_of(mask: Mask, reference: Mask | None, y: int, x: int) -> tuple[int, int, int]:
    if reference is None:
        return ALONE
    return HIT if mask[y, x] and reference[y, x] else EXTRA if mask[y, x] else MISSED


@given(GREYS, MASKS, st.none() | MASKS, st.sampled_from(["fill", "outline"]), st.floats(0, 1))
def test_every_pixel_has_the_colour_of_its_class(
    image: GreyImage, mask: Mask, reference: Mask | None, style: Style, opacity: float
) -> None:
    picture = draw_overlay(image, mask, reference, style=style, opacity=opacity)
    truth = mask if reference is None else reference
    for y, x in np.ndindex(SHAPE):
        grey, weight = int(image[y, x]), opacity
        painted = bool(mask[y, x] or truth[y, x])
        if style == "outline":
            weight, painted = 1.0, is_edge(mask, y, x) or is_edge(truth, y, x)
        expected = [grey] * 3
        if painted:
            colour = colour_of(mask, reference, y, x)
            expected = [int(np.floor(grey + weight * (c - grey) + 0.5)) for c in colour]
        assert picture[y, x].tolist() == expected


@given(GREYS, MASKS)
def test_switched_off_the_scan_is_left_as_it_is(image: GreyImage, mask: Mask) -> None:
    picture = draw_overlay(image, mask, ~mask, style="off")
    assert np.array_equal(picture, np.dstack([image] * 3))


def test_a_mask_over_all_of_the_image_has_no_edge() -> None:
    picture = draw_overlay(IMAGE, np.ones(SHAPE, np.bool_), None, style="outline")
    assert np.array_equal(picture, np.dstack([IMAGE] * 3))


@pytest.mark.parametrize("opacity", [0.0, 1.0])
def test_opacity_runs_from_the_scan_to_the_plain_colour(opacity: float) -> None:
    mask = np.ones(SHAPE, np.bool_)
    picture = draw_overlay(IMAGE, mask, mask, opacity=opacity)
    expected = np.full((*SHAPE, 3), HIT, np.uint8) if opacity else np.dstack([IMAGE] * 3)
    assert np.array_equal(picture, expected)


def test_drawing_changes_none_of_its_inputs() -> None:
    image, mask = IMAGE.copy(), IMAGE > 100
    draw_overlay(image, mask, ~mask)
    assert np.array_equal(image, IMAGE)
    assert np.array_equal(mask, IMAGE > 100)


def test_sizes_that_differ_are_refused() -> None:
    mask = np.zeros(SHAPE, np.bool_)
    with pytest.raises(ValueError, match="9x7 px"):
        draw_overlay(IMAGE[:5], mask, None)
    with pytest.raises(ValueError, match="9x7 px"):
        draw_overlay(IMAGE, mask, mask[:5])


@pytest.mark.parametrize(
    "pixels",
    [
        IMAGE,
        np.dstack([IMAGE, IMAGE[::-1], 255 - IMAGE]),
        IMAGE.astype(np.uint16) * np.uint16(260),
    ],
    ids=["grey", "RGB", "16-bit grey"],
)
def test_a_png_gives_back_the_pixels_in_pillow(
    pixels: NDArray[np.uint8] | NDArray[np.uint16],
) -> None:
    png = encode_png(pixels)
    assert isinstance(png, bytes)
    with Image.open(io.BytesIO(png)) as image:
        assert image.format == "PNG"
        assert np.array_equal(np.asarray(image), pixels)
