"""Nothing drawn is lost, and every tab has an address: on the whole page, in a real Chromium."""

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("playwright")
from playwright.sync_api import Browser, Dialog, FilePayload, Page
from ui.chromium import open_page

from busdemo.phantoms import EXAMPLES, simulate
from busdemo.ui.page import launch

pytestmark = pytest.mark.browser

WORKSPACE = "window.__busdemoViewer.session.workspace"
TITLED = f"""(title) => window.__busdemoViewer && {WORKSPACE}.scan.title === title
  && {WORKSPACE}.chosen?.ready"""
OPENED = f"() => window.__busdemoViewer && {WORKSPACE}.chosen?.ready"
LISTED = f"""{WORKSPACE}.roster.list.map(
  (one) => [one.key, one.name, one.stop, {WORKSPACE}.masks.area(one)])"""
SETTLED = f"""{WORKSPACE}.roster.list.every(
  ({{ ready, presence, frozenCutOff }}) => ready && (presence !== null || !frozenCutOff))"""
KEPT = """() => new Promise((done) => {
  const opening = indexedDB.open('busdemo');
  opening.onsuccess = () => {
    const all = opening.result.transaction('scans').objectStore('scans').getAll();
    const name = (one) => one.annotators.map(({ key }) => `${one.title} ${key}`);
    all.onsuccess = () => { opening.result.close(); done(all.result.flatMap(name)); };
  };
})"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    page, local = launch(wait=False)
    yield local.rstrip("/")
    page.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    with open_page(browser, address) as page:
        page.set_default_timeout(60_000)
        page.wait_for_function(OPENED)
        yield page


def png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def upload(page: Page, kind: str, name: str, pixels: np.ndarray) -> None:
    file: FilePayload = {"name": name, "mimeType": "image/png", "buffer": png(pixels)}
    page.set_input_files(f'[data-drop="{kind}"] input', [file])


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()
    if name == "Compare":
        page.wait_for_function("window.__busdemoDesk && __busdemoDesk.root.getClientRects().length")


def draw(page: Page) -> None:
    open_tab(page, "Compare")
    page.click("[data-act=draw]")
    box = page.locator("[data-stage=picture]").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 120, box["y"] + 120)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 140, steps=4)
    page.mouse.up()
    page.click("[data-act=done]")
    page.wait_for_function(f"{WORKSPACE}.roster.find('drawn:1')")


def wait_until_kept(page: Page, what: str) -> None:
    page.wait_for_function(f"async (what) => (await ({KEPT})()).includes(what)", arg=what)


def state(page: Page, expression: str) -> Any:
    return page.evaluate(f"{WORKSPACE}.{expression}")


@pytest.fixture
def drawn(page: Page) -> Page:
    """An upload with an uploaded reference, a moved threshold and a drawn mask."""
    made = simulate(*EXAMPLES["two-lesions"])
    upload(page, "image", "mine.png", made.image)
    page.wait_for_function(TITLED, arg="mine.png")
    upload(page, "mask", "truth.png", made.mask.astype(np.uint8) * 255)
    page.wait_for_function(f"{WORKSPACE}.reference")
    page.evaluate("window.__busdemoViewer.session.setStop(70)")
    draw(page)
    page.wait_for_function(SETTLED)
    wait_until_kept(page, "mine.png drawn:1")
    return page


def test_upload_reference_outline_and_settings_are_back_after_a_reload(drawn: Page) -> None:
    before = drawn.evaluate(LISTED)
    drawn.reload()
    drawn.wait_for_function(TITLED, arg="mine.png")
    drawn.wait_for_function(f"{WORKSPACE}.roster.find('truth') && {WORKSPACE}.notice.text")
    drawn.wait_for_function(SETTLED)
    assert drawn.evaluate(LISTED) == before
    assert state(drawn, "roster.reference") == "truth"
    assert "kept in this browser only" in state(drawn, "notice.text")


def test_a_wrong_click_is_undone_and_forget_forgets(drawn: Page) -> None:
    before = drawn.evaluate(LISTED)
    drawn.evaluate("document.querySelector('.bd-intake [data-example=normal]').click()")
    drawn.wait_for_function(f"{WORKSPACE}.scan.example === 'normal'")
    drawn.wait_for_function(f"{WORKSPACE}.notice.label === 'Back to them'")
    open_tab(drawn, "Segment")
    drawn.click(".bd-segment-view .bd-notice-act")
    drawn.wait_for_function(TITLED, arg="mine.png")
    drawn.wait_for_function(
        f"{WORKSPACE}.roster.find('drawn:1') && {WORKSPACE}.roster.find('truth')"
    )
    drawn.wait_for_function(SETTLED)
    assert drawn.evaluate(LISTED) == before
    drawn.click("[data-act=forget]")
    drawn.wait_for_function(f"{WORKSPACE}.notice.text.startsWith('Nothing of yours is kept')")
    assert drawn.evaluate(KEPT) == []


def test_old_numbers_pale_as_soon_as_another_scan_is_asked_for(page: Page) -> None:
    pale = "getComputedStyle(document.querySelector('.bd-segment-view .bd-row')).opacity"
    assert page.evaluate(pale) == "1"
    page.route("**/upload*", lambda _: None)
    upload(page, "image", "slow.png", simulate(*EXAMPLES["normal"]).image)
    assert page.evaluate(pale) == "0.4"


def test_an_embedded_page_keeps_nothing_and_leaving_it_asks(browser: Browser, address: str) -> None:
    with open_page(browser, f"{address}/?embed") as page:
        page.wait_for_function(OPENED)
        page.evaluate(
            f"{WORKSPACE}.addAnnotator({{ key: 'upload:1', name: 'mine', kind: 'person' }},"
            f" {WORKSPACE}.scan.grey)"
        )
        asked: list[str] = []

        def accept(dialog: Dialog) -> None:
            asked.append(dialog.type)
            dialog.accept()

        page.on("dialog", accept)
        page.mouse.click(5, 5)
        page.reload()
        page.wait_for_function(OPENED)
        assert asked == ["beforeunload"]
        assert page.evaluate("indexedDB.databases()") == []
        assert state(page, "roster.find('upload:1')") is None


def test_what_was_removed_comes_back(page: Page) -> None:
    open_tab(page, "Compare")
    before = page.evaluate(LISTED)
    page.evaluate("window.__busdemoDesk.store.removeAnnotator('truth')")
    page.click(".bd-compare-view .bd-notice-act >> text=Undo")
    assert page.evaluate(LISTED) == before
    assert state(page, "roster.reference") == "truth"


def test_tabs_have_addresses_and_back_and_forward_go_through_them(page: Page) -> None:
    for name in ("Compare", "Models", "About"):
        open_tab(page, name)
        page.wait_for_function(f"location.hash.startsWith('#{name.lower()}')")
    for name in ("Models", "Compare"):
        page.evaluate("history.back()")
        page.wait_for_selector(f"#bd-tabs [role=tab][aria-selected=true] >> text={name}")
    page.evaluate("history.forward()")
    page.wait_for_selector("#bd-tabs [role=tab][aria-selected=true] >> text=Models")


def test_a_copied_address_gives_the_whole_view_in_both_tabs(
    browser: Browser, address: str, page: Page
) -> None:
    session = "window.__busdemoViewer.session"
    page.keyboard.press("c")
    page.evaluate(f"{session}.comparison.toggleMap('votes')")
    page.evaluate(f"{WORKSPACE}.setStop('model:attention-unet', 44)")
    page.evaluate(f"{WORKSPACE}.setPair('model:attention-unet', 'truth')")
    page.wait_for_function("location.hash.includes('attention-unet.44')")
    segment = page.evaluate("location.hash")
    open_tab(page, "Compare")
    page.evaluate("window.__busdemoDesk.setMap('pair')")
    page.wait_for_function("location.hash.includes('map=pair')")
    compare = page.evaluate("location.hash")
    shown = f"""[{session}.comparison.on, {session}.comparison.maps.votes,
      {WORKSPACE}.get('model:attention-unet').stop, {WORKSPACE}.sides]"""
    sides = {"a": "model:attention-unet", "b": "truth"}
    with open_page(browser, f"{address}/{segment}") as other:
        other.set_default_timeout(60_000)
        other.wait_for_function(
            f"window.__busdemoViewer && {WORKSPACE}.models.some(({{ stop }}) => stop === 44)"
        )
        other.set_default_timeout(60_000)
        other.wait_for_function(f"{session}.comparison.on")
        assert other.evaluate(shown) == [True, False, 44, sides]
    with open_page(browser, f"{address}/{compare}") as other:
        other.set_default_timeout(60_000)
        other.wait_for_function("window.__busdemoDesk && __busdemoDesk.map === 'pair'")
        assert other.evaluate(
            f"[{WORKSPACE}.get('model:attention-unet').stop, {WORKSPACE}.sides]"
        ) == [44, sides]
