"""Masks of the kinds that break post-processing, for Python and for the browser."""

import cv2
import numpy as np

from busdemo.imaging.arrays import Levels, Mask


def draw_blobs(seed: int, size_wh: tuple[int, int] = (96, 72)) -> Levels:
    """Smooth noise as levels: blobs, specks, holes, spurs and contact with the border."""
    rng = np.random.default_rng(seed)
    width, height = size_wh
    coarse, fine = rng.normal(size=(2, height, width)).astype(np.float32)
    wide = 3 + seed % 5
    field = cv2.GaussianBlur(coarse, (0, 0), wide) * wide * 2 + fine * (0.1 + 0.1 * (seed % 4))
    return np.clip(100 + 45 * field, 0, 199).astype(np.uint8)


def draw_specks(n: int = 500, size_wh: tuple[int, int] = (160, 128)) -> Mask:
    """A lesion with a hole, and `n` single pixels apart from it and from each other."""
    width, height = size_wh
    mask = np.zeros((height, width), np.bool_)
    places = [(x, y) for y in range(1, height // 2, 3) for x in range(1, width, 3)]
    for x, y in places[:n]:
        mask[y, x] = True
    y, x = np.mgrid[:height, :width]
    away = (x - width // 2) ** 2 + (y - 3 * height // 4) ** 2
    return np.asarray(mask | ((away < 22**2) & (away > 5**2)))


def one_pixel(size_wh: tuple[int, int] = (20, 16)) -> Mask:
    """A lesion of one pixel."""
    mask = np.zeros(size_wh[::-1], np.bool_)
    mask[5, 7] = True
    return mask
