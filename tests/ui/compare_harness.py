"""The comparison on a bare page, with synthetic masks: no Gradio server, no models.

Its host is played by a few lines of JavaScript; what it asks is answered by the real functions,
called in this process. The page is a strict one: see `bare_page.py`.
"""

import base64
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page, Route
from ui.bare_page import fulfill, mount, wait_for, watch_policy
from ui.viewer_harness import build_case

from busdemo.ui.compare import answers
from busdemo.ui.compare.component import list_formats

ADDRESS = "http://compare.test/"
CASE = build_case(1, (160, 128))
LEVELS = {
    "unet": CASE.levels["unet"],
    "attention-unet": CASE.levels["attention-unet"],
    "shifted": np.roll(CASE.levels["unet"], (5, -7), axis=(0, 1)),
}
FROZEN = {"unet": 96, "attention-unet": 100, "shifted": 90}
NAMES = {"unet": "U-Net", "attention-unet": "Attention U-Net", "shifted": "Shifted"}

STILL = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def build_value(**changes: Any) -> dict[str, Any]:
    """What Python sends the tab: a scan, its ground truth and three models that have answered."""
    models = [
        {
            "id": key,
            "name": NAMES[key],
            "note": "test Dice 0.85 (0.82–0.87)",
            "frozen": FROZEN[key],
            "state": "ready",
            "reason": "",
            "levels": {"url": f"{ADDRESS}{key}.png"},
        }
        for key in LEVELS
    ]
    value: dict[str, Any] = {
        "case": "first",
        "title": "The first case",
        "simulated": True,
        "image": {"url": f"{ADDRESS}image.png"},
        "reference": {"url": f"{ADDRESS}truth.png"},
        "reference_name": "Ground truth",
        "models": models,
        "message": "",
        "example": "oval",
        "scan_note": "160 × 128 px",
        "scan_sha256": "0",
    }
    return value | changes


def encode_grey(pixels: NDArray[Any]) -> bytes:
    """An 8-bit grey PNG."""
    grey = pixels.astype(np.uint8) * (255 if pixels.dtype == np.bool_ else 1)
    return bytes(cv2.imencode(".png", grey)[1].tobytes())


PICTURES = {"image": CASE.image, "truth": CASE.reference, **LEVELS}


def open_desk(page: Page, value: dict[str, Any] | None = None, fragment: str = "") -> None:
    """Load the comparison into a page whose `answer` is exposed, and wait for its masks."""
    page.goto(f"{ADDRESS}{fragment}")
    mount(page, "compare", {"formats": list_formats()})
    lay(page, value or build_value())
    wait_for(page, "window.__busdemoDesk && __busdemoDesk.roster.ready.length > 0")
    wait_until_drawn(page)


def lay(page: Page, value: dict[str, Any]) -> None:
    """Put a scan on the table, as the Segment tab does with what the server sends."""
    page.evaluate("(value) => window.lay(value)", value)


def prepare(page: Page) -> None:
    """Serve the pictures, and answer the page's questions."""
    watch_policy(page)
    page.route(f"{ADDRESS}**", _serve)
    page.expose_function("answer", answer)


def answer(name: str, request: Any) -> Any:
    """What the server would answer."""
    return {"read_masks": answers.read_masks, "measure": answers.measure}[name](request)


def wait_until_drawn(page: Page) -> None:
    """Every listed model is there, and the frame has been drawn."""
    wait_for(page, "__busdemoDesk.roster.list.every((one) => one.ready || one.rule === 'staple')")
    page.evaluate(STILL)


def mask_of(page: Page, key: str) -> NDArray[np.bool_]:
    """An annotator's mask as the page has it, (H, W)."""
    desk = "window.__busdemoDesk"
    flat = read_bytes_of(page, f"{desk}.planes.read({desk}.roster.find('{key}').slot)")
    return flat.reshape(CASE.reference.shape) > 0


def read_bytes_of(page: Page, expression: str) -> NDArray[np.uint8]:
    """The bytes of a typed array in the page."""
    return np.frombuffer(base64.b64decode(page.evaluate(f"{TO_TEXT}({expression})")), np.uint8)


TO_TEXT = """((bytes) => {
  let text = '';
  for (const byte of new Uint8Array(bytes.buffer)) text += String.fromCharCode(byte);
  return btoa(text);
})"""


def _serve(route: Route) -> None:
    name = route.request.url.removeprefix(ADDRESS).split("#")[0].removesuffix(".png")
    if name in PICTURES:
        route.fulfill(body=encode_grey(PICTURES[name]), content_type="image/png")
    else:
        fulfill(route, '<main id="bd-compare"></main>')
