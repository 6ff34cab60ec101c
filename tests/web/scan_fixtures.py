"""What Python reads from image files and gives to networks, for the front end's own tests."""

import base64
import io
import zlib
from typing import Any

import cv2
import numpy as np
from blobs import draw_blobs
from PIL import Image, PngImagePlugin

from busdemo.imaging.fit import Fit, ResizeRule
from busdemo.imaging.images import UnreadableImage, read_scan
from busdemo.imaging.masks import STOPS, quantize

WIDTH, HEIGHT = 37, 29


def build_files() -> list[dict[str, Any]]:
    """PNG files of every kind, and what becomes of them: grey values and notes."""
    files = {name: save(image) for name, image in build_images().items()}
    files |= {
        f"{bits}-bit grey": pack(draw_blobs(2, (WIDTH, HEIGHT)) >> (8 - bits), bits)
        for bits in (1, 2, 4)
    }
    grey = Image.fromarray(draw_blobs(3, (WIDTH, HEIGHT)))
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        files[f"orientation {orientation}"] = save(grey, exif=exif)
    files["transparent grey"] = save(grey, transparency=int(np.asarray(grey)[5, 5]))
    files["interlaced"] = interlace(np.asarray(grey))
    return [describe(name, data) for name, data in files.items()]


def build_images() -> dict[str, Image.Image]:
    """Pictures of every mode that Pillow writes as PNG."""
    blobs = [draw_blobs(seed, (WIDTH, HEIGHT)) for seed in range(4)]
    colour = np.stack(blobs[:3], axis=2)
    palette = Image.fromarray(colour).quantize(32)
    clear = palette.copy()
    clear.info["transparency"] = bytes(range(0, 256, 8))
    return {
        "grey": Image.fromarray(blobs[0]),
        "black": Image.fromarray(np.zeros((HEIGHT, WIDTH), np.uint8)),
        "colour": Image.fromarray(colour),
        "grey in colour": Image.fromarray(np.stack(blobs[:1] * 3, axis=2)),
        "colour and alpha": Image.fromarray(np.stack(blobs, axis=2)),
        "grey and alpha": Image.fromarray(np.stack(blobs[:2], axis=2)),
        "palette": palette,
        "palette and alpha": clear,
        "16-bit grey": Image.fromarray(blobs[0].astype(np.uint16) * 251),
        "12-bit grey": Image.fromarray(blobs[0].astype(np.uint16) * 16),
        "8-bit grey in 16": Image.fromarray(blobs[0].astype(np.uint16)),
    }


def save(image: Image.Image, **options: Any) -> bytes:
    """As PNG."""
    file = io.BytesIO()
    image.save(file, "PNG", **options)
    return file.getvalue()


def pack(values: np.ndarray[Any, Any], bits: int) -> bytes:
    """A grey PNG of few bits, which Pillow does not write: chunk by chunk."""
    shifts = range(bits - 1, -1, -1)
    planes = np.stack([(values >> shift) & 1 for shift in shifts], axis=2)
    rows = np.packbits(planes.reshape(len(values), -1), axis=1)
    return write_png(values.shape[::-1], bits, 0, [row.tobytes() for row in rows])


def interlace(values: np.ndarray[Any, Any]) -> bytes:
    """An interlaced grey PNG, which Pillow does not write either."""
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2))
    rows = [
        row.tobytes()
        for left, top, across, down in (*passes, (0, 1, 1, 2))
        for row in values[top::down, left::across]
    ]
    return write_png(values.shape[::-1], 8, 1, rows)


def write_png(size_wh: tuple[int, ...], bits: int, interlaced: int, rows: list[bytes]) -> bytes:
    """A grey PNG of rows that have no filter."""
    file = io.BytesIO()
    file.write(b"\x89PNG\r\n\x1a\n")
    header = b"".join(side.to_bytes(4, "big") for side in size_wh)
    PngImagePlugin.putchunk(file, b"IHDR", header + bytes([bits, 0, 0, 0, interlaced]))
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    PngImagePlugin.putchunk(file, b"IDAT", data)
    PngImagePlugin.putchunk(file, b"IEND", b"")
    return file.getvalue()


def describe(name: str, data: bytes) -> dict[str, Any]:
    """A file, and the scan that Python reads from it."""
    scan = read_scan(data, f"{name}.png")
    height, width = scan.pixels.shape
    told = {"name": f"{name}.png", "width": width, "height": height, "notes": list(scan.notes)}
    return {**told, "file": to_text(data), "pixels": to_text(scan.pixels.tobytes())}


def build_refusals() -> list[dict[str, str]]:
    """Files that Python refuses, and its sentences."""
    whole = save(Image.fromarray(draw_blobs(0, (WIDTH, HEIGHT))))
    damaged = bytearray(whole)
    damaged[60] ^= 255
    small = save(Image.fromarray(draw_blobs(0, (15, 40))))
    files = {"cut.png": whole[:-20], "damaged.png": bytes(damaged), "small.png": small}
    found = []
    for name, data in files.items():
        try:
            read_scan(data, name)
        except UnreadableImage as error:
            found.append({"name": name, "file": to_text(data), "sentence": str(error)})
    return found


FITS: list[tuple[tuple[int, int], tuple[int, int], ResizeRule]] = [
    ((61, 47), (32, 32), "stretch"),
    ((64, 48), (32, 24), "stretch"),
    ((96, 72), (32, 24), "stretch"),
    ((70, 90), (48, 32), "letterbox"),
    ((20, 90), (32, 32), "stretch"),
    ((17, 19), (32, 32), "letterbox"),
    ((19, 18), (48, 40), "stretch"),
    ((32, 32), (32, 32), "stretch"),
]


def build_fits() -> list[dict[str, Any]]:
    """Scans resized to networks' inputs, and a map brought back as levels."""
    return [describe_fit(*one) for one in FITS]


def describe_fit(
    image_wh: tuple[int, int], input_wh: tuple[int, int], rule: ResizeRule
) -> dict[str, Any]:
    """A scan, what a network sees of it, its logits in thousandths, and the levels they mean."""
    image = np.random.default_rng(sum(image_wh)).integers(0, 256, image_wh[::-1], np.uint8)
    fit = Fit.of(image_wh, input_wh, rule)
    steps = np.random.default_rng(1).integers(-6000, 6000, input_wh[::-1])
    logits = cv2.blur(steps.astype(np.float32), (5, 5)).round()
    probabilities = (1 / (1 + np.exp(-logits.astype(np.float64) / 1000))).astype(np.float32)
    return {
        "image_wh": image_wh,
        "input_wh": input_wh,
        "rule": rule,
        "image": to_text(image.tobytes()),
        "seen": to_text(fit.apply(image).tobytes()),
        "logits": logits.astype(int).ravel().tolist(),
        "levels": to_text(quantize(fit.restore(probabilities)).tobytes()),
    }


def build_edges() -> dict[str, Any]:
    """Probabilities at and beside every stop, as bits of float32, and their levels."""
    stops = (np.arange(STOPS + 1) / STOPS).astype(np.float32)
    beside = [np.nextafter(stops, np.float32(side)) for side in (0, 1)]
    values = np.concatenate([stops, *beside]).clip(0, 1)
    return {
        "values": to_text(values.astype("<f4").tobytes()),
        "levels": to_text(quantize(values[None]).tobytes()),
    }


def to_text(data: bytes) -> str:
    """As base64."""
    return base64.b64encode(data).decode()


def build_scans() -> dict[str, Any]:
    """All of it."""
    return {
        "files": build_files(),
        "refusals": build_refusals(),
        "fits": build_fits(),
        "edges": build_edges(),
    }
