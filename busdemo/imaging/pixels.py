"""What decoding a file gives, whatever its format."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from busdemo.imaging.refusals import UnreadableImage
from busdemo.imaging.spacing import Spacing

Values = NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.float32]


World = tuple[tuple[float, float, float], ...]
"""3 x 3: from column, row and 1 of a pixel to its place in space, in mm to the right, front and up,
as NIfTI has it."""


@dataclass(frozen=True, eq=False)
class Pixels:
    """A decoded file, upright, one frame of it, at its own depth and in its own channels."""

    values: Values
    """(H, W) grey or (H, W, 3) RGB: uint8 or uint16 (full range of the type), or finite float32
    (also for 32-bit and signed integers)."""
    alpha: NDArray[np.uint8] | NDArray[np.uint16] | None
    """(H, W) of the type of `values`, full range opaque; None if every pixel is opaque."""
    name: str
    sha256: str
    notes: tuple[str, ...]
    spacing: Spacing | None = None
    """Of a pixel; None where the file does not say."""
    frames: int = 1
    """How many frames, slices or pages the file holds."""
    frame: int = 1
    """Which of them this is, from 1."""
    world: World | None = None
    """Where its pixels lie in space, where the file says so."""
    indices: NDArray[np.uint8] | None = None
    """(H, W) places in the palette, of a picture that has one."""


def require_finite(values: Values, name: str) -> None:
    """Raise UnreadableImage for NaN or infinite values, (H, W) or (H, W, 3), uint8 to float32."""
    if values.dtype == np.float32 and not np.isfinite(values).all():
        raise UnreadableImage(
            f"{name} holds values that are not numbers (NaN or infinite); "
            "please replace them and upload it again."
        )


def pick_frame(frame: int | None, frames: int, name: str) -> tuple[int, tuple[str, ...]]:
    """The frame that was asked for, from 0, the first if none was, and a note where there are more.

    Raises UnreadableImage for a frame that the file does not have.
    """
    if frame is not None and not 1 <= frame <= frames:
        raise UnreadableImage(f"{name} has frames 1 to {frames}; please choose one of them.")
    number = frame or 1
    return number - 1, (f"frame {number} of {frames}",) if frames > 1 else ()


def in_plain_type(values: NDArray[np.generic]) -> Values:
    """The same (H, W) or (H, W, 3) numbers, uint8 or uint16 where they fit, else float32."""
    if values.dtype.kind == "b" or values.dtype == np.uint8:
        return values.astype(np.uint8)
    if values.dtype.kind in "ui" and values.size and int(values.min()) >= 0:
        if values.dtype.itemsize == 1:
            return values.astype(np.uint8)
        if int(values.max()) <= np.iinfo(np.uint16).max:
            return values.astype(np.uint16)
    return values.astype(np.float32)
