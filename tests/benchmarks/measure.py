"""Measures the page as a visitor meets it and prints a table; `--write` keeps it.

Run by `make bench`, never by the tests: a timing is a figure to look at, not one to assert.
"""

import argparse
import io
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from busdemo.evaluation.report import insert
from busdemo.phantoms import EXAMPLES, simulate

MARKS = "<!-- bench: written by `make bench` -->", "<!-- /bench -->"
READY = """(title) => {
  const state = window.__busdemoViewer && window.__busdemoViewer.state;
  return state && state.grey && (!title || state.title === title)
    && state.layers.some((layer) => layer.id === state.model && layer.state === 'ready');
}"""
ALL_READY = """(title) => {
  const state = window.__busdemoViewer && window.__busdemoViewer.state;
  return state && state.title === title
    && state.layers.every((layer) => !['waiting', 'running'].includes(layer.state));
}"""
# 60 slider inputs at random moments between two frames; for each the time until the frame that
# shows it is handed to the compositor (the first task after the animation frame that drew it).
DRAG = """async () => {
  const slider = document.querySelector('.bd-stop'), times = [];
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  const painted = () => new Promise((done) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = done;
    channel.port2.postMessage(0);
  }));
  for (let i = 0; i < 60; i++) {
    await wait(20 + 17 * Math.random());
    const started = performance.now();
    slider.value = 60 + i;
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    await painted();
    times.push(performance.now() - started);
  }
  slider.dispatchEvent(new Event('change', { bubbles: true }));
  return times;
}"""


def main() -> None:
    """Start the page in a process of its own, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--write", action="store_true", help="put the table in docs/experiments/bench.md"
    )
    options = parser.parse_args()
    with serve() as (address, process, start_s), sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        weight, first_s = load(page, address)
        rows = [
            ("start-up to first 200", f"{start_s:.1f} s"),
            ("page weight, first load", f"{weight / 1e6:.2f} MB"),
            ("navigation to the opening case drawn", f"{first_s:.2f} s"),
            *drag(page),
            *upload(page),
            ("resident memory after that, all models loaded", f"{resident_mb(process.pid):.0f} MB"),
        ]
        browser.close()
    table = "\n".join(["| what | figure |", "|---|---|", *(f"| {a} | {b} |" for a, b in rows)])
    print(table)
    if options.write:
        kept = Path("docs/experiments/bench.md")
        kept.write_text(insert(kept.read_text("utf-8"), table, MARKS), "utf-8")


@contextmanager
def serve() -> Iterator[tuple[str, subprocess.Popen[bytes], float]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = time.perf_counter()
    command = [sys.executable, "-m", "busdemo", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=os.environ)
    address = f"http://127.0.0.1:{port}"
    try:
        while True:
            try:
                urllib.request.urlopen(address).read()
                break
            except OSError:
                time.sleep(0.05)
        yield address, process, time.perf_counter() - started
    finally:
        process.terminate()
        process.wait()


def load(page: Page, address: str) -> tuple[int, float]:
    """Bytes received and seconds until the opening case is drawn, with an empty cache."""
    received: list[int] = []
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    started = time.perf_counter()
    page.goto(address)
    page.wait_for_function(READY, arg="", timeout=60_000)
    seconds = time.perf_counter() - started
    page.wait_for_timeout(3000)  # thumbnails and fonts too; the event stream never falls idle
    return int(sum(received)), seconds


def drag(page: Page) -> list[tuple[str, str]]:
    """Repaint latency and requests of a drag over a 512x512 image."""
    send(page, "bench-512.png", (512, 512))
    page.set_input_files(
        '[data-drop="mask"] input', [picture("outline.png", (512, 512), mask=True)]
    )
    page.wait_for_function("() => window.__busdemoViewer.state.reference !== null")
    page.wait_for_function(ALL_READY, arg="bench-512.png", timeout=60_000)
    page.wait_for_timeout(500)  # their pictures too, before requests are counted
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    times = page.evaluate(DRAG)
    page.wait_for_timeout(300)
    return [
        (
            "threshold move to repaint, 512x512, median (95th percentile) of 60",
            f"{statistics.median(times):.1f} ms ({sorted(times)[56]:.1f} ms)",
        ),
        ("requests during the drag and its release", str(len(requests))),
    ]


def upload(page: Page) -> list[tuple[str, str]]:
    """From choosing a 600x500 file to its first prediction, models loaded."""
    first, whole = [], []
    for turn in range(5):
        name = f"bench-{turn}.png"
        file = picture(name, (600, 500))
        started = time.perf_counter()
        page.set_input_files('[data-drop="image"] input', [file])
        page.wait_for_function(READY, arg=name, timeout=60_000)
        first.append(time.perf_counter() - started)
        page.wait_for_function(ALL_READY, arg=name, timeout=60_000)
        whole.append(time.perf_counter() - started)
    models = page.evaluate(
        "() => window.__busdemoViewer.state.layers.filter((one) => one.state === 'ready').length"
    )
    label = "upload of a 600x500 image to its first prediction, median of 5"
    return [
        (label, f"{statistics.median(first):.2f} s"),
        (f"the same to the last of {models} predictions", f"{statistics.median(whole):.2f} s"),
    ]


def send(page: Page, name: str, size_wh: tuple[int, int]) -> None:
    page.set_input_files('[data-drop="image"] input', [picture(name, size_wh)])
    page.wait_for_function(READY, arg=name, timeout=60_000)


def picture(name: str, size_wh: tuple[int, int], *, mask: bool = False) -> Any:
    phantom = simulate(*next(iter(EXAMPLES.values())))
    file = io.BytesIO()
    Image.fromarray(phantom.mask if mask else phantom.image).resize(size_wh).save(file, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": file.getvalue()}


def resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


if __name__ == "__main__":
    main()
