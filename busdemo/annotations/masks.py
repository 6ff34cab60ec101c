"""Masks as people keep them in picture files: any depth, coloured, soft, scattered over files."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from busdemo.imaging.arrays import Mask, require_mask
from busdemo.imaging.decoding import Pixels, Values, composite_on_black, read_pixels

LABELS = 16
"""A file with at most this many values, all in the darker half, is read as a map of labels."""

ASPECT_TOLERANCE = 0.02
"""Relative difference of width / height from which a mask is asked whether it is this image's."""

SOFT_SHARE = 0.25
"""Share of pixels between black and white from which a file is asked whether it is a mask."""


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


@dataclass(frozen=True, eq=False)
class _Part:
    mask: Mask
    size_wh: tuple[int, int]
    cut: str
    soft: bool
    notes: tuple[str, ...]
    sha256: str


def read_mask(
    files: Sequence[tuple[str, bytes]], size_wh: tuple[int, int], *, invert: bool = False
) -> MaskReading:
    """Read one mask from one or several (name, bytes) of an image of `size_wh` pixels.

    Colour counts by its strongest channel; where all that can be seen has one colour, by its
    transparency. Lesion is what lies above half of the full range (above 127 at 8 bits), or
    above 0 in a dark file of few values (0 and 1, labels), or above half of the brightest in any
    other dark file. Files are merged (a pixel is lesion if any says so), each first inverted if
    asked, and resized (nearest, pixel centres aligned) where its size differs.

    Raises UnreadableImage for a file that cannot be read, ValueError if there is none.
    """
    if not files:
        raise ValueError("A mask needs at least one file.")
    parts = [_read_part(data, name) for name, data in files]
    masks = [~part.mask if invert else part.mask for part in parts]
    merged = np.zeros(size_wh[::-1], np.bool_)
    for mask in masks:
        merged |= _resize(mask, size_wh)
    vanished = not merged.any() and any(mask.any() for mask in masks)
    return MaskReading(
        mask=merged,
        sentence=_tell(parts, merged, size_wh, invert=invert, vanished=vanished),
        looks_inverted=_looks_inverted(masks),
        sha256=tuple(part.sha256 for part in parts),
    )


def write_mask_png(mask: Mask) -> bytes:
    """An 8-bit grey PNG of a (H, W) bool mask: 255 lesion, 0 elsewhere.

    Raises TypeError or ValueError if it is no such mask.
    """
    require_mask(mask)
    done, png = cv2.imencode(".png", mask.astype(np.uint8) * np.uint8(255))
    if not done:
        raise ValueError(f"A mask of shape {mask.shape} cannot be written as PNG.")
    return png.tobytes()


def _read_part(data: bytes, name: str) -> _Part:
    pixels = read_pixels(data, name)
    values = _strength(pixels)
    above, words, soft = _cut(values)
    height, width = values.shape
    return _Part(values > above, (width, height), words, soft, pixels.notes, pixels.sha256)


def _strength(pixels: Pixels) -> Values:
    """(H, W): one number a pixel, in the file's own type, that says how much lesion it shows."""
    values, alpha = pixels.values, pixels.alpha
    if alpha is not None:
        visible = values[alpha > 0]
        if not visible.size or bool((visible == visible[0]).all()):
            return alpha
        values = composite_on_black(pixels)
    if values.ndim == 2:
        return values
    red, green, blue = cv2.split(values)
    strongest: Values = cv2.max(cv2.max(red, green), blue)
    return strongest


def _cut(values: Values) -> tuple[float, str, bool]:
    """The value above which a pixel is lesion, in words, and whether it looks unlike a mask."""
    brightest, full = float(values.max()), _full_range(values)
    half = full / 2 if full == 1 else float(full // 2)
    if brightest <= 0:
        return 0.0, "", False
    if brightest <= half and _count_values(values) <= LABELS:
        return 0.0, "above 0", False
    if brightest <= half and full > 1:
        full, half = brightest, brightest / 2
    between = np.count_nonzero((values > full / 8) & (values < full * 7 / 8))
    return half, f"above {half:g}", bool(between / values.size > SOFT_SHARE)


def _full_range(values: Values) -> float:
    if values.dtype != np.float32:
        return 255.0 if values.dtype == np.uint8 else 65535.0
    brightest = float(values.max())
    return next((top for top in (1.0, 255.0, 65535.0) if brightest <= top), brightest)


def _count_values(values: Values) -> int:
    if values.dtype == np.float32:
        return int(np.unique(values).size)
    seen: NDArray[np.bool_] = np.zeros(int(values.max()) + 1, np.bool_)
    seen[values] = True
    return int(np.count_nonzero(seen))


def _resize(mask: Mask, size_wh: tuple[int, int]) -> Mask:
    if mask.shape == size_wh[::-1]:
        return mask
    resized = cv2.resize(mask.astype(np.uint8), size_wh, interpolation=cv2.INTER_NEAREST_EXACT)
    return np.asarray(resized > 0)


def _looks_inverted(masks: Sequence[Mask]) -> bool:
    """Every file that shows anything has lesion along its border but not in its middle, or
    lesion along its border and over more than 60 % of its area."""
    shown = [mask for mask in masks if mask.any()]
    return bool(shown) and all(_surrounds(mask) for mask in shown)


def _surrounds(mask: Mask) -> bool:
    height, width = mask.shape
    border = np.concatenate([mask[0], mask[-1], mask[1:-1, 0], mask[1:-1, -1]])
    middle = mask[height // 3 : height - height // 3, width // 3 : width - width // 3]
    return bool(border.mean() > 0.5 and (middle.mean() < 0.5 or mask.mean() > 0.6))


def _tell(
    parts: Sequence[_Part], merged: Mask, size_wh: tuple[int, int], *, invert: bool, vanished: bool
) -> str:
    clauses = [f"{len(parts)} files merged"] if len(parts) > 1 else []
    clauses += dict.fromkeys(note for part in parts for note in part.notes)
    cuts = list(dict.fromkeys(part.cut for part in parts if part.cut))
    if cuts:
        by_file = ", by file" if len(cuts) > 1 else ""
        clauses.append(f"values {' or '.join(cuts)} taken as lesion{by_file}")
    if invert:
        clauses.append("inverted as asked")
    sizes = [wh for wh in dict.fromkeys(part.size_wh for part in parts) if wh != size_wh]
    if sizes:
        old = " and ".join(f"{w}x{h}" for w, h in sizes)
        clauses.append(f"resized {old} to {size_wh[0]}x{size_wh[1]}, nearest")
    if vanished:
        clauses.append("the lesion is too small to be seen at the image's size: the mask is empty")
    elif not merged.any():
        clauses.append("the mask is empty: this image is taken as normal")
    elif merged.all():
        clauses.append("all of it is lesion")
    question = _ask(soft=any(part.soft for part in parts), sizes=sizes, size_wh=size_wh)
    sentence = "; ".join([*clauses, question] if question else clauses)
    return sentence[0].upper() + sentence[1:] + ("" if question else ".")


def _ask(*, soft: bool, sizes: Sequence[tuple[int, int]], size_wh: tuple[int, int]) -> str:
    ratios = [(w * size_wh[1]) / (h * size_wh[0]) for w, h in sizes]
    misshapen = any(max(ratio, 1 / ratio) - 1 > ASPECT_TOLERANCE for ratio in ratios)
    doubts = ["many values lie between black and white"] * soft
    doubts += ["its shape differs from the image's"] * misshapen
    whose = "this image's mask" if misshapen else "a mask"
    return f"{' and '.join(doubts)}: is it {whose}?" if doubts else ""
