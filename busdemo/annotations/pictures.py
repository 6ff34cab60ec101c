"""Masks in picture files: any depth, soft or hard, one colour or one colour for each label."""

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from busdemo.annotations.annotation import Annotation, Provenance
from busdemo.annotations.inspection import tell_percent
from busdemo.annotations.request import MaskFile, Request
from busdemo.imaging.arrays import Mask, require_mask
from busdemo.imaging.decoding import Pixels, Values, composite_on_black, read_pixels
from busdemo.imaging.places import bring, is_same_place
from busdemo.imaging.refusals import UnreadableImage, kind_of

LABELS = 16
"""A file with at most this many values, all in the darker half, is read as a map of labels; a
picture with at most this many colours is read as colour-coded."""

IGNORED, MOST_LABEL, LEAST_LABELLED = 255, 50, 0.02
"""255 beside labels up to `MOST_LABEL` marks what is to be ignored, unless the labels are but
specks: they have at least this share of its pixels."""

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


def read_picture(file: MaskFile, request: Request) -> list[Annotation]:
    """The mask of a picture file, or one for each colour or label unless they are to be merged.

    Colour counts by its strongest channel; where all that can be seen has one colour, by its
    transparency. Lesion is what lies above half of the full range (above 127 at 8 bits), or
    above 0 in a dark file of few values (0 and 1, labels), or above half of the brightest in any
    other dark file.

    Of several frames or pages, the one `request.pick_frame` names, otherwise the one with most
    lesion; pages of a TIFF that mark lesions apart from each other are lesions of one image.

    Raises UnreadableImage for a file that cannot be read or lacks a colour that was asked for.
    """
    data, name = file.data, file.name
    pixels = read_pixels(data, name)
    if pixels.frames > 1:
        frame, note = request.pick_frame(pixels.frames, name)
        if frame is not None:
            pixels = read_pixels(data, name, frame=frame)
            pixels = replace(pixels, notes=(note, *pixels.notes[1:]))
        elif pixels.frames <= MOST_SEARCHED // pixels.values.size:
            return _search(file, pixels, request)
    return split_pixels(_bring(pixels, request), request)


def split_pixels(pixels: Pixels, request: Request) -> list[Annotation]:
    """The same for a picture that is decoded already."""
    pixels, left_out = _leave_ignored_out(pixels)
    found = _split(pixels, request)
    if request.label is not None:
        labels = [one.provenance.label for one in found]
        if pixels.frames == 1 and request.label not in labels:  # other frames may have it
            raise UnreadableImage(
                f"{pixels.name} has no label {request.label!r}; "
                f"its labels: {', '.join(filter(None, labels)) or 'none'}."
            )
        none = _piece(pixels, np.zeros(pixels.values.shape[:2], np.bool_), label=request.label)
        found = [one for one in found if one.provenance.label == request.label] or [none]
    if not left_out:
        return found
    facts = [replace(one.provenance, left_out=left_out) for one in found]
    return [replace(one, provenance=told) for one, told in zip(found, facts, strict=True)]


def _bring(pixels: Pixels, request: Request) -> Pixels:
    """A DICOM picture where it lies in space, on the image's own pixels, where both say where."""
    own, world = pixels.world, request.target.world
    if own is None or world is None or is_same_place(own, world):
        return pixels
    values = bring(pixels.values, own, world, request.size_wh)
    if values is None or not values.any():
        note = "as both headers have it, mask and image lie apart: rows and columns are compared"
        return replace(pixels, notes=(*pixels.notes, note))
    note = "brought to the image's pixels by where both lie in space"
    return replace(
        pixels, values=values, alpha=None, indices=None, notes=(*pixels.notes, note), world=world
    )


def _search(file: MaskFile, first: Pixels, request: Request) -> list[Annotation]:
    """The frame with most lesion, or pages that mark lesions apart from each other as one mask."""
    every = [read_pixels(file.data, file.name, frame=k + 1) for k in range(first.frames)]
    frames = [one for one in every if one.values.shape[:2] == first.values.shape[:2]]
    masks = [_marks(_leave_ignored_out(one)[0]) for one in frames]
    shown = [k for k, mask in enumerate(masks) if mask.any()]
    votes = np.sum(masks, axis=0, dtype=np.int32)
    if kind_of(file.data) == "TIFF" and len(shown) > 1 and int(votes.max()) == 1:
        pages = ", ".join(str(frames[k].frame) for k in shown)
        note = f"pages {pages} of {first.frames} merged, as lesions of one image"
        merged = np.logical_or.reduce([masks[k] for k in shown])
        return [_piece(first, merged, reading=(note, *first.notes[1:]))]
    best = frames[max(range(len(frames)), key=lambda k: np.count_nonzero(masks[k]))]
    note, *others = best.notes
    told = replace(best, notes=(f"{note}, the one with most lesion", *others))
    return split_pixels(told, request)


def _marks(pixels: Pixels) -> Mask:
    values = _strength(pixels)
    return np.asarray(values > _cut(values)[0])


def _leave_ignored_out(pixels: Pixels) -> tuple[Pixels, tuple[str, ...]]:
    """Without what 255 marks beside class labels: "ignore", as Pascal VOC and others have it."""
    codes = pixels.values if pixels.indices is None else pixels.indices
    if codes.dtype == np.float32 or codes.ndim != 2 or int(codes.max()) != IGNORED:
        return pixels, ()
    counts = np.bincount(codes.ravel())
    labels = np.flatnonzero(counts[1:IGNORED]) + 1
    if not 0 < labels.size <= LABELS or labels[-1] > MOST_LABEL:
        return pixels, ()
    if counts[labels].sum() < LEAST_LABELLED * counts[IGNORED]:
        return pixels, ()
    values: Values = np.where(codes == IGNORED, 0, codes).astype(np.uint8)
    note = f"value {IGNORED} beside labels taken as “ignore” and left out ({counts[IGNORED]:,} px)"
    return replace(pixels, values=values, alpha=None, indices=None), (note,)


def _piece(pixels: Pixels, mask: Mask, **facts: Any) -> Annotation:
    """One mask of a picture, with what its reading did."""
    told = Provenance(
        drawn_on_wh=(pixels.values.shape[1], pixels.values.shape[0]),
        frame=pixels.frame,
        frames=pixels.frames,
        reading=pixels.notes,
    )
    return Annotation("", "person", mask, replace(told, **facts))


def _remark_values(values: Values) -> tuple[str, ...]:
    """A sentence on grey values other than black and white, if there are any."""
    full = 1.0 if values.dtype == np.float32 else 2.0 ** (8 * values.itemsize) - 1
    between = np.count_nonzero((values != 0) & (values != full)) / values.size
    if not between:
        return ()
    kinds = np.unique(values).size
    share = tell_percent(between)
    return (f"{share} of its values are neither 0 nor {full:g} ({kinds:,} in all).",)


def _split(pixels: Pixels, request: Request) -> list[Annotation]:
    apart, labelled = not request.options.merge and request.label != "", bool(request.label)
    colours = _count_colours(pixels) if apart or request.options.colours else ()
    if request.options.colours:
        return [_pick_colours(pixels, colours, request.options.colours)]
    if len(colours) > 1 or (colours and labelled):
        return [_piece(pixels, _is_colour(pixels, one), label=one.words) for one in colours]
    values = _strength(pixels)
    above, words, soft = _cut(values)
    if apart and words == "values above 0":
        labels = np.unique(values[values > 0])
        if (labels.size > 1 or labelled) and bool((labels == np.rint(labels)).all()):
            return [_piece(pixels, values == n, label=f"label {n:g}") for n in labels]
    counted = (words,) if words else ()
    remarks = () if words == "values above 0" else _remark_values(pixels.values)
    return [_piece(pixels, values > above, counted=counted, soft=soft, remarks=remarks)]


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


def _pick_colours(pixels: Pixels, found: tuple[Colour, ...], wanted: tuple[str, ...]) -> Annotation:
    known = {colour.code: colour for colour in found}
    chosen = [known[code.lower()] for code in wanted if code.lower() in known]
    if len(chosen) < len(wanted):
        raise UnreadableImage(
            f"{pixels.name} does not hold every colour that was asked for; "
            f"it holds {', '.join(known) or 'none to choose from'}."
        )
    masks = [_is_colour(pixels, colour) for colour in chosen]
    words = " and ".join(colour.words for colour in chosen)
    notes = (*pixels.notes, f"{words} taken as lesion")
    return _piece(pixels, np.logical_or.reduce(masks), label=words, reading=notes)


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
        return 0.0, "values above 0", False
    if brightest <= half and full > 1:
        full, half = brightest, brightest / 2
    between = np.count_nonzero((values > full / 8) & (values < full * 7 / 8))
    return half, f"values above {half:g}", bool(between / values.size > SOFT_SHARE)


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
