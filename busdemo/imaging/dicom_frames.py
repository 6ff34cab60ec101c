"""One frame of a DICOM file's pixels, decoded by libraries that stand hostile streams.

JPEG in all its kinds goes to Pillow, whose libjpeg-turbo also reads the lossless kind at 8 bits.
GDCM is never asked, even where it is installed: broken streams end the process
(docs/decisions/0030-lossless-jpeg-by-pillow.md).
"""

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from busdemo.imaging.refusals import UnreadableImage

if TYPE_CHECKING:
    from pydicom import Dataset

MAX_RLE_BYTES = 4 * 2**20
"""Of one run-length encoded frame: it may grow 64-fold, byte by byte, when decoded."""

_JPEG = ("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51")
_JPEG_LOSSLESS = ("1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70")
_JPEG_LS = ("1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81")
_JPEG_2000 = ("1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91")
_RLE = "1.2.840.10008.1.2.5"
_UNSAFE = "gdcm"
_COLOURED = 3
_NEAR_GREY = 6
"""Of 255: colours that differ by less count as grey."""


@dataclass(frozen=True)
class Colours:
    """RGB or YBR_FULL, empty where the tag is believed; and a note where it is not."""

    kind: str = ""
    notes: tuple[str, ...] = ()


def decode_frame(dataset: "Dataset", index: int, name: str) -> NDArray[Any]:
    """Stored values (H, W) or RGB (H, W, 3), (u)int8 to (u)int32, of the frame `index`, from 0.

    Raises UnreadableImage for a compression that is not read, and what the libraries raise for
    a stream that is broken or of another size than the header says.
    """
    from pydicom.pixels.utils import pixel_array  # noqa: PLC0415

    syntax = dataset.file_meta.TransferSyntaxUID
    if not syntax.is_compressed:
        stated = str(dataset.PhotometricInterpretation).strip()
        kind = colours_of(dataset, index).kind or stated
        return np.asarray(pixel_array(dataset, index=index, photometric_interpretation=kind))
    way = f"is compressed in a way ({_plain(syntax.name)})"
    if syntax in _JPEG_LOSSLESS:
        return _decode_lossless(dataset, index, name, way)
    if syntax in _JPEG and int(dataset.SamplesPerPixel) == _COLOURED:
        return _decode_colour(dataset, index)
    plugin = _find_plugin(syntax)
    if not plugin:
        raise not_read(name, way)
    _require_honest_frame(dataset, index, name)
    return np.asarray(pixel_array(dataset, index=index, decoding_plugin=plugin))


def is_halved(dataset: "Dataset") -> bool:
    """Are its colours 4:2:2, uncompressed: two bytes a pixel? Some writers say so of three."""
    if str(dataset.PhotometricInterpretation).strip() != "YBR_FULL_422":
        return False
    if dataset.file_meta.TransferSyntaxUID.is_compressed:
        return False
    pixels = int(dataset.Rows) * int(dataset.Columns) * int(dataset.get("NumberOfFrames") or 1)
    return len(dataset.PixelData) < pixels * _COLOURED


def colours_of(dataset: "Dataset", index: int) -> Colours:
    """What the three samples of a frame, from 0, really are, whatever the file's tag says."""
    stated = str(dataset.PhotometricInterpretation).strip()
    syntax, samples = dataset.file_meta.TransferSyntaxUID, int(dataset.get("SamplesPerPixel", 1))
    kind = ""
    if samples == _COLOURED and syntax in _JPEG:
        kind = _colours_of_jpeg(dataset, index, stated)
    elif stated == "YBR_FULL_422" and not syntax.is_compressed and not is_halved(dataset):
        kind = _guess_colours(dataset, index)
    if not kind or kind == stated[: len(kind)]:
        return Colours(kind)
    why = "its JPEG stream" if syntax.is_compressed else "its length of 3 bytes a pixel"
    words = "RGB" if kind == "RGB" else "YCbCr"
    return Colours(kind, (f"colours read as {words} by {why}: the tag says {stated[:16]}",))


def not_read(name: str, what: str) -> UnreadableImage:
    """The refusal of a file that may well be sound."""
    return UnreadableImage(
        f"{name} {what} that is not read here; please save it uncompressed or as PNG."
    )


def _colours_of_jpeg(dataset: "Dataset", index: int, stated: str) -> str:
    """Nobody halves the chroma of RGB; then its markers decide (JFIF is YCbCr), then the tag."""
    with _open_frame(dataset, _frame_bytes(dataset, index), "JPEG") as picture:
        layers, facts = picture.layer, picture.info  # type: ignore[attr-defined]
    halved = len({layer[1:3] for layer in layers}) > 1
    marked = facts.get("adobe_transform", "jfif" in facts or stated.startswith("YBR"))
    return "YBR_FULL" if halved or marked else "RGB"


def _decode_colour(dataset: "Dataset", index: int) -> NDArray[np.uint8]:
    """RGB (H, W, 3) of a JPEG frame, whose decoder is told what is in it."""
    kind = "RGB" if colours_of(dataset, index).kind == "RGB" else "YCbCr"
    with _open_frame(dataset, _frame_bytes(dataset, index), "JPEG") as picture:
        if picture.mode != "RGB":
            raise ValueError("two numbers of samples in one file")
        picture.tile = [tile._replace(args=("RGB", kind)) for tile in picture.tile]  # type: ignore[attr-defined]
        return np.asarray(picture)


def _guess_colours(dataset: "Dataset", index: int) -> str:
    """Most of an ultrasound image is grey: where its samples are equal, or its chroma is 128."""
    from pydicom.pixels.utils import pixel_array  # noqa: PLC0415

    kept = pixel_array(dataset, index=index, raw=True, photometric_interpretation="YBR_FULL")
    first, second, third = (kept[..., k].astype(np.int16) for k in range(_COLOURED))
    as_ybr = np.maximum(abs(second - 128), abs(third - 128)) < _NEAR_GREY
    as_rgb = np.maximum(abs(first - second), abs(second - third)) < _NEAR_GREY
    return "RGB" if as_rgb.mean() > as_ybr.mean() else "YBR_FULL"


def _decode_lossless(dataset: "Dataset", index: int, name: str, way: str) -> NDArray[Any]:
    """8 bits a sample: no kind of lossless JPEG changes the colours that were put in."""
    if int(dataset.BitsStored) != 8 or int(dataset.PixelRepresentation) != 0:
        raise not_read(name, f"{way} at {int(dataset.BitsStored)} bits")
    kind = str(dataset.PhotometricInterpretation)
    if kind.startswith("YBR"):
        raise not_read(name, f"{way} in the colours {kind[:16]}")
    with _open_frame(dataset, _frame_bytes(dataset, index), "JPEG") as picture:
        values = np.asarray(picture)
    if values.shape[2:] != ((3,) if int(dataset.SamplesPerPixel) == 3 else ()):
        raise ValueError("two numbers of samples in one file")
    return values


def _require_honest_frame(dataset: "Dataset", index: int, name: str) -> None:
    """Refuse a compressed frame that would decode to more than its header says."""
    syntax = dataset.file_meta.TransferSyntaxUID
    if syntax == _RLE and len(_frame_bytes(dataset, index)) > MAX_RLE_BYTES:
        raise not_read(name, "holds a run-length encoded picture of a size")
    if syntax in _JPEG_LS:
        _require_size_of(dataset, _jpeg_ls_size(_frame_bytes(dataset, index)))
    form = "JPEG" if syntax in _JPEG else "JPEG2000" if syntax in _JPEG_2000 else ""
    if form:
        _open_frame(dataset, _frame_bytes(dataset, index), form).close()


def _open_frame(dataset: "Dataset", frame: bytes, form: str) -> Image.Image:
    """The header of a frame; ValueError where its size is another than the file's."""
    picture = Image.open(io.BytesIO(frame), formats=(form,))
    _require_size_of(dataset, picture.size)
    return picture


def _require_size_of(dataset: "Dataset", size_wh: tuple[int, int]) -> None:
    if size_wh != (int(dataset.Columns), int(dataset.Rows)):
        raise ValueError("two sizes in one file")


def _jpeg_ls_size(frame: bytes) -> tuple[int, int]:
    """Width and height of a JPEG-LS stream, from its SOF55 segment (ISO/IEC 14495-1, C.2.2)."""
    at = 2
    while frame[at : at + 1] == b"\xff" and frame[at + 1 : at + 2] not in (b"", b"\xff"):
        if frame[at + 1] == 0xF7:
            return int.from_bytes(frame[at + 7 : at + 9]), int.from_bytes(frame[at + 5 : at + 7])
        at += 2 + int.from_bytes(frame[at + 2 : at + 4])
    raise ValueError("no size in a JPEG-LS stream")


def _frame_bytes(dataset: "Dataset", index: int) -> bytes:
    from pydicom.encaps import get_frame  # noqa: PLC0415

    frames = int(dataset.get("NumberOfFrames") or 1)
    return bytes(get_frame(dataset.PixelData, index, number_of_frames=frames))


def _find_plugin(syntax: Any) -> str:
    """The first of pydicom's decoders for a syntax that is installed and safe; "" without one."""
    from pydicom.pixels.decoders.base import get_decoder  # noqa: PLC0415

    try:
        known = get_decoder(syntax).available_plugins
    except NotImplementedError:
        return ""
    return next((plugin for plugin in known if plugin != _UNSAFE), "")


def _plain(words: str) -> str:
    """A transfer syntax's registered name; one that is not registered may say anything."""
    return "unknown" if words[:1].isdigit() else words[:60]
