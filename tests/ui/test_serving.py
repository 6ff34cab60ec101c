"""The page for many and for others: links, embedding, limits, queue, programs."""

import asyncio
import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Browser, Page
from ui.chromium import pick_example, without_errors

from busdemo.phantoms import EXAMPLES
from busdemo.ui.examples import EXAMPLES as EXAMPLES_FOLDER
from busdemo.ui.page import Service, launch

pytestmark = pytest.mark.browser

READY = """(example) => {
  const viewer = window.__busdemoViewer;
  return viewer && viewer.state.grey && (!example || viewer.state.case === `example-${example}`)
    && viewer.state.layers.every((layer) => ['ready', 'unusable'].includes(layer.state));
}"""
LINK = "#segment?example=two-lesions&model=deeplabv3&threshold=0.3&overlay=outline&heat=entropy"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    page, local = launch(wait=False, service=Service(per_minute=600, mcp=True))
    yield local.rstrip("/")
    page.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    page = context.new_page()
    with without_errors(page):
        yield page
        context.close()


def wait_until_ready(page: Page, example: str = "") -> None:
    page.wait_for_function(READY, arg=example, timeout=60_000)


def state(page: Page, expression: str) -> Any:
    return page.evaluate(f"((session) => {expression})(window.__busdemoViewer.session)")


def test_a_link_shows_the_example_model_threshold_and_view(page: Page, address: str) -> None:
    page.goto(f"{address}/{LINK}&view=2.000,300.0,200.0")
    wait_until_ready(page, "two-lesions")
    page.wait_for_function("window.__busdemoViewer.state.model === 'deeplabv3'")
    shown = "[session.state.stop, session.state.style, session.state.heat, session.looks.kind]"
    assert state(page, shown) == [60, "outline", True, "entropy"]
    assert state(page, "session.view.zoom") == pytest.approx(2)
    assert state(page, "session.view.centre.x") == pytest.approx(300, abs=25)


def test_a_copied_link_opens_what_was_seen(page: Page, address: str) -> None:
    page.goto(address)
    wait_until_ready(page)
    pick_example(page, "simple-cyst")
    wait_until_ready(page, "simple-cyst")
    page.evaluate("window.__busdemoViewer.session.pickModel('segformer')")
    page.evaluate("window.__busdemoViewer.setStop(77)")
    page.click("#bd-viewer [data-opens=download]")
    page.click("#bd-viewer [data-do=link]")
    page.wait_for_function("location.hash.includes('segformer')")
    note = str(page.text_content(".bd-link-note"))
    assert "example, models, thresholds, steps, view" in note
    fragment = page.evaluate("location.hash")
    page.goto("about:blank")
    page.goto(f"{address}/{fragment}")
    wait_until_ready(page, "simple-cyst")
    page.wait_for_function("window.__busdemoViewer.state.model === 'segformer'")
    assert state(page, "session.state.stop") == 77


def test_a_hostile_link_changes_nothing_it_should_not(page: Page, address: str) -> None:
    evil = "%3Cimg%20src=x%20onerror=alert(1)%3E"
    page.goto(f"{address}/#segment?example={evil}&model={evil}&threshold=9&heat=toString&view=a,b")
    wait_until_ready(page)
    assert state(page, "session.state.model") == "unet"
    assert page.locator("#bd-viewer img[src=x]").count() == 0
    pick_example(page, "simple-cyst")
    wait_until_ready(page, "simple-cyst")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_embedded_the_viewer_stands_alone(page: Page, address: str, theme: str) -> None:
    page.goto(f"{address}/?embed&__theme={theme}{LINK}")
    wait_until_ready(page, "two-lesions")
    assert page.locator("#bd-viewer").is_visible()
    for other in ("#bd-header h1", "#bd-intake", "#bd-findings", "footer", "#bd-tabs [role=tab]"):
        assert not page.locator(other).first.is_visible(), other
    assert "Not a medical device" in page.inner_text(".bd-safety")
    box = page.locator("#bd-viewer .bd-viewer").bounding_box()
    assert box is not None
    assert box["y"] < 60
    assert box["width"] > 1200
    assert page.evaluate("document.body.classList.contains('dark')") is (theme == "dark")


def test_a_model_that_had_to_wait_is_asked_for_again(
    page: Page, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gradio.queueing import Queue

    crowds = iter([2] * 3)
    status = Queue.get_status

    def tell(queue: Queue) -> Any:
        answer = status(queue)
        return answer.model_copy(update={"queue_size": next(crowds, 0)})

    page.goto(address)
    wait_until_ready(page)
    monkeypatch.setattr(Queue, "get_status", tell)
    pick_example(page, "small-lesion")
    wait_until_ready(page, "small-lesion")
    assert next(crowds, None) is None  # it did pause, and went on when the queue was empty


def test_the_place_in_the_queue_is_shown_while_an_answer_takes_long(
    page: Page, address: str
) -> None:
    page.goto(address)
    wait_until_ready(page)
    sizes = iter([5, 7, 3])
    page.route("**/queue/status", lambda route: route.fulfill(json={"queue_size": next(sizes, 3)}))
    page.route("**/queue/join*", lambda _: None)  # the request hangs, as in a full queue
    pick_example(page, "small-lesion")
    seen = []
    for place in (5, 3):
        page.wait_for_function(
            "(n) => document.querySelector('[data-note=image]').textContent"
            ".includes(`at most ${n} requests`)",
            arg=place,
        )
        seen.append(place)
    assert seen == [5, 3]


def test_an_address_that_asks_too_much_is_told_to_wait() -> None:
    server, local = launch(wait=False, service=Service(per_minute=6))
    try:
        answers = [
            httpx.post(f"{local}gradio_api/queue/join", json={}, timeout=30) for _ in range(8)
        ]
        assert answers[-1].status_code == 429
        assert int(answers[-1].headers["retry-after"]) <= 10
        assert "Too many requests" in answers[-1].json()["detail"]
        assert httpx.get(f"{local}healthz", timeout=30).status_code in (200, 503)
        assert httpx.get(f"{local}theme.css", timeout=30).status_code == 200
    finally:
        server.close()


def test_the_api_is_described_as_openapi(address: str) -> None:
    described = httpx.get(f"{address}/gradio_api/openapi.json", timeout=60).json()
    assert described["openapi"].startswith("3.")
    paths = " ".join(described["paths"])
    for name in ("segment", "score", "classify", "explain", "describe", "compare"):
        assert f"/{name}" in paths


def test_language_models_find_tools_and_what_they_are_for(address: str) -> None:
    mcp = pytest.importorskip("mcp", reason="comes with the extra `mcp`")
    from mcp.client.streamable_http import streamable_http_client

    example = next(iter(EXAMPLES))

    async def use() -> tuple[dict[str, str], Any, Any]:
        async with (
            streamable_http_client(f"{address}/gradio_api/mcp/") as (read, write, _),
            mcp.ClientSession(read, write) as session,
        ):
            await session.initialize()
            tools = (await session.list_tools()).tools
            described = {tool.name: tool.description or "" for tool in tools}
            data = base64.b64encode((EXAMPLES_FOLDER / example / "image.png").read_bytes())
            image = f"data:image/png;base64,{data.decode()}"
            result = await session.call_tool("classify", {"image": image, "paint": False})
            words = {tool.name: tool.inputSchema["properties"] for tool in tools}
            return described, words, result

    with ThreadPoolExecutor(1) as apart:  # the browser has an event loop of its own here
        described, words, result = apart.submit(asyncio.run, use()).result()
    assert set(described) >= {"segment", "score", "classify", "explain", "describe", "compare"}
    for name, text in described.items():
        assert len(text) > 60, f"{name}: {text!r}"
    assert all(field["description"] for field in words["segment"].values())
    assert not result.isError, result
    assert "malignant" in str(result.content)
