"""Pixels that are not square: every number is that of what was scanned, drawn with square ones."""

import cv2
import numpy as np
import pytest

from busdemo.annotations.annotation import Annotation
from busdemo.imaging.arrays import Mask
from busdemo.scoring.agreement import compare
from busdemo.scoring.boundary import measure_boundary
from busdemo.scoring.descriptors import describe
from busdemo.scoring.lesions import measure_lesions

ASPECT = 2.0


def draw(shift: int = 0) -> Mask:
    """An ellipse 60 wide and 80 tall on square pixels, 160 rows of 120."""
    canvas = np.zeros((160, 120), np.uint8)
    return np.asarray(cv2.ellipse(canvas, (60 + shift, 80), (30, 40), 20, 0, 360, 1, -1) > 0)


def squeeze(mask: Mask) -> Mask:
    """The same with pixels twice as high as wide."""
    return mask[::2]


SIDE = np.sqrt(2.0)
"""Of the square of a squeezed pixel's area, in square pixels."""


def test_sizes_are_those_of_square_pixels() -> None:
    (square,) = measure_lesions(draw())
    (oblong,) = measure_lesions(squeeze(draw()), aspect=ASPECT)
    assert oblong.area_px * SIDE**2 == pytest.approx(square.area_px, rel=0.02)
    assert oblong.longest_px * SIDE == pytest.approx(square.longest_px, rel=0.02)
    assert oblong.perpendicular_px * SIDE == pytest.approx(square.perpendicular_px, rel=0.03)
    assert oblong.depth_to_width == pytest.approx(square.depth_to_width, rel=0.02)


def test_distances_are_those_of_square_pixels() -> None:
    square = measure_boundary(draw(), draw(6))
    comparison = compare(
        [Annotation("a", "person", squeeze(draw())), Annotation("b", "person", squeeze(draw(6)))],
        aspect=ASPECT,
        mm_per_px=SIDE,
    )
    assert comparison.matrix("hd95")[0, 1] == pytest.approx(square.hd95_px, abs=0.7)
    assert comparison.matrix("assd")[0, 1] == pytest.approx(square.assd_px, abs=0.8)
    assert comparison.matrix("diameter_difference")[0, 1] == pytest.approx(0, abs=1e-9)


def test_shape_and_words_are_those_of_square_pixels() -> None:
    image = np.full((160, 120), 90, np.uint8)
    square, oblong = describe(image, draw()), describe(image[::2], squeeze(draw()), aspect=ASPECT)
    assert square
    assert oblong
    for name in ("circularity", "elongation", "radial_mean", "solidity"):
        assert getattr(oblong.shape, name) == pytest.approx(getattr(square.shape, name), abs=0.04)
    assert oblong.shape.perimeter_px * SIDE == pytest.approx(square.shape.perimeter_px, rel=0.03)
    assert abs(oblong.shape.angle_deg - square.shape.angle_deg) < 2
