"""The leaderboard and the strata against plain loops over the run's rows."""

import numpy as np
import pandas as pd
import pytest
from small_runs import small_run

from busdemo.evaluation.benchmark import Benchmark, build_benchmark
from busdemo.evaluation.leaderboard import tabulate_leaderboard
from busdemo.evaluation.resampling import Resampling
from busdemo.evaluation.run_files import Run
from busdemo.evaluation.statistics import bootstrap_mean
from busdemo.evaluation.strata import FACTORS, list_factors, size_limits, stratify, tabulate_strata

RUN = small_run(60)
RNG = np.random.default_rng(3)


@pytest.fixture(scope="module")
def benchmark() -> Benchmark:
    return build_benchmark(RUN)


def rows_of(model: str, stages: int, *, lesion: bool) -> pd.DataFrame:
    rows = RUN.rows
    chosen = (rows["model"] == model) & (rows["stages"] == stages)
    return rows[chosen & ((rows["lesion_px"] > 0) == lesion)]


def test_many_intervals_at_once_are_those_of_the_bootstrap_of_one_mean() -> None:
    values, groups = RNG.random((90, 3)), [f"p{i // 4}" for i in range(90)]
    bounds = Resampling.of(groups).bounds(values)
    for column, ends in zip(values.T, bounds.T, strict=True):
        interval = bootstrap_mean(column, groups)
        assert tuple(ends) == pytest.approx((interval.low, interval.high))


def test_what_a_system_has_not_seen_is_left_out_of_its_interval() -> None:
    values, groups = RNG.random(60), np.array([f"p{i // 3}" for i in range(60)])
    values[:30] = np.nan  # ten whole groups
    ends = Resampling.of(groups.tolist(), resamples=20_000).bounds(values[:, None])[:, 0]
    alone = bootstrap_mean(values[30:], groups[30:].tolist(), resamples=20_000)
    # Here the number of groups drawn varies, so the interval is a little wider.
    assert ends == pytest.approx([alone.low, alone.high], abs=0.02)


def test_each_row_is_the_mean_of_its_rows(benchmark: Benchmark) -> None:
    table = tabulate_leaderboard(benchmark)
    assert table["dice"].is_monotonic_decreasing
    for system in benchmark.systems:
        row = table.loc[system.key]
        lesions = rows_of(system.model, system.stages, lesion=True)
        normal = rows_of(system.model, system.stages, lesion=False)
        interval = bootstrap_mean(lesions["dice"], lesions["group"].tolist())
        told = [row[name] for name in ("dice", "dice low", "dice high", "dice n", "dice groups")]
        assert told == pytest.approx(list(vars(interval).values()))
        assert row["dice median"] == pytest.approx(lesions["dice"].median())
        alarms = bootstrap_mean(normal["fp"] > 0, normal["group"].tolist())
        told = [row[f"false alarms{end}"] for end in ("", " low", " high", " n")]
        assert told == pytest.approx(list(vars(alarms).values())[:4])
        assert row["missed"] == (lesions["outcome"] == "missed lesion").sum()
        assert row["nsd"] == pytest.approx(lesions["nsd"].mean())


def test_an_infinite_distance_counts_as_the_image_s_diagonal(benchmark: Benchmark) -> None:
    table = tabulate_leaderboard(benchmark)
    lesions = rows_of("weak", 1, lesion=True)
    assert np.isinf(lesions["hd95_px"]).any()
    expected = lesions["hd95_px"].replace(np.inf, 64 * 2**0.5)
    assert table.loc["weak", "hd95_px"] == pytest.approx(expected.mean())
    assert table.loc["weak", "hd95 replaced"] == np.isinf(lesions["hd95_px"]).sum()


def test_without_normal_images_there_are_no_false_alarms() -> None:
    run = Run(RUN.rows[RUN.rows["lesion_px"] > 0], RUN.receipt)
    table = tabulate_leaderboard(build_benchmark(run))
    assert table["false alarms"].isna().all()
    assert (table["false alarms n"] == 0).all()


def test_fewer_than_five_patients_give_no_interval() -> None:
    few = RUN.rows[RUN.rows["group"].isin(["A-patient-0", "A-patient-1"])]
    table = tabulate_leaderboard(build_benchmark(Run(few, RUN.receipt)))
    assert table["dice"].notna().all()
    assert table[["dice low", "dice high"]].isna().all(axis=None)


@pytest.mark.parametrize("factor", list(FACTORS))
def test_strata_hold_every_image_once(benchmark: Benchmark, factor: str) -> None:
    table = tabulate_strata(benchmark, factor)
    strata = stratify(benchmark, factor)
    for system in benchmark.systems:
        part = table[table["key"] == system.key]
        assert part["dice n"].sum() == benchmark.lesions.sum()
        for row in part.to_dict("records"):
            inside = (strata == row["stratum"]).to_numpy() & benchmark.lesions
            dice = benchmark.measured["dice"][inside, benchmark.place(system.key)]
            assert row["dice"] == pytest.approx(dice.mean() if dice.size else np.nan, nan_ok=True)


def test_sizes_are_thirds_of_the_lesions_by_their_share_of_the_image(benchmark: Benchmark) -> None:
    sizes, (low, high) = stratify(benchmark, "size"), size_limits(benchmark)
    shares = benchmark.images["lesion_px"] / 64**2
    assert sizes[benchmark.lesions].value_counts().tolist() == [16, 16, 16]
    assert shares[sizes == "small"].max() <= low < shares[sizes == "medium"].min()
    assert shares[sizes == "medium"].max() <= high < shares[sizes == "large"].min()


def test_a_factor_the_run_does_not_know_is_not_offered(benchmark: Benchmark) -> None:
    assert list_factors(benchmark) == list(FACTORS)
    blank = build_benchmark(Run(RUN.rows.assign(birads="", device=""), RUN.receipt))
    assert list_factors(blank) == ["label", "dataset", "size"]
    assert set(stratify(benchmark, "birads")) == {"1", "3", "5", "unknown"}


def test_the_rarest_of_many_devices_are_put_together() -> None:
    rows = RUN.rows.assign(device=RUN.rows["id"].rank(method="dense").map("device {:.0f}".format))
    strata = stratify(build_benchmark(Run(rows, RUN.receipt)), "device")
    assert strata.nunique() == 13
    assert (strata == "other").sum() == 60 - 12
