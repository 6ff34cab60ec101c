"""Which networks an ensemble is of: chosen on validation images, one at a time."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from busdemo.evaluation.datasets import Case
from busdemo.imaging.masks import STOPS
from busdemo.inference.segmenter import SegmenterPool
from busdemo.training.data import STORED_PX, read_samples
from busdemo.training.soft_masks import read_soft_masks

NOISE = 0.0005
"""A member that raises the mean Dice by less is not worth its milliseconds."""


def choose_members(
    pool: SegmenterPool, candidates: Sequence[str], cases: Sequence[Case], cache: Path
) -> list[str]:
    """The members of the ensemble, best first: each raised the mean lesion Dice of the cases most.

    At threshold 0.5 and 256 x 256 px, and at least two of them. Raises UnusableModel when a
    candidate cannot run.
    """
    lesions = [case for case in cases if not case.is_normal]
    masks = read_samples(lesions, STORED_PX).masks >= 128
    maps = {
        name: read_soft_masks(lesions, pool, name, cache, (STORED_PX, "stretch"))
        for name in candidates
    }
    return select(maps, masks)


def select(maps: dict[str, NDArray[np.uint8]], masks: NDArray[np.bool_]) -> list[str]:
    """Greedy forward selection (Caruana et al. 2004, without repeats) over levels (N, S, S)."""
    chosen: list[str] = []
    total = np.zeros(masks.shape, np.uint16)
    reached = 0.0
    while left := [name for name in maps if name not in chosen]:
        half = (len(chosen) + 1) * (STOPS / 2)
        scores = {name: _mean_dice(total + maps[name] >= half, masks) for name in left}
        best = max(left, key=scores.__getitem__)
        if len(chosen) >= 2 and scores[best] < reached + NOISE:
            break
        chosen.append(best)
        total += maps[best]
        reached = scores[best]
    return chosen


def _mean_dice(found: NDArray[np.bool_], masks: NDArray[np.bool_]) -> float:
    both, sizes = ((a & b).sum(axis=(1, 2)) for a, b in ((found, masks), (found, found)))
    return float(np.mean(2 * both / (sizes + masks.sum(axis=(1, 2)))))
