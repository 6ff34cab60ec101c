"""Charts of a run: where the marks lie, and that they fit a phone."""

import pytest
from small_runs import small_run

from busdemo.evaluation.benchmark import Benchmark, build_benchmark
from busdemo.evaluation.curves import measure_reliability, sweep_thresholds
from busdemo.evaluation.leaderboard import tabulate_leaderboard
from busdemo.evaluation.pairs import compare_pairs, list_scatter
from busdemo.evaluation.ranks import rank_systems
from busdemo.evaluation.strata import tabulate_strata
from busdemo.views.benchmark_charts import plot_leaderboard, plot_ranks, plot_strata, shorten
from busdemo.views.benchmark_curves import plot_reliability, plot_scatter, plot_sweep
from busdemo.views.chart_style import LIGHT


@pytest.fixture(scope="module")
def benchmark() -> Benchmark:
    return build_benchmark(small_run(40, stages=1))


def test_the_leaderboard_s_marks_are_its_means_in_its_order(benchmark: Benchmark) -> None:
    table = tabulate_leaderboard(benchmark)
    figure = plot_leaderboard(table, LIGHT, width_px=900, alike={"strong"})
    quiet, bright = (
        [trace for trace in figure.data if trace.marker.color == colour]
        for colour in (LIGHT.quiet, LIGHT.accent)
    )
    rows = table.to_dict("list")
    dice, alarms, medians = ([*a.x, *b.x] for a, b in zip(bright, quiet, strict=True))
    assert dice == rows["dice"]  # the strong one is the best
    assert alarms == rows["false alarms"]
    assert medians == rows["dice median"]
    assert [*bright[0].y, *quiet[0].y] == [0, -1, -2]
    reach = [
        x + up for a in (bright[0], quiet[0]) for x, up in zip(a.x, a.error_x.array, strict=True)
    ]
    assert reach == pytest.approx(rows["dice high"])


def test_without_normal_images_there_is_no_column_of_false_alarms(benchmark: Benchmark) -> None:
    table = tabulate_leaderboard(benchmark).assign(**{"false alarms n": 0})
    figure = plot_leaderboard(table, LIGHT, width_px=900)
    assert {trace.xaxis for trace in figure.data} == {"x", None}


def test_names_stand_above_their_rows_on_a_phone(benchmark: Benchmark) -> None:
    table = tabulate_leaderboard(benchmark)
    wide, narrow = (plot_leaderboard(table, LIGHT, width_px=width) for width in (900, 343))
    assert list(wide.layout.yaxis.ticktext) == ["Strong", "Middling", "Weak"]
    assert not narrow.layout.yaxis.showticklabels
    assert [note.text for note in narrow.layout.annotations] == ["Strong", "Middling", "Weak"]
    assert narrow.layout.margin.l < 20


def test_ranks_and_their_bars(benchmark: Benchmark) -> None:
    pairs = compare_pairs(benchmark)
    ranks = rank_systems(benchmark, pairs)
    names = {system.key: system.name for system in benchmark.systems}
    figure = plot_ranks(ranks, names, LIGHT, width_px=900)
    assert list(figure.data[0].x) == list(ranks.means)
    assert len(figure.data) == 1 + len(ranks.cliques)


def test_strata_show_two_models_and_the_others_in_grey(benchmark: Benchmark) -> None:
    names = {system.key: system.name for system in benchmark.systems}
    table = tabulate_strata(benchmark, "label")
    table = table.assign(name=table["key"].map(names))
    figure = plot_strata(table, ["strong", "weak"], LIGHT, width_px=900)
    others, *marks = figure.data
    assert len(marks) == 2
    assert len(others.x) == 2  # the middling one, benign and malignant
    assert {mark.marker.color for mark in marks} == {LIGHT.accent, LIGHT.second}
    assert list(figure.layout.yaxis.ticktext) == ["benign, n = 16", "malignant, n = 16"]


def test_the_scatter_holds_every_image_once(benchmark: Benchmark) -> None:
    images = list_scatter(benchmark, "strong", "weak")
    figure = plot_scatter(images, ("Strong", "Weak"), LIGHT)
    assert sum(len(trace.x) for trace in figure.data[1:]) == len(images)
    better, worse = figure.data[1], figure.data[2]
    assert all(x > y for x, y in zip(better.x, better.y, strict=True))
    assert all(x < y for x, y in zip(worse.x, worse.y, strict=True))


def test_the_frozen_points_lie_on_the_curves(benchmark: Benchmark) -> None:
    sweep = sweep_thresholds(benchmark)
    figure = plot_sweep(sweep, benchmark.systems, ["strong"], LIGHT)
    curves, points = figure.data[0::2], figure.data[1::2]
    assert len(curves) == 6  # Dice and false alarms of three
    for curve, point in zip(curves, points, strict=True):
        at = curve.x.index(point.x[0])
        assert curve.y[at] == point.y[0]
        assert curve.yaxis == point.yaxis
    assert curves[2].line.color == LIGHT.accent  # drawn last, over the others


def test_the_reliability_diagram_leaves_empty_bins_open(benchmark: Benchmark) -> None:
    found = {"strong": measure_reliability(benchmark, "strong")}
    figure = plot_reliability(found, {"strong": "Strong"}, LIGHT)
    _, curve, pixels = figure.data
    assert [x is None for x in curve.x] == [share is None for share in pixels.y]
    assert sum(share or 0 for share in pixels.y) == pytest.approx(1)


def test_names_are_cut_and_escaped() -> None:
    assert shorten("a\nb <i>") == "a b &lt;i&gt;"
    assert shorten("x" * 50).endswith("x…")
    assert "%{" not in shorten("%{x}")
