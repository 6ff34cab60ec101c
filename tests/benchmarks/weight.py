"""Bytes over the wire of two visits, how soon the opening case is drawn, and what moves meanwhile.

`python tests/benchmarks/weight.py` starts the page; with an address it visits that one. The network
is Chromium's own throttle: 20 Mbit/s and 60 ms, and 1.6 Mbit/s and 150 ms.
"""

import argparse
import shutil
import statistics
import time
from contextlib import nullcontext
from typing import Any

from measure import READY, serve
from playwright.sync_api import Browser, CDPSession, sync_playwright

NETWORKS = {"20 Mbit, 60 ms": (20e6, 60), "1.6 Mbit, 150 ms": (1.6e6, 150)}
VISITS = 3
NOTE_SHIFTS = """window.shift = 0;
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) if (!one.hadRecentInput) window.shift += one.value;
}).observe({ type: 'layout-shift', buffered: true });"""


def main() -> None:
    """Print a table of both visits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address", nargs="?", help="of a page that runs; else one is started")
    options = parser.parse_args()
    started = nullcontext((options.address,)) if options.address else serve()
    with started as (address, *_), sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        rows: list[tuple[Any, ...]] = []
        for name, network in NETWORKS.items():
            rows += visit(browser, address, name, network)
        browser.close()
    head = ("visit", "requests", "KB over the wire", "of it HTML", "drawn after, s", "layout shift")
    for row in (head, ("---",) * len(head), *rows):
        print(f"| {' | '.join(map(str, row))} |")


def visit(
    browser: Browser, address: str, name: str, network: tuple[float, int]
) -> list[tuple[Any, ...]]:
    """A first and a second visit, medians of a few."""
    both = [open_twice(browser, address, network) for _ in range(VISITS)]
    rows = []
    for k, which in enumerate(("first", "second")):
        columns = zip(*(visits[k] for visits in both), strict=True)
        count, total, html, seconds, shift = map(statistics.median, columns)
        sizes = f"{total / 1e3:.0f}", f"{html / 1e3:.0f}"
        rows.append((f"{which}, {name}", int(count), *sizes, f"{seconds:.2f}", f"{shift:.3f}"))
    return rows


def open_twice(
    browser: Browser, address: str, network: tuple[float, int]
) -> list[tuple[int, int, int, float, float]]:
    """Requests, bytes, of them HTML, seconds, layout shift, of a cold and then a warm cache."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    visits = []
    for _ in range(2):
        page = context.new_page()
        page.add_init_script(NOTE_SHIFTS)
        cdp = context.new_cdp_session(page)
        kinds: dict[str, str] = {}
        sizes: dict[str, int] = {}
        listen(cdp, kinds, sizes)
        cdp.send("Network.enable")
        rate, latency = network
        limits = {"latency": latency, "downloadThroughput": rate / 8, "uploadThroughput": rate / 8}
        cdp.send("Network.emulateNetworkConditions", {"offline": False, **limits})
        started = time.perf_counter()
        page.goto(address)
        page.wait_for_function(READY, arg="", timeout=120_000)
        seconds = time.perf_counter() - started
        page.wait_for_timeout(1000)
        asked = [size for size in sizes.values() if size > 0]
        html = sum(size for key, size in sizes.items() if kinds.get(key) == "Document")
        visits.append((len(asked), sum(asked), html, seconds, page.evaluate("window.shift")))
        page.close()
    context.close()
    return visits


def listen(cdp: CDPSession, kinds: dict[str, str], sizes: dict[str, int]) -> None:
    """Note the kind and the bytes over the wire of every request."""

    def note_kind(event: dict[str, Any]) -> None:
        kinds[event["requestId"]] = event["type"]

    def note_size(event: dict[str, Any]) -> None:
        sizes[event["requestId"]] = int(event["encodedDataLength"])

    cdp.on("Network.responseReceived", note_kind)
    cdp.on("Network.loadingFinished", note_size)


if __name__ == "__main__":
    main()
