"""From echoes to a B-mode picture: scatterers, point spread, envelope, time-gain, compression.

The usual linear model of speckle (Goodman 1975; Wagner et al., IEEE Trans. Sonics Ultrason. 30,
1983): many scatterers a resolution cell make a complex normal field; the system smears it with
its point spread function; the screen shows the logarithm of the envelope.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import fft

from busdemo.imaging.arrays import GreyImage
from busdemo.phantoms.fields import Field, draw_smooth
from busdemo.phantoms.tissue import EchoMap

ComplexField = NDArray[np.complex64]


@dataclass(frozen=True)
class ScannerRecipe:
    """The probe and its settings. Widths are standard deviations of the point spread in mm."""

    axial_mm: float = 0.11
    lateral_mm: float = 0.2
    """At the focus; it grows above and below."""
    focus: float = 0.35
    """Depth of the focus as a share of the image's height."""
    looks: int = 2
    """Independent pictures averaged (spatial compounding): 1 is raw speckle."""
    dynamic_range_db: float = 60.0
    brightness: float = 0.3
    """Grey of the median pixel, 0 to 1: where the gain knob stands."""
    fall_off_db: float = 8.0
    """How much too little the time-gain makes up for depth, at the bottom of the image."""
    noise_db: float = -42.0
    """Electronic noise relative to the gland's echo at the surface, at full time-gain."""
    clutter_db: float = -22.0
    """Echoes that stray in from the tissue around and above: what greys the inside of cysts."""
    smoothing: float = 0.5
    """Speckle reduction after compression, 0 none to 1 strong."""


def widen(scanner: ScannerRecipe, rows: int) -> NDArray[np.float32]:
    """The lateral width in mm at every row: a focused beam, narrowest at its focus."""
    away = (np.arange(rows, dtype=np.float32) / rows - scanner.focus) / 0.42
    return np.asarray(scanner.lateral_mm * np.sqrt(1 + away**2), np.float32)


def scatter(echo: EchoMap, scanner: ScannerRecipe, rng: np.random.Generator) -> ComplexField:
    """The complex field (H, W) that one look at the tissue gives, loss included.

    Where `diffuse_db` is 0 and nothing is specular, its mean power is 1 and its envelope is
    Rayleigh distributed.
    """
    shape_hw = echo.diffuse_db.shape
    amplitude = 10 ** (echo.diffuse_db / 20)
    points = rng.standard_normal((2, *shape_hw), dtype=np.float32) * np.float32(np.sqrt(0.5))
    speckle = _smear(amplitude * (points[0] + 1j * points[1]), echo.px_mm, scanner, True)
    phase = np.pi * draw_smooth(rng, shape_hw, (1.2 / echo.px_mm, 2.5 / echo.px_mm))
    lines = _smear(echo.specular * np.exp(1j * phase), echo.px_mm, scanner, False)
    return np.asarray((speckle + 4 * lines) * 10 ** (-echo.loss_db / 20), np.complex64)


def _smear(
    field: NDArray[np.complexfloating], px_mm: float, scanner: ScannerRecipe, keep_power: bool
) -> ComplexField:
    """Blur by the point spread: Gaussian, one width down, another along each row.

    The rows are blurred in the frequency domain, so that every row has its own exact width. With
    `keep_power` the mean power of random scatterers stays; without, the height of a level line.
    """
    height, width = field.shape
    pad = 32
    sigma_y = max(0.5, scanner.axial_mm / px_mm)
    sigma_x = np.maximum(0.5, widen(scanner, height) / px_mm)
    wide = np.pad(field.astype(np.complex64), ((0, 0), (pad, pad)), mode="reflect")
    kernel = _bell(sigma_y)
    parts = [np.ascontiguousarray(part) for part in (wide.real, wide.imag)]
    real, imaginary = (cv2.sepFilter2D(part, -1, np.ones(1), kernel) for part in parts)
    frequency = fft.fftfreq(width + 2 * pad).astype(np.float32)
    pass_band = np.exp(-2 * (np.pi * sigma_x[:, None] * frequency[None, :]) ** 2)
    blurred = fft.ifft(fft.fft(real + 1j * imaginary, axis=1) * pass_band, axis=1)
    kept = np.asarray(blurred[:, pad : pad + width])
    if keep_power:
        power = (pass_band**2).mean(axis=1) * float((kernel**2).sum())
        kept = kept / np.sqrt(power)[:, None]
    return np.asarray(kept, np.complex64)


def _bell(sigma: float) -> NDArray[np.float64]:
    reach = int(np.ceil(3.5 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    return np.asarray(kernel / kernel.sum(), np.float64)


def form_image(echo: EchoMap, scanner: ScannerRecipe, rng: np.random.Generator) -> GreyImage:
    """The picture (H, W) uint8: looks averaged, noise, time-gain, logarithm, grey levels."""
    height, width = echo.diffuse_db.shape
    depth = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    envelope = np.zeros((height, width), np.float32)
    echo = _add_clutter(echo, scanner)
    for _ in range(scanner.looks):
        noise = rng.standard_normal((2, height, width), dtype=np.float32)
        level = 10 ** ((scanner.noise_db + 18 * depth) / 20)
        noisy = scatter(echo, scanner, rng) + level * (noise[0] + 1j * noise[1])
        envelope += np.abs(noisy) / scanner.looks
    # The display has fewer samples than the field has nulls: it shows a slightly blurred envelope.
    sharp_px = (0.5 * scanner.lateral_mm / echo.px_mm, 0.5 * scanner.axial_mm / echo.px_mm)
    envelope = np.asarray(cv2.GaussianBlur(envelope, (0, 0), sharp_px[0], sigmaY=sharp_px[1]))
    level_db = 20 * np.log10(np.maximum(envelope, 1e-6)) - scanner.fall_off_db * depth**1.5
    return _compress(
        _reduce_speckle(np.asarray(level_db, np.float32), echo.px_mm, scanner), scanner
    )


def _add_clutter(echo: EchoMap, scanner: ScannerRecipe) -> EchoMap:
    """Mix in a faint, blurred copy of the tissue's power, shifted down by 1 mm."""
    power = 10 ** (echo.diffuse_db / 10)
    stray = cv2.GaussianBlur(power, (0, 0), 1.4 / echo.px_mm, borderType=cv2.BORDER_REPLICATE)
    down = round(1.0 / echo.px_mm)
    stray = np.concatenate([np.repeat(stray[:1], down, axis=0), stray[:-down]]) if down else stray
    mixed = 10 * np.log10(power + 10 ** (scanner.clutter_db / 10) * stray)
    return replace(echo, diffuse_db=np.asarray(mixed, np.float32))


def _reduce_speckle(level_db: Field, px_mm: float, scanner: ScannerRecipe) -> Field:
    """Blend with an edge-keeping (bilateral) smoothing, as scanners do before display."""
    if scanner.smoothing <= 0:
        return level_db
    reach_px = max(1.0, 1.4 * scanner.axial_mm / px_mm)
    smooth = cv2.bilateralFilter(np.maximum(level_db, -70), 7, 14.0, reach_px)
    return np.asarray(level_db + scanner.smoothing * (smooth - level_db), np.float32)


def _compress(level_db: Field, scanner: ScannerRecipe) -> GreyImage:
    """Grey levels over the dynamic range, the median at the chosen brightness.

    Both ends bend softly, as display curves do: nothing goes fully black or white at once.
    """
    grey = scanner.brightness + (level_db - np.median(level_db)) / scanner.dynamic_range_db
    toe, shoulder = 0.16, 0.75
    low = toe * np.exp(np.minimum(grey - toe, 0) / toe)
    high = 1 - (1 - shoulder) * np.exp(-np.maximum(grey - shoulder, 0) / (1 - shoulder))
    bent = np.where(grey < toe, low, np.where(grey > shoulder, high, grey))
    return np.asarray(np.rint(np.clip(bent, 0, 1) * 255), np.uint8)
