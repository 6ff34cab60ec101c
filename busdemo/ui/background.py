"""What a page does beside answering visitors: fetch weights that are not here, time the models,
read the shipped run."""

import threading
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


def start_background(staged: TwoStage) -> None:
    """Start fetching what the pool's downloads lack and, at once, timing the models that are here.

    What was fetched is timed when all of it is there.
    """
    pool, lacking = staged.pool, bool(staged.pool.downloads.arrived)
    fetching = threading.Thread(target=pool.downloads.fetch, daemon=True, name="downloads")

    def warm_up() -> None:
        warm_up_benchmark()
        pool.warm_up()
        staged.warm_up()
        if lacking:
            fetching.join()
            pool.warm_up()
            staged.warm_up()

    fetching.start()
    threading.Thread(target=warm_up, daemon=True, name="warm-up").start()
