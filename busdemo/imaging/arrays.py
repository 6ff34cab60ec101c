"""The arrays every room speaks of, and guards that name what is wrong with one."""

import numpy as np
from numpy.typing import NDArray

GreyImage = NDArray[np.uint8]
"""(H, W) uint8, 0 black to 255 white."""

ProbabilityMap = NDArray[np.float32]
"""(H, W) float32 in [0, 1]: the probability that a pixel belongs to a lesion."""

FloatArray = NDArray[np.float32]
"""Float32 of any shape: what networks take and give, (1, C, h, w)."""

Mask = NDArray[np.bool_]
"""(H, W) bool, True = lesion."""

Levels = NDArray[np.uint8]
"""(H, W) uint8, 0 to 199: a quantised probability map, see `busdemo.imaging.masks.quantize`."""


def require_same_size(mask: NDArray[np.generic], reference: NDArray[np.generic]) -> None:
    """Raise ValueError unless two (H, W) arrays, bool or of any other type, have one size."""
    if mask.ndim != 2 or reference.ndim != 2:
        raise ValueError(
            f"Expected two (H, W) arrays, got {mask.ndim} and {reference.ndim} dimensions."
        )
    if mask.shape != reference.shape:
        (h, w), (rh, rw) = mask.shape, reference.shape
        raise ValueError(f"The mask is {w}x{h} px but the reference is {rw}x{rh} px.")


def require_mask(mask: NDArray[np.generic]) -> None:
    """Raise TypeError unless the array is a bool mask, ValueError unless it is (H, W)."""
    if mask.dtype != np.bool_:
        raise TypeError(f"A mask is bool, got {mask.dtype}.")
    if mask.ndim != 2:
        raise ValueError(f"A mask is (H, W), got {mask.ndim} dimensions.")
