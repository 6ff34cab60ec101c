import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from busdemo.imaging.arrays import ProbabilityMap
from busdemo.imaging.masks import STOPS, binarize, quantize, stop_of

THRESHOLDS = np.array([np.float32(stop / STOPS) for stop in range(1, STOPS)], np.float32)
AROUND_EDGES = np.concatenate(
    [
        THRESHOLDS,
        np.nextafter(THRESHOLDS, np.float32(0)),
        np.nextafter(THRESHOLDS, np.float32(1)),
        np.array([0, 1], np.float32),
    ]
)
PROBABILITIES = st.one_of(
    st.floats(0, 1, width=32), st.sampled_from([float(p) for p in AROUND_EDGES])
)


def assert_same_at_every_stop(probabilities: ProbabilityMap) -> None:
    levels = quantize(probabilities)
    assert levels.dtype == np.uint8
    assert levels.shape == probabilities.shape
    for stop, threshold in enumerate(THRESHOLDS, start=1):
        assert np.array_equal(levels >= stop, probabilities >= threshold)
        assert np.array_equal(binarize(levels, stop), probabilities >= threshold)


@given(
    hnp.arrays(
        np.float32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9), elements=PROBABILITIES
    )
)
def test_a_level_reaches_a_stop_exactly_when_the_probability_does(
    probabilities: ProbabilityMap,
) -> None:
    assert_same_at_every_stop(probabilities)


def test_the_edges_and_their_nearest_neighbours_fall_on_the_right_side() -> None:
    assert_same_at_every_stop(AROUND_EDGES[None])


def test_levels_run_from_0_to_199() -> None:
    assert quantize(np.array([[0, 1]], np.float32)).tolist() == [[0, 199]]


@pytest.mark.parametrize("stop", range(1, STOPS))
def test_a_stop_survives_the_way_through_its_threshold(stop: int) -> None:
    assert stop_of(stop / STOPS) == stop
    assert stop_of(float(np.float32(stop / STOPS))) == stop


@given(st.floats(0.005, 0.995))
def test_the_nearest_stop_is_never_more_than_half_a_step_away(threshold: float) -> None:
    assert abs(stop_of(threshold) / STOPS - threshold) <= 0.0025 + 1e-12


@pytest.mark.parametrize("threshold", [0.0, 0.002, 0.998, 1.0, -1.0, 50.0, np.inf, np.nan])
def test_a_threshold_off_the_slider_is_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match=r"from 0\.005 to 0\.995"):
        stop_of(threshold)


@pytest.mark.parametrize("stop", [0, 200, -1, 256])
def test_a_stop_off_the_slider_is_refused(stop: int) -> None:
    with pytest.raises(ValueError, match="from 1 to 199"):
        binarize(np.zeros((2, 2), np.uint8), stop)
