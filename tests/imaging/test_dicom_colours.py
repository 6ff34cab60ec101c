"""Colours of DICOM files whose tag and pixels contradict each other: the pixels are believed."""

import io
from typing import Any

import cv2
import numpy as np
import pydicom
import pytest
from imaging.dicom_files import CASE, dicom_file
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGBaseline8Bit

from busdemo.imaging.decoding import read_pixels

GREY = cv2.GaussianBlur(CASE, (0, 0), 3)
PICTURE = np.stack([GREY] * 3, axis=-1)
PICTURE[4:14, 8:24] = [240, 40, 30]  # a colour box, as Doppler has it
YBR = np.ascontiguousarray(cv2.cvtColor(PICTURE, cv2.COLOR_RGB2YCrCb)[..., [0, 2, 1]])
STREAMS: dict[str, dict[str, Any]] = {
    "4:2:0": {"subsampling": 2},
    "4:2:2": {"subsampling": 1},
    "4:4:4 in JFIF": {"subsampling": 0},
    "RGB as it is": {"keep_rgb": True},
}


def jpeg_colours(tag: str, **how: object) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(PICTURE).save(stream, "JPEG", quality=95, **how)
    dataset = pydicom.dcmread(io.BytesIO(dicom_file(PICTURE, PhotometricInterpretation=tag)))
    dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    dataset.PixelData = encapsulate([stream.getvalue()])
    dataset["PixelData"].is_undefined_length = True
    kept = io.BytesIO()
    dataset.save_as(kept, enforce_file_format=False)
    return kept.getvalue()


def halved() -> bytes:
    """Two bytes a pixel: two of brightness to one of each colour."""
    values = np.zeros((48, 30, 4), np.uint8)
    values[..., 0], values[..., 1] = YBR[:, 0::2, 0], YBR[:, 1::2, 0]
    values[..., 2], values[..., 3] = YBR[:, 0::2, 1], YBR[:, 0::2, 2]
    return values.tobytes()


@pytest.mark.parametrize("tag", ["RGB", "YBR_FULL", "YBR_FULL_422"])
@pytest.mark.parametrize("stream", STREAMS)
def test_a_jpeg_stream_is_read_as_what_it_is_whatever_the_tag_says(stream: str, tag: str) -> None:
    read = read_pixels(jpeg_colours(tag, **STREAMS[stream]), "scan.dcm")
    assert np.abs(read.values[20:].astype(int) - PICTURE[20:]).mean() < 0.5
    contradicts = (tag == "RGB") != (stream == "RGB as it is")
    assert any("the tag says" in note for note in read.notes) == contradicts


@pytest.mark.parametrize(("values", "said"), [(PICTURE, True), (YBR, False)])
def test_three_bytes_a_pixel_are_not_halved_colours(values: np.ndarray, said: bool) -> None:
    read = read_pixels(dicom_file(values, PhotometricInterpretation="YBR_FULL_422"), "scan.dcm")
    assert np.abs(read.values.astype(int) - PICTURE).max() <= 2
    assert any("3 bytes a pixel" in note for note in read.notes) == said


def test_halved_colours_are_two_bytes_a_pixel_of_every_frame() -> None:
    elements: dict[str, Any] = {"PhotometricInterpretation": "YBR_FULL_422", "NumberOfFrames": 2}
    data = dicom_file(PICTURE, PixelData=halved() + halved()[::-1], **elements)
    first, second = (read_pixels(data, "scan.dcm", frame=number) for number in (1, 2))
    assert (first.frames, second.frame) == (2, 2)
    assert np.abs(first.values.astype(int) - PICTURE).mean() < 1
