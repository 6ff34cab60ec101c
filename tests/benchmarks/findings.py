"""What the findings cost beside a prediction: two stages, classifier, description, Grad-CAM.

Run by hand on an idle machine: `python tests/benchmarks/findings.py`. Prints a Markdown table: the
median of ten calls in milliseconds, all models loaded, on a simulated scan of 600x500 px.
"""

import statistics
import time
from collections.abc import Callable

import numpy as np

from busdemo.imaging.masks import binarize, quantize
from busdemo.inference.segmenter import SegmenterPool
from busdemo.inference.two_stage import open_two_stage
from busdemo.phantoms import random_recipe, simulate
from busdemo.scoring.descriptors import describe
from busdemo.workflows.classifying import classifier_of
from busdemo.workflows.explaining import look_at
from busdemo.zoo.cards import read_cards

RUNS = 10


def main() -> None:
    """Print one row a finding."""
    scan = simulate(random_recipe(np.random.default_rng(5)), 5)
    image = scan.image
    pool = SegmenterPool(read_cards())
    staged = open_two_stage(pool)
    levels = quantize(pool.predict("unet", image))
    mask = binarize(levels, pool.cards["unet"].stop)
    classifier = classifier_of(pool).get()
    assert mask.any()
    assert staged.locate(image).detections

    print("| what | median | goal |")
    print("|---|---|---|")
    extra = []
    for model_id, card in pool.cards.items():
        if card.members:
            continue
        one = milliseconds(lambda id=model_id: pool.predict(id, image))
        two = milliseconds(lambda id=model_id: staged.look_at(image).predict(id))
        extra.append(two - one)
        print(f"| {card.name}: one stage, two stages | {one:.0f} ms, {two:.0f} ms | |", flush=True)
    print(
        f"| what two stages add, the median and the most of them | {statistics.median(extra):.0f} "
        f"ms, {max(extra):.0f} ms | 40 ms |"
    )
    row("classifier", lambda: classifier.classify_levels(image, levels), 30)
    row("description", lambda: describe(image, mask), 20)
    for model_id, card in pool.cards.items():
        if not card.members:
            look = lambda id=model_id: look_at(pool, id, image, "gradcam")  # noqa: E731
            row(f"Grad-CAM of {card.name}", look, 250)
    row("Grad-CAM of the classifier", lambda: look_at(pool, "unet", image, "classifier"), 250)


def row(what: str, call: Callable[[], object], goal_ms: int) -> None:
    """One line of the table."""
    print(f"| {what} | {milliseconds(call):.0f} ms | {goal_ms} ms |", flush=True)


def milliseconds(call: Callable[[], object]) -> float:
    """The median time of a call, after one that does not count."""
    call()
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - started))
    return statistics.median(times)


if __name__ == "__main__":
    main()
