"""The whole page in a real Chromium, with the shipped models and examples."""

import io
import json
import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from PIL import Image

pytest.importorskip("playwright")
from playwright.sync_api import Browser, FilePayload, Frame, Page
from ui.chromium import open_page, pick_example
from waiting import wait_until

from busdemo.cli import main
from busdemo.imaging.images import read_scan
from busdemo.inference.segmenter import SegmenterPool
from busdemo.phantoms import EXAMPLES, simulate
from busdemo.scoring.overlap import score_overlap
from busdemo.ui.examples import read_examples
from busdemo.ui.page import build_page, launch, mount_page
from busdemo.workflows.segmenting import segment
from busdemo.zoo.cards import WEIGHTS, read_cards

pytestmark = pytest.mark.browser

FIRST = next(iter(read_examples()))


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    page, local = launch(wait=False)
    yield local
    page.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    with open_page(browser, address) as page:
        wait_until_ready(page)
        yield page


def wait_until_ready(page: Page | Frame, title: str = "") -> None:
    """Every usable model has answered for the scan of that title (any, when empty)."""
    page.wait_for_function(
        """(title) => {
          const state = window.__busdemoViewer && window.__busdemoViewer.state;
          return state && state.grey && (!title || state.title === title) && state.layers.length
            && state.layers.every((layer) => layer.state === 'ready' || layer.state === 'unusable');
        }""",
        arg=title,
        timeout=60_000,
    )


def drop(page: Page | Frame, kind: str, *files: tuple[str, bytes]) -> None:
    page.set_input_files(
        f'[data-drop="{kind}"] input',
        [FilePayload(name=name, mimeType="image/png", buffer=data) for name, data in files],
    )


def png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def note(page: Page, kind: str, text: str) -> str:
    page.wait_for_function(
        "([kind, text]) => document.querySelector(`[data-note=${kind}]`)"
        ".textContent.includes(text)",
        arg=[kind, text],
        timeout=30_000,
    )
    return page.inner_text(f'[data-note="{kind}"]')


def download(page: Page, kind: str, folder: Path) -> Path:
    page.click(".bd-viewer >> text=Download")
    with page.expect_download() as arriving:
        page.click(f'.bd-viewer [data-export="{kind}"]')
    path = folder / arriving.value.suggested_filename
    arriving.value.save_as(path)
    return path


COUNT_REFERENCE = "() => window.__busdemoViewer.state.reference.filter((v) => v).length"


def count_reference(page: Page) -> int:
    page.wait_for_function("() => window.__busdemoViewer.state.reference !== null")
    return int(page.evaluate(COUNT_REFERENCE))


def numbers(page: Page) -> dict[str, Any]:
    return page.evaluate(
        "() => window.__busdemoViewer.metricsAt(window.__busdemoViewer.state.stop)"
    )


@pytest.fixture(scope="module")
def phantom() -> tuple[bytes, np.ndarray]:
    made = simulate(*EXAMPLES["two-lesions"])
    return png(made.image), made.mask


def test_a_case_is_shown_with_its_numbers_at_the_frozen_threshold(page: Page) -> None:
    layer = page.evaluate("() => window.__busdemoViewer.state.layers[0]")
    cards = {card.id: card for card in read_cards()}
    state = page.evaluate("() => ({stop: window.__busdemoViewer.state.stop})")
    assert state["stop"] == cards[layer["id"]].stop
    shown = page.inner_text(".bd-viewer")
    assert "Ground truth" in shown
    assert "simulated" not in shown
    assert "CC BY 4.0" in page.inner_text("#bd-intake")
    assert f"{numbers(page)['dice']:.3f}" in shown
    assert "Not a medical device" in page.inner_text("#bd-header")


def test_an_uploaded_image_and_mask_get_the_numbers_python_computes(
    page: Page, phantom: tuple[bytes, np.ndarray]
) -> None:
    image, mask = phantom
    drop(page, "image", ("mine.png", image))
    wait_until_ready(page, "mine.png")
    assert "Drop a mask" in page.inner_text('[data-pane="reference"]')
    drop(page, "mask", ("outline.png", png(mask.astype(np.uint8) * 255)))
    note(page, "mask", "127")
    page.wait_for_function("() => window.__busdemoViewer.state.reference !== null")
    pool = SegmenterPool(read_cards())
    chosen = page.evaluate("() => window.__busdemoViewer.state.model")
    result, _ = segment(read_scan(image, "mine.png"), chosen, pool)
    expected = score_overlap(
        result.mask(pool.cards[chosen].stop, pool.cards[chosen].post_processing), mask
    )
    shown = numbers(page)
    assert (shown["dice"], shown["iou"]) == (expected.dice, expected.iou)
    assert shown["outcome"] == str(expected.outcome)


def test_another_frame_of_a_dicom_file_is_shown_when_it_is_asked_for(page: Page) -> None:
    from imaging.dicom_files import CASE, dicom_file

    frames = np.stack([CASE, CASE[::-1], 255 - CASE])
    drop(page, "image", ("loop.dcm", dicom_file(frames, frames=3)))
    wait_until_ready(page, "loop.dcm")
    assert "frame 1 of 3" in note(page, "image", "frame 1")
    page.fill(".bd-frame input", "3")
    page.keyboard.press("Enter")
    assert "frame 3 of 3" in note(page, "image", "frame 3")


def test_the_last_of_several_frames_and_files_chosen_in_a_row_is_shown(
    page: Page, phantom: tuple[bytes, np.ndarray]
) -> None:
    """Each comes before the one before is answered."""
    from imaging.dicom_files import CASE, dicom_file

    frames = np.stack([CASE, CASE[::-1], 255 - CASE])
    drop(page, "image", ("rows.dcm", dicom_file(frames, frames=3)))
    wait_until_ready(page, "rows.dcm")
    for frame in ("3", "1", "2"):
        page.fill(".bd-frame input", frame)
        page.dispatch_event(".bd-frame input", "change")
    assert "frame 2 of 3" in note(page, "image", "frame 2")
    for name in ("first.png", "second.png", "third.png"):
        drop(page, "image", (name, phantom[0]))
    wait_until_ready(page, "third.png")
    assert note(page, "image", "third.png")


def test_an_inverted_mask_is_offered_to_be_exchanged_not_changed_unasked(
    page: Page, phantom: tuple[bytes, np.ndarray]
) -> None:
    image, mask = phantom
    drop(page, "image", ("inverted.png", image))
    wait_until_ready(page, "inverted.png")
    drop(page, "mask", ("white.png", png((~mask).astype(np.uint8) * 255)))
    page.wait_for_selector('[data-act="invert"]:visible', timeout=30_000)
    assert count_reference(page) == int((~mask).sum())
    page.click('[data-act="invert"]')
    page.wait_for_function(f"() => ({COUNT_REFERENCE})() === {int(mask.sum())}")
    page.click('[data-act="remove"]')
    page.wait_for_function("() => window.__busdemoViewer.state.reference === null")


def test_a_text_file_named_png_gets_a_sentence_and_changes_nothing(page: Page) -> None:
    before = page.evaluate("() => window.__busdemoViewer.state.case")
    drop(page, "image", ("notes.png", b"this is no picture"))
    sentence = note(page, "image", "notes.png")
    assert sentence.endswith(".")
    assert page.evaluate("() => window.__busdemoViewer.state.case") == before


def test_a_file_name_is_shown_as_text_and_never_run(
    page: Page, phantom: tuple[bytes, np.ndarray]
) -> None:
    name = "<img src=x onerror=window.__hacked=1>.png"
    drop(page, "image", (name, phantom[0]))
    wait_until_ready(page, name)
    assert page.evaluate("() => window.__hacked") is None


def test_another_example_replaces_the_opening_one(page: Page) -> None:
    pick_example(page, "normal")
    wait_until_ready(page, EXAMPLES["normal"][0].title)
    assert numbers(page)["outcome"] in ("correct rejection", "false alarm")


def test_two_visitors_do_not_see_each_other(
    browser: Browser, address: str, page: Page, phantom: tuple[bytes, np.ndarray], tmp_path: Path
) -> None:
    other = browser.new_page()
    other.goto(address)
    wait_until_ready(other)
    drop(page, "image", ("mine.png", phantom[0]))
    wait_until_ready(page, "mine.png")
    assert download(other, "receipt", tmp_path).name.startswith(FIRST)
    assert download(page, "receipt", tmp_path).name.startswith("mine")
    other.close()


def test_a_mask_dropped_right_after_an_image_belongs_to_that_image(
    page: Page, phantom: tuple[bytes, np.ndarray]
) -> None:
    drop(page, "image", ("mine.png", phantom[0]))
    drop(page, "mask", ("outline.png", png(phantom[1].astype(np.uint8) * 255)))
    wait_until_ready(page, "mine.png")
    page.wait_for_function(f"() => window.__busdemoViewer.state.reference && ({COUNT_REFERENCE})()")
    assert count_reference(page) == int(phantom[1].sum())


def test_the_threshold_under_the_hand_survives_the_page_load_event(
    browser: Browser, address: str
) -> None:
    page = browser.new_page()
    page.goto(address)
    page.wait_for_function("() => window.__busdemoViewer && window.__busdemoViewer.state.grey")
    page.evaluate("() => window.__busdemoViewer.setStop(150)")
    # The stream of answers ends with those of the load event, which arrive unasked.
    ended = "performance.getEntriesByType('resource').some(({ name }) => /queue.data/.test(name))"
    page.wait_for_function(ended, timeout=60_000)
    wait_until_ready(page)
    assert page.evaluate("() => window.__busdemoViewer.state.stop") == 150
    page.close()


def test_a_downloaded_receipt_replays_bit_for_bit(
    page: Page, phantom: tuple[bytes, np.ndarray], tmp_path: Path, capsys: Any
) -> None:
    image, mask = phantom
    outline = png(mask.astype(np.uint8) * 255)
    drop(page, "image", ("mine.png", image))
    wait_until_ready(page, "mine.png")
    drop(page, "mask", ("outline.png", outline))
    page.wait_for_function("() => window.__busdemoViewer.state.reference !== null")
    page.keyboard.press("ArrowRight")
    files = {kind: download(page, kind, tmp_path) for kind in ("mask", "overlay", "receipt")}
    for name, data in (("mine.png", image), ("outline.png", outline)):
        (tmp_path / name).write_bytes(data)
    receipt = json.loads(files["receipt"].read_text())
    assert receipt["threshold"] == page.evaluate("() => window.__busdemoViewer.state.stop") / 200
    written = np.asarray(Image.open(files["mask"])) > 0
    assert receipt["numbers"]["area_px"] == int(written.sum())
    command = ["replay", str(files["receipt"]), str(tmp_path / "mine.png")]
    assert main([*command, "--mask", str(tmp_path / "outline.png")]) == 0
    assert "bit for bit" in capsys.readouterr().out


def test_a_phone_shows_the_page_without_scrolling_sideways(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 375, "height": 812})
    page.goto(address)
    wait_until_ready(page)
    widths = page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1]
    tops = page.evaluate(
        "() => ['#bd-viewer', '#bd-intake'].map((id) => document.querySelector(id)"
        ".getBoundingClientRect().top)"
    )
    assert tops[0] < tops[1]
    page.evaluate("() => window.scrollTo(0, document.body.scrollHeight)")
    page.wait_for_function("() => window.scrollY > 200")
    header = page.evaluate("() => document.querySelector('#bd-header').getBoundingClientRect().top")
    assert header == 0  # the safety line stays in view
    page.close()


def test_the_page_asks_nobody_else_for_anything(browser: Browser, address: str) -> None:
    page = browser.new_page()
    foreign: list[str] = []
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((address, "data:", "blob:"))
            else foreign.append(request.url)
        ),
    )
    page.goto(address)
    wait_until_ready(page)
    assert foreign == []
    page.close()


def test_a_model_with_other_weights_is_listed_with_the_reason_and_the_rest_work(
    browser: Browser, tmp_path: Path
) -> None:
    shutil.copytree(WEIGHTS / "unet", tmp_path / "unet")
    shutil.copytree(WEIGHTS / "unet", tmp_path / "broken")
    with (tmp_path / "broken" / "model.safetensors").open("ab") as weights:
        weights.write(b"more")
    served, local = launch(weights=tmp_path, wait=False)
    page = browser.new_page()
    page.goto(local)
    wait_until_ready(page)
    states = page.evaluate(
        "() => Object.fromEntries(window.__busdemoViewer.state.layers.map("
        "(layer) => [layer.id, [layer.state, layer.reason]]))"
    )
    assert states["unet"][0] == "ready"
    assert states["broken"][0] == "unusable"
    assert "sha256" in states["broken"][1]
    page.close()
    served.close()


def test_an_upload_is_deleted_from_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("busdemo.ui.page.SWEEP_SECONDS", 1)
    monkeypatch.setattr("busdemo.ui.page.FILE_SECONDS", 1)
    served, local = launch(wait=False)
    sent = httpx.post(
        f"{local.rstrip('/')}/gradio_api/upload",
        files={"files": ("mine.png", b"mine", "image/png")},
    )
    copy = Path(sent.json()[0])
    assert copy.is_file()
    wait_until(lambda: not copy.exists(), "Deleting the upload")
    served.close()


def test_a_click_on_the_empty_reference_pane_chooses_a_mask(page: Page) -> None:
    page.click('[data-act="remove"]')
    page.wait_for_selector('.bd-pane[data-pane="reference"] .bd-veil:not([hidden])')
    with page.expect_file_chooser() as chooser:
        page.click('.bd-pane[data-pane="reference"]')
    assert chooser.value.is_multiple()


@pytest.fixture(scope="module")
def framed_address() -> Iterator[str]:
    """The page under the prefix /zoo of another server, and a host page that frames it at /."""
    app = FastAPI()

    @app.get("/", response_class=HTMLResponse)
    def host() -> str:
        return '<iframe src="/zoo/" style="width:1300px;height:800px"></iframe>'

    page = build_page(SegmenterPool(read_cards()))
    app = mount_page(app, page, "/zoo")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started, "The start of the server")
    yield f"http://127.0.0.1:{port}/"
    server.should_exit = True
    thread.join()


def test_the_page_works_in_a_frame_and_under_a_prefix(
    browser: Browser, framed_address: str, phantom: tuple[bytes, np.ndarray]
) -> None:
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto(framed_address)
    page.wait_for_selector("iframe")
    frame = page.frames[1]
    wait_until_ready(frame)
    drop(frame, "image", ("framed.png", phantom[0]))
    wait_until_ready(frame, "framed.png")
    assert "framed.png" in frame.inner_text(".bd-viewer")
    page.close()
