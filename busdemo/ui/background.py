"""What a page does beside answering visitors: fetch weights that are not here, time the models,
read the shipped run."""

import atexit
import contextlib
import gc
import threading
import time
from pathlib import Path

from busdemo.inference.segmenter import SegmenterPool
from busdemo.inference.two_stage import TwoStage
from busdemo.workflows.benchmarking import warm_up as warm_up_benchmark
from busdemo.zoo.cards import WEIGHTS, read_cards
from busdemo.zoo.downloads import Downloads


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


def start_background(staged: TwoStage) -> None:
    """Start fetching what the pool's downloads lack and loading the models that are here.

    Once the page has started, all models are timed, and again when others have arrived.
    """
    one_at_a_time = threading.Lock()

    def warm_up() -> None:
        with one_at_a_time:
            staged.pool.warm_up()
            staged.warm_up()
            warm_up_benchmark()
            keep_what_is_loaded()
            staged.pool.time_models()

    staged.pool.downloads.start(then=warm_up)
    threading.Thread(target=warm_up, daemon=True, name="warm-up").start()
