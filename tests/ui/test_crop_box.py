"""The scan area's box in a real Chromium: a button undoes it, a drag marks another."""

from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Browser, Page
from ui.bare_page import mount, wait_for, watch_policy
from ui.chromium import without_errors
from ui.compare_harness import ADDRESS
from ui.test_policy import VALUES, serve

pytestmark = pytest.mark.browser

VALUE = VALUES["intake"] | {
    "crop": "40,30,80,60",
    "found": "40,30,80,60",
    "picture": {"url": f"{ADDRESS}image.png"},
}


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 600, "height": 900})
    with without_errors(page):
        watch_policy(page)
        page.route(f"{ADDRESS}**", serve)
        page.goto(ADDRESS)
        mount(page, "intake", VALUE)
        page.evaluate("(value) => window.send(value)", VALUE)
        wait_for(page, "document.querySelector('.bd-crop img').naturalWidth === 160")
        page.click(".bd-crop summary")
        yield page
        page.close()


def asked(page: Page) -> list[Any]:
    """The events sent so far, and the crop that the next one takes along."""
    return [
        page.evaluate("window.events.map(([name]) => name)"),
        page.evaluate("window.value.crop"),
    ]


def test_one_button_undoes_the_crop(page: Page) -> None:
    page.get_by_role("button", name="Use the whole picture").click()
    assert asked(page) == [["crop_image"], "none"]


def test_a_drag_over_the_picture_marks_another_area(page: Page) -> None:
    box = page.locator(".bd-crop img").bounding_box()
    assert box is not None
    scale = box["width"] / 160
    page.mouse.move(box["x"] + 4 * scale, box["y"] + 4 * scale)
    page.mouse.down()
    page.mouse.move(box["x"] + 30 * scale, box["y"] + 24 * scale)
    page.mouse.up()
    events, crop = asked(page)
    assert events == ["crop_image"]
    x, y, width, height = map(int, crop.split(","))
    assert (x, y, width, height) == pytest.approx((4, 4, 26, 20), abs=1)


def test_a_drag_at_a_side_moves_that_side_alone(page: Page) -> None:
    box = page.locator(".bd-crop img").bounding_box()
    assert box is not None
    scale = box["width"] / 160
    page.mouse.move(box["x"] + 40 * scale, box["y"] + 60 * scale)
    page.mouse.down()
    page.mouse.move(box["x"] + 20 * scale, box["y"] + 70 * scale)
    page.mouse.up()
    x, y, width, height = map(int, asked(page)[1].split(","))
    assert (x, y, width, height) == pytest.approx((20, 30, 100, 60), abs=1)
