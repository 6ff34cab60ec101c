"""What is no image for us, and the one sentence a visitor gets instead."""

import re
import zlib
from dataclasses import dataclass

FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WEBP", "GIF", "AVIF")
MAX_BYTES = 20 * 2**20
MAX_PIXELS = 40_000_000
MIN_SIDE_PX = 16
MAX_VOLUME_BYTES = 256 * 2**20
"""Of a volume, decompressed."""

_BMP_HEADERS = (12, 16, 40, 52, 56, 64, 108, 124)
_USE = "please use a PNG, JPEG, BMP, TIFF, WebP, GIF, AVIF, DICOM, NIfTI, NRRD or MetaImage file"
_SAVE = "please save the frame you need as a picture"
_VIDEO = ("a video", _SAVE)
_FOREIGN = (
    (0, b"\x00\x00\x00\x0cjP", "a JPEG 2000 picture", _USE),
    (0, b"\xff\x4f\xff\x51", "a JPEG 2000 picture", _USE),
    (0, b"%PDF", "a PDF", _USE),
    (0, b"8BPS", "a Photoshop file", _USE),
    (0, b"MATLAB ", "a MATLAB file", "please save the mask in it: imwrite(mask, 'mask.png')"),
    (0, b"\x89HDF", "an HDF5 or MATLAB file", "please save the array you need as .npy or PNG"),
    (8, b"AVI ", *_VIDEO),
    (4, b"ftyp", *_VIDEO),
    (4, b"moov", *_VIDEO),
    (4, b"mdat", *_VIDEO),
    (0, b"\x1a\x45\xdf\xa3", *_VIDEO),
    (0, b"\x00\x00\x01\xba", *_VIDEO),
    (0, b"\x00\x00\x01\xb3", *_VIDEO),
    (0, b"FLV\x01", *_VIDEO),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", *_VIDEO),
    (0, b"PK\x03\x04", "a ZIP archive or an office document", _USE),
    (0, b"\x1f\x8b", "a gzip archive", _USE),
)
_HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


@dataclass(frozen=True)
class Wanted:
    """What a file should have been, and what to do about it, for a sentence."""

    noun: str
    way_out: str


IMAGE = Wanted("an image", _USE)


class UnreadableImage(ValueError):
    """A file that is refused; the message is one sentence for a visitor, without any path."""


class MissingLibrary(UnreadableImage):
    """A file whose reader is not installed; the message says what to install, and the way out."""

    def __init__(self, name: str, kind: str, extra: str) -> None:
        super().__init__(
            f"{name} is {kind}, and what reads those is not installed here; please save it as PNG "
            f"or JPEG, or install that: pip install 'busdemo[{extra}]'."
        )


def plain_name(name: str) -> str:
    """The last part of a path, printable characters only, at most 60 of them."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(c for c in last if c.isprintable()).strip()
    return (kept if len(kept) <= 60 else f"{kept[:40]}…{kept[-19:]}") or "The file"


def require_bounded(data: bytes, name: str, wanted: Wanted = IMAGE) -> None:
    """Raise UnreadableImage for a file that is empty or too large.

    `name` is how the sentence calls the file, from `plain_name`.
    """
    if not data:
        raise UnreadableImage(f"{name} is empty (0 bytes); {wanted.way_out}.")
    if len(data) > MAX_BYTES:
        raise UnreadableImage(
            f"{name} is {len(data) / 2**20:.1f} MB, more than the {MAX_BYTES // 2**20} MB that are "
            "read; please save a smaller version and upload that."
        )


def require_known_kind(data: bytes, name: str, wanted: Wanted = IMAGE) -> None:
    """Raise UnreadableImage for a file that is empty, too large or of a kind not read here."""
    require_bounded(data, name, wanted)
    if kind_of(data) is not None:
        return
    for start, signature, kind, way_out in _FOREIGN:
        if data.startswith(signature, start):
            told = wanted.way_out if way_out == _USE else way_out
            raise UnreadableImage(f"{name} is {kind}, which is not read here; {told}.")
    raise UnreadableImage(f"{name} is not {wanted.noun}; {wanted.way_out}.")


def too_many_pixels(name: str) -> str:
    """The sentence for a picture of more than `MAX_PIXELS`."""
    return (
        f"{name} has more than {MAX_PIXELS // 10**6} million pixels; "
        "please save a smaller version and upload that."
    )


def require_size(size_wh: tuple[int, int], name: str, least_side_px: int = MIN_SIDE_PX) -> None:
    """Raise UnreadableImage for a size (told by a header) that is too large or too small."""
    width, height = size_wh
    if width * height > MAX_PIXELS:
        raise UnreadableImage(too_many_pixels(name))
    if min(width, height) < least_side_px:
        raise UnreadableImage(
            f"{name} is {width}x{height} px, which is too small; please upload one of at "
            f"least {least_side_px} px on each side."
        )


def kind_of(data: bytes) -> str | None:
    """Which of `FORMATS`, HEIC, DICOM or a volume a file's first bytes announce; None: another."""
    # "BM" alone also begins texts: the size of the second header must be one of the known ones.
    known_header = data[15:18] == b"\0\0\0" and data[14:15] and data[14] in _BMP_HEADERS
    announced = {
        "DICOM": data[128:132] == b"DICM" or _is_bare_dicom(data),
        "PNG": data.startswith(b"\x89PNG\r\n\x1a\n"),
        "JPEG": data.startswith(b"\xff\xd8\xff"),
        "TIFF": data[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
        "WEBP": data.startswith(b"RIFF") and data[8:12] == b"WEBP",
        "BMP": data.startswith(b"BM") and known_header,
        "GIF": data.startswith((b"GIF87a", b"GIF89a")),
        "AVIF": data[4:8] == b"ftyp" and data[8:12] in (b"avif", b"avis"),
        "HEIC": data[4:8] == b"ftyp" and data[8:12] in _HEIC,
        "NIFTI": _is_nifti(data),
        "NRRD": re.match(rb"NRRD000[1-5]\r?\n", data) is not None,
        "METAIMAGE": re.match(rb"\s*(ObjectType|NDims)\s*=\s*\w", data[:64]) is not None,
        "NPY": data.startswith(b"\x93NUMPY"),
        "NPZ": data.startswith(b"PK\x03\x04") and b".npy" in data[30:400],
    }
    return next((kind for kind, is_so in announced.items() if is_so), None)


def _is_bare_dicom(data: bytes) -> bool:
    """A file that begins with its first element, of group 2 or 8, without a preamble."""
    group, element = data[:2], int.from_bytes(data[2:4], "little")
    length = data[6:8] if data[4:6].isalpha() else data[4:8]
    plausible = element <= 0x20 and int.from_bytes(length, "little") <= 64
    return group in (b"\x02\0", b"\x08\0") and plausible and b"\xe0\x7f\x10\0" in data


def _is_nifti(data: bytes) -> bool:
    """A NIfTI-1 or NIfTI-2 file of one piece, plain or in gzip."""
    head = data[:348]
    if data.startswith(b"\x1f\x8b"):
        try:
            head = zlib.decompressobj(wbits=31).decompress(data[:4096], 348)
        except zlib.error:
            return False
    return head[344:348] == b"n+1\0" or head[4:12] == b"n+2\0\r\n\x1a\n"


def describe_damage(data: bytes, name: str, error: Exception) -> str:
    """The sentence for a file of a known kind that a library failed to decode with `error`."""
    kind = kind_of(data)
    cut = "truncat" in str(error).lower() or {
        "PNG": b"IEND" not in data,
        "JPEG": b"\xff\xd9" not in data,
        "WEBP": int.from_bytes(data[4:8], "little") + 8 > len(data),
        "BMP": int.from_bytes(data[2:6], "little") > len(data),
        "TIFF": int.from_bytes(data[4:8], "little" if data[:1] == b"I" else "big") > len(data),
    }.get(kind or "", False)
    if cut:
        return f"{name} ends too early, as if its copy was cut short; please upload it again."
    if kind == "TIFF":
        return (
            f"{name} is damaged or a kind of TIFF that is not read here; "
            "please save it as 8- or 16-bit grey or RGB and upload that."
        )
    return f"{name} is damaged and cannot be read; please save it again and upload that copy."
