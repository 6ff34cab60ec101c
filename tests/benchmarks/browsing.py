"""How long the Benchmark tab and its sections take to open, in a real Chromium on this machine.

    python tests/benchmarks/browsing.py

Over a made-up run of 501 images by 13 models in one and in two stages, from the press of a button
to the drawn chart; the median of three pages. The run is read before, as `launch` does it.
"""

import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

import gradio as gr
from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))
import small_runs

from busdemo.evaluation.run_files import write_run
from busdemo.ui.benchmark_tab import build_benchmark_tab
from busdemo.ui.page import Service
from busdemo.ui.theme import STYLESHEETS, build_theme
from busdemo.workflows.benchmark_sections import SECTIONS
from busdemo.workflows.benchmarking import warm_up

PAGES, IMAGES, MODELS = 3, 501, 13
DRAWN = """(section) => {
  const body = document.querySelector(`[data-section="${section}"] > div`);
  return body.childElementCount && [...body.querySelectorAll('.bd-plot')].every(
    (place) => place.querySelector('.main-svg'));
}"""


def make_run(folder: Path) -> None:
    """A run of the zoo's size, drawn by chance."""
    small_runs.MODELS |= {f"model-{i}": 0.15 + 0.05 * i for i in range(MODELS - 3)}
    write_run(folder, small_runs.small_run(IMAGES, models=tuple(small_runs.MODELS)))


def launch(folder: Path) -> tuple[gr.Blocks, str]:
    """A page with the tab behind another one."""
    with gr.Blocks(fill_width=True, analytics_enabled=False) as page, gr.Tabs():
        with gr.Tab("First"):
            gr.HTML("first")
        with gr.Tab("Benchmark"):
            build_benchmark_tab(folder)
    settings = {
        "theme": build_theme(),
        "css_paths": STYLESHEETS,
        "ssr_mode": False,
        "app_kwargs": {"middleware": Service(per_minute=0).middleware},
    }
    _, address, _ = page.launch(prevent_thread_lock=True, quiet=True, **settings)
    return page, address


def measure(page: Page, address: str) -> dict[str, float]:
    """Seconds from a press to the drawn chart, by what was opened."""
    page.goto(address)
    page.wait_for_selector("button[role=tab]")
    page.wait_for_timeout(2000)
    started = time.perf_counter()
    page.get_by_role("tab", name="Benchmark").click()
    page.wait_for_selector("#bd-bench .bd-plot .main-svg")
    seconds = {"the tab": time.perf_counter() - started}
    for section in SECTIONS:
        started = time.perf_counter()
        page.click(f'[data-section="{section}"] summary')
        page.wait_for_function(DRAWN, arg=section)
        seconds[section] = time.perf_counter() - started
    return seconds


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        make_run(folder)
        started = time.perf_counter()
        warm_up(folder)
        print(f"reading the run and its leaderboard: {time.perf_counter() - started:.2f} s")
        served, address = launch(folder)
        path = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        found = [measure(browser.new_page(), address) for _ in range(PAGES)]
        for opened in found[0]:
            print(f"{opened}: {statistics.median(one[opened] for one in found):.2f} s")
        browser.close()
        served.close()


if __name__ == "__main__":
    main()
