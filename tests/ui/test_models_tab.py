"""The Models tab: what its handlers give, and the tab opened in a real Chromium."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
import yaml
from tiny_world import add_model

from busdemo.inference.segmenter import SegmenterPool
from busdemo.ui import text
from busdemo.ui.models.component import Visit
from busdemo.ui.models.markup import render_card_head, render_paper, render_pareto, render_rows
from busdemo.ui.models_tab import ModelsTab, build_models_tab, describe_recipe
from busdemo.ui.page import launch
from busdemo.ui.workspace import describe_model
from busdemo.views.tables import tabulate_zoo
from busdemo.zoo.cards import digest_members, read_cards, read_facts, write_card

pytest.importorskip("playwright")
from playwright.sync_api import Browser, Page
from ui.chromium import open_page

EVIL = '<img src=x onerror="window.__hacked=1">'
RECIPE = {"stages": [[6, 160], [4, 224]], "batch_size": 16}
TEXT = """
# A model

## How it works

It halves and doubles. <script>window.__hacked=2</script>

## Limits

Many.
"""


def results(dice: float, alarms: float) -> list[dict[str, Any]]:
    common = {"n": 40, "groups": 30}
    return [
        {"dataset": "BUSI", "metric": "lesion_dice", "value": dice - 0.1}
        | {"low": dice - 0.2, "high": dice, "n": 9, "groups": 3},
        {"dataset": "all sets", "metric": "lesion_dice", "value": dice}
        | {"low": dice - 0.04, "high": dice + 0.03, **common},
        {"dataset": "all sets", "metric": "false_alarms", "value": alarms}
        | {"low": alarms - 0.1, "high": alarms + 0.1, **common},
    ]


def fill(weights: Path) -> Path:
    """Three networks, one of them with other weights than its card names, and a recipe."""
    facts: dict[str, dict[str, Any]] = {
        "one": {"name": "One", "family": "U-Net family", "year": 2015, "order": 1}
        | {"paper": "https://arxiv.org/abs/1505.04597", "start": "random", "recipe": RECIPE}
        | {"results": results(0.8, 0.3), "parameters": 3_000_000},
        "two": {"name": EVIL, "family": "Attention", "year": 2018, "order": 2}
        | {"paper": "javascript:alert(1)", "results": results(0.85, 0.2), "gflops": 2.5},
        "broken": {"name": "Broken", "order": 3, "sha256": "0" * 64},
    }
    for seed, (model_id, known) in enumerate(facts.items()):
        folder = add_model(weights, model_id, seed=seed, facts=known)
        header, _ = read_facts(folder / "README.md")
        write_card(folder / "README.md", header, TEXT)
        (folder / "curves.csv").write_text("epoch,side_px,mean_dice\n1,160,0.4\n2,224,0.6\n")
    (weights / "broken" / "model.safetensors").unlink()
    cards = {card.id: card for card in read_cards(weights)}
    known = {"name": "Both", "family": "Recipes", "parameters": 0, "order": 4}
    known["sha256"] = digest_members([cards["one"], cards["two"]])
    (weights / "both").mkdir()
    (weights / "both" / "README.md").write_text(f"---\n{yaml.safe_dump({'busdemo': known})}---\n")
    (weights / "both" / "config.json").write_text(json.dumps({"members": ["one", "two"]}))
    (weights / "both" / "preprocessor_config.json").write_text(json.dumps({"threshold": 0.4}))
    return weights


@pytest.fixture
def tab(weights: Path) -> ModelsTab:
    pool = SegmenterPool(read_cards(fill(weights)))
    pool.milliseconds = {"one": 12.4, "two": 30.0, "both": 44.0}
    with gr.Blocks():
        return build_models_tab(pool)


def event(**data: Any) -> Any:
    return SimpleNamespace(_data=data)


def rows_of(tab: ModelsTab) -> dict[str, str]:
    """A table's rows as HTML, by model."""
    (shown, *_) = tab.enter(event())
    body = shown[tab.zoo].rows.split("<tbody>")[1]
    return dict(re.findall(r'<tr data-model="([^"]*)"(.*?)</tr>', body))


def test_the_table_lists_every_model_with_its_numbers(tab: ModelsTab) -> None:
    rows = rows_of(tab)
    assert list(rows) == ["one", "two", "broken", "both"]
    for shown in ("2015", "random", "3.0", "12", "<b>0.80</b> <small>(0.76–0.83)</small>"):
        assert f">{shown}</td>" in rows["one"]
    assert "<b>0.70</b> <small></small>" in rows["one"]  # too few patients for an interval
    assert "<b>30 %</b> <small>(20–40 %)</small>" in rows["one"]
    assert 'href="https://arxiv.org/abs/1505.04597"' in rows["one"]
    assert "–" in rows["both"]


def test_a_model_that_cannot_run_is_listed_with_its_reason(tab: ModelsTab) -> None:
    assert "Cannot run: There are no weights in its folder." in rows_of(tab)["broken"]
    shown = tab.pick(event(model="broken"))
    assert "There are no weights" in shown[tab.head]


def test_what_a_card_says_never_becomes_markup(tab: ModelsTab) -> None:
    everything = [*tab.enter(event(model="two")), tab.pick(event(model="both"))]
    for shown in everything:
        for control, value in shown.items():
            if isinstance(control, gr.HTML):
                words = value.rows if control is tab.zoo else value
                assert "<img" not in words
                assert "javascript:" not in re.sub(r'data-[a-z]+="[^"]*"', "", words)
    assert "&lt;img" in everything[0][tab.zoo].rows


def test_a_card_shows_drawing_command_recipe_and_curves(tab: ModelsTab) -> None:
    shown = tab.pick(event(model="one"))
    assert "<svg" in shown[tab.figure]
    assert "4 channels at 64 px" in shown[tab.figure]
    assert text.DIAGRAM_KEY["gate"] in shown[tab.figure]
    assert "busdemo train one" in shown[tab.training]
    assert "6 epochs at 160 px, then 4 epochs at 224 px" in shown[tab.training]
    assert "It halves and doubles" in shown[tab.how]
    assert "### Limits" in shown[tab.sections]
    assert "64 × 48 px" in shown[tab.head]
    assert "12 ms" in shown[tab.head]
    curve = shown[tab.curve]
    assert curve["visible"]
    assert json.loads(curve["value"].plot)["data"][0]["y"] == [0.4, 0.6]


def test_a_recipe_shows_its_members_and_no_training(tab: ModelsTab) -> None:
    shown = tab.pick(event(model="both"))
    assert ">One</text>" in shown[tab.figure]
    assert "mean" in shown[tab.figure]
    assert "busdemo train" not in shown[tab.training]
    assert "One; &lt;img" in shown[tab.training]
    assert not shown[tab.curve]["visible"]


def test_a_network_nobody_can_build_has_no_drawing(tab: ModelsTab) -> None:
    (tab.pool.cards["one"].folder / "config.json").write_text('{"_model_class": "Nothing"}')
    assert text.DIAGRAM_NONE in tab.pick(event(model="one"))[tab.figure]


def test_a_model_trained_elsewhere_names_no_command(tab: ModelsTab) -> None:
    assert text.CARD_NO_COMMAND in tab.pick(event(model="two"))[tab.training].replace("&#x27;", "'")


def test_an_unknown_model_changes_nothing(tab: ModelsTab) -> None:
    assert list(tab.pick(event(model="../etc"))) == [tab.head]
    *_, card = tab.enter(event(model="../etc"))
    assert "One" in card[tab.head]


def test_times_still_being_measured_are_asked_for_again(tab: ModelsTab) -> None:
    assert not next(tab.enter(event()))[tab.zoo].waiting
    tab.pool.milliseconds = {"one": 12.4, "both": 44.0}
    assert next(tab.enter(event()))[tab.zoo].waiting


def test_until_then_a_model_that_can_run_is_not_timed_yet(tab: ModelsTab) -> None:
    tab.pool.milliseconds = {"one": 12.4}
    rows = rows_of(tab)
    cell = '<td class="bd-number">not timed yet</td>'
    assert {name for name in rows if cell in rows[name]} == {"two", "both"}
    assert "not timed yet" in tab.pick(event(model="two"))[tab.head]
    assert "not timed yet" not in tab.pick(event(model="broken"))[tab.head]
    assert describe_model(tab.pool.cards["one"], tab.pool).note.endswith("13 ms")
    assert describe_model(tab.pool.cards["two"], tab.pool).note.endswith("not timed yet")
    assert "not timed" not in describe_model(tab.pool.cards["broken"], tab.pool).note


def test_no_chart_is_shown_before_there_is_something_to_draw(tab: ModelsTab) -> None:
    assert next(tab.enter(event()))[tab.pareto]["visible"]
    tab.pool.milliseconds = {}
    assert not next(tab.enter(event()))[tab.pareto]["visible"]


def test_a_page_in_the_dark_gets_other_colours(tab: ModelsTab) -> None:
    light, dark = (
        next(tab.enter(event(dark=dark)))[tab.pareto]["value"].plot for dark in (False, True)
    )
    assert light != dark


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ({}, Visit()),
        (None, Visit()),
        ({"model": 7, "dark": "yes", "width": "wide"}, Visit(model="7")),
        ({"model": "x" * 200, "dark": True, "width": 10**9}, Visit("x" * 64, True, 1600)),
        ({"width": -5}, Visit(width_px=280)),
    ],
)
def test_what_a_browser_says_is_kept_within_bounds(sent: Any, read: Visit) -> None:
    assert Visit.from_event(SimpleNamespace(_data=sent)) == read


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://arxiv.org/abs/1804.03999", ">arXiv 1804.03999</a>"),
        ("https://www.example.org/paper.pdf", ">example.org</a>"),
        ('https://example.org/"><script>', "&quot;&gt;&lt;script&gt;"),
    ],
)
def test_a_paper_is_linked_by_name(url: str, shown: str) -> None:
    link = render_paper(url)
    assert shown in link
    assert "<script" not in link


@pytest.mark.parametrize("url", ["", "javascript:alert(1)", "data:text/html,x", "http:", "a b"])
def test_an_address_of_another_kind_is_no_link(url: str) -> None:
    assert render_paper(url) == ""


def test_the_chart_is_summed_up_in_one_sentence(tab: ModelsTab) -> None:
    told = next(tab.enter(event()))[tab.pareto_note]
    assert "One (0.80 in 12 ms)" in told
    assert "0.85 (0.81–0.88) in 30 ms" in told
    assert "2 of 2 models" in told
    assert text.PARETO_NONE in render_pareto(tabulate_zoo([], {}, {}))
    alone = tabulate_zoo([tab.pool.cards["one"]], {"one": 5.0}, {})
    assert "only One" in render_pareto(alone)


def test_the_shipped_cards_are_rendered() -> None:
    cards = read_cards()
    table = tabulate_zoo(cards, {}, {card.id: card.problem for card in cards if card.problem})
    rows = render_rows(table)
    assert rows.count("<tr data-model=") == len(cards)
    row = {str(name): value for name, value in table.loc["unet"].items()}
    assert render_card_head(row, []).count("<h2>") == 1


def test_a_recipes_values_are_told_by_their_own_names() -> None:
    assert describe_recipe({"batch_size": 8, "stages": [[2, 64]]}) == [
        ("batch size", "8"),
        ("stages", "2 epochs at 64 px"),
    ]


# In a real browser.


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    served, local = launch(weights=fill(tmp_path_factory.mktemp("zoo")), wait=False)
    yield local
    served.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    with open_page(browser, address) as page:
        open_tab(page)
        yield page
        assert page.evaluate("window.__hacked") is None


def open_tab(page: Page) -> None:
    page.click('#bd-tabs [role="tab"]:has-text("Models")')
    page.wait_for_selector("#bd-zoo tr[data-model]", timeout=60_000)
    page.wait_for_selector("#bd-model-head h2", timeout=60_000)


def order(page: Page) -> list[str]:
    return list(
        page.evaluate(
            "() => [...document.querySelectorAll('#bd-zoo tbody tr')]"
            ".filter((row) => !row.hidden).map((row) => row.dataset.model)"
        )
    )


@pytest.mark.browser
def test_nothing_of_the_tab_is_fetched_before_it_is_opened(browser: Browser, address: str) -> None:
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    page.wait_for_function(
        "() => window.__busdemoViewer && window.__busdemoViewer.state.layers.length && "
        "window.__busdemoViewer.state.layers.every((l) => ['ready', 'unusable'].includes(l.state))",
        timeout=60_000,
    )
    before = len(asked)
    assert not [url for url in asked if "plotly" in url.lower()]
    config = page.evaluate("() => JSON.stringify(window.gradio_config.components)")
    assert "data-model=" not in config
    open_tab(page)
    page.wait_for_selector("#bd-pareto .js-plotly-plot", timeout=60_000)
    assert any("plotly" in url.lower() for url in asked[before:])
    page.close()


@pytest.mark.browser
def test_the_table_sorts_and_is_searched(page: Page) -> None:
    assert order(page) == ["one", "two", "broken", "both"]
    column = "#bd-zoo thead button:text-is('All sets')"
    page.click(column)
    assert order(page)[:2] == ["two", "one"]  # the best first, the unknown last
    assert page.get_attribute("#bd-zoo th:has(button:text-is('All sets'))", "aria-sort") == (
        "descending"
    )
    page.click(column)
    assert order(page)[:2] == ["one", "two"]
    page.click(column)
    assert order(page) == ["one", "two", "broken", "both"]
    page.fill("#bd-zoo input", "attention 2018")
    assert order(page) == ["two"]
    assert page.inner_text(".bd-zoo-count") == "1 of 4"
    page.fill("#bd-zoo input", "nothing like it")
    assert order(page) == []


@pytest.mark.browser
def test_a_row_opens_the_models_card(page: Page) -> None:
    page.click('#bd-zoo tr[data-model="both"] [data-pick]')
    page.wait_for_function("() => document.querySelector('#bd-model-head h2').innerText === 'Both'")
    assert page.get_attribute('tr[data-model="both"] [data-pick]', "aria-current") == "true"
    page.wait_for_selector('#bd-model svg[aria-label="Structure of Both"]')
    page.click('#bd-zoo tr[data-model="two"] [data-pick]')
    page.wait_for_function(
        "(name) => document.querySelector('#bd-model-head h2').innerText === name", arg=EVIL
    )
    page.wait_for_selector("#bd-model .js-plotly-plot", timeout=60_000)


@pytest.mark.browser
def test_a_phone_scrolls_the_table_not_the_page(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 375, "height": 812})
    page.goto(address)
    open_tab(page)
    page.wait_for_selector("#bd-pareto .js-plotly-plot", timeout=60_000)
    widths = page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1]
    inner, outer = page.evaluate(
        "() => { const box = document.querySelector('.bd-zoo-scroll');"
        " return [box.scrollWidth, box.clientWidth]; }"
    )
    assert inner > outer
    page.close()
