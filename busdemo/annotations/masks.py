"""One mask from one or several files of any format, merged at the image's own size."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from busdemo.annotations.parts import Request, looks_inverted, merge_parts, tell_reading
from busdemo.annotations.pictures import write_mask_png
from busdemo.annotations.registry import read_parts
from busdemo.imaging.arrays import Mask

__all__ = ["MaskReading", "read_mask", "write_mask_png"]


@dataclass(frozen=True, eq=False)
class MaskReading:
    """A mask at the image's own size, and one sentence on how it came to be."""

    mask: Mask
    """(H, W) bool, True = lesion."""
    sentence: str
    looks_inverted: bool
    """The lesion seems to be the background: worth offering `invert`, never done unasked."""
    sha256: tuple[str, ...]
    """Of each file's bytes, in the order given."""


def read_mask(
    files: Sequence[tuple[str, bytes]],
    size_wh: tuple[int, int],
    *,
    invert: bool = False,
    image_name: str = "",
) -> MaskReading:
    """Read one mask from one or several (name, bytes) of an image of `size_wh` pixels.

    What a format takes as lesion stands at its reader. Files are merged (a pixel is lesion if any
    says so), each first inverted if asked, and resized (nearest, pixel centres aligned) where
    its size differs. `image_name` picks the image in a file that holds annotations of many.

    Raises UnreadableImage for a file that cannot be read, ValueError if there is none.
    """
    if not files:
        raise ValueError("A mask needs at least one file.")
    request = Request(size_wh, image_name)
    parts = [part for name, data in files for part in read_parts(data, name, request)]
    merged = merge_parts(parts, size_wh, invert=invert)
    masks = [~part.mask if invert else part.mask for part in parts]
    return MaskReading(
        mask=merged,
        sentence=tell_reading(parts, merged, files=len(files), invert=invert),
        looks_inverted=looks_inverted(masks),
        sha256=tuple(hashlib.sha256(data).hexdigest() for _, data in files),
    )
