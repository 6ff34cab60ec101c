"""A model on the visitor's own device: nothing of an image, a mask or a number is sent."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

pytest.importorskip("playwright")
from blobs import draw_blobs
from playwright.sync_api import Browser, Page
from tiny_world import add_model, add_recipe
from ui.chromium import list_requests, without_errors
from ui.stillness import wait_until_still, watch_timers
from waiting import wait_until

from busdemo.imaging.images import read_scan
from busdemo.imaging.masks import quantize
from busdemo.inference.segmenter import SegmenterPool
from busdemo.ui.page import launch
from busdemo.zoo.cards import read_cards

pytestmark = pytest.mark.browser

COLOUR = np.stack([draw_blobs(seed, (90, 70)) for seed in range(3)], axis=2)
FILES = {
    "grey.png": (COLOUR[..., 0], []),
    "colour.png": (COLOUR, []),
    "colour.jpg": (COLOUR, [cv2.IMWRITE_JPEG_QUALITY, 90]),
    "grey.jpg": (COLOUR[..., 0], [cv2.IMWRITE_JPEG_QUALITY, 80]),
    "colour.bmp": (COLOUR, []),
    "lossless.webp": (COLOUR, [cv2.IMWRITE_WEBP_QUALITY, 101]),
    "deep.png": (COLOUR[..., 0].astype(np.uint16) * 201, []),
}
SWITCH = ".bd-device input"
STATE = "__busdemoViewer.state"
LEVELS = f"(id) => [...{STATE}.layers.find((layer) => layer.id === id).levels]"
ANSWERED = f"""([title, id]) => window.__busdemoViewer && {STATE}.title === title
  && {STATE}.layers.some((layer) => layer.id === id && layer.levels)"""


def encode(name: str) -> bytes:
    pixels, options = FILES[name]
    return bytes(cv2.imencode(Path(name).suffix, pixels, options)[1].tobytes())


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("zoo")
    for seed, model_id in enumerate(("one", "two")):
        add_model(folder / "weights", model_id, seed=seed, facts={"order": seed})
    add_recipe(folder / "weights", "both", ["one", "two"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        yield folder / "weights"


@pytest.fixture(scope="module")
def address(zoo: Path) -> Iterator[str]:
    page, local = launch(weights=zoo, wait=False)
    yield local
    page.close()


@pytest.fixture(scope="module")
def pool(zoo: Path) -> SegmenterPool:
    return SegmenterPool(read_cards(zoo))


@pytest.fixture(scope="module")
def page(browser: Browser, address: str) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    with without_errors(page):
        page.goto(address)
        page.wait_for_function(
            f"window.__busdemoViewer && {STATE}.layers.every((layer) => layer.levels)",
            timeout=120_000,
        )
        page.check(SWITCH)
        page.wait_for_function(
            "document.querySelector('.bd-device .bd-note').textContent.includes('thread')",
            timeout=120_000,
        )
        yield page
    page.close()


def drop(page: Page, name: str, data: bytes, kind: str = "image") -> None:
    page.set_input_files(
        f"[data-drop={kind}] input",
        {"name": name, "mimeType": "application/octet-stream", "buffer": data},
    )


def levels_of(page: Page, model_id: str) -> Any:
    return np.array(page.evaluate(LEVELS, model_id), np.uint8)


def wait_for_answer(page: Page, title: str, model_id: str) -> None:
    page.wait_for_function(ANSWERED, arg=[title, model_id], timeout=120_000)


def pick(page: Page, model_id: str) -> None:
    page.evaluate("(id) => __busdemoViewer.session.pickModel(id)", model_id)


@pytest.mark.parametrize("name", FILES)
def test_it_reads_and_computes_what_python_does(page: Page, pool: SegmenterPool, name: str) -> None:
    data = encode(name)
    drop(page, name, data)
    wait_for_answer(page, name, "one")
    scan = read_scan(data, name)
    grey = np.array(page.evaluate(f"[...{STATE}.grey]"), np.uint8)
    assert np.array_equal(grey, scan.pixels.ravel())
    expected = quantize(pool.predict("one", scan.pixels)).ravel()
    assert np.mean(levels_of(page, "one") != expected) < 0.01
    assert np.abs(levels_of(page, "one").astype(int) - expected).max() <= 1


def test_a_recipe_is_the_mean_of_its_members(page: Page, pool: SegmenterPool) -> None:
    drop(page, "recipe.png", encode("grey.png"))
    wait_for_answer(page, "recipe.png", "one")
    pick(page, "both")
    wait_for_answer(page, "recipe.png", "both")
    expected = quantize(pool.predict("both", COLOUR[..., 0])).ravel()
    assert np.abs(levels_of(page, "both").astype(int) - expected).max() <= 1
    pick(page, "one")


def test_nothing_is_asked_of_the_server(page: Page) -> None:
    watch_timers(page)
    with list_requests(page) as urls:
        drop(page, "private.png", encode("colour.png"))
        wait_for_answer(page, "private.png", "one")
        mask = (COLOUR[..., 0] > 120).astype(np.uint8) * 255
        drop(page, "mask.png", cv2.imencode(".png", mask)[1].tobytes(), "mask")
        page.wait_for_function(f"{STATE}.reference !== null")
        page.evaluate("__busdemoViewer.setStop(60)")
        page.keyboard.press("ArrowRight")
        page.evaluate(
            "__busdemoViewer.session.setSteps({ keep: 'largest', smallest_px: 9, fill_holes: true,"
            " opening_px: 1, closing_px: 1, smoothing_px: 1 })"
        )
        page.locator("details[data-section]").first.click()
        page.wait_for_function("document.body.innerText.includes('The server does this')")
        wait_until_still(page)
    assert urls == []
    dice = page.evaluate("__busdemoViewer.metricsAt(100).dice")
    assert 0 <= dice <= 1


def test_it_goes_on_without_a_network(page: Page) -> None:
    pick(page, "two")  # fetched while there is one
    page.wait_for_function(f"{STATE}.layers.find((layer) => layer.id === 'two').levels")
    pick(page, "one")
    page.context.set_offline(True)
    try:
        drop(page, "offline.png", encode("grey.png"))
        wait_for_answer(page, "offline.png", "one")
        pick(page, "two")
        wait_for_answer(page, "offline.png", "two")
    finally:
        page.context.set_offline(False)
        pick(page, "one")


def test_a_file_it_cannot_read_is_refused_and_the_scan_stays(page: Page) -> None:
    drop(page, "before.png", encode("grey.png"))
    wait_for_answer(page, "before.png", "one")
    drop(page, "scan.tif", b"II*\0" + bytes(400))
    page.wait_for_function(
        "document.querySelector('[data-note=image]').textContent.includes('the server reads it')"
    )
    assert page.evaluate(f"{STATE}.title") == "before.png"


def test_the_comparison_has_the_scan_and_what_is_drawn_stays_here(page: Page) -> None:
    drop(page, "drawn.png", encode("grey.png"))
    wait_for_answer(page, "drawn.png", "one")
    watch_timers(page)
    with list_requests(page) as urls:
        page.get_by_role("tab", name="Compare").click()
        page.wait_for_function(
            "window.__busdemoDesk && __busdemoDesk.state.title === 'drawn.png'", timeout=30_000
        )
        page.click("[data-act=draw]")
        box = page.locator("[data-stage=picture]").bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] / 2 + 30, box["y"] + box["height"] / 2)
        page.mouse.up()
        drawn = "__busdemoDesk.planes.read(__busdemoDesk.roster.find(__busdemoDesk.easel.key).slot)"
        page.wait_for_function(f"{drawn}.some(Boolean)")
        wait_until_still(page)  # numbers are asked for once a hand rests
    sent = [url for url in urls if "/queue/" in url or "/upload" in url or "/run/" in url]
    assert sent == []
    page.get_by_role("tab", name="Segment").click()


def test_off_again_the_server_answers(page: Page) -> None:
    page.uncheck(SWITCH)
    drop(page, "public.png", encode("grey.png"))
    wait_for_answer(page, "public.png", "one")
    with list_requests(page) as urls:
        drop(page, "public2.png", encode("colour.png"))
        wait_for_answer(page, "public2.png", "one")
    wait_until(lambda: any("upload" in url for url in urls), "the image was uploaded")
