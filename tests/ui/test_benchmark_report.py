"""The report of a run: one file, every word escaped, charts drawn without a request."""

import json
import re
from functools import partial
from pathlib import Path

import pytest
from small_runs import EVIL, hostile_run, small_run

from busdemo.cli import main
from busdemo.evaluation.run_files import write_run
from busdemo.workflows.benchmark_report import write_report
from busdemo.workflows.benchmarking import open_run

pytest.importorskip("playwright")
from playwright.sync_api import Browser, ConsoleMessage, Error, Request


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("my run")
    write_run(folder, small_run(30))
    return folder


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a run in which every word is markup."""
    folder = tmp_path_factory.mktemp("hostile")
    write_run(folder, hostile_run(30))
    report = folder / "report.html"
    report.write_text(write_report(open_run(folder), title=EVIL), encoding="utf-8")
    return report


def test_the_command_writes_one_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = folder / "new" / "report.html"
    assert main(["report", str(folder), "--html", str(out)]) == 0
    assert capsys.readouterr().out == f"Written: {out}\n"
    report = out.read_text("utf-8")
    assert len(re.findall(r"plotly\.js \(basic - minified\)", report)) == 1
    assert f"<b>{folder.name}</b>, made on 2026-11-21" in report
    for words in ("Leaderboard by data set", "Results by lesion size", "Worst cases", "Ranks"):
        assert words in report
    assert str(folder.parent) not in report
    assert [path.name for path in out.parent.iterdir()] == ["report.html"]


def test_the_models_in_detail_can_be_named(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    named = ["--models", "weak", "middling:2"]
    assert main(["report", str(folder / "rows.parquet"), "--html", str(out), *named]) == 0
    assert "Middling, two stages has the higher mean Dice" in out.read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["nowhere"], 1, "it is no run"),
        (["RUN", "--models", "none"], 2, "The run holds no model 'none'."),
        (["RUN", "--models", "weak", "strong", "middling"], 2, "one or two models"),
    ],
)
def test_what_cannot_be_reported_gives_a_sentence(
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    sentence: str,
) -> None:
    run, *rest = arguments
    place = str(folder) if run == "RUN" else str(tmp_path / run)
    out = tmp_path / "report.html"
    assert main(["report", place, *rest, "--html", str(out)]) == code
    assert sentence in capsys.readouterr().err
    assert not out.exists()


def test_no_word_of_a_run_is_markup(hostile: Path) -> None:
    report = hostile.read_text("utf-8")
    assert "<img" not in report
    assert "<script>window" not in report
    data = re.search(r'id="figures">(.*?)</script>', report, re.DOTALL)
    assert data is not None
    assert len(json.loads(data[1])) > 5


def note_request(asked: list[str], request: Request) -> None:
    asked.append(request.url)


def note_error(troubles: list[str], error: Error) -> None:
    troubles.append(str(error))


def note_word(troubles: list[str], said: ConsoleMessage) -> None:
    troubles.append(said.text)


@pytest.mark.browser
@pytest.mark.parametrize("width", [1000, 375])
def test_its_charts_are_drawn_without_a_request(
    browser: Browser, folder: Path, hostile: Path, width: int
) -> None:
    ordinary = folder / "report.html"
    ordinary.write_text(write_report(open_run(folder), title="run"), encoding="utf-8")
    for report in (ordinary, hostile):
        page = browser.new_page(viewport={"width": width, "height": 800})
        asked: list[str] = []
        troubles: list[str] = []
        page.on("request", partial(note_request, asked))
        page.on("pageerror", partial(note_error, troubles))
        page.on("console", partial(note_word, troubles))
        page.goto(report.as_uri())
        page.wait_for_function(
            """() => [...document.querySelectorAll('.bd-plot')].every(
              (place) => place.querySelector('.main-svg'))"""
        )
        assert asked == [report.as_uri()]
        assert troubles == []
        assert page.evaluate("window.hacked") is None
        assert page.locator("img").count() == 0
        if report is ordinary:
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        if width == 1000:
            assert len(page.pdf()) > 50_000
        page.close()
