"""What is no image for us, and the one sentence a visitor gets instead."""

import zlib

FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WEBP")
MAX_BYTES = 20 * 2**20
MAX_PIXELS = 40_000_000
MIN_SIDE_PX = 16
MAX_VOLUME_BYTES = 256 * 2**20
"""Of a NIfTI file, decompressed."""

_BMP_HEADERS = (12, 16, 40, 52, 56, 64, 108, 124)
_USE = "please use a PNG, JPEG, BMP, TIFF, WebP, DICOM or NIfTI image"
_FOREIGN = (
    (0, b"GIF8", "a GIF"),
    (4, b"ftyp", "a HEIC or AVIF picture or a video"),
    (0, b"\x00\x00\x00\x0cjP", "a JPEG 2000 picture"),
    (0, b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (0, b"%PDF", "a PDF"),
    (0, b"8BPS", "a Photoshop file"),
    (0, b"PK\x03\x04", "a ZIP archive or an office document"),
    (0, b"\x1f\x8b", "a gzip archive"),
)


class UnreadableImage(ValueError):
    """A file that is refused; the message is one sentence for a visitor, without any path."""


class MissingLibrary(UnreadableImage):
    """A file whose reader or writer is not installed; the message says what to install."""

    def __init__(self, name: str, kind: str) -> None:
        super().__init__(
            f"{name} is {kind}, and what reads and writes those is not installed here; "
            "please install it: pip install 'busdemo[medical]'."
        )


def plain_name(name: str) -> str:
    """The last part of a path, printable characters only, at most 60 of them."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(c for c in last if c.isprintable()).strip()
    return (kept if len(kept) <= 60 else f"{kept[:40]}…{kept[-19:]}") or "The file"


def require_bounded(data: bytes, name: str) -> None:
    """Raise UnreadableImage for a file that is empty or too large.

    `name` is how the sentence calls the file, from `plain_name`.
    """
    if not data:
        raise UnreadableImage(f"{name} is empty (0 bytes); {_USE}.")
    if len(data) > MAX_BYTES:
        raise UnreadableImage(
            f"{name} is {len(data) / 2**20:.1f} MB, more than the {MAX_BYTES // 2**20} MB that are "
            "read; please save a smaller version and upload that."
        )


def require_known_kind(data: bytes, name: str) -> None:
    """Raise UnreadableImage for a file that is empty, too large or of a kind not read here."""
    require_bounded(data, name)
    if kind_of(data) is not None:
        return
    for start, signature, kind in _FOREIGN:
        if data.startswith(signature, start):
            raise UnreadableImage(f"{name} is {kind}, which is not read here; {_USE}.")
    raise UnreadableImage(f"{name} is not an image; {_USE}.")


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
            f"{name} is {width}x{height} px, which is too small; please upload an image of at "
            f"least {least_side_px} px on each side."
        )


def kind_of(data: bytes) -> str | None:
    """Which of `FORMATS`, DICOM or NIFTI a file's first bytes announce; None for any other."""
    # "BM" alone also begins texts: the size of the second header must be one of the known ones.
    known_header = data[15:18] == b"\0\0\0" and data[14:15] and data[14] in _BMP_HEADERS
    announced = {
        "DICOM": data[128:132] == b"DICM",
        "PNG": data.startswith(b"\x89PNG\r\n\x1a\n"),
        "JPEG": data.startswith(b"\xff\xd8\xff"),
        "TIFF": data[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
        "WEBP": data.startswith(b"RIFF") and data[8:12] == b"WEBP",
        "BMP": data.startswith(b"BM") and known_header,
        "NIFTI": _is_nifti(data),
    }
    return next((kind for kind, is_so in announced.items() if is_so), None)


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
