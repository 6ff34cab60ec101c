"""The viewer in a real Chromium, on the harness beside this file."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Page
from ui.chromium import without_errors
from ui.viewer_harness import CASES, EVIL, NEXT_FRAMES, clear, read_bytes, show, wait_for_case

from busdemo.imaging.masks import binarize
from busdemo.scoring.overlap import score_overlap

pytestmark = pytest.mark.browser

MEASURES = ("dice", "iou", "precision", "recall")
ALL_STOPS = """(model) => Array.from({length: 199}, (_, i) => {
  const s = __busdemoViewer.metricsAt(i + 1, model);
  const n = (v) => Number.isNaN(v) ? null : v;
  return [n(s.dice), n(s.iou), n(s.precision), n(s.recall), s.outcome, s.hit, s.extra, s.missed];
})"""
FRESH = """() => {
  const {state, session} = __busdemoViewer;
  Object.assign(state, {style: 'fill', heat: false, opacity: {fill: .5, outline: 1, off: 0}});
  session.setLook({brightness: 0, contrast: 0, invert: false});
}"""


@pytest.fixture
def page(harness: Page) -> Iterator[Page]:
    """The page with its first case as if freshly opened, and no errors in the end."""
    clear(harness)
    harness.evaluate(FRESH)
    show(harness, "first")
    with without_errors(harness):
        yield harness


def state_of(page: Page, name: str) -> Any:
    return page.evaluate(f"__busdemoViewer.state.{name}")


def text_of(page: Page, selector: str) -> str:
    return (page.text_content(f".bd-viewer {selector}") or "").strip()


def overlay_of(page: Page) -> Any:
    """The overlay pane's colours, (H, W, 3)."""
    page.evaluate(NEXT_FRAMES)
    rgba = read_bytes(page, "__busdemoViewer.pixels('overlay')")
    rgba = rgba.reshape(state_of(page, "height"), state_of(page, "width"), 4)
    return rgba[..., :3].astype(int)


@pytest.mark.parametrize("name", ["first", "second", "normal"])
def test_the_browser_scores_every_stop_exactly_as_python_does(page: Page, name: str) -> None:
    if name != "first":
        show(page, name)
    for model, levels in CASES[name].levels.items():
        for stop, seen in enumerate(page.evaluate(ALL_STOPS, model), start=1):
            score = score_overlap(binarize(levels, stop), CASES[name].reference)
            values = [getattr(score, measure) for measure in MEASURES]
            counts = score.counts
            assert seen == [
                *(None if math.isnan(value) else value for value in values),
                str(score.outcome),
                counts.true_positive,
                counts.false_positive,
                counts.false_negative,
            ], (model, stop)


def test_a_drag_of_fifty_moves_changes_the_numbers_and_asks_the_server_nothing(
    page: Page, requests: list[str]
) -> None:
    before = text_of(page, "[data-number=dice]")
    box = page.locator(".bd-stop").bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    thumb = box["x"] + 10 + (96 - 1) / 198 * (box["width"] - 20)
    page.mouse.move(thumb, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, y, steps=50)
    page.mouse.up()
    page.evaluate(NEXT_FRAMES)
    stop = state_of(page, "stop")
    assert stop > 170
    score = score_overlap(binarize(CASES["first"].levels["unet"], stop), CASES["first"].reference)
    assert text_of(page, "[data-number=dice]") == f"{score.dice:.3f}" != before
    assert requests == []


def test_python_learns_the_choice_with_the_next_event(page: Page) -> None:
    page.select_option(".bd-model-select", "attention-unet")
    page.locator(".bd-number").fill("0.7")
    page.keyboard.press("Enter")
    page.click("#tell")
    page.wait_for_function("document.querySelector('#told textarea').value != ''")
    told = page.input_value("#told textarea")
    assert told.startswith("ViewerChoice(case='first', model='attention-unet', stop=140")


def test_models_switch_by_selector_and_by_key_and_the_threshold_follows_the_frozen_one(
    page: Page,
) -> None:
    assert state_of(page, "stop") == 96
    page.keyboard.press("2")
    assert (state_of(page, "model"), state_of(page, "stop")) == ("attention-unet", 100)
    page.select_option(".bd-model-select", "unet")
    assert (state_of(page, "model"), state_of(page, "stop")) == ("unet", 96)
    page.locator(".bd-stop").focus()
    page.keyboard.press("3")
    assert state_of(page, "model") == "unet", "a model that cannot be used is not picked"
    disabled = page.locator(".bd-model-select option:disabled")
    assert disabled.text_content() == "Swin — Its weights file is cut off."


def test_the_threshold_moves_by_keyboard_and_returns_to_the_frozen_value(page: Page) -> None:
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    assert state_of(page, "stop") == 107
    page.locator(".bd-stop").focus()
    page.keyboard.press("Shift+ArrowLeft")
    page.evaluate(NEXT_FRAMES)
    assert page.input_value(".bd-number") == "0.485"
    assert page.is_visible(".bd-hint")
    page.click("[data-do=frozen]")
    page.evaluate(NEXT_FRAMES)
    assert state_of(page, "stop") == 96
    assert not page.is_visible(".bd-hint")


def test_a_threshold_that_cannot_be_is_said_and_the_box_shows_the_one_that_is(page: Page) -> None:
    note = page.locator(".bd-stop-note")
    for typed, shown in (("0", "0.005"), ("7", "0.995")):
        page.fill(".bd-number", typed)
        page.keyboard.press("Enter")
        assert page.input_value(".bd-number") == shown
        assert "from 0.005 to 0.995" in note.inner_text()
    page.fill(".bd-number", "0.4")
    page.keyboard.press("Enter")
    assert page.input_value(".bd-number") == "0.400"
    assert not note.is_visible()


def test_keys_typed_into_a_field_stay_in_it(page: Page) -> None:
    page.locator(".bd-number").fill("0.5")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("2")
    assert state_of(page, "model") == "unet"


def test_every_tool_is_reached_by_tab_and_shows_its_focus(page: Page) -> None:
    page.locator(".bd-model-select").focus()
    names = []
    for _ in range(14):
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.textContent.trim()"))
        style = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert style == "solid"
    for name in ("Window", "Invert", "Heat map", "Fill", "Outline", "Download"):
        assert name in names


def test_the_heat_map_shows_the_probability_under_a_contour_of_the_mask(page: Page) -> None:
    levels = CASES["first"].levels["unet"]
    plain = page.evaluate("new Set(__busdemoViewer.pixels('prediction')).size")
    page.keyboard.press("h")
    page.evaluate(NEXT_FRAMES)
    assert plain == 2
    assert page.evaluate("new Set(__busdemoViewer.pixels('prediction')).size") > 50
    assert page.get_attribute("[data-do=heat]", "aria-pressed") == "true"
    assert page.is_visible(".bd-scale")
    i = int(np.argmin(levels))
    colour = page.evaluate(f"__busdemoViewer.pixels('prediction')[{i}] & 0xffffff")
    assert colour == 0x040000, "probability 0 is the darkest colour"


def test_the_filled_overlay_holds_exactly_the_colours_of_hit_extra_and_missed(page: Page) -> None:
    page.evaluate("__busdemoViewer.session.setLook({opacity: 1})")
    seen, case = overlay_of(page), CASES["first"]
    mask, reference = binarize(case.levels["unet"], 96), case.reference
    assert (seen[mask & reference] == (0, 158, 115)).all()
    assert (seen[mask & ~reference] == (213, 94, 0)).all()
    assert (seen[~mask & reference] == (0, 114, 178)).all()
    assert (seen[~mask & ~reference] == case.image[~mask & ~reference, None]).all()


def test_the_outline_colours_edges_only_and_o_turns_the_overlay_off(page: Page) -> None:
    page.keyboard.press("o")
    case = CASES["first"]
    seen, grey = overlay_of(page), np.repeat(case.image[..., None], 3, axis=2)
    coloured = (seen != grey).any(axis=2)
    region = binarize(case.levels["unet"], 96) | case.reference
    assert 0 < np.count_nonzero(coloured) < np.count_nonzero(region) / 4
    assert not coloured[~region].any()
    page.keyboard.press("o")
    assert (overlay_of(page) == grey).all()
    assert page.get_attribute(".bd-viewer", "data-overlay") == "off"


def test_invert_and_window_change_the_scan_and_nothing_else(page: Page) -> None:
    numbers = text_of(page, ".bd-numbers")
    page.keyboard.press("i")
    page.keyboard.press("o")
    page.keyboard.press("o")
    assert (overlay_of(page)[..., 0] == 255 - CASES["first"].image).all()
    page.keyboard.press("i")
    page.click("[data-opens=window]")
    page.locator(".bd-contrast").fill("50")
    shown = overlay_of(page)[..., 0]
    image = CASES["first"].image
    assert (shown[image <= 63] == 0).all()
    assert (shown[image >= 192] == 255).all()
    assert text_of(page, ".bd-numbers") == numbers
    page.keyboard.press("Escape")
    assert not page.is_visible(".bd-contrast")


def test_zoom_is_linked_keeps_the_point_under_the_wheel_and_resets(page: Page) -> None:
    page.locator("[data-pane=overlay]").scroll_into_view_if_needed()
    pane = page.locator("[data-pane=overlay]").bounding_box()
    assert pane is not None
    x, y = round(pane["x"] + pane["width"] * 0.25), round(pane["y"] + pane["height"] * 0.25)
    here = f"__busdemoViewer.session.view.toScan({x - pane['x']}, {y - pane['y']})"
    before = page.evaluate(here)
    page.mouse.move(x, y)
    page.mouse.wheel(0, -600)
    page.wait_for_function("__busdemoViewer.session.view.zoom > 2")
    assert page.evaluate(here) == pytest.approx(before, abs=0.1)
    centre = page.evaluate("__busdemoViewer.session.view.centre.x")
    page.mouse.down()
    page.mouse.move(x - 40, y, steps=4)
    page.mouse.up()
    assert page.evaluate("__busdemoViewer.session.view.centre.x") > centre
    page.locator("[data-pane=original]").dblclick()
    assert page.evaluate("__busdemoViewer.session.view.zoom") == 1


def test_the_readout_tells_the_pixel_under_the_pointer(page: Page) -> None:
    pane = page.locator("[data-pane=original]").bounding_box()
    assert pane is not None
    page.mouse.move(pane["x"] + pane["width"] / 2, pane["y"] + pane["height"] / 2)
    page.evaluate(NEXT_FRAMES)
    case = CASES["first"]
    words = text_of(page, ".bd-readout").split(" · ")
    x, y = int(words[0][2:]), int(words[1][2:])
    assert abs(x - 256) <= 1
    assert abs(y - 256) <= 1
    assert words[2] == f"grey {case.image[y, x]}"
    assert words[3] == f"p {case.levels['unet'][y, x] / 200:.3f}"
    assert words[4] == "hit"
    assert page.locator(".bd-cross-x").nth(3).is_visible()


def test_without_a_reference_the_panes_say_so(page: Page) -> None:
    show(page, "alone")
    assert text_of(page, "[data-pane=reference] .bd-veil") == "Drop a mask"
    assert text_of(page, "[data-number=dice]") == "–"
    assert text_of(page, ".bd-verdict-note") == "Drop a mask to score this prediction."
    assert page.is_visible("[data-key=predicted]")
    assert not page.is_visible("[data-key=hit]")
    page.evaluate("__busdemoViewer.session.setLook({opacity: 1})")
    mask = binarize(CASES["second"].levels["unet"], 96)
    assert (overlay_of(page)[mask] == (240, 228, 66)).all()


def test_a_scan_without_a_lesion_gives_dashes_and_words(page: Page) -> None:
    show(page, "normal")
    page.evaluate("__busdemoViewer.setStop(1)")
    page.evaluate(NEXT_FRAMES)
    assert text_of(page, ".bd-chip") == "false alarm"
    assert text_of(page, "[data-number=dice]") == "0.000"
    assert text_of(page, "[data-number=recall]") == "–"


def test_a_running_model_says_so_in_its_own_pane(page: Page) -> None:
    page.click("#running")
    wait_for_case(page, "second-running", ready="")
    assert text_of(page, "[data-pane=prediction] .bd-veil") == "U-Net is running…"
    page.locator(".bd-stop").focus()
    page.keyboard.press("2")
    assert "Attention U-Net waits" in text_of(page, "[data-pane=prediction] .bd-veil")
    assert text_of(page, "[data-number=dice]") == "–"
    assert page.is_disabled("[data-export=mask]")


def test_results_arrive_one_by_one_and_nothing_is_fetched_twice(
    page: Page, requests: list[str]
) -> None:
    page.click("#stream")
    wait_for_case(page, "stream")
    pictures = [url for url in requests if url.endswith(".png")]
    assert len(pictures) == len(set(pictures)) == 4


def test_an_update_of_the_same_case_keeps_zoom_model_and_threshold(
    page: Page, requests: list[str]
) -> None:
    page.keyboard.press("2")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("+")
    zoom = page.evaluate("__busdemoViewer.session.view.zoom")
    page.click("#update")
    page.wait_for_function("__busdemoViewer.state.title == 'The same case again'")
    assert (state_of(page, "model"), state_of(page, "stop")) == ("attention-unet", 110)
    assert page.evaluate("__busdemoViewer.session.view.zoom") == zoom > 1
    assert not [url for url in requests if url.endswith(".png")]
    show(page, "second")
    assert (state_of(page, "model"), state_of(page, "stop")) == ("unet", 96)
    assert page.evaluate("__busdemoViewer.session.view.zoom") == 1


def test_a_malicious_name_stays_text(page: Page) -> None:
    show(page, "evil")
    assert EVIL in text_of(page, ".bd-readout")
    assert text_of(page, ".bd-message") == EVIL
    assert page.locator(".bd-viewer img").count() == 0
    assert page.evaluate("window.__hacked") is None


def test_a_download_is_saved_every_time_it_is_asked_for(page: Page) -> None:
    for _ in range(2):
        page.click("[data-opens=download]")
        with page.expect_download() as download:
            page.click("[data-export=mask]")
        assert download.value.suggested_filename == "first-mask.png"
    told = page.input_value("#told textarea")
    assert "kind='mask', model='unet', stop=96, style='fill', opacity=0.5" in told
    assert text_of(page, "[data-number=dice]") != "–"


def test_an_empty_viewer_invites(page: Page) -> None:
    page.click("#nothing")
    page.wait_for_selector('.bd-viewer[data-case=""]')
    page.evaluate(NEXT_FRAMES)
    assert text_of(page, "[data-pane=original] .bd-veil") == "Drop a scan to begin"
    assert page.is_disabled(".bd-model-select")
    show(page, "second")
    assert text_of(page, "[data-number=dice]") != "–"


def test_the_status_line_speaks_once_the_drag_is_quiet(page: Page) -> None:
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "document.querySelector('.bd-live').textContent.includes('Threshold 0.495, Dice 0.')"
    )
    assert text_of(page, ".bd-live").endswith("agreement")


@pytest.mark.parametrize(("width", "columns"), [(375, 2), (800, 2), (1000, 4), (1440, 4)])
def test_panes_stand_in_columns_and_nothing_overflows(page: Page, width: int, columns: int) -> None:
    page.set_viewport_size({"width": width, "height": 812})
    page.evaluate(NEXT_FRAMES)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    inside = "(e) => e.scrollWidth <= e.clientWidth"
    assert page.locator(".bd-viewer").evaluate(inside)
    assert page.locator(".bd-numbers").evaluate(inside)
    tops = [pane.bounding_box() for pane in page.locator(".bd-pane").all()]
    heights = [box["y"] for box in tops if box]
    assert heights.count(heights[0]) == columns
