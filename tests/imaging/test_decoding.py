import io
import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from imaging.picture_files import (
    ALPHA,
    COLOUR,
    GREY,
    RNG,
    WIDE,
    encode,
    encode_deep,
    hand_made_png,
    with_tiff_tag,
)
from numpy.typing import NDArray
from PIL import Image, ImageOps

from busdemo.imaging.decoding import read_pixels
from busdemo.imaging.images import Scan, ScanOptions, read_scan
from busdemo.imaging.refusals import UnreadableImage

NATIVE = Path(__file__).parents[3] / "shared" / "native"


def test_a_big_endian_tiff_is_read_alike() -> None:
    tiff = encode(Image.fromarray(WIDE.astype(">u2")), "TIFF")
    assert tiff.startswith(b"MM")
    assert np.array_equal(read_pixels(tiff, "scan").values, WIDE)


@pytest.mark.parametrize("form", [".png", ".tiff"])
def test_deep_colour_keeps_its_low_bytes(form: str) -> None:
    values = RNG.integers(0, 4096, (20, 30, 3)).astype(np.uint16)
    values[0, 0] = 4095
    decoded = read_pixels(encode_deep(values, form), "scan")
    assert decoded.values.dtype == np.uint16
    assert np.array_equal(decoded.values, values)
    scan = read_scan(encode_deep(values, form), "scan")
    luma = values @ np.array([0.299, 0.587, 0.114]) * 255 / 4095
    assert np.abs(scan.pixels - luma).max() <= 0.54  # rounded at 12 bits, then at 8
    assert scan.notes == ("colour reduced to grey", "12-bit values scaled to 8 bits")


@pytest.mark.parametrize("form", [".png", ".tiff"])
def test_deep_colour_with_alpha_keeps_both(form: str) -> None:
    values = RNG.integers(0, 65536, (20, 30, 4)).astype(np.uint16)
    decoded = read_pixels(encode_deep(values, form), "scan")
    assert decoded.alpha is not None
    assert np.array_equal(decoded.values, values[..., :3])
    assert np.array_equal(decoded.alpha, values[..., 3])


def test_deep_grey_with_alpha_is_read() -> None:
    pairs = np.dstack([WIDE, WIDE[::-1]]).astype(">u2")
    rows = b"".join(b"\0" + row.tobytes() for row in pairs)
    decoded = read_pixels(hand_made_png(30, 20, 16, 4, rows), "scan")
    assert decoded.alpha is not None
    assert np.array_equal(decoded.values[..., 0], WIDE)
    assert np.array_equal(decoded.alpha, WIDE[::-1])


@pytest.mark.parametrize(
    ("values", "expected"),
    [(GREY, 255 - GREY), (WIDE, 65535 - WIDE)],
    ids=["8 bits", "16 bits"],
)
def test_a_tiff_where_white_is_zero_is_turned_over(
    values: NDArray[np.generic], expected: NDArray[np.generic]
) -> None:
    tiff = with_tiff_tag(encode(values, "TIFF", tiffinfo={262: 1}), 262, 0)
    assert np.array_equal(read_pixels(tiff, "scan").values, expected)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_is_undone(form: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    smooth = np.add.outer(np.arange(24) * 6, np.arange(40) * 2).astype(np.uint8)
    data = encode(smooth, form, exif=exif)
    scan = read_scan(data, "scan")
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        expected = np.asarray(ImageOps.exif_transpose(image).convert("L"))
    assert scan.pixels.shape == ((24, 40) if orientation < 5 else (40, 24))
    assert np.array_equal(scan.pixels, expected)
    assert ("rotated as its EXIF tag says" in scan.notes) == (orientation != 1)


@pytest.mark.parametrize("form", ["PNG", "TIFF", "WEBP"])
def test_of_an_animation_the_first_frame_is_taken_and_that_is_noted(form: str) -> None:
    frames = [Image.fromarray(GREY), *(Image.fromarray(GREY // k) for k in (2, 3, 4))]
    data = encode(frames[0], form, save_all=True, append_images=frames[1:])
    scan = read_scan(data, "scan")
    assert np.array_equal(scan.pixels, GREY)
    assert scan.notes == (("frame 1 of 4",) if form == "TIFF" else ("first of 4 frames",))


def test_any_page_of_a_tiff_can_be_chosen() -> None:
    for deep in (False, True):
        pages = [GREY // k for k in (1, 2)]
        if deep:
            pages = [np.stack([page.astype(np.uint16) * 257] * 3, axis=-1) for page in pages]
        done, data = cv2.imencodemulti(".tif", pages)
        assert done
        second = read_scan(data.tobytes(), "scan", ScanOptions(frame=2))
        assert (second.frame, second.frames) == (2, 2)
        assert np.corrcoef(second.pixels.ravel(), GREY.ravel())[0, 1] > 0.999


def test_a_tiff_whose_pages_run_in_circles_is_read_once() -> None:
    tiff = bytearray(encode(GREY, "TIFF"))
    (start,) = struct.unpack_from("<I", tiff, 4)
    (entries,) = struct.unpack_from("<H", tiff, start)
    struct.pack_into("<I", tiff, start + 2 + 12 * entries, start)
    assert np.array_equal(read_scan(bytes(tiff), "scan").pixels, GREY)


# Any bytes: a scan or a sentence, nothing else

VALID = [
    encode(GREY, "PNG"),
    encode(np.dstack([COLOUR, ALPHA]), "PNG"),
    encode_deep(RNG.integers(0, 65536, (18, 18, 3)).astype(np.uint16), ".png"),
    encode_deep(RNG.integers(0, 65536, (18, 18, 3)).astype(np.uint16), ".tiff"),
    encode(COLOUR, "JPEG"),
    encode(Image.fromarray(GREY > 99), "BMP"),
    encode(COLOUR, "BMP"),
    encode(WIDE, "TIFF"),
    encode(COLOUR, "TIFF", compression="tiff_lzw"),
    encode(GREY.astype(np.float32), "TIFF"),
    encode(COLOUR, "WEBP"),
    encode(Image.fromarray(GREY), "PNG", save_all=True, append_images=[Image.fromarray(GREY // 2)]),
]
SIGNATURES = [data[:k] for data in VALID for k in (4, 12, 30)]


def assert_scan_or_sentence(data: bytes) -> None:
    try:
        scan = read_scan(data, "scan")
    except UnreadableImage:
        return
    assert isinstance(scan, Scan)
    assert scan.pixels.dtype == np.uint8
    assert scan.pixels.ndim == 2
    assert min(scan.pixels.shape) >= 16


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
@example(b"II*\0\0\0\0\0")
@example(b"\x89PNG\r\n\x1a\n")
@example(b"BM")
def test_any_bytes_give_a_scan_or_a_sentence(data: bytes) -> None:
    assert_scan_or_sentence(data)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(SIGNATURES), st.binary(max_size=300))
@pytest.mark.filterwarnings("ignore")
def test_any_bytes_after_a_right_beginning_give_a_scan_or_a_sentence(
    start: bytes, rest: bytes
) -> None:
    assert_scan_or_sentence(start + rest)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(VALID), st.data())
@pytest.mark.filterwarnings("ignore")
def test_a_valid_file_with_bytes_changed_gives_a_scan_or_a_sentence(
    valid: bytes, draw: st.DataObject
) -> None:
    changed = bytearray(valid)
    # Headers are where it hurts: half of the changes fall into the first 200 bytes.
    place = st.integers(0, len(valid) - 1) | st.integers(0, min(200, len(valid)) - 1)
    for at in draw.draw(st.lists(place, min_size=1, max_size=6)):
        changed[at] = draw.draw(st.integers(0, 255))
    end = draw.draw(st.sampled_from([len(changed), len(changed) // 2, len(changed) - 1]))
    assert_scan_or_sentence(bytes(changed[:end]))


# Real files


@pytest.mark.skipif(not NATIVE.is_dir(), reason="the data sets' own files are not at ../shared")
def test_every_published_image_is_read_at_its_own_size() -> None:
    paths = sorted(NATIVE.rglob("*.png"))
    assert len(paths) > 40
    for path in paths:
        with Image.open(path) as image:
            size_wh = image.size
        scan = read_scan(path.read_bytes(), str(path))
        assert scan.pixels.shape == size_wh[::-1]
        assert scan.name == path.name
