"""The page as a whole, over a zoo of one small model: it starts, is well, answers and can be looked
at. Run by `make canary`, too."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from gradio_client import Client, handle_file

pytest.importorskip("playwright")
from playwright.sync_api import Browser, Request
from tiny_world import add_model
from ui.chromium import without_errors
from waiting import wait_until

from busdemo.ui.examples import EXAMPLES, read_examples
from busdemo.ui.gradio_private import STATIC_PATHS
from busdemo.ui.page import launch
from busdemo.ui.static_files import PREFIX

OPENING, NEXT, *_ = read_examples()

pytestmark = pytest.mark.browser

SHOWN = """(example) => {
  const viewer = window.__busdemoViewer;
  return viewer && viewer.state.case === `example-${example}`
    && viewer.state.layers.every((layer) => layer.state === 'ready');
}"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    weights = tmp_path_factory.mktemp("zoo") / "weights"
    weights.mkdir()
    add_model(weights, "one")
    page, local = launch(weights=weights, wait=False)
    yield local.rstrip("/")
    page.close()


def is_well(address: str) -> bool:
    return httpx.get(f"{address}/healthz", timeout=30).json()["ready"] is True


def test_it_says_when_it_is_well(address: str) -> None:
    wait_until(lambda: is_well(address), "the page became ready")
    told = httpx.get(f"{address}/healthz", timeout=30).json()
    assert told == {"ready": True, "models": {"usable": 1, "all": 1}, "queue": 0}


def test_it_segments_for_a_program(address: str) -> None:
    client = Client(address, verbose=False)
    try:
        image = handle_file(str(next(EXAMPLES.glob("*/image.png"))))
        mask, *_, receipt = client.predict(image, api_name="/segment")
    finally:
        client.close()
    assert Path(mask).read_bytes().startswith(b"\x89PNG")
    assert receipt["model"]["id"] == "one"


def test_a_visitor_sees_a_scan_and_asks_for_little(browser: Browser, address: str) -> None:
    page, counted = browser.new_page(), list[str]()

    def note(request: Request) -> None:
        path = urlsplit(request.url).path
        if request.method != "GET" or not path.startswith((*STATIC_PATHS, f"/{PREFIX}/")):
            counted.append(path)

    page.on("request", note)
    with without_errors(page):
        page.goto(address)
        page.wait_for_function(SHOWN, arg=OPENING, timeout=60_000)
        opened = len(counted)
        page.click(f'[data-example="{NEXT}"]')
        page.wait_for_function(SHOWN, arg=NEXT, timeout=60_000)
    page.close()
    # A class of thirty behind one address opens the page at once and goes on.
    assert opened <= 8, counted
    assert len(counted) - opened <= 4, counted
