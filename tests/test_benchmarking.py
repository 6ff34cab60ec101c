"""What is told of a run: every passage, of ordinary, poor and hostile runs."""

import json
import re
from functools import lru_cache
from pathlib import Path

import pandas as pd
import pytest
from small_runs import small_run

from busdemo.evaluation.benchmark import build_benchmark
from busdemo.evaluation.pairs import Pair
from busdemo.evaluation.run_files import Run, write_run
from busdemo.evaluation.statistics import bootstrap_mean
from busdemo.evaluation.strata import FACTORS
from busdemo.views.chart_style import DARK
from busdemo.workflows.benchmark_markup import Column, render_table
from busdemo.workflows.benchmark_models import describe_pair, tell_leaderboard, tell_pair
from busdemo.workflows.benchmark_papers import COLUMNS, render_papers
from busdemo.workflows.benchmark_sections import SECTIONS
from busdemo.workflows.benchmark_view import Passage, View
from busdemo.workflows.benchmarking import OpenRun, open_run

EVIL = '<img src=x onerror="window.hacked=1">%{x}$\\frac$</script><script>hacked()'
RUN = small_run(40)
TELLS = {"leaderboard": tell_leaderboard} | {key: one.tell for key, one in SECTIONS.items()}


def open_rows(rows: pd.DataFrame, **receipt: object) -> OpenRun:
    run = Run(rows, {**RUN.receipt, **receipt})
    return OpenRun(build_benchmark(run))


def view_of(run: OpenRun, **changes: object) -> View:
    study = run.study()
    a, b = [*study.best, "", ""][:2]
    return View(study, a, b, **changes)  # type: ignore[arg-type]


def words_of(passage: Passage) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", passage.html))


@pytest.fixture(scope="module")
def run() -> OpenRun:
    return open_rows(RUN.rows)


@pytest.mark.parametrize("tell", TELLS.values(), ids=TELLS)
@pytest.mark.parametrize("width_px", [343, 1100])
def test_every_passage_has_a_sentence_and_a_place_for_each_figure(
    run: OpenRun, tell: object, width_px: int
) -> None:
    passage = tell(view_of(run, palette=DARK, width_px=width_px))  # type: ignore[operator]
    assert "<p" in passage.html
    places = re.findall(r'data-plot="(\d)"', passage.html)
    assert places == [str(place) for place in range(len(passage.figures))]
    for figure in passage.figures:
        assert "bdata" not in figure.to_json()  # plain numbers, small and rounded
        assert figure.layout.height < 1200


def test_the_leaderboard_tells_dice_and_false_alarms_apart(run: OpenRun) -> None:
    words = words_of(tell_leaderboard(view_of(run)))
    assert "8 normal images in which anything is marked; they are never part of Dice" in words
    row = RUN.rows[(RUN.rows["model"] == "strong") & (RUN.rows["stages"] == 1)]
    row = row[row["lesion_px"] > 0]
    dice = bootstrap_mean(row["dice"], row["group"].tolist())
    assert f"Strong {dice.value:.2f} ({dice.low:.2f} to {dice.high:.2f})" in words


def test_a_model_that_has_not_seen_all_images_says_so() -> None:
    rows = RUN.rows[(RUN.rows["model"] != "weak") | (RUN.rows["dataset"] == "A")]
    words = words_of(tell_leaderboard(view_of(open_rows(rows))))
    assert "Weak (on 11 of 32 images)" in words
    assert "Mean Dice over 32 images with a lesion" in words


def test_two_models_are_told_apart_in_words_the_better_first(run: OpenRun) -> None:
    study = run.study()
    for a, b in (("weak", "strong"), ("strong", "weak")):
        words = words_of(tell_pair(View(study, a, b)))
        assert "Strong has the higher mean Dice, by" in words
        assert "over 15 pairs: the two differ." in words
        assert f"Strong is better on {study.pairs['strong', 'weak'].wins} images" in words


def pair_of(low: float, high: float, p: float, pairs: int) -> Pair:
    middle = (low + high) / 2
    return Pair("a", "b", middle, low, high, p / pairs, p, 5, 3, 2, 10, 9, pairs)


@pytest.mark.parametrize(
    ("pair", "differs", "said"),
    [
        (pair_of(0.001, 0.009, 0.001, 55), True, "the two differ."),
        (pair_of(0.001, 0.009, 1.0, 55), False, "how many pairs were looked at"),
        (pair_of(0.001, 0.009, 0.2, 1), False, "no difference between patients"),
        (pair_of(-0.001, 0.009, 0.001, 55), False, "the interval of the mean holds 0"),
        (pair_of(-0.001, 0.009, 1.0, 55), False, "the data do not tell them apart."),
    ],
)
def test_interval_test_and_verdict_do_not_contradict_each_other(
    pair: Pair, differs: bool, said: str
) -> None:
    told = describe_pair(pair, "A", "B")
    assert (pair.differs, pair.turned().differs) == (differs, differs)
    assert said in told
    assert ("they are not told apart" in told) == (pair.tested != pair.leaves_out_0)


def test_no_model_is_called_better_by_nothing() -> None:
    told = describe_pair(pair_of(-0.0004, 0.0002, 1.0, 3), "A", "B")
    assert told.startswith("B and A have the same mean Dice to three decimals (95 %")
    assert "higher" not in told


@pytest.mark.parametrize("factor", list(FACTORS))
def test_results_come_by_every_factor(run: OpenRun, factor: str) -> None:
    words = words_of(SECTIONS["strata"].tell(view_of(run, factor=factor)))
    assert FACTORS[factor] in words


POOR = {
    "one model": RUN.rows[(RUN.rows["model"] == "weak") & (RUN.rows["stages"] == 1)],
    "normal images only": RUN.rows[RUN.rows["lesion_px"] == 0],
    "lesions only": RUN.rows[RUN.rows["lesion_px"] > 0],
    "one image": RUN.rows[RUN.rows["id"] == "B-001"],
    "no image in common": RUN.rows[
        (RUN.rows["id"].rank(method="dense") % 3)
        == RUN.rows["model"].map({"weak": 0, "middling": 1, "strong": 2})
    ],
}


@lru_cache
def open_poor(name: str) -> OpenRun:
    return open_rows(POOR[name])


@lru_cache
def open_hostile() -> OpenRun:
    """A run in which every word is markup."""
    names = ["id", "dataset", "split", "label", "group", "birads", "device", "model", "outcome"]
    rows = RUN.rows.assign(**{name: EVIL + RUN.rows[name] for name in names})
    models = {EVIL + key: {"name": EVIL + key} for key in ("weak", "middling", "strong")}
    return open_rows(rows, models=models)


@pytest.mark.parametrize("name", POOR)
@pytest.mark.parametrize("tell", TELLS.values(), ids=TELLS)
def test_a_poor_run_is_told_in_sentences(name: str, tell: object) -> None:
    passage = tell(view_of(open_poor(name)))  # type: ignore[operator]
    assert "<p" in passage.html
    assert not re.search(r"\bnan\b", words_of(passage))
    for figure in passage.figures:
        assert "NaN" not in figure.to_json()


@pytest.mark.parametrize("tell", TELLS.values(), ids=TELLS)
def test_nothing_in_a_run_becomes_markup(tell: object) -> None:
    for factor in FACTORS if tell is SECTIONS["strata"].tell else ("label",):
        passage = tell(view_of(open_hostile(), factor=factor))  # type: ignore[operator]
        assert "<img" not in passage.html
        assert "<script" not in passage.html
        for figure in passage.figures:
            texts = json.dumps(json.loads(figure.to_json()), ensure_ascii=False)
            assert "<img" not in texts
            assert "%{x}$" not in texts


def test_a_selection_is_computed_once(run: OpenRun) -> None:
    assert run.study("A", 1) is run.study("A", 1)
    assert run.stages == [1, 2]
    study = run.study("A", 1)
    assert study.pairs is study.pairs
    assert study.strata("size") is study.strata("size")


def test_a_run_opens_from_its_folder_and_from_its_bytes(tmp_path: Path) -> None:
    write_run(tmp_path, RUN)
    names = open_run(tmp_path).whole.names
    assert open_run((tmp_path / "rows.parquet").read_bytes()).whole.names == names
    with pytest.raises(ValueError, match="cannot be read as Parquet"):
        open_run(b"no parquet")


def test_a_table_s_cells_say_what_they_are_sorted_by() -> None:
    columns = [Column("Name", number=False), Column("p", ascending=True)]
    table = render_table('A "table"', columns, [["<b>", "–"]], sortable=True)
    assert 'aria-label="A &quot;table&quot;"' in table
    assert '<th scope="row" data-value="&lt;b&gt;">&lt;b&gt;</th>' in table
    assert '<td class="bd-number">–</td>' in table
    assert 'data-first="ascending"' in table


def test_why_papers_disagree_is_one_table() -> None:
    row = ["L1", "0.96 Dice", "pixel <accuracy>", 0.96123, float("nan"), EVIL]
    shown = render_papers(pd.DataFrame([row], columns=list(COLUMNS)))
    for words in ("Why papers disagree", "L1", ">0.961<", ">–<", "pixel &lt;accuracy&gt;"):
        assert words in shown
    assert "<img" not in shown
