import struct
import sys
import tracemalloc

import cv2
import numpy as np
import pytest
from imaging.picture_files import (
    COLOUR,
    GREY,
    RNG,
    WIDE,
    chunk,
    encode,
    encode_deep,
    hand_made_png,
    refusal,
)

from busdemo.imaging.images import read_scan
from busdemo.imaging.refusals import MAX_BYTES, UnreadableImage, plain_name


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("a/b\\c.png", "c.png"),
        ("line\nbreak\x00.png", "linebreak.png"),
        ("\u202egnp.exe", "gnp.exe"),
        ("", "The file"),
        ("folder/", "The file"),
        ("\ud800", "The file"),
    ],
)
def test_names_are_made_plain(name: str, plain: str) -> None:
    assert plain_name(name) == plain


def test_long_names_keep_their_beginning_and_end() -> None:
    plain = plain_name("x" * 500 + ".png")
    assert len(plain) == 60
    assert plain.endswith(".png")


def test_an_empty_file_is_refused() -> None:
    assert "empty (0 bytes)" in refusal(b"")


def test_a_file_over_20_mb_is_refused_unread() -> None:
    assert "20.0 MB, more than the 20 MB" in refusal(encode(GREY, "PNG") + bytes(MAX_BYTES))


@pytest.mark.parametrize("side", [7000, 10_000, 12_000, 50_000])
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_bomb_is_refused_without_being_decoded(side: int) -> None:
    bomb = hand_made_png(side, side, 8, 0, bytes(100_000))
    tracemalloc.start()
    assert "more than 40 million pixels" in refusal(bomb)
    assert tracemalloc.get_traced_memory()[1] < 5e6
    tracemalloc.stop()


@pytest.mark.filterwarnings("error::PIL.Image.DecompressionBombWarning")
def test_a_bomb_gets_the_same_sentence_where_warnings_are_errors() -> None:
    assert "more than 40 million pixels" in refusal(hand_made_png(10_000, 10_000, 8, 0, b""))


@pytest.mark.parametrize("size_wh", [(1, 1), (15, 500), (500, 15)])
def test_an_image_too_small_is_refused_with_its_size(size_wh: tuple[int, int]) -> None:
    width, height = size_wh
    small = encode(np.zeros((height, width), np.uint8), "PNG")
    assert f"{width}x{height} px, which is too small" in refusal(small)


def test_sixteen_pixels_are_enough() -> None:
    assert read_scan(encode(GREY[:16, :16], "PNG"), "scan").pixels.shape == (16, 16)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "BMP", "TIFF", "WEBP"])
@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
def test_a_truncated_file_is_refused_as_cut_short(form: str, kept: float) -> None:
    noise = RNG.integers(0, 256, (64, 64)).astype(np.uint8)
    data = encode(noise, form)
    assert "ends too early" in refusal(data[: int(len(data) * kept)])


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits"])
@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_a_truncated_compressed_tiff_is_refused(compression: str, deep: bool) -> None:
    data = encode(WIDE if deep else COLOUR, "TIFF", compression=compression)
    refusal(data[: len(data) // 2], "scan.tif")


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
def test_a_truncated_deep_colour_png_is_refused_and_not_filled_up(kept: float) -> None:
    values = RNG.integers(0, 65536, (64, 64, 3)).astype(np.uint16)
    data = encode_deep(values, ".png")
    assert "ends too early" in refusal(data[: int(len(data) * kept)])


@pytest.mark.parametrize("at", [0.3, 0.5, 0.8])
def test_a_png_with_one_flipped_bit_is_refused_as_damaged(at: float) -> None:
    data = bytearray(encode(COLOUR, "PNG"))
    data[int(len(data) * at)] ^= 4
    assert "damaged" in refusal(bytes(data))


def test_a_text_named_png_is_refused() -> None:
    assert "is not an image" in refusal(b"patient,age\n1,54\n", "scan.png")
    assert "is not an image" in refusal(b"BMI and age of all patients: " * 9, "scan.bmp")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\0\0\0\x0cjP  " + bytes(40), "a JPEG 2000 picture"),
        (b"%PDF-1.7" + bytes(40), "a PDF"),
        (b"PK\x03\x04" + bytes(40), "a ZIP archive"),
    ],
)
def test_another_format_is_refused_by_its_name(data: bytes, kind: str) -> None:
    sentence = refusal(data, "scan.png")
    assert f"is {kind}" in sentence
    assert "PNG, JPEG, BMP, TIFF, WebP" in sentence


@pytest.mark.parametrize(
    "data",
    [
        b"\0\0\0\x18ftypisom" + bytes(40),
        b"\0\0\0\x14ftypqt  " + bytes(40),
        b"RIFF\x10\0\0\0AVI LIST" + bytes(40),
        b"\x1a\x45\xdf\xa3" + bytes(40),
    ],
    ids=["MP4", "QuickTime", "AVI", "Matroska"],
)
def test_a_video_is_called_one_with_the_way_out(data: bytes) -> None:
    assert "is a video" in refusal(data, "clip")
    assert "save the frame you need" in refusal(data, "clip")


@pytest.mark.parametrize(
    "start", [b"MATLAB 5.0 MAT-file, Platform: PCWIN64", b"MATLAB 7.3 MAT-file"]
)
def test_a_matlab_file_is_named_with_the_way_out(start: bytes) -> None:
    assert "imwrite(mask, 'mask.png')" in refusal(start + bytes(200), "mask.mat")


def test_without_its_extra_a_heic_picture_is_named_with_two_ways_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif.as_plugin", None)
    sentence = refusal(b"\0\0\0\x18ftypheic" + bytes(40), "IMG_1.HEIC")
    assert "save it as PNG" in sentence
    assert "pip install 'busdemo[heic]'" in sentence


def test_a_kind_of_tiff_that_is_not_read_says_what_to_save_instead() -> None:
    doubles = cv2.imencode(".tiff", np.ones((20, 20)))[1].tobytes()
    assert "8- or 16-bit grey or RGB" in refusal(doubles, "scan.tif")


def test_a_header_with_two_sizes_is_refused_before_the_second_is_decoded() -> None:
    deep = encode_deep(np.zeros((20, 30, 3), np.uint16), ".png")
    second = chunk(b"IHDR", struct.pack(">IIBBBBB", 30_000, 30_000, 16, 2, 0, 0, 0))
    refusal(deep[:8] + second + deep[8:])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_float_tiff_with_a_value_that_is_no_number_is_refused(bad: float) -> None:
    values = np.ones((20, 20), np.float32)
    values[3, 4] = bad
    assert "NaN or infinite" in refusal(encode(values, "TIFF"), "scan.tif")


def test_a_refusal_never_shows_a_path_of_the_server() -> None:
    with pytest.raises(UnreadableImage) as caught:
        read_scan(b"no", "/srv/uploads/secret/scan.png")
    assert "/" not in str(caught.value)
