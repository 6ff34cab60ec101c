"""Paired comparisons, ranks, curves and single images against definitions written out."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from small_runs import small_run

from busdemo.evaluation.benchmark import BINS, Benchmark, build_benchmark
from busdemo.evaluation.curves import measure_ece, measure_reliability, sweep_thresholds
from busdemo.evaluation.pairs import TIE, Pair, compare_pairs, correct_holm, list_scatter
from busdemo.evaluation.ranks import find_cliques, rank_systems
from busdemo.evaluation.run_files import Run
from busdemo.evaluation.statistics import bootstrap_mean
from busdemo.evaluation.worst import list_false_alarms, list_worst

RUN = small_run(60)


@pytest.fixture(scope="module")
def benchmark() -> Benchmark:
    return build_benchmark(RUN)


@pytest.fixture(scope="module")
def pairs(benchmark: Benchmark) -> dict[tuple[str, str], Pair]:
    return compare_pairs(benchmark)


@pytest.fixture(scope="module")
def wide() -> pd.DataFrame:
    """Dice by image (with its group) and system, lesions only, straight from the rows."""
    rows = RUN.rows[RUN.rows["lesion_px"] > 0]
    key = rows["model"] + rows["stages"].map({1: "", 2: ":2"})
    return rows.assign(key=key).pivot_table(index=["id", "group"], columns="key", values="dice")


def test_a_pair_s_difference_interval_and_counts(
    pairs: dict[tuple[str, str], Pair], wide: pd.DataFrame
) -> None:
    groups = wide.index.get_level_values("group").tolist()
    for (a, b), pair in pairs.items():
        difference = (wide[a] - wide[b]).to_numpy()
        interval = bootstrap_mean(difference, groups)
        told = (pair.difference, pair.low, pair.high, pair.n, pair.groups)
        assert told == pytest.approx(tuple(vars(interval).values()))
        assert pair.wins == sum(d >= TIE for d in difference)
        assert pair.losses == sum(d <= -TIE for d in difference)
        assert pair.wins + pair.ties + pair.losses == pair.n


def test_p_values_are_scipy_s_over_patients_with_holm_s_steps(
    pairs: dict[tuple[str, str], Pair], wide: pd.DataFrame
) -> None:
    means = wide.groupby(level="group").mean()
    raw = {(a, b): float(stats.wilcoxon(means[a], means[b]).pvalue) for a, b in pairs}
    ordered = sorted((a, b) for a, b in pairs if a < b)
    ordered.sort(key=lambda pair: raw[pair])
    m, floor = len(ordered), 0.0
    assert m == 15
    for step, pair in enumerate(ordered):
        floor = max(floor, min(1, (m - step) * raw[pair]))
        assert pairs[pair].p == pytest.approx(raw[pair])
        assert pairs[pair].p_holm == pytest.approx(floor)
        assert pairs[pair].tested == (floor < 0.05)


def test_holm_s_correction_on_a_published_kind_of_example() -> None:
    np.testing.assert_allclose(
        correct_holm(np.array([0.01, 0.04, 0.03, 0.005])), [0.03, 0.06, 0.06, 0.02]
    )
    np.testing.assert_allclose(correct_holm(np.array([0.9, 0.8])), [1, 1])


def test_equal_models_do_not_differ() -> None:
    rows = RUN.rows[(RUN.rows["stages"] == 1) & (RUN.rows["model"] == "weak")]
    twins = pd.concat([rows, rows.assign(model="twin")])
    pair = compare_pairs(build_benchmark(Run(twins, RUN.receipt)))["weak", "twin"]
    assert (pair.difference, pair.low, pair.high, pair.p_holm) == (0, 0, 0, 1)
    assert pair.ties == pair.n


def test_one_model_alone_has_no_pairs() -> None:
    rows = RUN.rows[(RUN.rows["stages"] == 1) & (RUN.rows["model"] == "weak")]
    board = build_benchmark(Run(rows, RUN.receipt))
    assert compare_pairs(board) == {}
    assert rank_systems(board, {}).means == (1.0,)


def test_ranks_are_those_of_pandas_over_patients(
    benchmark: Benchmark, pairs: dict[tuple[str, str], Pair], wide: pd.DataFrame
) -> None:
    ranks = rank_systems(benchmark, pairs)
    means = wide.groupby(level="group").mean()
    expected = means.rank(axis=1, ascending=False).mean().sort_values()
    assert dict(zip(ranks.keys, ranks.means, strict=True)) == pytest.approx(expected.to_dict())
    assert list(ranks.means) == sorted(ranks.means)
    assert ranks.groups == len(means)
    assert ranks.p == pytest.approx(stats.friedmanchisquare(*means.to_numpy().T).pvalue)


@pytest.mark.parametrize("seed", range(20))
def test_cliques_are_the_longest_runs_without_a_difference(seed: int) -> None:
    rng = np.random.default_rng(seed)
    keys = tuple("abcdefg")
    numbers = (0.0,) * 3, (0,) * 6
    pairs: dict[tuple[str, str], Pair] = {}
    for a, b in combinations(keys, 2):
        p = float(rng.choice([0.001, 0.5], p=[0.3, 0.7]))
        for one, other in ((a, b), (b, a)):
            pairs[one, other] = Pair(one, other, *numbers[0], p, p, *numbers[1])
    runs = [
        (i, j)
        for i in range(7)
        for j in range(i + 1, 7)
        if not any(pairs[keys[x], keys[y]].differs for x, y in combinations(range(i, j + 1), 2))
    ]
    longest = [
        (i, j) for i, j in runs if not any((x, y) != (i, j) and x <= i and j <= y for x, y in runs)
    ]
    assert list(find_cliques(keys, pairs)) == longest


def test_the_sweep_is_the_mean_at_every_stop(benchmark: Benchmark) -> None:
    sweep = sweep_thresholds(benchmark)
    lesion = (RUN.rows["lesion_px"] > 0).to_numpy()
    for place, system in enumerate(benchmark.systems):
        chosen = (
            (RUN.rows["model"] == system.model) & (RUN.rows["stages"] == system.stages)
        ).to_numpy()
        for stop in (1, 60, 100, 199):
            dice, alarms = [], []
            for row in RUN.rows[chosen & lesion].to_dict("records"):
                hit = row["lesion_histogram"][stop:].sum()
                extra = row["background_histogram"][stop:].sum()
                dice.append(2 * hit / (hit + extra + row["lesion_px"]))
            for row in RUN.rows[chosen & ~lesion].to_dict("records"):
                alarms.append(row["background_histogram"][stop:].sum() > 0)
            assert sweep.dice[place, stop - 1] == pytest.approx(np.mean(dice), rel=1e-5)
            assert sweep.false_alarms[place, stop - 1] == pytest.approx(np.mean(alarms))
    assert sweep.thresholds[[0, 99, 198]] == pytest.approx([0.005, 0.5, 0.995])


def test_reliability_is_that_of_single_pixels(benchmark: Benchmark) -> None:
    rows = RUN.rows[(RUN.rows["model"] == "middling") & (RUN.rows["stages"] == 1)]
    levels = np.concatenate([np.tile(np.arange(200), 2)] * len(rows))
    truth = np.concatenate([np.repeat([1, 0], 200)] * len(rows))
    parts = ("lesion_histogram", "background_histogram")
    times = np.concatenate(
        [np.concatenate([row[part] for part in parts]) for row in rows.to_dict("records")]
    )
    pixels = pd.DataFrame(
        {"p": (np.repeat(levels, times) + 0.5) / 200, "truth": np.repeat(truth, times)}
    )
    found = pixels.groupby((pixels["p"] * BINS).astype(int)).agg(["mean", "size"])
    reliability = measure_reliability(benchmark, "middling")
    filled = found.index.to_numpy()
    np.testing.assert_allclose(reliability.probability[filled], found["p", "mean"], rtol=1e-5)
    np.testing.assert_allclose(reliability.observed[filled], found["truth", "mean"], rtol=1e-5)
    share = (found["p", "size"] / len(pixels)).to_numpy()
    gap = (found["p", "mean"] - found["truth", "mean"]).abs().to_numpy()
    assert reliability.ece == pytest.approx((share * gap).sum(), rel=1e-5)
    assert reliability.low <= reliability.ece <= reliability.high
    assert measure_ece(benchmark)[benchmark.place("middling")] == pytest.approx(reliability.ece)


def test_the_worst_case_comes_first_with_what_the_others_did(
    benchmark: Benchmark, wide: pd.DataFrame
) -> None:
    worst = list_worst(benchmark, "strong")
    assert worst["dice"].is_monotonic_increasing
    assert len(worst) == benchmark.lesions.sum()
    others = wide.drop(columns="strong").median(axis=1).droplevel("group")
    np.testing.assert_allclose(worst["others"], others[worst["id"]])


def test_false_alarms_come_largest_first(benchmark: Benchmark) -> None:
    table = list_false_alarms(benchmark, "weak")
    rows = RUN.rows[(RUN.rows["lesion_px"] == 0) & (RUN.rows["fp"] > 0)]
    mine = rows[(rows["model"] == "weak") & (rows["stages"] == 1)]
    assert dict(zip(table["id"], table["marked"] * 64**2, strict=True)) == pytest.approx(
        dict(zip(mine["id"], mine["fp"], strict=True))
    )
    assert table["marked"].is_monotonic_decreasing
    first = table.iloc[0]
    assert first["others"] == (rows["id"] == first["id"]).sum() - 1
    assert first["of"] == 5


def test_images_where_two_differ_most_come_first(benchmark: Benchmark, wide: pd.DataFrame) -> None:
    table = list_scatter(benchmark, "weak", "strong")
    assert table["difference"].abs().is_monotonic_decreasing
    expected = (wide["weak"] - wide["strong"]).droplevel("group")
    np.testing.assert_allclose(table["difference"], expected[table["id"]])
