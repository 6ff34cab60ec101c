"""Photographs the running page for the documents: `make pictures` renews docs/pictures.

A threshold being dragged as a moving picture, and people and models compared.
"""

import argparse
import io
import math
import shutil
from collections.abc import Iterator
from pathlib import Path

from measure import ALL_READY, serve
from PIL import Image
from playwright.sync_api import Page, sync_playwright

FRAMES, FRAME_MS = 48, 90
MOST_BYTES = 1_500_000
EXAMPLE, TITLE = "two-lesions", "Two lesions"

MOVE = """(stop) => {
  const slider = document.querySelector('.bd-stop');
  slider.value = stop;
  slider.dispatchEvent(new Event('input', { bubbles: true }));
  return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""
COMPARED = """() => {
  const tab = document.getElementById('bd-compare-tab');
  const told = tab && /agrees? with the annotators/.test(tab.innerText);
  return told && tab.querySelectorAll('.bd-matrix tbody tr').length > 4;
}"""


def main() -> None:
    """Start the page in a process of its own, photograph it, write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"), metavar="DIR")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    with serve() as (address, _, _), sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 760})
        page.goto(address)
        choose_example(page)
        write_moving(out / "threshold.webp", drag_threshold(page))
        page.set_viewport_size({"width": 1280, "height": 1010})
        write_still(out / "comparison.webp", compare(page))
        browser.close()


def choose_example(page: Page) -> None:
    """Put the example on the table and wait until every model has answered."""
    page.click("#bd-intake .bd-examples summary")
    page.click(f'[data-example="{EXAMPLE}"]')
    page.wait_for_function(ALL_READY, arg=TITLE, timeout=180_000)
    page.mouse.move(0, 0)


def drag_threshold(page: Page) -> Iterator[Image.Image]:
    """The viewer and the numbers below it while the slider goes to both ends and back."""
    clip = {"x": 280.0, "y": 90.0, "width": 984.0, "height": 630.0}
    page.evaluate("scrollTo(0, 0)")
    for turn in range(FRAMES):
        page.evaluate(MOVE, round(100 - 92 * math.sin(2 * math.pi * turn / FRAMES)))
        yield open_picture(page.screenshot(clip=clip))


def compare(page: Page) -> Image.Image:
    """The Compare tab with the example's readers and some models."""
    page.get_by_role("tab", name="Compare", exact=True).click()
    page.wait_for_function(COMPARED, timeout=120_000)
    page.mouse.move(0, 0)
    return open_picture(page.screenshot())


def open_picture(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def write_moving(path: Path, frames: Iterator[Image.Image]) -> None:
    first, *others = frames
    first.save(
        path, save_all=True, append_images=others, duration=FRAME_MS, loop=0, quality=70, method=4
    )
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")
    if path.stat().st_size > MOST_BYTES:
        raise SystemExit(f"{path} is larger than {MOST_BYTES / 1e6} MB.")


def write_still(path: Path, picture: Image.Image) -> None:
    picture.save(path, quality=82, method=6)
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
