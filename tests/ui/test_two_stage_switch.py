"""The two-stage switch in a real Chromium, on the viewer's harness."""

from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Page
from ui.chromium import without_errors
from ui.viewer_harness import CASES, NEXT_FRAMES, build_staged, clear, cut_levels, show

from busdemo.imaging.masks import binarize
from busdemo.scoring.overlap import score_overlap

pytestmark = pytest.mark.browser

SWITCH = "[data-do-two-stage]"
NOTE = ".bd-two-stage-note"
BRIGHTEST = """([x, y]) => {
  const pane = document.querySelector('[data-pane=overlay]'), canvas = pane.querySelector('canvas');
  const ratio = canvas.width / pane.clientWidth, at = __busdemoViewer.session.view.toPane(x, y);
  const {data} = canvas.getContext('2d').getImageData(at.x * ratio - 2, at.y * ratio - 2, 5, 5);
  let most = 0;
  for (let i = 0; i < data.length; i += 4) {
    most = Math.max(most, Math.min(data[i], data[i + 1], data[i + 2]));
  }
  return most;
}"""


@pytest.fixture
def page(harness: Page) -> Iterator[Page]:
    """The page with its second case in one stage, and no errors in the end."""
    clear(harness)
    show(harness, "second")
    with without_errors(harness):
        yield harness


def wait_for_stage(page: Page, stages: str, ready: str) -> None:
    page.wait_for_selector(f'.bd-viewer[data-stages="{stages}"][data-ready="{ready}"]')
    page.evaluate(NEXT_FRAMES)


def dice_at(page: Page, stop: int) -> Any:
    return page.evaluate("(stop) => __busdemoViewer.metricsAt(stop).dice", stop)


def expect_dice(case: str, *, staged: bool, stop: int) -> float:
    levels = CASES[case].levels["unet"]
    if staged:
        levels = cut_levels(levels, build_staged(case, []).boxes[0])
    return score_overlap(binarize(levels, stop), CASES[case].reference).dice


def test_the_switch_shows_the_result_on_the_crop(page: Page) -> None:
    assert dice_at(page, 90) == pytest.approx(expect_dice("second", staged=False, stop=90))
    page.click(SWITCH)
    wait_for_stage(page, "two", "unet")
    assert page.get_attribute(SWITCH, "aria-pressed") == "true"
    assert page.text_content(NOTE) == "One lesion, score 0.87."
    assert page.input_value("#told textarea") == "staged ['unet']"
    assert dice_at(page, 90) == pytest.approx(expect_dice("second", staged=True, stop=90))
    page.click(SWITCH)
    wait_for_stage(page, "one", "unet attention-unet")
    assert page.is_hidden(NOTE)
    assert dice_at(page, 90) == pytest.approx(expect_dice("second", staged=False, stop=90))


def test_the_box_is_drawn_over_the_overlay(page: Page) -> None:
    box = build_staged("second", []).boxes[0]
    corner = [box.right, (box.top + box.bottom) / 2]
    before = page.evaluate(BRIGHTEST, corner)
    page.click(SWITCH)
    wait_for_stage(page, "two", "unet")
    assert page.evaluate(BRIGHTEST, corner) >= 250 > before


def test_what_is_there_is_not_asked_for_again(page: Page, requests: list[str]) -> None:
    page.click(SWITCH)
    wait_for_stage(page, "two", "unet")
    requests.clear()
    page.click(SWITCH)
    wait_for_stage(page, "one", "unet attention-unet")
    page.click(SWITCH)
    wait_for_stage(page, "two", "unet")
    for stop in range(60, 140, 7):
        page.evaluate("(stop) => __busdemoViewer.setStop(stop)", stop)
    page.evaluate(NEXT_FRAMES)
    assert requests == []


def test_another_model_is_asked_for_once_it_is_chosen(page: Page) -> None:
    page.click(SWITCH)
    wait_for_stage(page, "two", "unet")
    page.select_option(".bd-model-select", "attention-unet")
    wait_for_stage(page, "two", "attention-unet")
    assert page.input_value("#told textarea") == "staged ['attention-unet']"


def test_python_is_told_of_the_switch(page: Page) -> None:
    page.click(SWITCH)
    wait_for_stage(page, "two", "unet")
    page.click("#tell")
    page.wait_for_function(
        "document.querySelector('#told textarea').value.includes('two_stage=True')"
    )


def test_another_scan_starts_with_one_stage(page: Page) -> None:
    page.click(SWITCH)
    wait_for_stage(page, "two", "unet")
    show(page, "first")
    assert page.get_attribute(SWITCH, "aria-pressed") == "false"
    assert page.evaluate("__busdemoViewer.state.boxes.length") == 0


def test_where_no_lesion_is_found_the_page_says_so(page: Page) -> None:
    show(page, "normal")
    page.click(SWITCH)
    wait_for_stage(page, "two", "unet")
    assert page.text_content(NOTE) == "No lesion: the whole frame."
    assert page.evaluate("__busdemoViewer.state.boxes.length") == 0


def test_without_a_detector_the_switch_says_why(page: Page, requests: list[str]) -> None:
    show(page, "no-detector")
    assert page.get_attribute(SWITCH, "aria-disabled") == "true"
    assert page.get_attribute(SWITCH, "title") == "There is no detector."
    requests.clear()
    page.click(SWITCH, force=True)  # Playwright waits for what is disabled by name, too
    assert page.text_content(NOTE) == "There is no detector."
    assert page.get_attribute(SWITCH, "aria-pressed") == "false"
    assert requests == []
