"""DICOM images: what is shown, what is measured, and that the patient is nowhere."""

import contextlib
import io
import logging
from typing import Any

import numpy as np
import pydicom
import pytest
from imaging import jpeg_files
from imaging.dicom_files import CASE, PATIENT, dicom_file, ultrasound_region
from imaging.jpeg_files import GREY_STREAM, jpeg_dicom
from pydicom.pixels import apply_windowing
from pydicom.pixels.decoders.base import get_decoder

from busdemo.imaging.decoding import read_pixels
from busdemo.imaging.dicom import without_patient
from busdemo.imaging.dicom_display import read_spacing
from busdemo.imaging.dicom_frames import decode_frame
from busdemo.imaging.images import ScanOptions, read_scan
from busdemo.imaging.refusals import UnreadableImage
from busdemo.imaging.spacing import Spacing


def refusal(data: bytes) -> str:
    with pytest.raises(UnreadableImage) as caught:
        read_scan(data, "scan.dcm")
    sentence = str(caught.value)
    assert sentence.startswith("scan.dcm ")
    assert sentence.endswith(".")
    assert not any(value in sentence for value in PATIENT.values())
    return sentence


def test_an_eight_bit_image_is_read_as_it_is() -> None:
    scan = read_scan(dicom_file(), "scan.png")
    assert np.array_equal(scan.pixels, CASE)
    assert (scan.notes, scan.spacing_mm, scan.frames) == ((), None, 1)


def test_monochrome1_is_turned_over_and_said() -> None:
    scan = read_scan(dicom_file(PhotometricInterpretation="MONOCHROME1"), "scan.dcm")
    assert np.array_equal(scan.pixels, 255 - CASE)
    assert scan.notes == ("inverted, as MONOCHROME1 asks",)


def test_twelve_bits_in_sixteen_are_scaled_and_turned_over_by_their_own_range() -> None:
    deep = (CASE.astype(np.uint16) << 4) | 15
    scan = read_scan(dicom_file(deep, BitsStored=12, HighBit=11), "scan.dcm")
    assert np.array_equal(scan.pixels, np.rint(deep * (255 / 4095)))
    turned = read_scan(
        dicom_file(deep, BitsStored=12, HighBit=11, PhotometricInterpretation="MONOCHROME1"), "s"
    )
    assert np.array_equal(turned.pixels, np.rint((4095 - deep) * (255 / 4095)))


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_a_window_is_applied_as_pydicom_applies_it(function: str) -> None:
    deep = np.linspace(-300, 900, 48 * 60).reshape(48, 60).astype(np.int16)
    data = dicom_file(deep, WindowCenter=40, WindowWidth=400, VOILUTFunction=function)
    expected = apply_windowing(deep, pydicom.dcmread(io.BytesIO(data)))
    scan = read_scan(data, "scan.dcm")
    assert np.abs(scan.pixels - (expected + 32768) * (255 / 65535)).max() <= 0.51
    assert scan.notes == ("window 40 / 400 applied",)


def test_colour_becomes_grey_as_in_any_picture() -> None:
    colour = np.stack([CASE, CASE[::-1], CASE[:, ::-1]], axis=-1)
    assert read_scan(dicom_file(colour), "s").notes == ("colour reduced to grey",)


def test_a_frame_is_chosen_and_the_first_is_the_default() -> None:
    frames = np.stack([CASE, CASE[::-1], 255 - CASE])
    data = dicom_file(frames, frames=3)
    first, third = read_scan(data, "s"), read_scan(data, "s", ScanOptions(3))
    assert np.array_equal(first.pixels, CASE)
    assert np.array_equal(third.pixels, 255 - CASE)
    assert (first.frames, third.notes) == (3, ("frame 3 of 3",))
    with pytest.raises(UnreadableImage, match="frames 1 to 3"):
        read_scan(data, "s", ScanOptions(4))


def test_spacing_comes_from_the_pixels_or_the_ultrasound_region() -> None:
    assert read_scan(dicom_file(PixelSpacing=[0.1, 0.1]), "s").spacing_mm == 0.1
    regions = [ultrasound_region(0.005)]
    region = read_scan(dicom_file(SequenceOfUltrasoundRegions=regions), "s").spacing_mm
    assert region == pytest.approx(0.05)


@pytest.mark.parametrize("spacing", [[11, 5], [5, 11], [0, 5], [5, -1]])
def test_a_side_that_cannot_be_gives_no_spacing(spacing: list[float]) -> None:
    dataset = pydicom.Dataset()
    dataset.PixelSpacing = spacing
    assert read_spacing(dataset) == (None, ())


def test_pixels_that_are_not_square_keep_both_sides_and_it_is_said() -> None:
    scan = read_scan(dicom_file(PixelSpacing=[0.1, 0.2]), "s")  # row, then column
    assert scan.spacing == Spacing(0.2, 0.1, "PixelSpacing")
    assert scan.spacing_mm == pytest.approx(0.1 * 2**0.5)
    assert scan.aspect == 0.5
    assert scan.notes == ("pixels of 0.2 x 0.1 mm (width x height): both sides are used",)


@pytest.mark.parametrize("stated", [[1, 1], [0.2, 0.2]])
def test_a_calibrated_region_wins_over_pixel_spacing_and_the_conflict_is_told(
    stated: list[float],
) -> None:
    regions = [ultrasound_region(0.005)]
    scan = read_scan(dicom_file(PixelSpacing=stated, SequenceOfUltrasoundRegions=regions), "s")
    assert scan.spacing_mm == pytest.approx(0.05)
    assert scan.spacing
    assert scan.spacing.whose == "calibrated ultrasound region"
    assert "the calibrated ultrasound region 0.05 mm" in scan.notes[0]


def test_a_spacing_of_one_is_a_placeholder() -> None:
    scan = read_scan(dicom_file(PixelSpacing=[1, 1]), "s")
    assert scan.spacing is None
    assert scan.notes == ("a PixelSpacing of 1 x 1 mm is a placeholder: sizes stay in pixels",)


@pytest.mark.parametrize(
    "regions",
    [
        [ultrasound_region(0.005), ultrasound_region(0.007)],
        [ultrasound_region(0.005, PhysicalUnitsXDirection=4)],
        [ultrasound_region(0.005, RegionSpatialFormat=2)],
        [ultrasound_region(0.0)],
        [ultrasound_region(50.0)],
        [],
    ],
    ids=["two scales", "seconds", "M-mode", "zero", "absurd", "none"],
)
def test_a_doubtful_region_gives_no_spacing(regions: list[pydicom.Dataset]) -> None:
    assert read_scan(dicom_file(SequenceOfUltrasoundRegions=regions), "s").spacing_mm is None


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (dicom_file()[:700], "damaged"),
        (bytes(128) + b"DICM" + bytes(40), "DICOM file"),
        (dicom_file(PixelData=None), "without a picture"),
        (dicom_file(Rows=60000, Columns=60000), "million pixels"),
        (dicom_file(Rows=2000, Columns=2000), "damaged"),
        (dicom_file(Rows=3, Columns=3), "too small"),
        (dicom_file(SamplesPerPixel=7), "damaged"),
        (dicom_file(BitsAllocated=13), "damaged"),
    ],
)
def test_a_hostile_file_gets_one_sentence(data: bytes, word: str) -> None:
    assert word in refusal(data)


def test_lossless_jpeg_is_read_bit_by_bit_as_another_program_wrote_it() -> None:
    for syntax in (jpeg_files.LOSSLESS, jpeg_files.LOSSLESS_FIRST):
        data = jpeg_dicom(GREY_STREAM, syntax=syntax)
        assert np.array_equal(read_scan(data, "s").pixels, jpeg_files.GREY)
    colour = read_pixels(jpeg_dicom(jpeg_files.COLOUR_STREAM, samples=3), "s").values
    assert np.array_equal(colour, jpeg_files.COLOUR)


def test_a_frame_of_lossless_jpeg_is_chosen() -> None:
    data = jpeg_dicom(b"not asked for\0", GREY_STREAM)
    second = read_scan(data, "s", ScanOptions(2))
    assert np.array_equal(second.pixels, jpeg_files.GREY)
    assert second.notes == ("frame 2 of 2",)


DEEP: dict[str, Any] = {"BitsAllocated": 16, "BitsStored": 12, "HighBit": 11}


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (jpeg_dicom(jpeg_files.DEEP_STREAM, **DEEP), "at 12 bits"),
        (jpeg_dicom(jpeg_files.EXTENDED_STREAM, syntax=jpeg_files.EXTENDED, **DEEP), "of a kind"),
        (jpeg_dicom(GREY_STREAM, PhotometricInterpretation="YBR_FULL"), "in the colours YBR_FULL"),
        (jpeg_dicom(GREY_STREAM, samples=3), "damaged"),
        (jpeg_dicom(GREY_STREAM, Rows=48), "damaged"),
        (jpeg_dicom(GREY_STREAM[:200]), "damaged"),
        (jpeg_dicom(b"\xff\xd8\xff\xc3"), "damaged"),
    ],
)
def test_lossless_jpeg_that_is_not_as_its_header_says_is_refused(data: bytes, word: str) -> None:
    assert word in refusal(data)


def test_broken_lossless_jpeg_never_ends_in_a_traceback() -> None:
    chance = np.random.default_rng(5)
    for _ in range(300):
        stream = bytearray(GREY_STREAM)
        for at in chance.integers(0, len(stream), chance.choice([1, 2, 8])):
            stream[at] = chance.integers(0, 256)
        data = jpeg_dicom(bytes(stream[: chance.integers(20, len(stream) + 1)]))
        with contextlib.suppress(UnreadableImage):
            assert read_scan(data, "s").pixels.shape == (24, 32)


def test_gdcm_is_not_asked_even_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(
        pydicom.pixels.utils,
        "pixel_array",
        lambda *_, **more: asked.append(more["decoding_plugin"]),
    )
    decoder = get_decoder(pydicom.uid.RLELossless)
    monkeypatch.setitem(decoder._available, "gdcm", lambda *_: None)
    dataset = pydicom.dcmread(io.BytesIO(dicom_file()))
    dataset.compress(pydicom.uid.RLELossless)
    decode_frame(dataset, 0, "s")
    assert asked
    assert "gdcm" not in asked


def test_a_jpeg_ls_stream_that_would_grow_is_refused() -> None:
    pytest.importorskip("jpeg_ls")
    dataset = pydicom.dcmread(io.BytesIO(dicom_file()))
    dataset.compress(pydicom.uid.JPEGLSLossless)
    kept = io.BytesIO()
    dataset.save_as(kept)
    data = kept.getvalue()
    assert np.array_equal(read_scan(data, "s").pixels, CASE)
    at = data.index(b"\xff\xf7") + 5
    assert "damaged" in refusal(data[:at] + b"\xff\xff\xff\xff" + data[at + 4 :])


def test_a_deflated_file_is_refused_before_it_unpacks() -> None:
    plain = dicom_file()
    syntax, deflated = b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.1.99"
    start = plain.index(syntax) - 2
    patched = plain[:start] + len(deflated).to_bytes(2, "little") + deflated
    assert "deflated" in refusal(patched + plain[start + 2 + len(syntax) :])


def test_a_run_length_encoded_image_is_read_as_pydicom_wrote_it() -> None:
    dataset = pydicom.dcmread(io.BytesIO(dicom_file()))
    dataset.compress(pydicom.uid.RLELossless)
    kept = io.BytesIO()
    dataset.save_as(kept)
    assert np.array_equal(read_scan(kept.getvalue(), "s").pixels, CASE)


def test_no_patient_is_left_anywhere(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    broken = dicom_file(PatientBirthDate="19610717" + "x" * 80)
    for data in (dicom_file(), broken, dicom_file(PixelData=None), broken[:900]):
        try:
            told = repr(vars(read_scan(data, "scan.dcm")))
        except UnreadableImage as error:
            told = f"{error} {error.__cause__}"
        streams = capfd.readouterr()
        for value in PATIENT.values():
            assert value not in told
            assert value not in caplog.text + streams.out + streams.err


def test_a_file_is_kept_without_its_patient_and_still_read() -> None:
    kept = without_patient(dicom_file(PixelSpacing=[0.1, 0.1]))
    assert not any(value.encode() in kept for value in PATIENT.values())
    assert np.array_equal(read_scan(kept, "s").pixels, CASE)
    assert read_scan(kept, "s").spacing_mm == 0.1
    assert without_patient(b"anything else") == b"anything else"


@pytest.mark.parametrize("implicit", [False, True])
def test_a_file_without_a_preamble_is_read_and_its_patient_is_left(implicit: bool) -> None:
    dataset = pydicom.dcmread(io.BytesIO(dicom_file()))
    dataset.PatientName = "Somebody^Known"
    dataset.preamble, dataset.file_meta = None, pydicom.dataset.FileMetaDataset()
    kept = io.BytesIO()
    dataset.save_as(kept, implicit_vr=implicit, little_endian=True, enforce_file_format=False)
    assert kept.getvalue()[128:132] != b"DICM"
    expected = read_scan(dicom_file(), "scan").pixels
    assert np.array_equal(read_scan(kept.getvalue(), "scan").pixels, expected)
    assert b"Somebody" in kept.getvalue()
    assert b"Somebody" not in without_patient(kept.getvalue())
