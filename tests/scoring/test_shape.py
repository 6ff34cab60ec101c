"""Shapes whose numbers are known exactly."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scoring.shapes import disc, ellipse, star

from busdemo.imaging.arrays import Mask
from busdemo.scoring.shape import measure_perimeter, measure_shape


@pytest.mark.parametrize("radius_px", [30, 45.5, 80, 110])
def test_a_disc_is_round_in_every_number(radius_px: float) -> None:
    shape = measure_shape(disc(radius_px))
    assert shape.perimeter_px == pytest.approx(2 * math.pi * radius_px, rel=0.015)
    assert shape.circularity == pytest.approx(1, abs=0.03)
    assert shape.solidity == 1
    assert shape.extent == pytest.approx(
        math.pi / 4, rel=0.05
    )  # a box is up to 1 px wide of the disc
    assert shape.ellipse_fit > 0.98
    assert shape.elongation == pytest.approx(0, abs=1e-6)
    assert shape.radial_mean > 0.97
    assert shape.radial_sd < 0.015
    assert shape.lobulations == 0


@pytest.mark.parametrize("angle_deg", [-75, -45, -30, 0, 17, 45, 60, 90])
def test_an_ellipse_has_its_axes_and_its_angle(angle_deg: float) -> None:
    shape = measure_shape(ellipse(100, 50, angle_deg))
    assert shape.elongation == pytest.approx(0.5, abs=0.01)
    assert (shape.angle_deg - angle_deg + 90) % 180 - 90 == pytest.approx(0, abs=0.5)
    assert -90 < shape.angle_deg <= 90
    assert shape.ellipse_fit > 0.99
    assert shape.lobulations == 0
    # Ramanujan's second approximation, exact to 1e-4 at this ratio.
    h = (50 / 150) ** 2
    exact = math.pi * 150 * (1 + 3 * h / (10 + math.sqrt(4 - 3 * h)))
    assert shape.perimeter_px == pytest.approx(exact, rel=0.015)
    assert shape.circularity == pytest.approx(4 * math.pi * (math.pi * 5000) / exact**2, rel=0.03)


@pytest.mark.parametrize(("arms", "depth"), [(2, 0.4), (3, 0.25), (5, 0.25), (8, 0.25)])
def test_a_star_has_a_lobulation_an_arm(arms: int, depth: float) -> None:
    shape = measure_shape(star(arms, depth))
    assert shape.lobulations == arms
    assert shape.solidity < 0.97
    # The outline's radii swing between 0.75 and 1.25 of the mean one.
    assert shape.radial_sd > 0.1


def test_small_undulations_are_no_lobulations() -> None:
    assert measure_shape(star(7, depth=0.01)).lobulations == 0


def test_a_rectangle_fills_its_box_and_its_hull() -> None:
    mask = np.zeros((60, 90), np.bool_)
    mask[10:40, 20:80] = True
    shape = measure_shape(mask)
    assert shape.solidity == shape.extent == 1
    assert shape.elongation == pytest.approx(0.5, abs=1e-9)  # second moments a² / 12 of its sides
    assert shape.perimeter_px == pytest.approx(180, rel=0.06)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 2), (1, 40), (40, 1), (2, 2)])
def test_the_smallest_lesions_have_finite_numbers(height: int, width: int) -> None:
    shape = measure_shape(np.ones((height, width), np.bool_))
    assert all(math.isfinite(value) for value in vars(shape).values())
    assert shape.solidity == shape.extent == 1
    assert shape.lobulations == 0


def test_an_empty_mask_has_no_shape() -> None:
    with pytest.raises(ValueError, match="no lesion"):
        measure_shape(np.zeros((5, 5), np.bool_))
    with pytest.raises(TypeError):
        measure_shape(np.ones((5, 5), np.uint8))  # type: ignore[arg-type]


def _lesion(seed: int) -> Mask:
    """A random lesion of one piece: discs strung together."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:80, :80]
    mask, centre = np.zeros((80, 80), np.bool_), np.array([40.0, 40.0])
    for _ in range(rng.integers(1, 6)):
        radius = rng.uniform(3, 12)
        mask |= (x - centre[0]) ** 2 + (y - centre[1]) ** 2 <= radius**2
        centre = np.clip(centre + rng.uniform(-radius, radius, 2), 15, 65)
    return mask


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_numbers_stay_in_their_ranges_and_a_mirror_image_only_turns_the_angle(seed: int) -> None:
    mask = _lesion(seed)
    shape, mirrored = measure_shape(mask), measure_shape(mask[:, ::-1].copy())
    for name in ("solidity", "extent", "ellipse_fit", "radial_mean"):
        assert 0 < getattr(shape, name) <= 1
    assert 0 <= shape.elongation < 1
    assert 0 <= shape.radial_entropy <= math.log2(100)
    for name in ("circularity", "solidity", "extent", "elongation", "lobulations", "radial_sd"):
        assert getattr(mirrored, name) == pytest.approx(getattr(shape, name), abs=1e-9)
    if shape.elongation > 0.05:
        assert (mirrored.angle_deg + shape.angle_deg) % 180 == pytest.approx(0, abs=1e-6) or (
            (mirrored.angle_deg + shape.angle_deg) % 180 == pytest.approx(180, abs=1e-6)
        )


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), rows=st.integers(0, 30), columns=st.integers(0, 30))
def test_moving_a_lesion_changes_nothing(seed: int, rows: int, columns: int) -> None:
    mask = _lesion(seed)
    moved = np.pad(mask, ((rows, 0), (columns, 0)))
    here, there = vars(measure_shape(mask)), vars(measure_shape(moved))
    assert there == pytest.approx(here, abs=1e-7)


def test_the_perimeter_needs_no_smoothness() -> None:
    one = np.zeros((3, 3), np.bool_)
    one[1, 1] = True
    # A pixel is seen as 1 px wide from every direction: pi times 1, less the oblique lines' gaps.
    assert measure_perimeter(one) == pytest.approx(math.pi / 8 * (4 + 4 / math.sqrt(2)))
