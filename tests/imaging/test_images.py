import hashlib

import numpy as np
import pytest
from imaging.picture_files import ALPHA, COLOUR, GREY, RNG, WIDE, encode, hand_made_png
from PIL import Image

from busdemo.imaging.images import read_scan

LOSSLESS = ["PNG", "BMP", "TIFF", "WEBP"]


@pytest.mark.parametrize("form", LOSSLESS)
def test_grey_pixels_come_back_as_they_were(form: str) -> None:
    scan = read_scan(encode(GREY, form), "scan")
    assert scan.pixels.dtype == np.uint8
    assert np.array_equal(scan.pixels, GREY)
    assert scan.notes == ()


@pytest.mark.parametrize("form", LOSSLESS)
def test_grey_saved_as_rgb_is_still_exactly_grey(form: str) -> None:
    scan = read_scan(encode(np.dstack([GREY] * 3), form), "scan")
    assert np.array_equal(scan.pixels, GREY)
    assert scan.notes == ()


@pytest.mark.parametrize("form", LOSSLESS)
def test_colour_becomes_luma_and_is_noted(form: str) -> None:
    scan = read_scan(encode(COLOUR, form), "scan")
    luma = COLOUR @ np.array([0.299, 0.587, 0.114])
    assert np.abs(scan.pixels - luma).max() <= 0.51
    assert scan.notes == ("colour reduced to grey",)


def test_a_jpeg_is_read_in_grey_rgb_and_cmyk() -> None:
    smooth = np.tile(np.linspace(20, 230, 64).astype(np.uint8), (48, 1))
    for picture in (Image.fromarray(smooth), Image.fromarray(smooth).convert("RGB")):
        scan = read_scan(encode(picture, "JPEG", quality=98), "scan.jpg")
        assert np.abs(scan.pixels.astype(int) - smooth).max() <= 3
    cmyk = Image.fromarray(smooth).convert("RGB").convert("CMYK")
    scan = read_scan(encode(cmyk, "JPEG", quality=98), "scan.jpg")
    assert np.abs(scan.pixels.astype(int) - smooth).max() <= 3


@pytest.mark.parametrize("form", ["PNG", "TIFF", "WEBP"])
def test_transparency_is_put_on_black_and_noted(form: str) -> None:
    scan = read_scan(encode(np.dstack([GREY, GREY, GREY, ALPHA]), form), "scan")
    expected = GREY.astype(float) * ALPHA / 255
    assert np.abs(scan.pixels - expected).max() <= 0.51
    assert scan.notes == ("transparent parts taken as black",)


@pytest.mark.parametrize("form", ["PNG", "TIFF", "WEBP"])
def test_opaque_alpha_changes_and_says_nothing(form: str) -> None:
    opaque = np.full_like(GREY, 255)
    scan = read_scan(encode(np.dstack([GREY, GREY, GREY, opaque]), form), "scan")
    assert np.array_equal(scan.pixels, GREY)
    assert scan.notes == ()


def test_grey_with_alpha_is_put_on_black() -> None:
    scan = read_scan(encode(Image.fromarray(np.dstack([GREY, ALPHA]), "LA"), "PNG"), "scan")
    assert np.abs(scan.pixels - GREY.astype(float) * ALPHA / 255).max() <= 0.51


def test_one_bit_pictures_become_black_and_white() -> None:
    bits = GREY > 100
    for form in ("PNG", "TIFF", "BMP"):
        scan = read_scan(encode(Image.fromarray(bits), form), "scan")
        assert np.array_equal(scan.pixels, bits * np.uint8(255))


@pytest.mark.parametrize("depth", [2, 4])
def test_two_and_four_bit_grey_fill_the_range(depth: int) -> None:
    values = RNG.integers(0, 2**depth, (16, 24)).astype(np.uint8)
    per_byte = 8 // depth
    weights = 2 ** (depth * np.arange(per_byte - 1, -1, -1))
    packed = (values.reshape(16, -1, per_byte) * weights).sum(2).astype(np.uint8)
    rows = b"".join(b"\0" + row.tobytes() for row in packed)
    scan = read_scan(hand_made_png(24, 16, depth, 0, rows), "scan")
    assert np.array_equal(scan.pixels, values * np.uint8(255 // (2**depth - 1)))


@pytest.mark.parametrize("form", ["PNG", "BMP", "TIFF"])
def test_palette_pictures_show_their_palettes_colours(form: str) -> None:
    indices = Image.fromarray(RNG.integers(0, 4, (20, 30)).astype(np.uint8), "P")
    ramp = [200, 10, 90, 255]
    indices.putpalette([level for level in ramp for _ in range(3)])
    scan = read_scan(encode(indices, form), "scan")
    assert np.array_equal(scan.pixels, np.array(ramp, np.uint8)[np.asarray(indices)])


def test_a_transparent_palette_entry_is_black() -> None:
    indices = Image.fromarray((GREY > 100).astype(np.uint8), "P")
    indices.putpalette([200] * 6)
    scan = read_scan(encode(indices, "PNG", transparency=0), "scan")
    assert np.array_equal(scan.pixels, np.where(GREY > 100, 200, 0))
    assert scan.notes == ("transparent parts taken as black",)


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
@pytest.mark.parametrize(
    ("bits", "note"),
    [
        (8, "8-bit values in a deeper file kept as they are"),
        (10, "10-bit values scaled to 8 bits"),
        (12, "12-bit values scaled to 8 bits"),
        (16, "16-bit values scaled to 8 bits"),
    ],
)
def test_deep_grey_is_scaled_by_the_depth_it_uses(form: str, bits: int, note: str) -> None:
    values = (WIDE >> (16 - bits)).astype(np.uint16)
    scan = read_scan(encode(values, form), "scan")
    assert np.array_equal(scan.pixels, np.rint(values * (255 / (2**bits - 1))))
    assert scan.notes == (note,)


def test_eight_bits_doubled_to_sixteen_come_back_exactly() -> None:
    scan = read_scan(encode(GREY.astype(np.uint16) * 257 | np.uint16(0), "PNG"), "scan")
    assert np.array_equal(scan.pixels, GREY)


@pytest.mark.parametrize(
    ("values", "pixels", "note"),
    [
        ([0, 0.5, 1], [0, 128, 255], "values from 0 to 1 scaled to 8 bits"),
        ([0, 100.2, 255], [0, 100, 255], "8-bit values in a deeper file kept as they are"),
        ([0, 2047.5, 4095], [0, 128, 255], "12-bit values scaled to 8 bits"),
        ([-1, 0, 3], [0, 64, 255], "values from -1 to 3 scaled to 8 bits"),
        ([0, 5e5, 1e6], [0, 128, 255], "values from 0 to 1e+06 scaled to 8 bits"),
    ],
)
def test_float_tiffs_are_scaled_by_what_they_hold(
    values: list[float], pixels: list[int], note: str
) -> None:
    rows = np.repeat(np.array(values, np.float32), 20)[None].repeat(20, 0)
    scan = read_scan(encode(rows, "TIFF"), "scan.tif")
    assert scan.pixels[0, ::20].tolist() == pixels
    assert scan.notes == (note,)


def test_integer_tiffs_of_32_bits_are_read() -> None:
    rows = np.tile(np.arange(0, 4096, 128, dtype=np.int32), (20, 1))
    rows[0, 0] = 4095
    scan = read_scan(encode(rows, "TIFF"), "scan.tif")
    assert np.array_equal(scan.pixels, np.rint(rows * (255 / 4095)))


def test_an_all_black_image_is_allowed_and_noted() -> None:
    scan = read_scan(encode(np.zeros((20, 20), np.uint8), "PNG"), "scan")
    assert not scan.pixels.any()
    assert scan.notes == ("the image is all black",)


def test_a_long_thin_image_is_allowed() -> None:
    assert read_scan(encode(np.zeros((20, 3000), np.uint8), "PNG"), "s").pixels.shape == (20, 3000)


def test_the_scan_knows_the_sha256_of_its_file_and_its_plain_name() -> None:
    data = encode(GREY, "PNG")
    scan = read_scan(data, "/srv/uploads/0a1b/my scan (1).png")
    assert scan.sha256 == hashlib.sha256(data).hexdigest()
    assert scan.name == "my scan (1).png"


@pytest.mark.parametrize("value", [-1.0, -0.25])
def test_a_picture_of_one_negative_value_is_black(value: float) -> None:
    scan = read_scan(encode(np.full((20, 20), value, np.float32), "TIFF"), "scan.tif")
    assert not scan.pixels.any()
    assert "the image is all black" in scan.notes
