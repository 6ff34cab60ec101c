"""Entropy, disagreement and doubt against their formulas."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from busdemo.imaging.masks import quantize
from busdemo.scoring.uncertainty import measure_doubt, measure_entropy, measure_spread

LEVELS = np.arange(200, dtype=np.uint8).reshape(10, 20)


def test_entropy_is_one_bit_where_both_are_as_likely_and_falls_to_both_sides() -> None:
    entropy = measure_entropy(LEVELS).ravel()
    expected = [stats.entropy([p, 1 - p], base=2) for p in (np.arange(200) + 0.5) / 200]
    assert entropy.dtype == np.float32
    assert np.allclose(entropy, expected, atol=1e-6)
    assert np.allclose(entropy, entropy[::-1], atol=1e-6)


def test_entropy_from_levels_is_that_of_the_map_but_for_its_step() -> None:
    p = np.linspace(0.05, 0.95, 500, dtype=np.float32).reshape(20, 25)
    exact = stats.entropy(np.stack([p, 1 - p]), base=2)
    assert np.abs(measure_entropy(quantize(p)) - exact).max() < 0.012


def test_spread_is_the_standard_deviation_of_the_probabilities() -> None:
    maps = list(np.random.default_rng(1).integers(0, 200, (5, 12, 9)).astype(np.uint8))
    assert np.allclose(measure_spread(maps), np.std(np.stack(maps) / 200, axis=0), atol=1e-6)


def test_maps_that_agree_have_no_spread_and_opposites_nearly_half() -> None:
    low, high = np.zeros((3, 4), np.uint8), np.full((3, 4), 199, np.uint8)
    assert not measure_spread([low, low, low]).any()
    assert np.allclose(measure_spread([low, high]), 0.4975)


@pytest.mark.parametrize("shapes", [[(3, 4)], [(3, 4), (4, 3)], []])
def test_spread_needs_two_maps_of_one_size(shapes: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="at least two maps of one size"):
        measure_spread([np.zeros(shape, np.uint8) for shape in shapes])


@given(st.lists(st.integers(0, 199), min_size=1, max_size=60), st.integers(1, 199))
def test_doubt_is_one_minus_the_soft_dice_of_map_and_mask(values: list[int], stop: int) -> None:
    levels = np.array([values], np.uint8)
    p, mask = (levels + 0.5) / 200, levels >= stop
    doubt = measure_doubt(levels, stop)
    if not mask.any():
        assert np.isnan(doubt)
        return
    assert doubt == pytest.approx(1 - 2 * p[mask].sum() / (p.sum() + mask.sum()), abs=1e-12)
    assert 0 <= doubt < 1


def test_a_sharp_map_leaves_less_doubt_than_a_blurred_one() -> None:
    sharp = np.array([[2, 2, 198, 198, 2]], np.uint8)
    blurred = np.array([[60, 90, 130, 120, 70]], np.uint8)
    assert measure_doubt(sharp, 100) < 0.05 < measure_doubt(blurred, 100)
