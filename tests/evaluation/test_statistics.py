import numpy as np
import pytest
from scipy import stats

from busdemo.evaluation.statistics import Interval, bootstrap_groups, bootstrap_mean

RNG = np.random.default_rng(5)


@pytest.mark.parametrize(
    "values",
    [RNG.beta(5, 1, 80), RNG.normal(0, 3, 300), RNG.random(200) < 0.2],
    ids=["Dice-like", "normal", "shares"],
)
def test_the_interval_is_scipys_percentile_bootstrap(values: np.ndarray) -> None:
    ours = bootstrap_mean(values, resamples=20_000)
    theirs = stats.bootstrap(
        (values.astype(float),), np.mean, n_resamples=20_000, method="percentile", rng=99
    ).confidence_interval
    # Two Monte Carlo runs: a percentile of 20,000 wobbles by about a hundredth of the width.
    tolerance = 0.05 * (theirs.high - theirs.low)
    assert ours.value == pytest.approx(float(np.mean(values)))
    assert ours.low == pytest.approx(theirs.low, abs=tolerance)
    assert ours.high == pytest.approx(theirs.high, abs=tolerance)
    assert ours.n == len(values)


def test_the_interval_covers_the_true_mean_about_19_times_in_20() -> None:
    samples = RNG.normal(0.7, 0.2, (300, 60))
    intervals = [bootstrap_mean(sample, resamples=400) for sample in samples]
    covered = np.mean([i.low <= 0.7 <= i.high for i in intervals])
    assert 0.89 <= covered <= 0.99


def test_the_same_values_give_the_same_interval_and_the_seed_another() -> None:
    values = RNG.random(40)
    assert bootstrap_mean(values) == bootstrap_mean(list(values))
    assert bootstrap_mean(values).low != bootstrap_mean(values, seed=1).low


def test_equal_values_have_no_width() -> None:
    assert bootstrap_mean([0.25] * 9) == Interval(0.25, 0.25, 0.25, 9, 9)
    assert bootstrap_mean([0.5]) == Interval(0.5, 0.5, 0.5, 1, 1)


def test_no_values_have_no_mean() -> None:
    nothing = bootstrap_mean([])
    assert nothing.n == 0
    assert np.isnan([nothing.value, nothing.low, nothing.high]).all()


def test_images_of_one_patient_count_as_one_draw() -> None:
    patients = RNG.random(30)
    values, groups = np.repeat(patients, 10), [str(i) for i in range(30) for _ in range(10)]
    grouped, alone = bootstrap_mean(values, groups), bootstrap_mean(values)
    by_patient = bootstrap_mean(patients)
    assert (grouped.n, grouped.groups) == (300, 30)
    assert (grouped.low, grouped.high) == pytest.approx((by_patient.low, by_patient.high), abs=0.02)
    assert grouped.high - grouped.low > 2 * (alone.high - alone.low)


def test_a_bootstrap_of_places_with_the_mean_is_the_bootstrap_of_the_mean() -> None:
    values, groups = RNG.random(90), (np.arange(90) // 4).tolist()
    ours = bootstrap_groups(lambda places: float(values[places].mean()), groups, resamples=500)
    assert ours == bootstrap_mean(values, groups, resamples=500)


def test_draws_in_which_a_statistic_is_undefined_are_left_out() -> None:
    def once(places: np.ndarray) -> float:
        return 1.0 if 0 in places else float("nan")

    interval = bootstrap_groups(once, ["a", "b", "c"], resamples=50)
    assert (interval.value, interval.low, interval.high) == (1, 1, 1)
    assert np.isnan(bootstrap_groups(once, []).value)
