"""Simulated readers draw a known outline a little differently."""

import numpy as np
import pytest

from busdemo.phantoms import EXAMPLES, simulate
from busdemo.phantoms.readers import READERS, Reader, doubt_of, draw_as
from busdemo.scoring.overlap import score_overlap


@pytest.fixture(scope="module")
def outline() -> np.ndarray:
    rows, columns = np.mgrid[:200, :260]
    return ((columns - 130) / 60) ** 2 + ((rows - 90) / 40) ** 2 <= 1


def test_the_same_seed_draws_the_same_and_another_one_differs(outline: np.ndarray) -> None:
    one, again, other = (draw_as(READERS[0], outline, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_a_steady_hand_that_moves_nothing_draws_the_outline(outline: np.ndarray) -> None:
    drawn = draw_as(Reader("", "", generous=0, wobble=0), outline)
    assert score_overlap(drawn, outline).dice > 0.995


def test_a_generous_reader_draws_larger_and_a_tight_one_smaller(outline: np.ndarray) -> None:
    areas = [draw_as(Reader("", "", g, 0), outline).sum() for g in (-0.03, 0.0, 0.03)]
    assert areas == sorted(areas)
    diameter_px = 2 * np.sqrt(outline.sum() / np.pi)
    widths = [
        draw_as(Reader("", "", g, 0), outline)[90].sum() - outline[90].sum() for g in (-0.03, 0.03)
    ]
    assert widths == pytest.approx([-0.06 * diameter_px, 0.06 * diameter_px], abs=2)


def test_doubt_makes_readers_differ_more(outline: np.ndarray) -> None:
    dice = [
        score_overlap(draw_as(READERS[1], outline, doubt=d, seed=3), outline).dice
        for d in (0, 1, 3)
    ]
    assert dice == sorted(dice, reverse=True)
    assert doubt_of(EXAMPLES["low-contrast"][0]) > doubt_of(EXAMPLES["oval-fibroadenoma"][0]) > 1


def test_nothing_is_drawn_where_there_is_nothing() -> None:
    empty = np.zeros((30, 40), np.bool_)
    assert not draw_as(READERS[0], empty).any()
    assert doubt_of(EXAMPLES["normal"][0]) == 1


@pytest.mark.parametrize("name", ["two-lesions", "low-contrast"])
def test_readers_of_the_examples_agree_as_people_do(name: str) -> None:
    recipe, seed = EXAMPLES[name]
    mask = simulate(recipe, seed).mask
    drawn = [
        draw_as(one, mask, doubt=doubt_of(recipe), seed=10 * seed + k)
        for k, one in enumerate(READERS, start=1)
    ]
    assert 0.7 < score_overlap(*drawn).dice < 0.97
