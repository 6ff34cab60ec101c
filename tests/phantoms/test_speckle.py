"""The speckle obeys the statistics and the resolution it claims."""

from dataclasses import replace

import numpy as np
import pytest

from busdemo.phantoms.speckle import ScannerRecipe, form_image, scatter, widen
from busdemo.phantoms.tissue import EchoMap

SHAPE_HW = (400, 500)
SCANNER = ScannerRecipe(axial_mm=0.12, lateral_mm=0.2)


def homogeneous(level_db: float = 0.0, loss_db: float = 0.0) -> EchoMap:
    nothing = np.zeros(SHAPE_HW, np.float32)
    return EchoMap(nothing + np.float32(level_db), nothing, nothing + np.float32(loss_db), 0.08)


def test_envelope_of_even_tissue_is_rayleigh_distributed() -> None:
    """Mean over spread is sqrt(pi / (4 - pi)) = 1.91, whatever the level."""
    envelope = np.abs(scatter(homogeneous(-6), SCANNER, np.random.default_rng(1)))
    assert envelope.mean() / envelope.std() == pytest.approx(1.913, abs=0.05)
    # A quantile far out tells it from other laws of the same ratio.
    top = np.quantile(envelope, 0.99) / np.sqrt((envelope**2).mean())
    assert top == pytest.approx(np.sqrt(-np.log(0.01)), rel=0.03)


@pytest.mark.parametrize(("level_db", "loss_db"), [(0, 0), (-10, 0), (0, 10), (6, 2)])
def test_power_is_level_minus_loss_at_every_depth(level_db: float, loss_db: float) -> None:
    field = scatter(homogeneous(level_db, loss_db), SCANNER, np.random.default_rng(2))
    power = np.abs(field) ** 2
    wanted = 10 ** ((level_db - loss_db) / 10)
    for rows in (np.s_[:130], np.s_[130:260], np.s_[260:]):
        assert power[rows].mean() == pytest.approx(wanted, rel=0.12)


def correlation_px(field: np.ndarray, axis: int) -> float:
    """Lag in px at which the field's correlation with itself has fallen to 1/e."""
    size = field.shape[axis]
    for lag in range(1, 40):
        one = np.take(field, range(size - lag), axis)
        two = np.take(field, range(lag, size), axis)
        if abs((one * two.conj()).mean()) / (np.abs(field) ** 2).mean() < np.exp(-1):
            return lag
    return 40


def test_speckle_is_wider_than_high_and_widens_away_from_the_focus() -> None:
    rng = np.random.default_rng(3)
    field = scatter(homogeneous(), replace(SCANNER, focus=0.2), rng)
    focus, deep = field[60:100], field[320:]
    assert correlation_px(focus, 1) > correlation_px(focus, 0)
    assert correlation_px(deep, 1) > 1.4 * correlation_px(focus, 1)
    # The correlation of a Gaussian blur of spread s falls to 1/e at 2 s.
    assert correlation_px(focus, 1) == pytest.approx(2 * 0.2 / 0.08, abs=1.5)


def test_beam_is_narrowest_at_its_focus() -> None:
    widths = widen(replace(SCANNER, focus=0.25), 400)
    assert widths.argmin() == 100
    assert widths.min() == pytest.approx(SCANNER.lateral_mm)
    assert widths[-1] > widths[0]


def test_a_smooth_interface_is_brighter_than_the_speckle_around_it() -> None:
    echo = homogeneous()
    line = echo.specular.copy()
    line[199:202] = 1.0
    field = scatter(replace(echo, specular=line), SCANNER, np.random.default_rng(4))
    assert np.abs(field[200]).mean() > 2 * np.abs(field[100]).mean()


def test_more_looks_mean_less_speckle() -> None:
    spreads = [
        form_image(homogeneous(), replace(SCANNER, looks=looks), np.random.default_rng(5))[
            100:200
        ].std()
        for looks in (1, 2, 4)
    ]
    assert spreads[0] > 1.2 * spreads[1] > 1.2 * spreads[2]


def test_brightness_sets_the_grey_of_the_median_pixel() -> None:
    for brightness in (0.2, 0.35, 0.5):
        scanner = replace(SCANNER, brightness=brightness)
        image = form_image(homogeneous(), scanner, np.random.default_rng(6))
        assert np.median(image) == pytest.approx(255 * brightness, abs=1)
