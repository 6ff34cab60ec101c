"""Image files of many kinds, made on the spot, and the way a refusal is checked."""

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from busdemo.imaging.images import read_scan
from busdemo.imaging.refusals import UnreadableImage, plain_name

RNG = np.random.default_rng(7)
GREY = RNG.integers(0, 256, (20, 30)).astype(np.uint8)
COLOUR = RNG.integers(0, 256, (20, 30, 3)).astype(np.uint8)
ALPHA = RNG.integers(0, 256, (20, 30)).astype(np.uint8)
WIDE = RNG.integers(0, 65536, (20, 30)).astype(np.uint16)
WIDE[0, 0] = 65535


def encode(picture: Image.Image | NDArray[np.generic], form: str, **options: object) -> bytes:
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    buffer = io.BytesIO()
    lossless = {"lossless": True, "exact": True} if form == "WEBP" else {}
    image.save(buffer, form, **lossless, **options)
    return buffer.getvalue()


def encode_deep(values: NDArray[np.uint16], form: str) -> bytes:
    order = cv2.COLOR_RGBA2BGRA if values.shape[2] == 4 else cv2.COLOR_RGB2BGR
    return cv2.imencode(form, cv2.cvtColor(values, order))[1].tobytes()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def hand_made_png(
    width: int, height: int, depth: int, colour: int, rows: bytes, *more: bytes
) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(more) + body + chunk(b"IEND", b"")


def with_tiff_tag(tiff: bytes, tag: int, value: int) -> bytes:
    order = "<" if tiff.startswith(b"II") else ">"
    (start,) = struct.unpack_from(f"{order}I", tiff, 4)
    (entries,) = struct.unpack_from(f"{order}H", tiff, start)
    patched = bytearray(tiff)
    for at in range(start + 2, start + 2 + 12 * entries, 12):
        if struct.unpack_from(f"{order}H", tiff, at) == (tag,):
            struct.pack_into(f"{order}H", patched, at + 8, value)
            return bytes(patched)
    raise AssertionError(f"no tag {tag}")


def refusal(data: bytes, name: str = "scan.png") -> str:
    with pytest.raises(UnreadableImage) as caught:
        read_scan(data, name)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert plain_name(name) in sentence
    return sentence
