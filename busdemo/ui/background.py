"""What a page does beside answering visitors: fetch weights that are not here, time the models,
read the shipped run."""

import atexit
import contextlib
import gc
import logging
import threading
import time
import weakref
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import gradio as gr

from busdemo.inference.segmenter import SegmenterPool
from busdemo.inference.two_stage import TwoStage
from busdemo.ui.gradio_private import count_running, count_waiting
from busdemo.workflows.benchmarking import warm_up as warm_up_benchmark
from busdemo.zoo.cards import WEIGHTS, read_cards
from busdemo.zoo.downloads import Downloads

log = logging.getLogger(__name__)

QUIET_S = 5.0
"""A model that is to be timed waits this long for visitors at most."""

QUEUE_TOLD_EVERY_S = 60.0


def open_pool(weights: Path = WEIGHTS) -> SegmenterPool:
    """The zoo's models, without waiting for weights that only the Hub has."""
    downloads = Downloads(read_cards(weights, task=None))
    return SegmenterPool(read_cards(weights), downloads)


def start_sweeping(folder: Path, older_than_s: float, every_s: float) -> None:
    """From now on, delete files of `folder` this old: those that Gradio loses track of.

    It keeps what tools of a language model send as text in files of its own, without an owner.
    """

    def sweep() -> None:
        while True:
            sweep_files(folder, older_than_s)
            time.sleep(every_s)

    threading.Thread(target=sweep, daemon=True, name="sweep").start()


def sweep_files(folder: Path, older_than_s: float) -> None:
    """Delete the files under `folder` that were last changed longer ago than this."""
    before = time.time() - older_than_s
    for path in list(folder.rglob("*")):
        with contextlib.suppress(OSError):  # somebody else was faster
            if path.is_file() and path.stat().st_mtime < before:
                path.unlink()


def keep_what_is_loaded() -> None:
    """Take all that lives now, the libraries and models, out of Python's search for cycles.

    It looks through everything only when a quarter as much is new; with half a million objects of
    libraries that is hours, in which the pixels of visitors who have left wait in cycles.
    """
    gc.collect()
    gc.freeze()
    gc.collect()  # counts what is left, which is next to nothing
    atexit.register(gc.unfreeze)  # some libraries complain of what is alive at the very end


def start_background(staged: TwoStage, page: gr.Blocks) -> None:
    """Start fetching what the pool's downloads lack and loading the models that are here.

    Once the page has started, all models are timed, and again when others have arrived.
    """
    pool, one_at_a_time = staged.pool, threading.Lock()
    shown = weakref.ref(page)  # a page that was closed, with its models, is not held

    def warm_up() -> None:
        with one_at_a_time, _telling("warming up"):
            pool.warm_up(wait=leave_with_program)
            for step in (staged.warm_up, warm_up_benchmark, keep_what_is_loaded):
                leave_with_program()
                step()
            log.info("%d of %d models can run", _count_usable(pool), len(pool.cards))
            pool.time_models(wait=partial(wait_for_quiet, page))
            log.info("%d models are timed", len(pool.milliseconds))

    def start_warming() -> None:
        threading.Thread(target=warm_up, name="warm_up").start()

    def tell_queue() -> None:
        time.sleep(QUEUE_TOLD_EVERY_S)
        while (seen := shown()) is not None and seen.is_running:
            if waiting := count_waiting(seen):
                log.info("%d requests wait", waiting)
            del seen
            time.sleep(QUEUE_TOLD_EVERY_S)

    pool.downloads.start(then=start_warming)
    start_warming()
    threading.Thread(target=tell_queue, daemon=True, name="tell_queue").start()


def leave_with_program() -> None:
    """End this thread, which is no daemon, once the main thread has ended.

    The program waits for the step that is under way. A daemon that comes back from a network's C++
    after Python has ended is torn down there: "terminate called without an active exception".
    """
    if not threading.main_thread().is_alive():
        raise SystemExit


def wait_for_quiet(page: gr.Blocks, most_s: float = QUIET_S) -> None:
    """Wait until no request is being answered, so that a time is the model's alone; not for ever,
    because a busy page is to have times, too."""
    until = time.monotonic() + most_s
    leave_with_program()
    while (count_running(page) or count_waiting(page)) and time.monotonic() < until:
        time.sleep(0.1)
        leave_with_program()


@contextlib.contextmanager
def _telling(what: str) -> Iterator[None]:
    """An error ends only what it happened in; the next download or start does it anew."""
    try:
        yield
    except Exception:
        log.exception("%s failed", what)


def _count_usable(pool: SegmenterPool) -> int:
    return len(pool.cards) - len(pool.unavailable)
