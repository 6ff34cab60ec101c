"""Reliability against published examples and other libraries."""

import math

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from busdemo.evaluation.studies.reliability import (
    cohen_kappa,
    count_votes,
    fleiss_kappa,
    icc_2_1,
    measure_limits,
)

SHROUT_FLEISS = [
    [9, 2, 5, 8],
    [6, 1, 3, 2],
    [8, 4, 6, 8],
    [7, 1, 2, 6],
    [10, 5, 6, 9],
    [6, 2, 4, 7],
]
"""Shrout and Fleiss 1979, table 2: four judges rate six targets."""

FLEISS_1971 = [
    *([0, 0, 0, 6, 0], [0, 3, 0, 0, 3], [0, 1, 4, 0, 1], [0, 0, 0, 0, 6], [0, 3, 0, 3, 0]),
    *([2, 0, 4, 0, 0], [0, 0, 4, 0, 2], [2, 0, 3, 1, 0], [2, 0, 0, 4, 0], [0, 0, 0, 0, 6]),
    *([1, 0, 0, 5, 0], [1, 1, 0, 4, 0], [0, 3, 3, 0, 0], [1, 0, 0, 5, 0], [0, 2, 0, 3, 1]),
    *([0, 0, 5, 0, 1], [3, 0, 0, 1, 2], [5, 1, 0, 0, 0], [0, 2, 0, 4, 0], [1, 0, 2, 0, 3]),
    *([0, 0, 0, 0, 6], [0, 1, 0, 5, 0], [0, 2, 0, 1, 3], [2, 0, 0, 4, 0], [1, 0, 0, 4, 1]),
    *([0, 5, 0, 1, 0], [4, 0, 0, 0, 2], [0, 2, 0, 4, 0], [1, 0, 5, 0, 0], [0, 0, 0, 0, 6]),
]
"""Fleiss 1971, table 1: six psychiatrists put thirty patients into five categories."""


def test_the_icc_is_that_of_shrout_and_fleiss_s_example() -> None:
    assert icc_2_1(SHROUT_FLEISS) == pytest.approx(0.29, abs=0.005)
    assert icc_2_1(SHROUT_FLEISS) == pytest.approx(0.2897638, abs=1e-7)  # psych::ICC, pingouin


def test_the_icc_sees_an_offset_that_a_correlation_does_not() -> None:
    a = np.arange(20.0)
    assert icc_2_1(np.stack([a, a], axis=1)) == pytest.approx(1)
    assert icc_2_1(np.stack([a, a + 10], axis=1)) < 0.5


def test_the_icc_follows_from_a_two_way_analysis_of_variance() -> None:
    rng = np.random.default_rng(0)
    table = rng.normal(size=(15, 1)) * 3 + rng.normal(size=(1, 4)) + rng.normal(size=(15, 4))
    n, k = table.shape
    total = ((table - table.mean()) ** 2).sum()
    between = k * ((table.mean(axis=1) - table.mean()) ** 2).sum()
    judges = n * ((table.mean(axis=0) - table.mean()) ** 2).sum()
    error = (total - between - judges) / ((n - 1) * (k - 1))
    msr, msc = between / (n - 1), judges / (k - 1)
    expected = (msr - error) / (msr + (k - 1) * error + k * (msc - error) / n)
    assert icc_2_1(table) == pytest.approx(expected)


@pytest.mark.parametrize("values", [[[1.0, 2.0]], np.zeros((4, 1)), np.zeros((4, 2)), np.zeros(3)])
def test_an_icc_without_variation_or_readers_is_undefined(values: object) -> None:
    assert math.isnan(icc_2_1(values))  # type: ignore[arg-type]


def test_fleiss_kappa_is_that_of_his_paper() -> None:
    assert fleiss_kappa(FLEISS_1971) == pytest.approx(0.430, abs=0.0005)


def test_cohen_s_kappa_is_scikit_learn_s() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        a, b = rng.random(30) < 0.7, rng.random(30) < 0.6
        assert cohen_kappa(a, b) == pytest.approx(cohen_kappa_score(a, b))


def test_kappa_is_undefined_where_everybody_always_says_the_same() -> None:
    assert math.isnan(cohen_kappa([True] * 5, [True] * 5))
    assert math.isnan(fleiss_kappa(count_votes(np.ones((5, 3), np.bool_))))
    assert math.isnan(fleiss_kappa(np.zeros((0, 2))))


def test_the_limits_of_agreement_are_those_of_bland_and_altman_s_paper() -> None:
    large = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
    mini = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]
    found = measure_limits(large, mini)  # Lancet 1986, table 1: peak flow by two meters
    assert (round(found.bias, 1), round(found.sd, 1), found.n) == (-2.1, 38.8, 17)
    assert (found.low, found.high) == pytest.approx((-78.1, 73.9), abs=0.1)


def test_differences_that_grow_with_the_size_have_a_slope() -> None:
    a = np.linspace(10, 100, 30)
    found = measure_limits(a, a * 0.8)
    assert found.slope == pytest.approx(0.2 / 0.9)
    assert found.slope_p < 1e-6
    assert math.isnan(measure_limits([], []).bias)
