"""Every view works under a Content-Security-Policy that lets no string be evaluated."""

from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Browser, Page, Route
from ui.bare_page import fulfill, list_violations, mount, wait_for, watch_policy
from ui.chromium import without_errors
from ui.compare_harness import ADDRESS, PICTURES, answer, build_value, encode_grey

pytestmark = pytest.mark.browser

BODY = '<div id="bd-models"><main></main><div id="bd-model"></div></div>'
VALUES: dict[str, dict[str, Any]] = {
    "segment": build_value(downloads=[], looks=[], model="unet"),
    "compare": build_value(),
    "intake": {"examples": [], "example": "", "image": {}, "seen": {}, "mask": {}, "frames": 1},
    "analysis": {"sections": [{"id": "words", "title": "Words", "hint": "", "html": ""}]},
    "models": {
        "rows": "<tbody><tr data-model='a' data-order='0' data-words='a'><td>"
        "<button data-pick='a'>A</button></td></tr></tbody>",
        "note": "",
        "chosen": "a",
    },
    "benchmark": {
        "opened": True,
        "run": "one",
        "about": "<p>A run.</p>",
        "message": "",
        "datasets": [["all", "all"]],
        "stages": [["1", "one"]],
        "factors": [["size", "size"]],
        "sections": [{"id": "strata", "title": "Strata", "hint": ""}],
        "models": [["a", "A"], ["b", "B"]],
        "told": {"leaderboard": {"html": "<p class='told'>Best</p>", "figures": []}},
    },
}
SHOWN = {
    "segment": ".bd-viewer[data-ready='unet attention-unet shifted']",
    "compare": ".bd-list li",
    "intake": ".bd-drop",
    "analysis": "details[data-section=words]",
    "models": "tr[data-model=a]",
    "benchmark": ".told",
}


def serve(route: Route) -> None:
    name = route.request.url.removeprefix(ADDRESS).removesuffix(".png")
    if name in PICTURES:
        route.fulfill(body=encode_grey(PICTURES[name]), content_type="image/png")
    else:
        fulfill(route, BODY)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    with without_errors(page):
        watch_policy(page)
        page.route(f"{ADDRESS}**", serve)
        page.expose_function("answer", answer)
        page.goto(ADDRESS)
        yield page
        page.close()


def show(page: Page, view: str) -> None:
    mount(page, view, VALUES[view])
    if view == "compare":
        page.evaluate("(value) => window.lay(value)", VALUES[view])
    else:
        page.evaluate("(value) => window.send(value)", VALUES[view])
    wait_for(page, f'document.querySelector("{SHOWN[view]}")')


@pytest.mark.parametrize("view", VALUES)
def test_a_view_evaluates_no_string(page: Page, view: str) -> None:
    show(page, view)
    assert list_violations(page) == []


def test_a_string_that_is_evaluated_would_be_noticed(page: Page) -> None:
    page.evaluate("setTimeout(() => { try { new Function('1'); } catch { /* stopped */ } })")
    wait_for(page, "window.violations.length")
    assert "script-src" in list_violations(page)[0]


@pytest.mark.parametrize("view", ["segment", "compare"])
def test_a_view_that_has_left_hears_no_key(page: Page, view: str) -> None:
    show(page, view)
    pressed = """(key) => {
      const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true });
      return !document.body.dispatchEvent(event);
    }"""
    assert page.evaluate(pressed, "0")
    page.evaluate("window.leave.abort()")
    assert not page.evaluate(pressed, "0")


PRESS = """(key) => {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true });
  document.body.dispatchEvent(event);
}"""


@pytest.mark.parametrize("view", ["segment", "compare"])
def test_a_sheet_lists_the_keys_and_turns_single_ones_off(page: Page, view: str) -> None:
    show(page, view)
    sheet = page.locator(".bd-keys-sheet")
    page.evaluate(PRESS, "?")
    assert "zoom in, out" in sheet.inner_text()
    sheet.locator("input").uncheck()
    page.keyboard.press("Escape")
    sheet.wait_for(state="detached")
    page.evaluate(PRESS, "?")
    assert sheet.count() == 0
    page.click(".bd-tool[title='Keys (?)'] >> visible=true")
    sheet.locator("input").check()
    sheet.get_by_role("button", name="Close").click()
    sheet.wait_for(state="detached")
    page.evaluate(PRESS, "?")
    assert sheet.count() == 1
