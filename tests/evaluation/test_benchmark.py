"""A run arranged as images by systems, and what it refuses."""

import numpy as np
import pandas as pd
import pytest
from small_runs import small_run

from busdemo.evaluation.benchmark import Benchmark, build_benchmark
from busdemo.evaluation.run_files import Run

RUN = small_run(30)


@pytest.fixture(scope="module")
def benchmark() -> Benchmark:
    return build_benchmark(RUN)


def changed(column: str, value: object, row: int = 7) -> Run:
    rows = RUN.rows.copy()
    rows[column] = pd.Series([value if i == row else old for i, old in enumerate(rows[column])])
    return Run(rows, RUN.receipt)


def test_every_row_finds_its_place(benchmark: Benchmark) -> None:
    shuffled = build_benchmark(Run(RUN.rows.sample(frac=1, random_state=1), RUN.receipt))
    for board in (benchmark, shuffled):
        place = {image: i for i, image in enumerate(board.images["id"])}
        for row in RUN.rows.itertuples():
            at = place[row.id], board.place(f"{row.model}:2" if row.stages == 2 else str(row.model))
            told = [board.measured[name][at] for name in ("dice", "hd95_px", "nsd", "ms", "fp")]
            assert told == pytest.approx(
                [row.dice, row.hd95_px, row.nsd, row.ms, row.fp], nan_ok=True
            )
            assert board.outcomes[at] == row.outcome


def test_the_curve_passes_through_the_frozen_point(benchmark: Benchmark) -> None:
    for place, system in enumerate(benchmark.systems):
        np.testing.assert_allclose(
            benchmark.dice_curve[:, place, system.stop - 1],
            benchmark.measured["dice"][:, place],
            rtol=1e-6,
        )
        alarms = benchmark.marked[~benchmark.lesions, place, system.stop - 1]
        np.testing.assert_array_equal(
            alarms, benchmark.measured["fp"][~benchmark.lesions, place] > 0
        )


def test_systems_come_by_stages_in_the_receipt_s_order(benchmark: Benchmark) -> None:
    assert [system.key for system in benchmark.systems] == [
        *("weak", "middling", "strong"),
        *("weak:2", "middling:2", "strong:2"),
    ]
    assert benchmark.names[0] == "Weak"
    assert benchmark.names[3] == "Weak, two stages"


def test_models_of_one_name_are_told_apart_by_their_ids() -> None:
    models = {key: {"name": "Same"} for key in ("weak", "middling")}
    board = build_benchmark(Run(RUN.rows, {**RUN.receipt, "models": models}))
    assert board.names[:3] == ["Same (weak)", "Same (middling)", "strong"]


@pytest.mark.parametrize("models", [None, [], {"weak": 3}, {"weak": {"name": None}}])
def test_a_receipt_that_says_nothing_of_models_leaves_their_ids(models: object) -> None:
    board = build_benchmark(Run(RUN.rows, {**RUN.receipt, "models": models}))
    assert set(board.names) >= {"weak", "strong, two stages"}


def test_an_image_that_one_model_has_not_seen_is_unknown_there() -> None:
    board = build_benchmark(Run(RUN.rows.drop(index=0), RUN.receipt))
    lost = RUN.rows.iloc[0]
    place = board.images.index[board.images["id"] == lost["id"]][0]
    assert np.isnan(board.measured["ms"][place, board.place(lost["model"])])
    assert np.isfinite(board.measured["ms"]).sum() == len(RUN.rows) - 1


def test_a_selection_holds_one_set_and_one_way(benchmark: Benchmark) -> None:
    part = benchmark.select("B", 2)
    assert set(part.images["dataset"]) == {"B"}
    assert {system.stages for system in part.systems} == {2}
    expected = RUN.rows[(RUN.rows["dataset"] == "B") & (RUN.rows["stages"] == 2)]
    assert np.nanmean(part.measured["ms"]) == pytest.approx(expected["ms"].mean())
    assert part.calibration.shape[:2] == part.dice_curve.shape[:2] == (10, 3)
    with pytest.raises(ValueError, match="no such images"):
        benchmark.select("Z")


def test_an_unknown_system_is_named(benchmark: Benchmark) -> None:
    with pytest.raises(KeyError, match="no model 'none'"):
        benchmark.place("none")


@pytest.mark.parametrize(
    ("run", "sentence"),
    [
        (Run(RUN.rows.iloc[:0], RUN.receipt), "no rows"),
        (changed("height", 0), "'height' holds a number out of bounds"),
        (changed("fp", -1), "'fp' holds a number out of bounds"),
        (changed("tp", 10**6), "do not give its counts"),
        (changed("lesion_px", 10**6), "do not give its counts"),
        (changed("dice", 1.5), "Dice does not follow"),
        (changed("device", "x" * 301), "'device' holds more than 300 letters"),
        (changed("label", "other"), "two different things about the image"),
        (changed("width", 10**9), "'width' holds a number out of bounds"),
        (changed("lesion_histogram", np.full(200, -1, np.int32)), "every pixel of the image once"),
    ],
)
def test_rows_that_contradict_each_other_are_refused(run: Run, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        build_benchmark(run)


def test_empty_histograms_are_refused() -> None:
    empty = pd.Series([np.zeros(200, np.int32)] * len(RUN.rows))
    rows = pd.DataFrame(RUN.rows).assign(lesion_histogram=empty, background_histogram=empty)
    with pytest.raises(ValueError, match="every pixel of the image once"):
        build_benchmark(Run(rows, RUN.receipt))


def test_more_models_than_can_be_compared_are_refused() -> None:
    one = RUN.rows[(RUN.rows["model"] == "weak") & (RUN.rows["stages"] == 1)]
    many = pd.concat([one.assign(model=f"m{i}") for i in range(65)])
    with pytest.raises(ValueError, match="holds 65 models; at most 64"):
        build_benchmark(Run(many, RUN.receipt))
