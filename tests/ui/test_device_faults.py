"""Whatever goes wrong on a visitor's device is told in one sentence, and nothing hangs."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest

pytest.importorskip("playwright")
import torch
from playwright.sync_api import Browser, Page, Route

from busdemo.inference.onnx_export import export_network
from busdemo.ui.static_files import read_files, web_folder

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning"),
]

ADDRESS = "https://device.test/"
"""A browser keeps files only for pages it trusts."""

DEVICE = f"{ADDRESS}{web_folder()}/device"
SIDE = 32
RUN = f"""async ([id, patience]) => {{
  const {{ Runner }} = await import('{DEVICE}/runner.js');
  window.told = [];
  window.runner = new Runner('{ADDRESS}models/', (words) => window.told.push(words));
  window.runner.patience = patience;
  const scan = {{ width: {SIDE}, height: {SIDE}, pixels: new Uint8Array({SIDE * SIDE}).fill(90) }};
  try {{
    return [...await window.runner.predict(scan, id)];
  }} catch (error) {{
    return error.message;
  }}
}}"""


@dataclass
class Server:
    """A file server whose answers a test bends."""

    file: bytes
    seen: list[str] = field(default_factory=list)
    bend: Callable[[Route], bool] = lambda _: False

    def answer(self, route: Route) -> None:
        """Give a file, a description or the document; whatever is sent is noted."""
        path = urlsplit(route.request.url).path
        name = path.removeprefix(f"/{web_folder()}/")
        if path.startswith("/models/"):
            self.seen.append(f"{path} {route.request.headers.get('range', '')}".strip())
        if self.bend(route):
            return
        if name in read_files():
            file = read_files()[name]
            route.fulfill(body=file.plain, content_type=file.kind.decode())
        elif path == "/models/one.json":
            route.fulfill(body=json.dumps(self.describe()), content_type="application/json")
        elif path.endswith(".onnx"):
            route.fulfill(body=self.file, content_type="application/octet-stream")
        elif path == "/":
            route.fulfill(body="<!doctype html>", content_type="text/html")
        else:
            route.fulfill(status=404, body='{"detail": "There is no such model here."}')

    def describe(self) -> dict[str, object]:
        """What the page says of the model."""
        digest = hashlib.sha256(self.file).hexdigest()
        facts = {"id": "one", "name": "One", "members": [], "file": f"{digest}.onnx"}
        sizes = {"sha256": digest, "size": len(self.file), "width": SIDE, "height": SIDE}
        return facts | sizes | {"mean": [0.3], "deviation": [0.2], "rule": "stretch"}


@pytest.fixture(scope="module")
def file() -> bytes:
    torch.manual_seed(1)
    return export_network(torch.nn.Conv2d(1, 1, 3, padding=1).eval(), (1, 1, SIDE, SIDE))


@pytest.fixture
def server(file: bytes) -> Server:
    return Server(file)


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    context = browser.new_context(service_workers="block")
    page = context.new_page()
    context.route(f"{ADDRESS}**", server.answer)
    page.goto(ADDRESS)
    yield page
    context.close()


def run(page: Page, model_id: str = "one", patience_ms: int = 30_000) -> Any:
    return page.evaluate(RUN, [model_id, patience_ms])


def bend(part: str, act: Callable[[Route], None], times: int = 99) -> Callable[[Route], bool]:
    """Requests for `part` are answered otherwise, the first few times."""
    left = [times]

    def bent(route: Route) -> bool:
        if part not in route.request.url or left[0] <= 0:
            return False
        left[0] -= 1
        act(route)
        return True

    return bent


def test_a_model_is_fetched_once_and_kept_by_the_browser(page: Page, server: Server) -> None:
    first = run(page)
    assert np.shape(first) == (SIDE * SIDE,)
    page.reload()
    assert run(page) == first
    assert sum(".onnx" in one for one in server.seen) == 1


def test_a_file_that_was_changed_is_not_used(page: Page, server: Server) -> None:
    changed = server.file[:-1] + bytes([server.file[-1] ^ 1])
    server.bend = bend(".onnx", lambda route: route.fulfill(body=changed))
    assert "arrived changed, and is not used" in str(run(page))
    server.bend = lambda _: False
    assert np.shape(run(page)) == (SIDE * SIDE,)


def test_a_file_of_another_version_is_not_used(page: Page, server: Server) -> None:
    server.bend = bend(".onnx", lambda route: route.fulfill(body=server.file * 2))
    assert "arrived changed, and is not used" in str(run(page))


def test_what_has_arrived_of_a_file_is_not_fetched_again(page: Page, server: Server) -> None:
    half = len(server.file) // 2
    cut = server.file[:half]
    server.bend = bend(".onnx", lambda route: route.fulfill(body=cut), times=1)

    def go_on(route: Route) -> None:
        start = int(route.request.headers["range"].removeprefix("bytes=").removesuffix("-"))
        route.fulfill(status=206, body=server.file[start:])

    first, second = server.bend, bend(".onnx", go_on)
    server.bend = lambda route: first(route) or second(route)
    assert np.shape(run(page)) == (SIDE * SIDE,)
    assert server.seen[-1].endswith(f"bytes={half}-")


def test_a_download_that_ends_is_told_and_goes_on_in_a_later_visit(
    page: Page, server: Server
) -> None:
    half = len(server.file) // 2
    first = bend(".onnx", lambda route: route.fulfill(body=server.file[:half]), times=1)
    lost = bend(".onnx", lambda route: route.abort())
    server.bend = lambda route: first(route) or lost(route)
    assert "broke off after 49 %" in str(run(page)) or "broke off after 50 %" in str(run(page))
    page.reload()
    server.bend = bend(
        ".onnx", lambda route: route.fulfill(status=206, body=server.file[half:]), times=1
    )
    assert np.shape(run(page)) == (SIDE * SIDE,)
    assert server.seen[-1].endswith(f"bytes={half}-")


def test_a_model_that_is_not_there_says_so_in_the_servers_words(page: Page) -> None:
    assert run(page, "none") == "There is no such model here."


def test_without_a_network_and_without_a_model_it_says_so(page: Page, server: Server) -> None:
    server.bend = bend("/models/", lambda route: route.abort())
    assert run(page) == "This model is not on this device yet, and the network is away."


def test_a_runtime_that_does_not_arrive_is_told(page: Page, server: Server) -> None:
    server.bend = bend(".wasm", lambda route: route.abort())
    assert run(page) == "This browser cannot start the program that computes models."


def test_a_file_that_is_no_network_is_told(page: Page, server: Server) -> None:
    server.file = b"no network"
    assert run(page) == "This model cannot be computed on this device."


def test_a_full_store_still_computes_and_says_so(page: Page, server: Server) -> None:
    full = (
        "Cache.prototype.put = async () => { throw new DOMException('', 'QuotaExceededError'); };"
    )
    worker = read_files()["device/worker.js"].plain.decode()

    def answer(route: Route) -> None:
        route.fulfill(body=f"{worker}\n{full}", content_type="text/javascript")

    server.bend = bend("device/worker.js", answer)
    assert np.shape(run(page)) == (SIDE * SIDE,)
    assert any("has no room to keep the model" in words for words in page.evaluate("told"))


def test_a_worker_that_dies_is_noticed_and_another_is_started(page: Page, server: Server) -> None:
    def die(route: Route) -> None:
        route.fulfill(body="self.close();", content_type="text/javascript")

    server.bend = bend("device/worker.js", die, times=1)
    assert "ended unexpectedly" in str(run(page, patience_ms=500))
    again = """async () => (await window.runner.predict(
      { width: 32, height: 32, pixels: new Uint8Array(1024) }, 'one')).length"""
    page.evaluate("window.runner.patience = 30000")
    assert page.evaluate(again) == SIDE * SIDE


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("WebAssembly.validate = () => false", "no WebAssembly SIMD"),
        ("delete globalThis.caches; globalThis.caches = undefined", "keep and check"),
        ("", ""),
    ],
)
def test_a_browser_that_cannot_says_why(page: Page, change: str, sentence: str) -> None:
    page.evaluate(f"() => {{ {change} }}")
    found = page.evaluate(f"async () => (await import('{DEVICE}/support.js')).findObstacle()")
    assert (sentence in found) if sentence else (found == "")


def test_pixels_that_a_browser_falsifies_are_not_used(page: Page) -> None:
    decode = f"""async () => {{
      const {{ decodeByBrowser, readsBackTruly }} = await import('{DEVICE}/decode.js');
      const honest = readsBackTruly();
      const read = OffscreenCanvasRenderingContext2D.prototype.getImageData;
      OffscreenCanvasRenderingContext2D.prototype.getImageData = function (...place) {{
        const picture = read.apply(this, place);
        picture.data[0] ^= 1;
        return picture;
      }};
      const told = await decodeByBrowser(new Uint8Array(20), 'BMP').catch((error) => error.message);
      return [honest, told];
    }}"""
    honest, told = page.evaluate(decode)
    assert honest
    assert "changes pixels that are read" in told
