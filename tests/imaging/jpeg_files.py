"""JPEG streams that GDCM 3.2.6 has written of made pictures, 24 rows of 32 pixels.

GREY and COLOUR are lossless at 8 bits, DEEP is lossless at 12 bits, EXTENDED is JPEG Extended at
12 bits (both of 16 * GREY).
"""

import base64
import io
from typing import Any

import numpy as np
import pydicom
from imaging.dicom_files import dicom_file
from pydicom.encaps import encapsulate

_ROWS, _COLUMNS = np.mgrid[:24, :32]
GREY = ((_ROWS * 7 + _COLUMNS * 3) % 251).astype(np.uint8)
COLOUR = np.stack([GREY, GREY[::-1], GREY[:, ::-1]], axis=-1)

LOSSLESS, LOSSLESS_FIRST, EXTENDED = (f"1.2.840.10008.1.2.4.{n}" for n in (57, 70, 51))


def jpeg_dicom(*streams: bytes, syntax: str = LOSSLESS_FIRST, **elements: Any) -> bytes:
    """A DICOM file of grey frames (colour: samples=3) that holds these streams, one a frame."""
    values = COLOUR if elements.pop("samples", 1) == 3 else GREY
    dataset = pydicom.dcmread(io.BytesIO(dicom_file(values, **elements)))
    if len(streams) > 1:
        dataset.NumberOfFrames = len(streams)
    dataset.PixelData = encapsulate(list(streams))
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.UID(syntax)
    kept = io.BytesIO()
    dataset.save_as(kept, enforce_file_format=False)
    return kept.getvalue()


GREY_STREAM = base64.b64decode(
    "/9j/wwALCAAYACABAREA/8QAFgABAQEAAAAAAAAAAAAAAAAAAgMI/9oACAEBAAEAAM/tttttttttttttttu7bbbb"
    "bbbbbbbbbbbu2222222222222227tttttttttttttttu7bbbbbbbbbbbbbbbu2222222222222227ttttttttttt"
    "ttttu7bbbbbbbbbbbbbbbu2222222222222227tttttttttttttttu7bbbbbbbbbbbbbbbu2222222222222227t"
    "ttttttttttttttu7bbbbbbbbbbbbbbbu2222222222222227tttttttttttttttu7bbbbbbbbbbbbbbbu2222222"
    "222222227tttttttttttttttu7bbbbbbbbbbbbbbbu2222222222222227tttttttttttttttu7bbbbbbbbbbbbb"
    "bbu222222222222228Dv/9kA"
)
COLOUR_STREAM = base64.b64decode(
    "/9j/7gAOQWRvYmUAZAAAAAAA/8MAEQgAGAAgA1IRAEcRAEIRAP/EABcAAQEBAQAAAAAAAAAAAAAAAAIDCAb/2gAM"
    "A1IARwBCAAEAAM/9DzjYbDYbDYbDYbDYbDYbDYbDYbDYbDYbDYbDYbDYbDYbDYeBw2Lwu2Gw2Gw2Gw2Gw2Gw2Gw2"
    "Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Lwu2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Lwu2Gw2Gw2Gw"
    "2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Lwu2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Lw"
    "u2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Lwu2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2G"
    "w2Gw2Gw2Lwu2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Lwu2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2"
    "Gw2Gw2Gw2Gw2Gw2Gw2Lwu2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Lwu2Gw2Gw2Gw2Gw2Gw2Gw"
    "2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Lwu2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Lwu2Gw2Gw2G"
    "w2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Lwu2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2L"
    "wu2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Lwu2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2"
    "Gw2Gw2Gw2Lwu2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Lwu2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw"
    "2Gw2Gw2Gw2Gw2Gw2Gw2Lwu2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Lwu2Gw2Gw2Gw2Gw2Gw2G"
    "w2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Lwu2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Lwu2Gw2Gw2"
    "Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Lwu2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2Gw2"
    "LwwW2G98NhsNhsNhsNhsNhsNhsNhsNhsNhsNhsNhsNhsNhsNjA7DY//Z"
)
DEEP_STREAM = base64.b64decode(
    "/9j/wwALEAAYACABAREA/8QAFwABAQEBAAAAAAAAAAAAAAAABgcMEP/aAAgBAQABAADmDBgwYMGDBgwYMGDBgwYM"
    "GDBgwYMGDBgwYMGFwYMGDBgwYMGDBgwYMGDBgwYMGDBgwYMGDBgwYXBgwYMGDBgwYMGDBgwYMGDBgwYMGDBgwYMG"
    "DBhcGDBgwYMGDBgwYMGDBgwYMGDBgwYMGDBgwYMGFwYMGDBgwYMGDBgwYMGDBgwYMGDBgwYMGDBgwYXBgwYMGDBg"
    "wYMGDBgwYMGDBgwYMGDBgwYMGDBhcGDBgwYMGDBgwYMGDBgwYMGDBgwYMGDBgwYMGFwYMGDBgwYMGDBgwYMGDBgw"
    "YMGDBgwYMGDBgwYXBgwYMGDBgwYMGDBgwYMGDBgwYMGDBgwYMGDBhcGDBgwYMGDBgwYMGDBgwYMGDBgwYMGDBgwY"
    "MGFwYMGDBgwYMGDBgwYMGDBgwYMGDBgwYMGDBgwYXBgwYMGDBgwYMGDBgwYMGDBgwYMGDBgwYMGDBhcGDBgwYMGD"
    "BgwYMGDBgwYMGDBgwYMGDBgwYMGFwYMGDBgwYMGDBgwYMGDBgwYMGDBgwYMGDBgwYXBgwYMGDBgwYMGDBgwYMGDB"
    "gwYMGDBgwYMGDBhcGDBgwYMGDBgwYMGDBgwYMGDBgwYMGDBgwYMGFwYMGDBgwYMGDBgwYMGDBgwYMGDBgwYMGDBg"
    "wYXBgwYMGDBgwYMGDBgwYMGDBgwYMGDBgwYMGDBhcGDBgwYMGDBgwYMGDBgwYMGDBgwYMGDBgwYMGFwYMGDBgwYM"
    "GDBgwYMGDBgwYMGDBgwYMGDBgwYXBgwYMGDBgwYMGDBgwYMGDBgwYMGDBgwYMGDBhcGDBgwYMGDBgwYMGDBgwYMG"
    "DBgwYMGDBgwYMGFwYMGDBgwYMGDBgwYMGDBgwYMGDBgwYMGDBgwYXBgwYMGDBgwYMGDBgwYMGDBgwYMGDBgwYMGG"
    "B/Yf/9kA"
)
EXTENDED_STREAM = base64.b64decode(
    "/9j/2wBDAAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB"
    "AQEBAQH/wQALEAAYACABAREA/8QAFQABAQAAAAAAAAAAAAAAAAAADA3/xAAjEAAABAYDAQEBAAAAAAAAAAAACQoL"
    "KDdHVWVzBwgZGBca/9oACAEBAAA/AKMAiUYBpRwU2On+jHhgAiUYBpRwU2On+jHhgAiUYBpRwU2On+jHhgAiUYBp"
    "RwU2On+jHg/+iUYBpRwU2On+jHhgAiUYBpRwU2On+jHhgAiUYBpRwU2On+jHhgAiUYBpRwU2On+jHg/+iUYBpRwU"
    "2On+jHhgAiUYBpRwU2On+jHhgAiUYBpRwU2On+jHhAoc4l3a32QZC+bQ6DvSK8dAm0LNoaYzy2/pOcQ3QdWqngQG"
    "IX09ntGcAXwnqJ19xFbKrgwUpwgkpz1jP2NjKxI7LR+9TAOAvu04Ay0v8tHq5+p90O5PXThXkf8A/9kA"
)
