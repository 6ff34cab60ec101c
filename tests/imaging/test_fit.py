import re

import cv2
import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from busdemo.imaging.arrays import ProbabilityMap
from busdemo.imaging.fit import Fit, ResizeRule

RNG = np.random.default_rng(3)
SIDES = st.integers(1, 400)
SIZES = st.tuples(SIDES, SIDES)
INPUTS = st.tuples(st.integers(8, 96), st.integers(8, 96))
RULES = st.sampled_from(["stretch", "letterbox"])


def probabilities(size_wh: tuple[int, int]) -> ProbabilityMap:
    return RNG.random(size_wh[::-1], np.float32)


def centroid(weights: NDArray[np.generic]) -> NDArray[np.float64]:
    """(x, y) of the centre of mass, pixel centres at whole numbers."""
    values = weights.astype(np.float64)
    y, x = np.indices(values.shape)
    total = values.sum()
    return np.array([(values * x).sum() / total, (values * y).sum() / total])


@settings(deadline=None)
@given(SIZES, INPUTS, RULES)
@example((1, 1), (64, 64), "letterbox")
@example((1, 400), (64, 64), "letterbox")
@example((400, 1), (64, 64), "stretch")
@example((3000, 20), (256, 256), "letterbox")
@example((3000, 20), (256, 256), "stretch")
@example((20, 3000), (256, 192), "letterbox")
def test_sizes_are_the_networks_going_in_and_the_images_own_coming_back(
    image_wh: tuple[int, int], input_wh: tuple[int, int], rule: ResizeRule
) -> None:
    fit = Fit.of(image_wh, input_wh, rule)
    framed = fit.apply(RNG.integers(0, 256, image_wh[::-1]).astype(np.uint8))
    assert framed.shape == input_wh[::-1]
    assert framed.dtype == np.uint8
    native = fit.restore(probabilities(input_wh))
    assert native.shape == image_wh[::-1]
    assert native.dtype == np.float32
    assert 0 <= native.min() <= native.max() <= 1


@settings(deadline=None)
@given(SIZES, INPUTS, RULES, st.floats(0, 1, width=32), st.integers(0, 255))
@example((3000, 20), (256, 256), "letterbox", 0.3, 77)
def test_what_is_constant_stays_constant(
    image_wh: tuple[int, int],
    input_wh: tuple[int, int],
    rule: ResizeRule,
    probability: float,
    grey: int,
) -> None:
    fit = Fit.of(image_wh, input_wh, rule)
    (x, y), (w, h) = fit.offset_xy, fit.inner_wh
    framed = fit.apply(np.full(image_wh[::-1], grey, np.uint8))
    assert (framed[y : y + h, x : x + w] == grey).all()
    assert int(framed.astype(np.int64).sum()) == grey * w * h  # and black all around
    native = fit.restore(np.full(input_wh[::-1], probability, np.float32))
    assert np.abs(native - np.float32(probability)).max() <= 1e-6


@settings(deadline=None)
@given(SIZES, INPUTS, RULES, st.data())
@example((3000, 20), (256, 256), "stretch", None)
@example((3000, 20), (256, 256), "letterbox", None)
@example((399, 2), (64, 48), "letterbox", None)
def test_a_point_lesion_stays_where_it_was(
    image_wh: tuple[int, int], input_wh: tuple[int, int], rule: ResizeRule, data: st.DataObject
) -> None:
    """Within a pixel of the coarser of the two grids: nothing can be placed finer than that."""
    fit = Fit.of(image_wh, input_wh, rule)
    coarse = np.maximum(1, np.array(image_wh) / fit.inner_wh)
    # As small as both grids can show: three pixels of the coarser one, off the border.
    room = [(int(np.ceil(2 * c)), side) for c, side in zip(coarse, image_wh, strict=True)]
    assume(data is None or all(side >= 4 * reach + 1 for reach, side in room))
    place = [
        side // 2 if data is None else data.draw(st.integers(2 * reach, side - 1 - 2 * reach))
        for reach, side in room
    ]
    lesion = np.zeros(image_wh[::-1], np.uint8)
    (left, top), (right, bottom) = (
        [p + sign * min(reach, p) for p, (reach, _) in zip(place, room, strict=True)]
        for sign in (-1, 1)
    )
    lesion[top : bottom + 1, left : right + 1] = 255
    restored = fit.restore((fit.apply(lesion) / 255).astype(np.float32))
    assert (np.abs(centroid(restored) - centroid(lesion)) <= coarse).all()


@pytest.mark.parametrize("rule", ["stretch", "letterbox"])
@pytest.mark.parametrize("at_xy", [(30, 20), (300, 40), (500, 400), (299, 239)])
def test_a_small_lesion_of_an_ordinary_scan_keeps_its_place_and_size(
    rule: ResizeRule, at_xy: tuple[int, int]
) -> None:
    lesion = cv2.circle(np.zeros((480, 600), np.uint8), at_xy, 9, 255, -1)
    fit = Fit.of((600, 480), (256, 256), rule)
    restored = fit.restore((fit.apply(lesion) / 255).astype(np.float32))
    assert np.abs(centroid(restored) - at_xy).max() < 0.2
    back, area = np.count_nonzero(restored >= 0.5), np.count_nonzero(lesion)
    assert abs(back / area - 1) < 0.1


@given(SIZES, INPUTS)
def test_a_letterbox_keeps_the_aspect_ratio_and_touches_two_sides(
    image_wh: tuple[int, int], input_wh: tuple[int, int]
) -> None:
    fit = Fit.of(image_wh, input_wh, "letterbox")
    scale = min(input_wh[0] / image_wh[0], input_wh[1] / image_wh[1])
    for axis in (0, 1):
        assert abs(fit.inner_wh[axis] - max(1, image_wh[axis] * scale)) <= 0.5
        before = fit.offset_xy[axis]
        after = input_wh[axis] - before - fit.inner_wh[axis]
        assert 0 <= before <= after <= before + 1
    assert fit.inner_wh[0] == input_wh[0] or fit.inner_wh[1] == input_wh[1]


@given(SIZES, INPUTS)
def test_a_stretch_fills_the_input(image_wh: tuple[int, int], input_wh: tuple[int, int]) -> None:
    fit = Fit.of(image_wh, input_wh, "stretch")
    assert (fit.inner_wh, fit.offset_xy) == (input_wh, (0, 0))


def test_an_image_of_the_inputs_size_is_not_touched() -> None:
    image = RNG.integers(0, 256, (48, 64)).astype(np.uint8)
    answer = probabilities((64, 48))
    fit = Fit.of((64, 48), (64, 48))
    assert np.array_equal(fit.apply(image), image)
    assert np.array_equal(fit.restore(answer), answer)


def test_shrinking_by_two_averages_four_pixels() -> None:
    image = RNG.integers(0, 256, (96, 128)).astype(np.uint8)
    means = image.reshape(48, 2, 64, 2).mean(axis=(1, 3))
    assert np.abs(Fit.of((128, 96), (64, 48)).apply(image) - means).max() <= 0.5


def test_what_the_network_says_about_the_padding_is_dropped() -> None:
    fit = Fit.of((200, 100), (64, 64), "letterbox")
    answer = np.ones((64, 64), np.float32)
    answer[16:48] = 0
    assert not fit.restore(answer).any()


def test_a_restored_map_never_leaves_zero_to_one() -> None:
    answer = np.array([[-0.1, 1.2], [1.2, -0.1]], np.float32)
    native = Fit.of((9, 9), (2, 2)).restore(answer)
    assert (native.min(), native.max()) == (0, 1)


@pytest.mark.parametrize(
    ("image_wh", "input_wh"), [((0, 5), (8, 8)), ((5, 5), (8, 0)), ((-1, 5), (8, 8))]
)
def test_empty_sizes_are_refused(image_wh: tuple[int, int], input_wh: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="at least 1 px"):
        Fit.of(image_wh, input_wh)


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(ValueError, match="Unknown resize rule 'crop'"):
        Fit.of((5, 5), (8, 8), "crop")  # type: ignore[arg-type]


def test_an_array_of_another_size_is_refused_with_both_shapes() -> None:
    fit = Fit.of((20, 10), (8, 8))
    with pytest.raises(ValueError, match=re.escape("shape (10, 20), got (20, 10)")):
        fit.apply(np.zeros((20, 10), np.uint8))
    with pytest.raises(ValueError, match=re.escape("shape (10, 20), got (10, 20, 3)")):
        fit.apply(np.zeros((10, 20, 3), np.uint8))
    with pytest.raises(ValueError, match=re.escape("shape (8, 8), got (10, 20)")):
        fit.restore(np.zeros((10, 20), np.float32))
