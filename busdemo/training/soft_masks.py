"""What a model of the zoo says of training images, at a training's size, kept on disk."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file
from tqdm import tqdm

from busdemo.evaluation.datasets import Case
from busdemo.evaluation.whole_files import replace_file
from busdemo.imaging.fit import Fit, ResizeRule
from busdemo.imaging.masks import quantize
from busdemo.inference.segmenter import SegmenterPool


def read_soft_masks(
    cases: Sequence[Case], pool: SegmenterPool, model_id: str, cache: Path, square: "Square"
) -> NDArray[np.uint8]:
    """Threshold levels (N, S, S), 0 to 199, of what a model predicts for the cases.

    `square` is the side S in px and how images become square. They are kept in the folder `cache`
    under the digest of weights, cases and square. Raises UnusableModel when the model cannot run.
    """
    side_px, rule = square
    facts = [pool.cards[model_id].sha256, str(side_px), rule, *(case.id for case in cases)]
    digest = hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]
    kept = cache / f"soft-masks-{digest}.safetensors"
    if kept.is_file():
        found: NDArray[np.uint8] = load_file(kept)["levels"]
        return found
    cache.mkdir(parents=True, exist_ok=True)
    levels = np.zeros((len(cases), side_px, side_px), np.uint8)
    for index, case in enumerate(tqdm(cases, desc=f"soft masks of {model_id}", mininterval=5)):
        image, _ = case.read()
        height, width = image.shape
        fit = Fit.of((width, height), (side_px, side_px), rule)
        levels[index] = fit.apply(quantize(pool.predict(model_id, image)))
    replace_file(kept, lambda path: save_file({"levels": levels}, path))
    return levels


Square = tuple[int, ResizeRule]
"""A side in px, and how an image becomes a square of it."""
