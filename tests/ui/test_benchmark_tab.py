"""The Benchmark tab: what its handlers answer, and the tab in a real Chromium."""

import gc
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from small_runs import hostile_run, small_run
from ui.stillness import wait_until_still, watch_timers

from busdemo.evaluation.run_files import Run, write_run
from busdemo.ui import text
from busdemo.ui.benchmark.component import BenchmarkRequest
from busdemo.ui.benchmark_tab import BenchmarkTab, build_benchmark_tab
from busdemo.ui.gradio_private import OPEN_LINKED_TAB
from busdemo.ui.page import Service
from busdemo.ui.theme import STYLESHEETS, build_theme
from busdemo.workflows.benchmark_sections import SECTIONS
from busdemo.workflows.benchmarking import warm_up

pytest.importorskip("playwright")
from playwright.sync_api import Browser, FilePayload, Page
from ui.chromium import open_page

RUN = small_run(40)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shipped run of three models in one and two stages."""
    folder = tmp_path_factory.mktemp("run")
    write_run(folder, RUN)
    return folder


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run in which every word is markup."""
    folder = tmp_path_factory.mktemp("hostile")
    write_run(folder, hostile_run(40))
    return folder / "rows.parquet"


@pytest.fixture(scope="module")
def tab(folder: Path) -> BenchmarkTab:
    with gr.Blocks():
        return build_benchmark_tab(folder)


def event(**data: Any) -> Any:
    return SimpleNamespace(_data=data)


def test_opening_tells_which_run_and_the_leaderboard(tab: BenchmarkTab) -> None:
    shown = tab.enter(None, event(width=900))
    assert shown.opened
    assert "made on 2026-11-21" in shown.about
    assert "3 models in one stage and in two stages on 40 images" in shown.about
    assert list(shown.told) == ["leaderboard"]
    assert len(shown.told["leaderboard"].figures) == 1
    assert [words for _, words in shown.models] == ["Strong", "Middling", "Weak"]
    assert [one.id for one in shown.sections] == list(SECTIONS)
    assert shown.datasets[0] == ("all sets", "all sets")
    assert len(shown.datasets) == 4


def test_only_what_is_asked_for_is_told(tab: BenchmarkTab) -> None:
    shown = tab.ask(None, event(turn="3", sections=["sweep", "nothing"], dataset="A", stages="2"))
    assert list(shown.told) == ["sweep"]
    assert shown.turn == "3"
    assert shown.models == []


def test_unknown_models_and_factors_become_known_ones(tab: BenchmarkTab) -> None:
    shown = tab.ask(None, event(sections=["pair", "strata"], a="none", b="weak", factor="x"))
    assert "Strong" in shown.told["pair"].html
    assert "by class" in shown.told["strata"].html


def test_images_that_the_run_does_not_hold_give_a_sentence(tab: BenchmarkTab) -> None:
    shown = tab.ask(None, event(sections=["pair"], dataset="Z"))
    assert shown.message == "The run holds no such images or models."
    assert not shown.told


@pytest.mark.parametrize("data", [None, [], {"sections": 3, "width": "wide", "stages": []}])
def test_an_event_that_makes_no_sense_is_read_within_bounds(data: Any) -> None:
    wish = BenchmarkRequest.from_event(SimpleNamespace(_data=data))  # type: ignore[arg-type]
    assert wish == BenchmarkRequest()
    assert BenchmarkRequest.from_event(event(width=10**9)).width_px == 1600
    assert len(BenchmarkRequest.from_event(event(a="x" * 9999)).a) == 400


def test_a_run_of_one_s_own_is_shown_and_let_go_of(tab: BenchmarkTab, folder: Path) -> None:
    data = (folder / "rows.parquet").read_bytes()
    shown, own = tab.open_run(("mine.parquet", data), event())
    assert shown.own
    assert "<b>mine.parquet</b>" in shown.about
    assert own.run is None
    assert "leaderboard" in tab.ask(own, event(own=True, sections=["leaderboard"])).told
    back, nothing = tab.close_run(event())
    assert nothing is None
    assert text.BENCHMARK_SHIPPED in back.about


def test_the_shipped_run_never_answers_for_one_that_was_let_go_of(tab: BenchmarkTab) -> None:
    shown = tab.ask(None, event(own=True, turn="5", sections=["pair"]))
    assert (shown.message, shown.turn) == (text.BENCHMARK_ENDED, "5")
    assert not shown.told


def test_a_file_that_is_no_run_gives_one_sentence(tab: BenchmarkTab, tmp_path: Path) -> None:
    newer = Run(RUN.rows, {**RUN.receipt, "version": 99})
    write_run(tmp_path, newer)
    files = {
        b"no parquet": "bad: The file cannot be read as Parquet.",
        (tmp_path / "rows.parquet").read_bytes(): "a newer busdemo is needed",
    }
    for data, sentence in files.items():
        shown, _ = tab.open_run(("bad", data), event())
        assert sentence in shown.message
        assert not shown.opened


def test_only_so_many_runs_of_visitors_are_in_memory(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("busdemo.ui.benchmark_tab.MOST_OWN_RUNS", 1)
    with gr.Blocks():
        busy = build_benchmark_tab(folder)
    file = ("mine.parquet", (folder / "rows.parquet").read_bytes())
    _, own = busy.open_run(file, event())
    assert busy.open_run(file, event())[0].message == text.BENCHMARK_BUSY
    del own
    gc.collect()
    assert busy.open_run(file, event())[0].opened


def test_without_a_shipped_run_the_tab_says_so(tmp_path: Path) -> None:
    with gr.Blocks():
        empty = build_benchmark_tab(tmp_path)
    shown = empty.enter(None, event())
    assert shown.opened
    assert shown.run == ""
    assert "No run is shipped yet" in shown.about
    assert empty.ask(None, event(turn="1")).message == text.BENCHMARK_ENDED
    warm_up(tmp_path)


def test_a_damaged_shipped_run_gives_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "rows.parquet").write_bytes(b"damaged")
    with gr.Blocks():
        broken = build_benchmark_tab(tmp_path)
    assert broken.enter(None, event()).message == "The file cannot be read as Parquet."
    warm_up(tmp_path)


def test_the_uploaded_file_is_gone_once_it_is_read(tab: BenchmarkTab, tmp_path: Path) -> None:
    path = tmp_path / "up.parquet"
    path.write_bytes(b"data")
    payload = tab.bench.data_model(upload={"path": str(path), "orig_name": "a/b.parquet"})
    assert tab.bench.preprocess(payload) == ("b.parquet", b"data")
    assert not path.exists()


# ---- in the browser


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """A page with the tab behind another one."""
    with gr.Blocks(fill_width=True, analytics_enabled=False) as page, gr.Tabs(elem_id="bd-tabs"):
        with gr.Tab("First"):
            gr.HTML("first")
        with gr.Tab("Benchmark", elem_id="bd-benchmark-tab"):
            build_benchmark_tab(folder)
        page.load(None, js=OPEN_LINKED_TAB)
    _, address, _ = page.launch(
        theme=build_theme(),
        css_paths=STYLESHEETS,
        ssr_mode=False,
        max_file_size="20mb",
        prevent_thread_lock=True,
        quiet=True,
        app_kwargs={"middleware": Service(per_minute=0).middleware},
    )
    yield address
    page.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The tab, opened."""
    with open_page(browser, address) as page:
        open_tab(page)
        yield page
        assert page.evaluate("window.hacked") is None


def open_tab(page: Page) -> None:
    page.get_by_role("tab", name="Benchmark").click()
    page.wait_for_selector("#bd-bench .bd-plot .main-svg", timeout=60_000)


def open_section(page: Page, section: str) -> None:
    page.click(f'[data-section="{section}"] summary')
    settle(page)


def settle(page: Page) -> None:
    """Every open section has been told, and its figures are drawn."""
    page.wait_for_function(
        """() => {
          const open = [...document.querySelectorAll('#bd-bench details[open] > div')];
          const places = [...document.querySelectorAll('#bd-bench details[open] .bd-plot')];
          return open.every((one) => one.childElementCount && !one.hasAttribute('aria-busy'))
            && !document.querySelector('[data-part=leaderboard][aria-busy]')
            && places.every((one) => one.querySelector('.main-svg'));
        }"""
    )


@pytest.mark.browser
def test_nothing_of_the_tab_is_loaded_before_it_is_opened(browser: Browser, address: str) -> None:
    page, asked = browser.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    watch_timers(page, from_the_start=True)
    page.goto(address)
    page.wait_for_selector("button[role=tab]")
    wait_until_still(page)
    assert not any("plotly" in url.lower() or "/benchmark/" in url for url in asked)
    assert page.evaluate("typeof window.Plotly") == "undefined"
    assert page.locator(".bd-bench").count() == 0
    asked.clear()
    open_tab(page)
    assert sum("plotly" in url for url in asked) == 1
    assert sum(url.endswith("/benchmark/mount.js") for url in asked) == 1
    assert all(url.startswith(address.rstrip("/")) for url in asked)
    page.close()


@pytest.mark.browser
def test_a_visitor_sees_the_leaderboard_and_one_plot_first(page: Page) -> None:
    assert "3 models" in page.inner_text("[data-part=about]")
    assert page.locator("#bd-bench tbody tr").count() == 3
    assert page.locator("#bd-bench .bd-plot").count() == 1
    assert page.locator("#bd-bench details[open]").count() == 0


@pytest.mark.browser
@pytest.mark.parametrize("section", list(SECTIONS))
def test_every_section_opens_with_its_sentence(page: Page, section: str) -> None:
    open_section(page, section)
    assert len(page.inner_text(f'[data-section="{section}"] p >> nth=0')) > 40
    assert page.evaluate("document.documentElement.scrollWidth") <= 1440


@pytest.mark.browser
def test_pointing_and_sorting_ask_the_server_nothing(page: Page) -> None:
    open_section(page, "sweep")
    watch_timers(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    box = page.locator('[data-section="sweep"] .bd-plot').bounding_box()
    assert box is not None
    for step in range(5):
        page.mouse.move(box["x"] + 100 + 60 * step, box["y"] + 100)
    page.click("#bd-bench thead button >> text=ms")
    wait_until_still(page)
    assert asked == []


@pytest.mark.browser
def test_a_column_sorts_best_first_then_worst_then_as_it_came(page: Page) -> None:
    def names() -> list[str]:
        return page.locator("[data-part=leaderboard] tbody th").all_inner_texts()

    assert names() == ["Strong", "Middling", "Weak"]
    page.click("[data-part=leaderboard] thead button >> text=Model")
    assert names() == ["Middling", "Strong", "Weak"]
    page.click("[data-part=leaderboard] thead button >> text=Mean Dice")
    assert names() == ["Strong", "Middling", "Weak"]
    page.click("[data-part=leaderboard] thead button >> text=Mean Dice")
    assert names() == ["Weak", "Middling", "Strong"]
    head = page.locator("[data-part=leaderboard] th[aria-sort=ascending]")
    assert head.inner_text() == "Mean Dice"
    page.click("[data-part=leaderboard] thead button >> text=Mean Dice")
    assert names() == ["Strong", "Middling", "Weak"]


@pytest.mark.browser
def test_two_models_are_picked_and_never_one_twice(page: Page) -> None:
    open_section(page, "pair")
    assert "Strong has the higher mean Dice" in page.inner_text(".bd-verdict")
    page.select_option("[data-choice=a]", "weak")
    page.wait_for_function("document.querySelector('.bd-verdict').textContent.includes('Weak')")
    page.select_option("[data-choice=b]", "weak")
    settle(page)
    picked = [page.input_value(f"[data-choice={name}]") for name in "ab"]
    assert picked[1] == "weak"
    assert picked[0] != "weak"


@pytest.mark.browser
def test_one_set_in_two_stages(page: Page) -> None:
    open_section(page, "strata")
    page.select_option("[data-choice=dataset]", "B")
    page.select_option("[data-choice=stages]", "2")
    page.wait_for_function(
        "document.querySelector('[data-part=leaderboard] tbody th').textContent.includes('two')"
    )
    settle(page)
    assert page.input_value("[data-choice=a]") == "strong:2"
    page.select_option("[data-choice=factor]", "size")
    page.wait_for_function(
        "document.querySelector('[data-section=strata] p').textContent.includes('thirds')"
    )
    rows = page.locator("[data-section=strata] tbody th").all_inner_texts()
    assert rows == ["small", "small", "medium", "medium", "large", "large"]


@pytest.mark.browser
def test_a_hostile_run_is_only_words_and_the_shipped_one_comes_back(
    page: Page, hostile: Path
) -> None:
    for section in SECTIONS:
        open_section(page, section)
    page.set_input_files("#bd-bench input[type=file]", str(hostile))
    page.wait_for_function(
        "document.querySelector('[data-part=about]').textContent.includes('<img')"
    )
    page.wait_for_selector("[data-part=leaderboard] .main-svg")
    settle(page)
    assert page.locator("#bd-bench img").count() == 0
    assert page.locator("#bd-bench script").count() == 0
    dot = page.locator("[data-section=pair] .bd-plot .point").first
    watch_timers(page)
    dot.hover(force=True)
    wait_until_still(page)
    assert page.evaluate("window.hacked") is None
    page.click("[data-act=close]")
    page.wait_for_function("!document.querySelector('[data-part=about]').textContent.includes('<')")
    assert page.locator("[data-act=close]").is_hidden()


@pytest.mark.browser
def test_a_bad_file_says_one_sentence_and_changes_nothing(page: Page) -> None:
    for name, data, sentence in (
        ("x.parquet", b"no", "x.parquet: The file cannot be read as Parquet."),
        ("<b>.parquet", b"0" * (20 * 2**20 + 1), "<b>.parquet is larger than 20 MB"),
    ):
        file = FilePayload(name=name, mimeType="application/octet-stream", buffer=data)
        page.set_input_files("#bd-bench input[type=file]", file)
        page.wait_for_selector(f"#bd-bench .bd-error >> text={sentence}")
        assert page.inner_text("[data-part=leaderboard] tbody th >> nth=0") == "Strong"


@pytest.mark.browser
def test_it_fits_a_phone_and_turns_dark(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 375, "height": 800})
    page.goto(f"{address}?__theme=light")
    open_tab(page)
    for section in SECTIONS:
        open_section(page, section)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    colour = "document.querySelector('[data-section=sweep] .bd-plot').layout.xaxis.gridcolor"
    light = page.evaluate(colour)
    page.evaluate("document.body.classList.add('dark')")
    page.wait_for_function(f"{colour} !== '{light}'")
    settle(page)
    page.close()


@pytest.mark.browser
def test_a_link_opens_the_tab(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(f"{address}#benchmark")
    page.wait_for_selector("#bd-bench .bd-plot .main-svg", timeout=60_000)
    page.close()


def test_the_drawing_library_is_the_version_plotly_py_expects() -> None:
    from plotly.offline import get_plotlyjs_version

    from busdemo.workflows.benchmark_sections import PLOTLY

    head = PLOTLY.read_text("utf-8")[:300]
    shipped = re.search(r"v(\d+\.\d+)", head)
    assert shipped is not None
    assert get_plotlyjs_version().startswith(shipped[1])
