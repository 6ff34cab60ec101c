"""The badge beside an upload that the models were trained on, in a real Chromium."""

from collections.abc import Iterator

import cv2
import numpy as np
import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Browser, FilePayload, Page

from busdemo.imaging.copies import Catalogue
from busdemo.imaging.hashes import Scale, hash_image
from busdemo.phantoms import EXAMPLES, simulate
from busdemo.ui.page import launch
from busdemo.workflows import copies

pytestmark = pytest.mark.browser

SCANS = [simulate(*recipe).image for recipe in list(EXAMPLES.values())[:3]]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    scale = Scale.of(SCANS)
    hashes = np.stack([hash_image(image, scale) for image in SCANS[:2]])
    catalogue = Catalogue(hashes, scale, ("BUSI", "<b>BrEaST</b>"), ("train", "val"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(copies, "open_catalogue", lambda: catalogue)
        page, local = launch(wait=False)
        yield local
        page.close()


def told(page: Page, name: str, image: np.ndarray, words: str) -> str:
    """What the page says of a dropped image's past, once it says `words`."""
    data = cv2.imencode(".png", image)[1].tobytes()
    file = FilePayload(name=name, mimeType="image/png", buffer=data)
    page.set_input_files('[data-drop="image"] input', [file])
    page.wait_for_function(
        "(words) => document.querySelector('[data-note=seen]').textContent.includes(words)",
        arg=words,
        timeout=60_000,
    )
    wait_until_ready(page, name)
    return page.inner_text('[data-note="seen"]')


def wait_until_ready(page: Page, title: str) -> None:
    """Every usable model has answered for the scan of that title."""
    page.wait_for_function(
        """(title) => {
          const state = window.__busdemoViewer && window.__busdemoViewer.state;
          return state && state.title === title && state.layers.every(
            (layer) => layer.state === 'ready' || layer.state === 'unusable');
        }""",
        arg=title,
        timeout=60_000,
    )


def test_a_cropped_mirrored_copy_of_a_training_image_gets_a_badge_and_a_stranger_none(
    browser: Browser, address: str
) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(address)
    page.wait_for_selector('[data-note="seen"]', state="attached")
    assert "training set" not in page.inner_text('[data-note="seen"]')
    copy = SCANS[0][20:-30, 40:-25][:, ::-1].copy()
    text = told(page, "copy.png", copy, "training set (BUSI)")
    assert text.startswith("This picture, or a near copy, was in the training set (BUSI).")
    assert "how well they remember" in text
    assert page.eval_on_selector('[data-note="seen"] b', "(b) => b.offsetHeight > 0")
    text = told(page, "val.png", SCANS[1], "validation set")
    assert "(<b>BrEaST</b>)" in text
    assert told(page, "other.png", SCANS[2], "Not among the 2 pictures")
    assert page.query_selector('[data-note="seen"] b') is None
    page.close()
