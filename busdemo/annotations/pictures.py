"""Masks in picture files: any depth, soft or hard, one colour or one colour for each label."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from busdemo.annotations.parts import Part, Request
from busdemo.imaging.arrays import Mask, require_mask
from busdemo.imaging.decoding import Pixels, Values, composite_on_black, read_pixels
from busdemo.imaging.refusals import UnreadableImage

LABELS = 16
"""A file with at most this many values, all in the darker half, is read as a map of labels; a
picture with at most this many colours is read as colour-coded."""

SOFT_SHARE = 0.25
"""Share of pixels between black and white from which a file is asked whether it is a mask."""

MOST_SEARCHED = 100_000_000
"""Values of all frames together that are decoded in search of the one with most lesion."""

_HUES = [
    "red",
    "orange",
    "yellow",
    "green",
    "green",
    "cyan",
    "cyan",
    "blue",
    "blue",
    "purple",
    "pink",
    "red",
]


@dataclass(frozen=True)
class Colour:
    """A colour of a picture, not black: `code` as "#rrggbb", how it is called, how often it is."""

    code: str
    words: str
    pixels: int


def read_picture(data: bytes, name: str, request: Request) -> list[Part]:
    """The mask of a picture file, or one for each colour or label if they are asked apart.

    Colour counts by its strongest channel; where all that can be seen has one colour, by its
    transparency. Lesion is what lies above half of the full range (above 127 at 8 bits), or
    above 0 in a dark file of few values (0 and 1, labels), or above half of the brightest in any
    other dark file.

    Of a DICOM image's frames, the one that shows most lesion unless `request.frame` says which.

    Raises UnreadableImage for a file that cannot be read or lacks a colour that was asked for.
    """
    pixels = read_pixels(data, name, frame=request.frame)
    if request.frame is None and 1 < pixels.frames <= MOST_SEARCHED // pixels.values.size:
        pixels = _find_fullest(data, name, pixels.frames)
    return split_pixels(pixels, request)


def split_pixels(pixels: Pixels, request: Request) -> list[Part]:
    """The same for a picture that is decoded already."""
    parts = _split(pixels, request)
    if request.label is not None:
        size_wh = (pixels.values.shape[1], pixels.values.shape[0])
        empty = np.zeros(size_wh[::-1], np.bool_)
        none = Part(empty, size_wh, request.label, notes=pixels.notes)
        parts = [part for part in parts if part.label == request.label] or [none]
    return [replace(part, frame=pixels.frame, frames=pixels.frames) for part in parts]


def _find_fullest(data: bytes, name: str, frames: int) -> Pixels:
    """The frame with most lesion, which its first note says."""

    def count_lesion(pixels: Pixels) -> int:
        values = _strength(pixels)
        return int(np.count_nonzero(values > _cut(values)[0]))

    found = max((read_pixels(data, name, frame=k + 1) for k in range(frames)), key=count_lesion)
    first, *others = found.notes
    return replace(found, notes=(f"{first}, the one with most lesion", *others))


def _split(pixels: Pixels, request: Request) -> list[Part]:
    apart, labelled = request.apart and request.label != "", bool(request.label)
    size_wh = (pixels.values.shape[1], pixels.values.shape[0])
    colours = _count_colours(pixels) if apart or request.colours else ()
    if request.colours:
        return [_pick_colours(pixels, colours, request.colours)]
    if len(colours) > 1 or (colours and labelled):
        return [
            Part(_is_colour(pixels, colour), size_wh, colour.words, notes=pixels.notes)
            for colour in colours
        ]
    values = _strength(pixels)
    above, words, soft = _cut(values)
    if apart and words == "above 0":
        labels = np.unique(values[values > 0])
        if (labels.size > 1 or labelled) and bool((labels == np.rint(labels)).all()):
            return [Part(values == n, size_wh, f"label {n:g}", notes=pixels.notes) for n in labels]
    return [Part(values > above, size_wh, cut=words, soft=soft, notes=pixels.notes)]


def find_colours(data: bytes, name: str) -> tuple[Colour, ...]:
    """The colours of a colour-coded picture, the most frequent first; empty for any other.

    Black, transparent and, where there are others, white are no colours of a label.
    Raises UnreadableImage as `read_pixels` does.
    """
    return _count_colours(read_pixels(data, name))


def write_mask_png(mask: Mask) -> bytes:
    """An 8-bit grey PNG of a (H, W) bool mask: 255 lesion, 0 elsewhere.

    Raises TypeError or ValueError if it is no such mask.
    """
    require_mask(mask)
    done, png = cv2.imencode(".png", mask.astype(np.uint8) * np.uint8(255))
    if not done:
        raise ValueError(f"A mask of shape {mask.shape} cannot be written as PNG.")
    return png.tobytes()


def _count_colours(pixels: Pixels) -> tuple[Colour, ...]:
    codes = _codes(pixels)
    if codes is None:
        return ()
    present, counts = np.unique(codes, return_counts=True)
    if present.size > LABELS + 1 or not _is_coloured(present):
        return ()
    kept = [(int(n), int(code)) for code, n in zip(present, counts, strict=True) if code]
    return tuple(Colour(f"#{code:06x}", _name_colour(code), n) for n, code in sorted(kept)[::-1])


def _codes(pixels: Pixels) -> NDArray[np.int32] | None:
    """(H, W): red, green and blue as one number, transparent as 0; None unless 8-bit colour."""
    if pixels.values.dtype != np.uint8 or pixels.values.ndim != 3:
        return None
    values = pixels.values.astype(np.int32)
    codes = (values[..., 0] << 16) | (values[..., 1] << 8) | values[..., 2]
    if pixels.alpha is not None:
        codes[pixels.alpha < 128] = 0
    return codes


def _is_coloured(codes: NDArray[np.int32]) -> bool:
    return bool(((codes >> 16 != (codes >> 8 & 255)) | (codes >> 16 != (codes & 255))).any())


def _is_colour(pixels: Pixels, colour: Colour) -> Mask:
    codes = _codes(pixels)
    return np.asarray(codes == int(colour.code[1:], 16))


def _pick_colours(pixels: Pixels, found: tuple[Colour, ...], wanted: tuple[str, ...]) -> Part:
    known = {colour.code: colour for colour in found}
    chosen = [known[code.lower()] for code in wanted if code.lower() in known]
    if len(chosen) < len(wanted):
        raise UnreadableImage(
            f"{pixels.name} does not hold every colour that was asked for; "
            f"it holds {', '.join(known) or 'none to choose from'}."
        )
    masks = [_is_colour(pixels, colour) for colour in chosen]
    words = " and ".join(colour.words for colour in chosen)
    size_wh = (pixels.values.shape[1], pixels.values.shape[0])
    notes = (*pixels.notes, f"{words} taken as lesion")
    return Part(np.logical_or.reduce(masks), size_wh, words, notes=notes)


def _name_colour(code: int) -> str:
    """How a person calls a colour, with its code: "red #ff0000"."""
    rgb = np.array([[[code >> 16, code >> 8 & 255, code & 255]]], np.uint8)
    hue, saturation, value = (int(v) for v in cv2.cvtColor(rgb, cv2.COLOR_RGB2HSV)[0, 0])
    grey = "white" if value > 220 else "grey"
    word = grey if saturation < 40 else _HUES[round(hue / 15) % 12]
    return f"{word} #{code:06x}"


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
