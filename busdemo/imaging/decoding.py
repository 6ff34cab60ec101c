"""From the bytes of an image file to its pixels, at their own depth and in their own channels.

Pillow reads the header (lazily, so that an oversized picture costs nothing) and decodes; it
raises on a file that is cut short, where OpenCV silently fills up. OpenCV decodes what Pillow
would squeeze to 8 bits: 16-bit colour. No global switch of either library is touched.
"""

import hashlib
import io
import struct
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

# The three plugins Pillow does not load by itself: named, so that no search for all others starts.
from PIL import AvifImagePlugin, Image, ImageFile, TiffImagePlugin, WebPImagePlugin  # noqa: F401

from busdemo.imaging.dicom import read_dicom
from busdemo.imaging.opening import VOLUMES, open_volume
from busdemo.imaging.pixels import Pixels, Values, pick_frame, require_finite
from busdemo.imaging.refusals import (
    FORMATS,
    MIN_SIDE_PX,
    MissingLibrary,
    UnreadableImage,
    describe_damage,
    kind_of,
    plain_name,
    require_known_kind,
    require_size,
    too_many_pixels,
)
from busdemo.imaging.volumes import read_volume

__all__ = ["Pixels", "Values", "composite_on_black", "read_pixels"]

MAX_FRAMES = 1000
"""Frames are counted up to here: a file of a million empty frames must not keep us busy."""


def read_pixels(
    data: bytes, name: str, *, frame: int | None = None, least_side_px: int = MIN_SIDE_PX
) -> Pixels:
    """Decode a picture, DICOM file or volume of at most 20 MB and 40 megapixels.

    `frame`, from 1, picks one of a DICOM's frames, a volume's slices or a TIFF's pages (None: the
    first); of any other file the first is taken.

    Raises UnreadableImage, with its own sentence for a file that is empty, too large, not an
    image, of another format, cut short, damaged, too small (under `least_side_px`), has too
    many pixels (told from the header, before decoding), or holds NaN or infinite values: made-up
    pixels in their place would be measured as if they were tissue.
    """
    plain = plain_name(name)
    require_known_kind(data, plain)
    kind = kind_of(data)
    if kind == "DICOM":
        return read_dicom(data, plain, frame)
    if kind in VOLUMES:
        return read_volume(open_volume(data, plain), data, frame)
    image = _open(data, plain, least_side_px, heic=kind == "HEIC")
    try:
        pages = _count_pages(data) if image.format == "TIFF" else 1
        page, notes = pick_frame(frame, pages, plain) if pages > 1 else (0, ())
        notes += _count_frames(image)
        if page:
            image.seek(page)
            require_size(image.size, plain, least_side_px)
        values, turned = _decode(image, data, page)
        indices = np.asarray(image) if image.mode == "P" and not turned else None
    except UnreadableImage:
        raise
    except Exception as error:  # Pillow's plugins raise nearly anything on broken files
        raise UnreadableImage(describe_damage(data, plain, error)) from None
    if turned:
        notes += ("rotated as its EXIF tag says",)
    values, alpha = _split_alpha(values)
    require_finite(values, plain)
    digest = hashlib.sha256(data).hexdigest()
    return Pixels(
        values, alpha, plain, digest, notes, frames=pages, frame=page + 1, indices=indices
    )


def composite_on_black(decoded: Pixels) -> Values:
    """The (H, W) or (H, W, 3) values with transparency over black, uint8, uint16 or float32."""
    values, alpha = decoded.values, decoded.alpha
    if alpha is None:
        return values
    weight = alpha if values.ndim == 2 else cv2.merge([alpha] * 3)
    shown: Values = cv2.multiply(values, weight, scale=1 / np.iinfo(alpha.dtype).max)
    return shown


def _open(data: bytes, name: str, least_side_px: int, *, heic: bool) -> ImageFile.ImageFile:
    try:
        image = _open_heic(data, name) if heic else Image.open(io.BytesIO(data), formats=FORMATS)
    except UnreadableImage:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UnreadableImage(too_many_pixels(name)) from None
    except Exception as error:
        raise UnreadableImage(describe_damage(data, name, error)) from None
    require_size(image.size, name, least_side_px)
    return image


def _open_heic(data: bytes, name: str) -> ImageFile.ImageFile:
    """By its plugin's own class: Pillow is not told of it for the whole process."""
    try:
        from pillow_heif.as_plugin import HeifImageFile  # noqa: PLC0415
    except ImportError:
        raise MissingLibrary(name, "a HEIC picture", "heic") from None
    opened: ImageFile.ImageFile = HeifImageFile(io.BytesIO(data))
    return opened


def _count_frames(image: ImageFile.ImageFile) -> tuple[str, ...]:
    if image.format == "TIFF" or not getattr(image, "is_animated", False):
        return ()
    if image.format == "GIF":  # counting them would decode them all
        return ("first of several frames",)
    frames = int(getattr(image, "n_frames", 1))
    more = " or more" if frames >= MAX_FRAMES else ""
    return (f"first of {frames}{more} frames",) if frames > 1 else ()


def _count_pages(data: bytes) -> int:
    pages = Image.open(io.BytesIO(data), formats=("TIFF",))
    for page in range(1, MAX_FRAMES):
        try:
            pages.seek(page)
        except Exception:
            return page
    return MAX_FRAMES


def _decode(image: ImageFile.ImageFile, data: bytes, page: int) -> tuple[NDArray[Any], bool]:
    """(H, W) or (H, W, 3 or 4) upright, and whether a tag asked for turning it."""
    tiff, png = image.format == "TIFF", image.format == "PNG"
    deep = _is_deep_colour(image)
    before_load = _orientation(image)
    if png:
        Image.open(io.BytesIO(data), formats=("PNG",)).verify()  # checksums: load() skips them
    image.load()
    values = _decode_deep(image, data, page) if deep else _to_array(image)
    if tiff:  # both libraries turn a TIFF themselves
        return values, before_load != 1
    orientation = _orientation(image)
    return _turn(values, orientation), orientation != 1


def _is_deep_colour(image: ImageFile.ImageFile) -> bool:
    """Would Pillow keep only the high byte of this one's 16-bit channels?"""
    raw = str([tile.args for tile in image.tile])
    return image.mode in ("RGB", "RGBA") and ";16" in raw and "RGBa" not in raw


def _decode_deep(image: ImageFile.ImageFile, data: bytes, page: int) -> NDArray[np.uint16]:
    if not _sizes_are_plain(data):
        raise ValueError("two sizes in one header")
    buffer = np.frombuffer(data, np.uint8)
    if page:
        found = cv2.imdecodemulti(buffer, cv2.IMREAD_UNCHANGED, range=(page, page + 1))[1]
        decoded = found[0] if found else None
    else:
        decoded = cv2.imdecode(buffer, cv2.IMREAD_UNCHANGED)
    if decoded is None or decoded.dtype != np.uint16 or decoded.shape[1::-1] != image.size:
        raise ValueError("not decoded as its header says")
    if decoded.ndim == 3 and decoded.shape[2] == 4 and image.mode == "RGBA":
        return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGRA2RGBA), np.uint16)
    return np.ascontiguousarray(decoded[..., 2::-1] if decoded.ndim == 3 else decoded)


def _sizes_are_plain(data: bytes) -> bool:
    """False for a header made to show one size to Pillow and another to OpenCV."""
    if data.startswith(b"\x89PNG"):
        return data[12:16] == b"IHDR" and data.count(b"IHDR") == 1
    order = "<" if data.startswith(b"II") else ">"
    if struct.unpack_from(f"{order}H", data, 2) != (42,):
        return False
    (start,) = struct.unpack_from(f"{order}I", data, 4)
    (entries,) = struct.unpack_from(f"{order}H", data, start)
    tags = [struct.unpack_from(f"{order}H", data, start + 2 + 12 * i)[0] for i in range(entries)]
    return len(tags) == len(set(tags))


def _to_array(image: ImageFile.ImageFile) -> NDArray[Any]:
    mode = image.mode
    if mode.startswith("I;16") or mode in ("I", "F"):
        wide = np.asarray(image)
        wide = wide.astype(np.uint16 if mode.startswith("I;16") else np.float32)
        return _invert_white_is_zero(image, wide)
    if image.has_transparency_data:
        return np.asarray(image.convert("RGBA"))
    if mode == "1":
        return np.asarray(image).astype(np.uint8) * np.uint8(255)
    return np.asarray(image if mode in ("L", "RGB") else image.convert("RGB"))


def _invert_white_is_zero(image: ImageFile.ImageFile, wide: NDArray[Any]) -> NDArray[Any]:
    """Pillow inverts such TIFFs (photometric interpretation 0) at 8 bits only."""
    tags = getattr(image, "tag_v2", {})
    if tags.get(TiffImagePlugin.PHOTOMETRIC_INTERPRETATION) != 0:
        return wide
    return (wide.max() + wide.min()) - wide if wide.dtype == np.float32 else ~wide


def _orientation(image: ImageFile.ImageFile) -> int:
    try:
        value = int(image.getexif().get(0x0112, 1))
    except Exception:  # a broken EXIF block says nothing about how to turn the picture
        return 1
    return value if value in range(1, 9) else 1


def _turn(values: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Undo an EXIF orientation (Exif 2.32, 4.6.4 A): 1 upright, 6 a quarter turn clockwise."""
    if orientation in (5, 6, 7, 8):
        values = values.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        values = values[::-1]
    if orientation in (2, 3, 6, 7):
        values = values[:, ::-1]
    return np.ascontiguousarray(values)


def _split_alpha(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any] | None]:
    if values.ndim == 2 or values.shape[2] == 3:
        return values, None
    alpha = np.ascontiguousarray(values[..., 3])
    opaque = bool((alpha == np.iinfo(alpha.dtype).max).all())
    return np.ascontiguousarray(values[..., :3]), None if opaque else alpha
