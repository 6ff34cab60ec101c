"""What is no image for us, and the one sentence a visitor gets instead."""

FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WEBP")
MAX_BYTES = 20 * 2**20
MAX_PIXELS = 40_000_000
MIN_SIDE_PX = 16

_USE = "please use a PNG, JPEG, BMP, TIFF or WebP image"
_FOREIGN = (
    (0, b"GIF8", "a GIF"),
    (128, b"DICM", "a DICOM file"),
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


def plain_name(name: str) -> str:
    """The last part of a path, printable characters only, at most 60 of them."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(c for c in last if c.isprintable()).strip()
    return (kept if len(kept) <= 60 else f"{kept[:40]}…{kept[-19:]}") or "The file"


def require_known_kind(data: bytes, name: str) -> None:
    """Raise UnreadableImage for a file that is empty, too large or of a kind not read here.

    `name` is how the sentence calls the file, from `plain_name`.
    """
    if not data:
        raise UnreadableImage(f"{name} is empty (0 bytes); {_USE}.")
    if len(data) > MAX_BYTES:
        raise UnreadableImage(
            f"{name} is {len(data) / 2**20:.1f} MB, more than the {MAX_BYTES // 2**20} MB that are "
            "read; please save a smaller version and upload that."
        )
    if kind_of(data) is not None:
        return
    for start, signature, kind in _FOREIGN:
        if data.startswith(signature, start):
            raise UnreadableImage(f"{name} is {kind}, which is not read here; {_USE}.")
    raise UnreadableImage(f"{name} is not an image; {_USE}.")


def kind_of(data: bytes) -> str | None:
    """Which of `FORMATS` a file's first bytes announce; None for any other."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "TIFF"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    # "BM" alone also begins texts: the size of the second header must be one of the known ones.
    known_header = data[15:18] == b"\0\0\0" and data[14] in (12, 16, 40, 52, 56, 64, 108, 124)
    return "BMP" if data.startswith(b"BM") and known_header else None


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
