"""One browser, and one page of the viewer alone, for a file's tests."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from ui.chromium import list_requests, open_browser
from ui.viewer_harness import open_harness


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def harness() -> Iterator[Page]:
    """One browser and one page for a file's tests: loading Gradio costs more than a test does."""
    with open_harness() as page:
        yield page


@pytest.fixture
def requests(page: Page) -> Iterator[list[str]]:
    """The URLs that the file's `page` asks for during a test."""
    with list_requests(page) as urls:
        yield urls
