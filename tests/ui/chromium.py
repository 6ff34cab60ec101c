"""A real Chromium, and what a test hears of the pages in it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

QUIET = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@contextmanager
def open_browser() -> Iterator[Browser]:
    """A Chromium; the test is skipped where there is none."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("no chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield browser
        browser.close()


@contextmanager
def open_page(browser: Browser, address: str) -> Iterator[Page]:
    """A page at an address, as wide as a desk's screen; no script in it may fail."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    with without_errors(page):
        page.goto(address)
        yield page
        page.close()


@contextmanager
def without_errors(page: Page) -> Iterator[None]:
    """No script in the page may fail meanwhile."""
    errors: list[str] = []

    def note(error: object) -> None:
        errors.append(str(error))

    page.on("pageerror", note)
    yield
    page.remove_listener("pageerror", note)
    assert not errors


@contextmanager
def list_requests(page: Page) -> Iterator[list[str]]:
    """The URLs that the page asks for meanwhile."""
    urls: list[str] = []

    def note(request: Request) -> None:
        urls.append(request.url)

    page.on("request", note)
    yield urls
    page.remove_listener("request", note)


def pick_example(page: Page, example: str) -> None:
    """Choose an example of the Segment tab; the simulated ones are unfolded for it."""
    tile = page.locator(f'#bd-intake [data-example="{example}"]')
    if not tile.is_visible():
        page.click("#bd-intake .bd-examples summary")
    tile.click()
