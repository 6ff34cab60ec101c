from dataclasses import astuple, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from screens import Layout, Screen, draw_any_screen, draw_screen

from busdemo.imaging.arrays import GreyImage, Mask
from busdemo.imaging.boxes import Box, overlap_boxes, stack
from busdemo.imaging.images import read_scan
from busdemo.imaging.scan_area import find_scan_area
from busdemo.imaging.screen_text import find_text_around
from busdemo.phantoms import random_recipe, simulate

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*/image.png"))


@pytest.fixture(scope="module")
def phantom() -> tuple[GreyImage, Mask]:
    made = simulate(random_recipe(np.random.default_rng(5)), 5)
    return made.image, made.mask


def fit_of(screen: Screen) -> float:
    area = find_scan_area(screen.pixels)
    return float(overlap_boxes(stack([area]), stack([screen.box]))[0, 0]) if area else 0.0


def test_the_scan_on_a_screen_is_found_to_the_pixel(phantom: tuple[GreyImage, Mask]) -> None:
    screen = draw_screen(*phantom)
    assert find_scan_area(screen.pixels) == screen.box


@pytest.mark.parametrize(
    "layout",
    [
        Layout(size_wh=(640, 480), corner_xy=(100, 60), most_wh=(400, 350), banner_px=30),
        Layout(background=48),
        Layout(background=225),
        Layout(corner_xy=(200, 70)),  # the banner touches the scan
        Layout(corner_xy=(0, 0), banner_px=0),
        Layout(most_wh=(420, 380)),
    ],
)
def test_wherever_the_scan_stands(phantom: tuple[GreyImage, Mask], layout: Layout) -> None:
    assert fit_of(draw_screen(*phantom, layout)) > 0.97


def test_the_field_of_a_curved_probe_is_found(phantom: tuple[GreyImage, Mask]) -> None:
    assert fit_of(draw_screen(*phantom, Layout(fan=True))) > 0.9


@pytest.mark.parametrize("seed", range(6))
def test_a_screen_of_any_layout(phantom: tuple[GreyImage, Mask], seed: int) -> None:
    assert fit_of(draw_any_screen(*phantom, np.random.default_rng(seed))) > 0.85


def test_noise_and_a_poor_jpeg_do_not_hide_the_scan(phantom: tuple[GreyImage, Mask]) -> None:
    screen = draw_screen(*phantom)
    noise = np.random.default_rng(0).normal(0, 3, screen.pixels.shape)
    noisy = (screen.pixels + noise).clip(0, 255).astype(np.uint8)
    coded = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, 50])[1]
    decoded = np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), np.uint8)
    assert fit_of(replace(screen, pixels=decoded)) > 0.95


def test_a_far_field_without_echoes_belongs_to_the_scan(phantom: tuple[GreyImage, Mask]) -> None:
    image = phantom[0].copy()
    image[2 * image.shape[0] // 3 :] = 14
    assert fit_of(draw_screen(image, phantom[1])) > 0.97


def test_two_views_side_by_side_are_one_area(phantom: tuple[GreyImage, Mask]) -> None:
    image = np.asarray(cv2.resize(phantom[0], (400, 420)), np.uint8)
    pixels = np.zeros((768, 1024), np.uint8)
    pixels[150:570, 80:480] = pixels[150:570, 520:920] = image
    area = find_scan_area(pixels)
    assert area
    assert np.abs(np.subtract(astuple(area), (80, 150, 920, 570))).max() <= 3


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_an_image_without_a_screen_is_left_as_it_is(path: Path) -> None:
    assert find_scan_area(read_scan(path.read_bytes(), path.name).pixels) is None


def test_a_dark_far_field_with_letters_is_no_screen(phantom: tuple[GreyImage, Mask]) -> None:
    image = phantom[0].copy()
    image[image.shape[0] // 2 :] = 0
    cv2.putText(image, "LEFT 12 H", (40, image.shape[0] - 60), 0, 0.6, 235, 1)
    assert find_scan_area(image) is None


@pytest.mark.parametrize("pixels", [np.zeros((480, 640), np.uint8), np.full((16, 16), 9, np.uint8)])
def test_a_picture_of_nothing_has_no_scan_area(pixels: GreyImage) -> None:
    assert find_scan_area(pixels) is None


def test_a_name_around_the_scan_is_pointed_at(phantom: tuple[GreyImage, Mask]) -> None:
    screen = draw_screen(*phantom, Layout(words=False))
    texts = find_text_around(screen.pixels, screen.box)
    assert texts
    assert all(text.left > 600 and text.bottom < 70 for text in texts)


def test_dark_letters_on_a_light_screen_are_letters_too() -> None:
    pixels = np.full((480, 640), 235, np.uint8)
    cv2.putText(pixels, "DOE, JANE", (40, 40), 0, 0.6, 20, 1)
    assert find_text_around(pixels, Box(100, 100, 500, 400))


def test_letters_inside_the_scan_and_bars_beside_it_are_not(
    phantom: tuple[GreyImage, Mask],
) -> None:
    image = phantom[0].copy()
    cv2.putText(image, "LEFT 12 H", (40, 60), 0, 0.5, 235, 1)
    screen = draw_screen(image, phantom[1], Layout(words=False, names=False))
    assert not find_text_around(screen.pixels, screen.box)
