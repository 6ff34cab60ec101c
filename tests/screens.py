"""A scanner's whole screen around a scan: what is photographed or exported by hand, simulated.

`draw_screen` lays out one screen; `draw_any_screen` draws layout, size and clutter at random.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from busdemo.imaging.arrays import GreyImage, Mask
from busdemo.imaging.boxes import Box

WHITE = 230


@dataclass(frozen=True)
class Layout:
    """Where things stand on a screen; sizes in px."""

    size_wh: tuple[int, int] = (1280, 960)
    corner_xy: tuple[int, int] = (200, 120)
    most_wh: tuple[int, int] = (800, 700)
    background: int = 0
    banner_px: int = 70
    names: bool = True
    words: bool = True
    bars: str = "right"
    ticks: bool = True
    fan: bool = False


@dataclass(frozen=True, eq=False)
class Screen:
    """The screen (H, W) uint8, the box of the scan on it, and the scan's mask in the same frame."""

    pixels: GreyImage
    box: Box
    mask: Mask


def draw_screen(image: GreyImage, mask: Mask, layout: Layout | None = None) -> Screen:
    """A scan (H, W) as large as it fits into the layout, with what scanners write around it."""
    layout = layout or Layout()
    width, height = layout.size_wh
    pixels = np.full((height, width), layout.background, np.uint8)
    scale = min(most / side for most, side in zip(layout.most_wh, image.shape[::-1], strict=True))
    size = [round(side * scale) for side in image.shape[::-1]]
    left, top = layout.corner_xy
    box = Box(left, top, left + size[0], top + size[1])
    way = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    scan = np.asarray(cv2.resize(image, size, interpolation=way), np.uint8)
    if layout.fan:
        scan = np.where(_fan(size[0], size[1]), scan, np.uint8(layout.background))
    pixels[box.window()] = scan
    truth = np.zeros((height, width), np.bool_)
    truth[box.window()] = cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    _write_around(pixels, box, layout)
    return Screen(pixels, box, truth)


def draw_any_screen(image: GreyImage, mask: Mask, rng: np.random.Generator) -> Screen:
    """A screen whose layout is drawn at random; every third one has been a JPEG."""
    sizes = [(1280, 960), (1024, 768), (800, 600), (1920, 1080), (640, 480), (1440, 1080)]
    width, height = sizes[rng.integers(len(sizes))]
    left, top = round(width * rng.uniform(0.06, 0.3)), round(height * rng.uniform(0.06, 0.16))
    room = width - left - round(width * rng.uniform(0.08, 0.2)), round(height * 0.94) - top
    layout = Layout(
        size_wh=(width, height),
        corner_xy=(left, top),
        most_wh=(round(room[0] * rng.uniform(0.75, 1)), round(room[1] * rng.uniform(0.75, 1))),
        background=int(rng.choice([0, 0, 0, 12, 28, 48])),
        banner_px=round(top * rng.choice([0, 0.5, 0.9])),
        names=bool(rng.random() < 0.7),
        bars=str(rng.choice(["left", "right", "none"], p=[0.3, 0.5, 0.2])),
        ticks=bool(rng.random() < 0.7),
        fan=bool(rng.random() < 0.2),
    )
    screen = draw_screen(image, mask, layout)
    if rng.random() < 1 / 3:
        quality = int(rng.integers(75, 96))
        coded = cv2.imencode(".jpg", screen.pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        decoded = cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE)
        return Screen(np.asarray(decoded, np.uint8), screen.box, screen.mask)
    return screen


def _write_around(pixels: GreyImage, box: Box, layout: Layout) -> None:
    unit = pixels.shape[0] / 960
    pixels[: layout.banner_px] = 60
    line = max(20, layout.banner_px // 2)
    if layout.names:
        write(pixels, "DOE, JANE  22-11-2024 10:32:15", (pixels.shape[1] // 2, line))
    if layout.words:
        write(pixels, "CLINIC   BREAST  L12-5  MI 0.9 TIS 0.1", (20, line))
        _write_settings(pixels, box, unit)
    if layout.ticks:
        _draw_ticks(pixels, box, unit, layout.words)
    if layout.bars != "none":
        _draw_bars(pixels, box, layout, unit)


def _write_settings(pixels: GreyImage, box: Box, unit: float) -> None:
    for row, word in enumerate(("FR 34Hz", "RS", "2D", "50%", "C 56", "P Low", "HGen")):
        if box.left > 90 * unit:
            write(pixels, word, (round(8 * unit), round(box.top + 34 * unit * (row + 1))))
    foot = round(min(pixels.shape[0] - 6, box.bottom + 40 * unit))
    write(pixels, "RT BREAST 10:00 3CM FN RAD", (round(box.left + 20 * unit), foot))


def write(pixels: GreyImage, words: str, left_xy: tuple[int, int]) -> None:
    """Words on a picture, in place, as large as a scanner writes them."""
    size = max(0.4, 0.7 * pixels.shape[0] / 960)
    thickness = 2 if pixels.shape[0] >= 900 else 1
    cv2.putText(pixels, words, left_xy, cv2.FONT_HERSHEY_SIMPLEX, size, WHITE, thickness)


def _draw_ticks(pixels: GreyImage, box: Box, unit: float, words: bool) -> None:
    left = round(box.right + 8 * unit)
    for step in range(9):
        y = round(box.top + (box.bottom - box.top - 1) * step / 8)
        cv2.line(pixels, (left, y), (left + round(12 * unit), y), WHITE, 2)
        if words:
            write(pixels, f"{step / 2:.1f}", (left + round(18 * unit), y + 5))


def _draw_bars(pixels: GreyImage, box: Box, layout: Layout, unit: float) -> None:
    height, width = pixels.shape
    left = width - round(50 * unit) if layout.bars == "right" else round(box.left - 40 * unit)
    across = max(4, round(24 * unit))
    ramp = np.linspace(255, 0, round(height * 0.26)).astype(np.uint8)
    colours = np.array([38, 76, 149, 226, 178, 120, 29, 14], np.uint8)  # a jet map's grey
    for top, bar in ((0.21, ramp), (0.52, np.repeat(colours, len(ramp) // 8))):
        start = round(height * top)
        if layout.bars == "left" and top < 0.5:
            continue
        pixels[start : start + len(bar), left : left + across] = bar[:, None]


def _fan(width: int, height: int) -> Mask:
    """The field of a curved probe in a picture: what lies between two arcs."""
    y, x = np.mgrid[:height, :width].astype(np.float64)
    centre = width / 2, -0.35 * height
    radius = np.hypot(x - centre[0], y - centre[1])
    angle = np.abs(np.arctan2(x - centre[0], y - centre[1]))
    shown: NDArray[np.bool_] = (radius > 0.4 * height) & (radius < 1.34 * height) & (angle < 0.62)
    return shown
