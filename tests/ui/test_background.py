"""What the page does beside answering: an error ends nothing else, and a time waits for quiet."""

import logging
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from waiting import wait_until

from busdemo.ui import background
from busdemo.ui.background import start_background, wait_for_quiet
from busdemo.zoo.downloads import Downloads


class Pool:
    """A pool that notes what it is asked, and raises `fault` when it is warmed up first."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.cards = {"one": None}
        self.unavailable: dict[str, str] = {}
        self.milliseconds: dict[str, float] = {}
        self.downloads, self.fault, self.asked = Downloads(), fault, list[str]()

    def warm_up(self, wait: Any) -> None:
        wait()
        self.asked.append("warm up")
        fault, self.fault = self.fault, None
        if fault:
            raise fault

    def time_models(self, wait: Any) -> None:
        wait()
        self.asked.append("time")


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> gr.Blocks:
    monkeypatch.setattr(background, "warm_up_benchmark", lambda: None)
    monkeypatch.setattr(background, "keep_what_is_loaded", lambda: None)
    with gr.Blocks() as page:
        gr.HTML()
    return page


def start(pool: Pool, page: gr.Blocks, asked: list[str]) -> None:
    staged: Any = SimpleNamespace(pool=pool, warm_up=lambda: asked.append("detector"))
    start_background(staged, page)


def test_models_are_timed_after_all_that_the_start_does(page: gr.Blocks) -> None:
    pool = Pool()
    start(pool, page, pool.asked)
    wait_until(lambda: "time" in pool.asked)
    assert pool.asked == ["warm up", "detector", "time"]


def test_an_error_at_the_start_is_told_and_what_arrives_later_is_warmed_up(
    page: gr.Blocks, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    pool = Pool(MemoryError())
    start(pool, page, pool.asked)
    wait_until(lambda: "warming up failed" in caplog.text)
    assert pool.asked == ["warm up"]
    pool.downloads.arrived["one"] = 0.0
    pool.downloads.fetch = lambda: None  # type: ignore[method-assign]
    with pool.downloads._lock:
        pool.downloads._start_thread()
    wait_until(lambda: "time" in pool.asked)


def test_a_time_waits_until_nobody_is_answered_but_not_for_ever(
    page: gr.Blocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy, clock = [1, 1, 0, *[1] * 999], [0.0]
    monkeypatch.setattr(background, "count_running", lambda _: busy.pop(0))
    monkeypatch.setattr(background, "count_waiting", lambda _: 0)
    asleep = lambda s: clock.__setitem__(0, round(clock[0] + s, 1))  # noqa: E731
    time = SimpleNamespace(monotonic=lambda: clock[0], sleep=asleep)
    monkeypatch.setattr(background, "time", time)
    wait_for_quiet(page, most_s=5)
    assert clock == [0.2]
    wait_for_quiet(page, most_s=5)
    assert clock == [5.2]


PROGRAM_THAT_ENDS = """
import threading
from types import SimpleNamespace
import gradio as gr
from busdemo.ui.background import start_background
from busdemo.zoo.downloads import Downloads

begun = threading.Event()

def warm_up(wait):
    for step in range(100):
        wait()
        print("begun", step, flush=True)
        begun.set()
        threading.Event().wait(0.3)  # as in a network's C++: Python may end meanwhile
        print("ended", step, flush=True)

with gr.Blocks() as page:
    gr.HTML()
pool = SimpleNamespace(warm_up=warm_up, downloads=Downloads())
start_background(SimpleNamespace(pool=pool, warm_up=lambda: None), page)
begun.wait()
"""


def test_a_program_that_ends_waits_for_the_step_under_way_and_begins_no_other() -> None:
    command = [sys.executable, "-c", PROGRAM_THAT_ENDS]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split("\n")[:-1] == ["begun 0", "ended 0"]
    assert "Traceback" not in done.stderr
    assert "terminate" not in done.stderr
