import hashlib
import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from PIL import Image

from busdemo.annotations.annotation import Annotation, list_notes
from busdemo.annotations.files import read_annotations
from busdemo.annotations.pictures import write_mask_png
from busdemo.annotations.request import Files, Options, Target
from busdemo.imaging.arrays import Mask
from busdemo.imaging.refusals import UnreadableImage

NATIVE = Path(__file__).parents[3] / "shared" / "native"
needs_native = pytest.mark.skipif(
    not NATIVE.is_dir(), reason="the data sets' own files are not at ../shared"
)
SIZE_WH = (60, 48)
LESION: Mask = cv2.ellipse(np.zeros((48, 60), np.uint8), (30, 20), (14, 9), 20, 0, 360, 1, -1) > 0
OTHER: Mask = cv2.circle(np.zeros((48, 60), np.uint8), (8, 40), 5, 1, -1) > 0
NOTHING: Mask = np.zeros((48, 60), np.bool_)


def encode(picture: Image.Image | NDArray[np.generic], form: str = "PNG", **options: str) -> bytes:
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def paint(lesion: tuple[int, ...], elsewhere: tuple[int, ...]) -> NDArray[np.uint8]:
    return np.where(LESION[..., None], lesion, elsewhere).astype(np.uint8)


def read_mask(files: Files, size_wh: tuple[int, int], *, invert: bool = False) -> Annotation:
    (merged,) = read_annotations(files, Target(size_wh), Options(merge=True, invert=invert))
    return merged


def read(data: bytes, *, invert: bool = False) -> Annotation:
    return read_mask([("mask.png", data)], SIZE_WH, invert=invert)


def sentence_of(one: Annotation) -> str:
    return list_notes(one.provenance)[0]


def eight_bits(mask: Mask, high: int = 255) -> NDArray[np.uint8]:
    return mask * np.uint8(high)


SOFT = cv2.GaussianBlur(eight_bits(LESION), (0, 0), 1)
PALETTE = Image.fromarray(eight_bits(LESION, 1), "P")
PALETTE.putpalette([0, 0, 0, 128, 0, 0])
MASK_FILES = {
    "1-bit PNG": (encode(Image.fromarray(LESION)), "above 127"),
    "1-bit TIFF": (encode(Image.fromarray(LESION), "TIFF"), "above 127"),
    "0 and 255": (encode(eight_bits(LESION)), "above 127"),
    "BMP": (encode(eight_bits(LESION), "BMP"), "above 127"),
    "WebP": (encode(eight_bits(LESION), "WEBP"), "above 127"),
    "0 and 1": (encode(eight_bits(LESION, 1)), "above 0"),
    "0 and 100": (encode(eight_bits(LESION, 100)), "above 0"),
    "labels": (encode(eight_bits(LESION, 1) + eight_bits(LESION & (SOFT > 250), 2)), "above 0"),
    "16-bit 0 and 65535": (encode(LESION * np.uint16(65535)), "above 32767"),
    "16-bit 0 and 255": (encode(LESION * np.uint16(255)), "above 0"),
    "16-bit 0 and 1": (encode(LESION * np.uint16(1)), "above 0"),
    "32-bit integers": (encode(LESION * np.int32(1), "TIFF"), "above 0.5"),
    "float 0 and 1": (encode(LESION * np.float32(1), "TIFF"), "above 0.5"),
    "float 0 and 255": (encode(LESION * np.float32(255), "TIFF"), "above 127"),
    "green on black": (encode(paint((0, 255, 0), (0, 0, 0))), "above 127"),
    "red on black": (encode(paint((255, 0, 0), (0, 0, 0))), "above 127"),
    "dark blue on black": (encode(paint((0, 0, 90), (0, 0, 0))), "above 0"),
    "palette": (encode(PALETTE), "above 127"),
    "white on transparent": (encode(paint((255,) * 4, (0,) * 4)), "above 127"),
    "white, alpha tells": (encode(paint((255,) * 4, (255, 255, 255, 0))), "above 127"),
    "black, alpha tells": (encode(paint((0, 0, 0, 255), (0,) * 4)), "above 127"),
    "black over hidden white": (
        encode(paint((0, 0, 0, 255), (255, 255, 255, 0))),
        "above 127",
    ),
    "green over half-clear black": (encode(paint((0, 255, 0, 255), (0, 0, 0, 9))), "above 127"),
}


@pytest.mark.parametrize("kind", MASK_FILES)
def test_every_kind_of_mask_file_gives_the_same_mask(kind: str) -> None:
    data, cut = MASK_FILES[kind]
    reading = read(data)
    assert reading.mask.dtype == np.bool_
    assert np.array_equal(reading.mask, LESION)
    assert sentence_of(reading) == f"Values {cut} taken as lesion."
    assert not reading.provenance.looks_inverted
    assert reading.provenance.sha256 == (hashlib.sha256(data).hexdigest(),)


def test_a_soft_edge_is_cut_at_half() -> None:
    reading = read(encode(SOFT))
    assert np.array_equal(reading.mask, SOFT > 127)
    assert sentence_of(reading) == "Values above 127 taken as lesion."


def test_a_soft_dark_mask_is_cut_at_half_of_its_brightest() -> None:
    dark = (SOFT // 3).astype(np.uint8)
    reading = read(encode(dark))
    assert np.array_equal(reading.mask, dark > 42.5)
    assert sentence_of(reading) == "Values above 42.5 taken as lesion."


def test_a_probability_map_in_a_float_tiff_is_cut_at_one_half() -> None:
    soft = SOFT.astype(np.float32) / 600
    assert not read(encode(soft, "TIFF")).mask.any()


def test_a_jpeg_mask_survives_its_compression() -> None:
    reading = read(encode(eight_bits(LESION), "JPEG"))
    assert np.count_nonzero(reading.mask ^ LESION) <= 4


def test_several_files_are_merged_and_counted() -> None:
    files = [("a.png", encode(eight_bits(LESION))), ("b.png", encode(eight_bits(OTHER)))]
    reading = read_mask(files, SIZE_WH)
    assert np.array_equal(reading.mask, LESION | OTHER)
    assert sentence_of(reading) == "2 files merged; values above 127 taken as lesion."
    assert len(reading.provenance.sha256) == 2


def test_files_of_different_depth_each_get_their_own_cut() -> None:
    files = [("a.png", encode(eight_bits(LESION))), ("b.png", encode(eight_bits(OTHER, 1)))]
    reading = read_mask(files, SIZE_WH)
    assert np.array_equal(reading.mask, LESION | OTHER)
    assert "values above 127 or above 0 taken as lesion, by file" in sentence_of(reading)


def test_an_empty_file_among_others_changes_nothing() -> None:
    files = [("a.png", encode(eight_bits(NOTHING))), ("b.png", encode(eight_bits(LESION)))]
    assert np.array_equal(read_mask(files, SIZE_WH).mask, LESION)


def test_another_size_is_resized_and_said() -> None:
    doubled = np.kron(eight_bits(LESION), np.ones((2, 2), np.uint8))
    reading = read(encode(doubled))
    assert np.array_equal(reading.mask, LESION)
    assert sentence_of(reading) == (
        "Values above 127 taken as lesion; resized 120x96 to 60x48, nearest."
    )


def test_another_shape_is_resized_and_asked_about() -> None:
    wide = np.kron(eight_bits(LESION), np.ones((1, 2), np.uint8))
    reading = read(encode(wide))
    assert np.array_equal(reading.mask, LESION)
    assert sentence_of(reading) == (
        "Values above 127 taken as lesion; resized 120x48 to 60x48, nearest; "
        "its shape differs from the image's: is it this image's mask?"
    )


def test_a_shape_within_two_percent_is_not_asked_about() -> None:
    assert "?" not in sentence_of(read(encode(np.zeros((480, 610), np.uint8))))
    assert "?" in sentence_of(read(encode(np.zeros((480, 620), np.uint8))))


def test_a_lesion_lost_in_resizing_is_said() -> None:
    speck = np.zeros((480, 600), np.uint8)
    speck[0, 0] = 255
    reading = read(encode(speck))
    assert not reading.mask.any()
    assert "too small to be seen at the image's size" in sentence_of(reading)


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "I;16"])
def test_an_empty_mask_is_taken_as_normal(mode: str) -> None:
    empty = Image.new(mode, SIZE_WH)
    reading = read(encode(empty))
    assert not reading.mask.any()
    assert sentence_of(reading) == "The mask is empty: this image is taken as normal."
    assert not reading.provenance.looks_inverted


def test_a_mask_that_is_all_lesion_is_kept_and_said() -> None:
    reading = read(encode(eight_bits(~NOTHING)))
    assert reading.mask.all()
    assert sentence_of(reading) == "Values above 127 taken as lesion; all of it is lesion."
    assert reading.provenance.looks_inverted


@pytest.mark.parametrize("lesion", [LESION, OTHER], ids=["in the middle", "in a corner"])
@pytest.mark.parametrize("high", [255, 1])
def test_an_inverted_mask_is_noticed_but_not_turned_over(lesion: Mask, high: int) -> None:
    data = encode(eight_bits(~lesion, high))
    reading = read(data)
    assert reading.provenance.looks_inverted
    assert np.array_equal(reading.mask, ~lesion)
    asked = read(data, invert=True)
    assert np.array_equal(asked.mask, lesion)
    assert not asked.provenance.looks_inverted
    assert "inverted as asked" in sentence_of(asked)


def test_inverted_files_are_turned_over_before_they_are_merged() -> None:
    files = [("a.png", encode(eight_bits(~LESION))), ("b.png", encode(eight_bits(~OTHER)))]
    assert read_mask(files, SIZE_WH).provenance.looks_inverted
    assert np.array_equal(read_mask(files, SIZE_WH, invert=True).mask, LESION | OTHER)


def test_a_scan_in_place_of_a_mask_is_asked_about() -> None:
    speckle = np.random.default_rng(0).rayleigh(60, (48, 60)).clip(0, 255).astype(np.uint8)
    sentence = sentence_of(read(encode(speckle)))
    assert sentence.endswith("many values lie between black and white: is it a mask?")
    sentence = sentence_of(read(encode(speckle[:30])))
    assert sentence.endswith(
        "between black and white and its shape differs from the image's: is it this image's mask?"
    )


def test_what_reading_the_file_did_is_part_of_the_sentence() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = np.ascontiguousarray(np.rot90(eight_bits(LESION)))
    buffer = io.BytesIO()
    Image.fromarray(turned).save(buffer, "PNG", exif=exif)
    reading = read(buffer.getvalue())
    assert np.array_equal(reading.mask, LESION)
    assert sentence_of(reading).startswith("Rotated as its EXIF tag says; values above")


def test_grey_values_between_black_and_white_are_told() -> None:
    levels = eight_bits(LESION)
    assert not any("neither" in words for words in list_notes(read(encode(levels)).provenance))
    levels[0, :50] = 100
    told = list_notes(read(encode(levels)).provenance)
    assert "1.7 % of its values are neither 0 nor 255 (3 in all)." in told


def test_a_broken_file_among_several_is_named() -> None:
    files = [("good.png", encode(eight_bits(LESION))), ("bad.png", b"text")]
    with pytest.raises(UnreadableImage, match=r"^bad\.png is not a mask"):
        read_mask(files, SIZE_WH)


def test_no_file_at_all_is_an_error_of_the_caller() -> None:
    with pytest.raises(ValueError, match="at least one file"):
        read_mask([], SIZE_WH)


@settings(deadline=None)
@given(hnp.arrays(np.bool_, st.tuples(st.integers(16, 40), st.integers(16, 40))))
def test_a_written_mask_is_read_back_exactly(mask: Mask) -> None:
    png = write_mask_png(mask)
    with Image.open(io.BytesIO(png)) as image:
        assert image.mode == "L"
        assert set(np.unique(np.asarray(image))) <= {0, 255}
    assert np.array_equal(read_mask([("m.png", png)], mask.shape[::-1]).mask, mask)


def test_only_a_bool_mask_is_written() -> None:
    with pytest.raises(TypeError, match="bool, got uint8"):
        write_mask_png(eight_bits(LESION))  # type: ignore[arg-type]


# The data sets' own files


def published_masks() -> list[Path]:
    return [p for p in sorted(NATIVE.rglob("*.png")) if is_mask(p)]


def is_mask(path: Path) -> bool:
    return path.parent.name.lower() == "masks" or "_mask" in path.name or "_tumor" in path.name


@needs_native
def test_every_published_mask_is_read_as_its_set_means_it() -> None:
    paths = published_masks()
    assert len(paths) > 30
    for path in paths:
        with Image.open(path) as image:
            shown = np.asarray(image.convert("RGBA")).astype(int)
        expected = shown[..., :3].max(2) * shown[..., 3] / 255 > 127
        reading = read_mask([(path.name, path.read_bytes())], expected.shape[::-1])
        assert np.array_equal(reading.mask, expected), path.name
        assert expected.mean() < 0.5
        assert not reading.provenance.looks_inverted
        assert "?" not in sentence_of(reading)


@needs_native
def test_every_published_scan_given_as_a_mask_is_asked_about() -> None:
    for path in sorted(NATIVE.rglob("*.png")):
        if not is_mask(path):
            with Image.open(path) as image:
                size_wh = image.size
            sentence = sentence_of(read_mask([(path.name, path.read_bytes())], size_wh))
            assert "is it a mask?" in sentence, path.name


@needs_native
def test_the_three_outlines_of_one_busi_image_are_merged() -> None:
    paths = sorted((NATIVE / "Dataset_BUSI_with_GT" / "benign").glob("benign (195)_mask*.png"))
    parts = [(p.name, p.read_bytes()) for p in paths]
    reading = read_mask(parts, (729, 611))
    single = [read_mask([part], (729, 611)).mask for part in parts]
    assert np.array_equal(reading.mask, np.logical_or.reduce(single))
    assert sentence_of(reading) == "3 files merged; values above 127 taken as lesion."


@needs_native
def test_a_published_mask_of_another_shape_than_its_image_is_asked_about() -> None:
    path = NATIVE / "BUS-UCLM" / "masks" / "HESN_000.png"
    reading = read_mask([(path.name, path.read_bytes())], (620, 489))
    assert reading.mask.shape == (489, 620)
    assert sentence_of(reading) == (
        "Resized 856x606 to 620x489, nearest; the mask is empty: this image is taken as normal; "
        "its shape differs from the image's: is it this image's mask?"
    )
