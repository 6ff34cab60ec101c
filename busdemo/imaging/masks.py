"""From a probability map to a mask, in the exact steps the threshold slider has."""

import numpy as np

from busdemo.imaging.arrays import Levels, Mask, ProbabilityMap

STOPS = 200
"""The slider's stop c stands for the threshold c / STOPS; c runs from 1 to STOPS - 1."""

_EDGES = (np.arange(1, STOPS) / STOPS).astype(np.float32)
_LOWER = np.concatenate([[-np.inf], _EDGES]).astype(np.float32)
_UPPER = np.concatenate([_EDGES, [np.inf]]).astype(np.float32)


def quantize(probability_map: ProbabilityMap) -> Levels:
    """Levels 0 to 199 such that `level >= c` is exactly `probability >= float32(c / 200)`.

    From a (H, W) float32 map in [0, 1] to (H, W) uint8.

    Rounding instead (`rint(255 p)`) would move Dice by up to 0.004 at some stops. One byte a
    pixel is all a browser needs to threshold as Python does.

    >>> import numpy as np
    >>> quantize(np.array([[0.0, 0.004, 0.005, 0.5, 1.0]], np.float32)).tolist()
    [[0, 0, 1, 100, 199]]
    """
    # The product is right within one level, and comparing with both edges puts that right; looking
    # up each pixel among the edges takes longer.
    scaled = np.clip(probability_map * np.float32(STOPS), 0, STOPS - 0.5)
    levels: Levels = scaled.astype(np.uint8)
    above, below = probability_map >= _UPPER[levels], probability_map < _LOWER[levels]
    levels += above.view(np.uint8)
    levels -= below.view(np.uint8)
    return levels


def stop_of(threshold: float) -> int:
    """The slider stop nearest to a threshold; ValueError outside 0.005 to 0.995."""
    stop = round(threshold * STOPS) if 0 < threshold < 1 else 0
    if not 1 <= stop <= STOPS - 1:
        raise ValueError(f"The threshold must be from 0.005 to 0.995, got {threshold:g}.")
    return stop


def binarize(levels: Levels, stop: int) -> Mask:
    """The (H, W) bool mask of (H, W) uint8 levels where the probability is >= stop / 200.

    `stop` is a slider stop, 1 to 199; ValueError for any other.

    >>> import numpy as np
    >>> binarize(np.array([[99, 100, 199]], np.uint8), stop=100).tolist()
    [[False, True, True]]
    """
    if not 1 <= stop <= STOPS - 1:
        raise ValueError(f"A slider stop is from 1 to {STOPS - 1}, got {stop}.")
    return levels >= stop
