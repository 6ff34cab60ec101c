"""Images whose grey levels in, around and below a lesion are painted on."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scoring.shapes import disc, ellipse

from busdemo.imaging.arrays import GreyImage, Mask
from busdemo.scoring.echo import measure_echo


def paint(mask: Mask, inside: int, outside: int) -> GreyImage:
    return np.where(mask, inside, outside).astype(np.uint8)


def shade_below(image: GreyImage, mask: Mask, by: int) -> GreyImage:
    """Everything under the lesion brighter or darker, down to the lower edge."""
    below = np.logical_or.accumulate(mask, axis=0) & ~mask
    return np.where(below, image.astype(np.int16) + by, image).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize(("inside", "outside"), [(40, 120), (120, 40), (90, 90)])
def test_flat_grey_levels_are_read_exactly(inside: int, outside: int) -> None:
    mask = disc(40)
    echo = measure_echo(paint(mask, inside, outside), mask)
    assert (echo.inside, echo.surroundings) == (inside, outside)
    assert echo.step == outside - inside
    assert echo.contrast == pytest.approx((inside - outside) / (inside + outside))
    assert echo.posterior == 0


@pytest.mark.parametrize("by", [-60, -20, 35])
def test_shadow_and_enhancement_are_measured_in_grey_levels(by: int) -> None:
    mask = ellipse(50, 35, 0)
    echo = measure_echo(shade_below(paint(mask, 30, 120), mask, by), mask)
    assert echo.posterior == pytest.approx(by, abs=1)
    assert echo.surroundings == 120  # a shadow is no surroundings


def test_the_gradient_of_a_dark_disc_points_outwards_of_a_bright_one_inwards() -> None:
    mask = disc(40)
    assert measure_echo(paint(mask, 30, 150), mask).radial_gradient == pytest.approx(1, abs=0.03)
    assert measure_echo(paint(mask, 150, 30), mask).radial_gradient == pytest.approx(-1, abs=0.03)


def test_an_outline_in_noise_has_hardly_any_radial_gradient() -> None:
    noise = np.random.default_rng(3).integers(0, 256, (241, 241)).astype(np.uint8)
    assert abs(measure_echo(noise, disc(60)).radial_gradient) < 0.3


def test_a_blurred_boundary_has_a_smaller_step() -> None:
    x = np.abs(np.arange(241) - 120.0)
    radius: NDArray[np.float64] = np.hypot(x[None], x[:, None])
    sharp = paint(radius <= 50, 30, 150)
    blurred = np.clip(30 + 120 / (1 + np.exp(-(radius - 50) / 8)), 0, 255).astype(np.uint8)
    mask = disc(50)
    assert measure_echo(blurred, mask).step < 0.5 * measure_echo(sharp, mask).step


def test_another_lesion_is_no_surroundings() -> None:
    mask = np.zeros((120, 240), np.bool_)
    mask[40:80, 60:100] = True
    other = np.zeros_like(mask)
    other[40:80, 105:145] = True
    image = paint(mask | other, 30, 130)
    assert measure_echo(image, mask, other).surroundings == 130
    assert measure_echo(image, mask).surroundings < 130


def test_without_room_below_or_beside_there_is_no_posterior_echo() -> None:
    mask = np.zeros((100, 100), np.bool_)
    mask[50:97, 30:70] = True
    assert math.isnan(measure_echo(paint(mask, 30, 120), mask).posterior)
    wide = np.zeros((100, 100), np.bool_)
    wide[20:50] = True
    assert math.isnan(measure_echo(paint(wide, 30, 120), wide).posterior)


def test_a_lesion_that_fills_the_image_has_no_surroundings() -> None:
    echo = measure_echo(np.full((30, 40), 90, np.uint8), np.ones((30, 40), np.bool_))
    assert echo.inside == 90
    assert math.isnan(echo.surroundings)
    assert math.isnan(echo.contrast)
    assert math.isnan(echo.step)


def test_a_black_image_and_a_single_pixel_raise_nothing() -> None:
    mask = np.zeros((9, 9), np.bool_)
    mask[4, 4] = True
    echo = measure_echo(np.zeros((9, 9), np.uint8), mask)
    assert (echo.inside, echo.surroundings) == (0, 0)
    assert math.isnan(echo.contrast)


def test_sizes_that_differ_and_empty_masks_are_refused() -> None:
    with pytest.raises(ValueError, match="px"):
        measure_echo(np.zeros((9, 9), np.uint8), np.ones((9, 8), np.bool_))
    with pytest.raises(ValueError, match="no lesion"):
        measure_echo(np.zeros((9, 9), np.uint8), np.zeros((9, 9), np.bool_))
