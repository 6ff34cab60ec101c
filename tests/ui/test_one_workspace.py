"""Segment and Compare look at one workspace: on the whole page, in a real Chromium."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Browser, Page, Request
from ui.chromium import list_requests, open_page

from busdemo.imaging.masks import binarize
from busdemo.imaging.post_processing import PostProcessing
from busdemo.scoring.overlap import score_overlap
from busdemo.ui.examples import read_examples
from busdemo.ui.page import launch

pytestmark = pytest.mark.browser

EXAMPLES = [one.id for one in read_examples().values()]
WITH_READERS = next(one.id for one in read_examples().values() if one.readers)
STEPS = PostProcessing(keep="largest", fill_holes=True, opening_px=2)
WORKSPACE = "window.__busdemoViewer.session.workspace"
READY = f"""(example) => window.__busdemoViewer && {WORKSPACE}.scan.example === example
  && {WORKSPACE}.layers.every((layer) => ['ready', 'unusable'].includes(layer.state))
  && {WORKSPACE}.roster.list.every((one) => one.ready)"""
STILL = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
TO_TEXT = """(bytes) => {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    page, local = launch(wait=False)
    yield local
    page.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    with open_page(browser, address) as page:
        page.wait_for_function(READY, arg=EXAMPLES[0], timeout=60_000)
        yield page


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()
    if name == "Compare":
        page.wait_for_function("window.__busdemoDesk && __busdemoDesk.root.getClientRects().length")
    page.evaluate(STILL)


def workspace(page: Page, expression: str) -> Any:
    return page.evaluate(f"(({{ scan, roster, planes, ...rest }}) => {expression})({WORKSPACE})")


def mask_of(page: Page, expression: str, shape: tuple[int, int]) -> np.ndarray:
    sent = page.evaluate(f"({TO_TEXT})({expression})")
    return np.frombuffer(base64.b64decode(sent), np.uint8).reshape(shape)


def pick_example(page: Page, example: str, tiles: str) -> None:
    page.evaluate(f"document.querySelector('{tiles} [data-example=\"{example}\"]').click()")
    page.wait_for_function(READY, arg=example, timeout=60_000)
    page.evaluate(STILL)


def test_the_example_chosen_in_one_tab_is_the_scan_of_the_other(page: Page) -> None:
    second, third = EXAMPLES[1], EXAMPLES[-1]
    pick_example(page, second, ".bd-intake")
    open_tab(page, "Compare")
    assert page.text_content(".bd-scan-name") == workspace(page, "scan.title")
    assert page.evaluate("__busdemoDesk.state.example") == second
    pick_example(page, third, ".bd-desk")
    open_tab(page, "Segment")
    assert workspace(page, "scan.title") in (page.text_content(".bd-readout") or "")
    assert page.get_attribute(f'.bd-intake [data-example="{third}"]', "aria-pressed") == "true"


def test_threshold_and_steps_of_one_tab_are_those_of_the_other(page: Page) -> None:
    session = "window.__busdemoViewer.session"
    with list_requests(page) as urls:
        page.evaluate(f"{session}.setStop(60)")
        page.evaluate(f"(steps) => {WORKSPACE}.setSteps('model:unet', steps)", STEPS.as_settings())
        page.evaluate(STILL)
        shape = tuple(workspace(page, "[scan.height, scan.width]"))
        levels = mask_of(page, f"{WORKSPACE}.layer.levels", shape)
        truth = mask_of(page, f"{WORKSPACE}.referenceMask", shape) > 0
        expected = STEPS.apply(binarize(levels, 60))
        dice = f"{score_overlap(expected, truth).dice:.3f}"
        slot = f"{WORKSPACE}.planes.read({WORKSPACE}.chosen.slot)"
        np.testing.assert_array_equal(mask_of(page, slot, shape), expected)
        assert page.inner_text("[data-number=dice]") == dice
        assert page.inner_text(".bd-stage").startswith("processed: largest only")
        page.keyboard.press("c")
        page.evaluate(STILL)
        assert page.inner_text('[data-cell=unet] [data-cell-number="dice"]') == dice
        assert page.inner_text("[data-cell=unet] .bd-cell-stage").startswith("processed: largest")
        assert urls == []
    open_tab(page, "Compare")
    assert page.text_content('[data-key="model:unet"] .bd-row-dice') == dice
    words = page.text_content('[data-key="model:unet"] .bd-row-words') or ""
    assert f"{int(expected.sum()):,} px · processed: largest only" in words
    page.evaluate("__busdemoDesk.store.setStop('model:unet', 120)")
    open_tab(page, "Segment")
    assert page.input_value(".bd-number") == "0.600"


def test_the_reference_chosen_in_compare_is_the_one_segment_scores_against(page: Page) -> None:
    pick_example(page, WITH_READERS, ".bd-intake")
    open_tab(page, "Compare")
    page.evaluate("__busdemoDesk.store.setReference('reader:1')")
    page.evaluate(STILL)
    dice = page.text_content('[data-key="model:unet"] .bd-row-dice')
    open_tab(page, "Segment")
    assert page.inner_text("[data-number=dice]") == dice
    name = workspace(page, "roster.find('reader:1').name")
    assert page.text_content("[data-pane=reference] figcaption") == name


def test_a_model_looked_at_leaves_the_list_and_one_that_was_moved_stays(page: Page) -> None:
    listed = "rest.layers && roster.list.map((one) => one.model).filter(Boolean)"
    before = workspace(page, listed)
    others = [
        model for model in workspace(page, "rest.layers.map(({ id }) => id)") if model not in before
    ]
    for model in others[:2]:
        page.evaluate(f"window.__busdemoViewer.session.pickModel('{model}')")
        assert workspace(page, listed) == [*before, model]
    page.evaluate("window.__busdemoViewer.session.setStop(33)")
    page.evaluate("window.__busdemoViewer.session.pickModel('unet')")
    assert workspace(page, listed) == [*before, others[1]]


def test_saving_sends_no_scan(page: Page, tmp_path: Path) -> None:
    open_tab(page, "Compare")
    sent: list[dict[str, Any]] = []

    def note(request: Request) -> None:
        if "component_server" in request.url:
            sent.append(request.post_data_json or {})

    page.on("request", note)
    page.click(".bd-desk [data-opens=download]")
    with page.expect_download() as arriving:
        page.click(".bd-downloads [data-export=json]")
    arriving.value.save_as(tmp_path / "numbers.json")
    numbers = json.loads((tmp_path / "numbers.json").read_text())
    assert numbers["image"]["sha256"] == workspace(page, "scan.sha256")
    saves = [one["data"] for one in sent if one["fn_name"] == "write_file"]
    assert len(saves) == 1
    assert "image" not in saves[0]
