import itertools
from typing import Any

import cv2
import numpy as np
import pytest
from blobs import draw_blobs, draw_specks, one_pixel
from scipy import ndimage

from busdemo.imaging.arrays import Mask
from busdemo.imaging.components import find_components
from busdemo.imaging.morphology import (
    build_disc,
    close_mask,
    fill_holes,
    open_mask,
    smooth_mask,
)
from busdemo.imaging.post_processing import PostProcessing
from busdemo.imaging.spacing import read_spacing

ALL_STEPS = PostProcessing("largest", 30, True, 2, 3, 2)


def neighbours(shape: tuple[int, ...], y: int, x: int, radius: int) -> list[tuple[int, int]]:
    """The disc's pixels inside the image, by its definition."""
    reach = range(-radius, radius + 1)
    return [
        (y + dy, x + dx)
        for dy, dx in itertools.product(reach, reach)
        if dx * dx + dy * dy <= radius * radius + radius
        and 0 <= y + dy < shape[0]
        and 0 <= x + dx < shape[1]
    ]


def by_definition(mask: Mask, radius: int, step: str) -> Mask:
    """Opening, closing and smoothing pixel by pixel: the slow oracle."""
    around = {
        (y, x): neighbours(mask.shape, y, x, radius)
        for y, x in itertools.product(*map(range, mask.shape))
    }

    def each(kept: Mask, rule: Any) -> Mask:
        values = [rule([kept[place] for place in places]) for places in around.values()]
        return np.array(values, np.bool_).reshape(mask.shape)

    if step == "smooth":
        return each(mask, lambda lit: 2 * sum(lit) > len(lit))
    return each(each(mask, all), any) if step == "open" else each(each(mask, any), all)


@pytest.mark.parametrize("radius", [1, 2, 4])
@pytest.mark.parametrize(
    ("step", "function"), [("open", open_mask), ("close", close_mask), ("smooth", smooth_mask)]
)
def test_discs_open_close_and_smooth_as_their_definition_says(
    step: str, function: Any, radius: int
) -> None:
    mask = draw_blobs(radius, (30, 24)) >= 105
    rim = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    assert rim.any(), "contact with the border is part of the test"
    assert np.array_equal(function(mask, radius), by_definition(mask, radius, step))


def test_a_disc_holds_what_is_closer_than_its_radius_and_a_half() -> None:
    assert build_disc(1).all()
    assert build_disc(2).sum() == 21
    for radius in range(1, 21):
        y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
        assert np.array_equal(build_disc(radius), np.hypot(x, y) < radius + 0.5)


@pytest.mark.parametrize("seed", range(5))
def test_holes_are_scipys_and_one_that_is_open_to_the_border_stays(seed: int) -> None:
    mask = draw_blobs(seed) >= 90
    assert np.array_equal(fill_holes(mask), ndimage.binary_fill_holes(mask))
    ring = np.zeros((9, 9), np.bool_)
    ring[0:7, 1:7], ring[0:5, 3:5] = True, False
    assert np.array_equal(fill_holes(ring), ring)
    ring[0, 1:7] = True
    assert fill_holes(ring)[1:5, 3:5].all()


@pytest.mark.parametrize("seed", range(8))
def test_the_steps_together_are_the_steps_one_after_another_over_the_whole_image(
    seed: int,
) -> None:
    mask = draw_blobs(seed, (70, 50)) >= 115 + 10 * (seed % 5)
    steps = PostProcessing("all", 6, True, 1 + seed % 3, 2, 1 + seed % 4)
    labels, _ = ndimage.label(mask, np.ones((3, 3)))
    sizes = np.bincount(labels.ravel())
    expected = mask & (sizes >= 6)[labels]
    expected = ndimage.binary_fill_holes(expected)
    expected = open_mask(expected, 1 + seed % 3)
    expected = smooth_mask(close_mask(expected, 2), 1 + seed % 4)
    assert np.array_equal(steps.apply(mask), expected)


def test_without_a_step_the_mask_stays_and_an_empty_one_stays_empty() -> None:
    mask = draw_blobs(3) >= 100
    same = PostProcessing().apply(mask)
    assert np.array_equal(same, mask)
    assert same is not mask
    assert not ALL_STEPS.apply(np.zeros((12, 10), np.bool_)).any()
    assert ALL_STEPS.apply(np.ones((12, 10), np.bool_)).all()


def test_of_equally_large_lesions_the_topmost_leftmost_is_kept() -> None:
    mask = np.zeros((12, 20), np.bool_)
    mask[5:7, 1:3] = mask[2:4, 14:16] = mask[2:4, 8:10] = True
    kept = PostProcessing(keep="largest").apply(mask)
    assert np.array_equal(np.argwhere(kept)[0], (2, 8))
    assert kept.sum() == 4


def test_specks_go_and_the_lesion_with_its_hole_filled_stays() -> None:
    specks = draw_specks()
    kept = PostProcessing(smallest_px=2, fill_holes=True).apply(specks)
    assert find_components(kept).n == 1
    assert kept[96, 80]
    assert not PostProcessing(smallest_px=2).apply(one_pixel()).any()
    assert PostProcessing(smallest_px=1).apply(one_pixel()).sum() == 1


def test_a_large_disc_agrees_with_opencv() -> None:
    mask = draw_blobs(4, (200, 160)) >= 105
    disc = build_disc(12).astype(np.uint8)
    opened = cv2.dilate(cv2.erode(mask.astype(np.uint8), disc), disc) > 0
    assert np.array_equal(PostProcessing(opening_px=12).apply(mask), opened)


def test_post_processing_survives_json_and_its_own_words() -> None:
    for steps in (PostProcessing(), ALL_STEPS, PostProcessing(fill_holes=True, smoothing_px=4)):
        assert PostProcessing.of(steps.as_settings()) == steps
        assert PostProcessing.parse(str(steps)) == steps
    assert str(ALL_STEPS) == "largest,above=30,fill,open=2,close=3,smooth=2"
    assert str(PostProcessing()) == "none"
    assert PostProcessing.parse(" Largest , fill") == PostProcessing("largest", fill_holes=True)
    assert PostProcessing.of({}).is_none


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"smallest_px": -1}, "The smallest lesion is a whole number of px from 0 to 1,000,000"),
        ({"opening_px": 21}, "radius of opening is a whole number of px from 0 to 20, not 21"),
        ({"closing_px": 1.5}, "radius of closing is a whole number"),
        ({"smoothing_px": "3"}, "radius of smoothing is a whole number"),
        ({"smoothing_px": True}, "radius of smoothing is a whole number"),
        ({"keep": "some"}, "Keep is all or largest, not 'some'"),
        ({"fill_holes": 1}, "Filling holes is either on or off"),
        ({"blur_px": 1}, "There is no step 'blur_px'"),
        ([1], "is not a list of named steps"),
    ],
)
def test_settings_out_of_bounds_are_refused_with_a_sentence(settings: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence) as refusal:
        PostProcessing.of(settings)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("text", ["smallest", "above", "fill=3", "open=-1", "close=x", "smooth=²"])
def test_words_that_name_no_step_are_refused_with_those_that_do(text: str) -> None:
    with pytest.raises(ValueError, match=r"There is no step .*; known: none, largest, above=N"):
        PostProcessing.parse(text)


@pytest.mark.parametrize("value", [0, -0.1, "0", "far", "", None, 11, "nan", "inf", "1e999", [1]])
def test_an_impossible_spacing_is_refused_with_a_sentence(value: object) -> None:
    with pytest.raises(ValueError, match=r"pixel spacing is from 0\.001 to 10 mm per px, not"):
        read_spacing(value)


def test_a_spacing_is_read_from_a_number_or_its_text() -> None:
    assert read_spacing(" 0.08 ") == read_spacing(0.08) == 0.08
