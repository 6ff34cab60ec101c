"""Pictures that were written, as pixels: a missing or damaged one ends the test, and is no None."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray


def read_pixels(path: Path | str, flags: int = cv2.IMREAD_UNCHANGED) -> NDArray[Any]:
    return decode_pixels(Path(path).read_bytes(), flags)


def decode_pixels(data: bytes, flags: int = cv2.IMREAD_UNCHANGED) -> NDArray[Any]:
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    assert pixels is not None, "no picture"
    return np.asarray(pixels)


def read_white(path: Path | str) -> NDArray[np.bool_]:
    """A mask's file: everything that is not black."""
    return read_pixels(path, cv2.IMREAD_GRAYSCALE) > 0
