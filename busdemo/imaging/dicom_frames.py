"""One frame of a DICOM file's pixels, decoded by libraries that stand hostile streams.

JPEG in all its kinds goes to Pillow, whose libjpeg-turbo also reads the lossless kind at 8 bits.
GDCM is never asked, even where it is installed: broken streams end the process
(docs/decisions/0030-lossless-jpeg-by-pillow.md).
"""

import io
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


def decode_frame(dataset: "Dataset", index: int, name: str) -> NDArray[Any]:
    """Stored values (H, W) or RGB (H, W, 3), (u)int8 to (u)int32, of the frame `index`, from 0.

    Raises UnreadableImage for a compression that is not read, and what the libraries raise for
    a stream that is broken or of another size than the header says.
    """
    from pydicom.pixels.utils import pixel_array  # noqa: PLC0415

    syntax = dataset.file_meta.TransferSyntaxUID
    if not syntax.is_compressed:
        return np.asarray(pixel_array(dataset, index=index))
    way = f"is compressed in a way ({_plain(syntax.name)})"
    if syntax in _JPEG_LOSSLESS:
        return _decode_lossless(dataset, index, name, way)
    plugin = _find_plugin(syntax)
    if not plugin:
        raise not_read(name, way)
    _require_honest_frame(dataset, index, name)
    return np.asarray(pixel_array(dataset, index=index, decoding_plugin=plugin))


def not_read(name: str, what: str) -> UnreadableImage:
    """The refusal of a file that may well be sound."""
    return UnreadableImage(
        f"{name} {what} that is not read here; please save it uncompressed or as PNG."
    )


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
