"""A network that learns from the ensemble: what many networks agree on, at the cost of one."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from busdemo.evaluation.datasets import Case
from busdemo.imaging.masks import STOPS
from busdemo.inference.segmenter import SegmenterPool
from busdemo.training.data import STORED_PX, Samples
from busdemo.training.soft_masks import read_soft_masks
from busdemo.zoo.cards import read_cards

TEACHER = "ensemble"
"""The model of the zoo that teaches."""


def distil(
    samples: Samples, cases: list[Case], share: float, *, weights: Path, cache: Path
) -> Samples:
    """The cases' samples with `share` of each lesion's mask taken from the teacher's probabilities.

    Raises UnusableModel when the teacher of the zoo in `weights` cannot run.
    """
    pool = SegmenterPool(read_cards(weights))
    levels = read_soft_masks(cases, pool, TEACHER, cache, (STORED_PX, "stretch"))
    return replace(samples, masks=mix(samples.masks, levels, share))


def mix(masks: NDArray[np.uint8], levels: NDArray[np.uint8], share: float) -> NDArray[np.uint8]:
    """Masks (N, S, S), 0 to 255, with `share` of them from a teacher's levels, 0 to 199.

    An empty mask stays empty: a teacher that marks something there is wrong (Hinton et al. 2015
    mix the same two targets).
    """
    taught = levels.astype(np.float32) * (255 / (STOPS - 1))
    mixed = (1 - share) * masks.astype(np.float32) + share * taught
    lesion = masks.any(axis=(1, 2), keepdims=True)
    return np.where(lesion, np.round(mixed), 0).astype(np.uint8)
