"""What a reader of one file hands over, and what becomes of it at the image's size."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from busdemo.imaging.arrays import Mask

ASPECT_TOLERANCE = 0.02
"""Relative difference of width / height from which a mask is asked whether it is this image's."""


@dataclass(frozen=True)
class Request:
    """What is wanted of a file: the mask(s) of an image of `size_wh` px."""

    size_wh: tuple[int, int]
    image_name: str = ""
    """Which image, where a file holds annotations of many."""
    frame: int | None = None
    """Which slice or frame, from 1; None means the one that shows most lesion."""
    colours: tuple[str, ...] = ()
    """Of a coloured picture, the colours that are lesion ("#00ff00"); empty means all."""
    apart: bool = False
    """Give colours and labels one part each, instead of one for all of them."""
    label: str | None = None
    """Only the mask that was read under this label before, "" the one without; None means all."""


@dataclass(frozen=True, eq=False)
class Part:
    """One mask of a file: all of it, or one label, category, colour or segment."""

    mask: Mask
    """(H, W) bool at the file's own size, or (outlines) at the image's."""
    size_wh: tuple[int, int]
    """The size of the picture that the file was made for."""
    label: str = ""
    """Which of the file's masks it is; empty where there is only one."""
    cut: str = ""
    """Which values are lesion, in words; empty where the file says so itself."""
    soft: bool = False
    """It looks unlike a mask: much of it lies between black and white."""
    notes: tuple[str, ...] = ()
    """What reading did, in a few words each."""
    outlined: bool = False
    """Drawn from outlines, at the image's size whatever `size_wh` says."""
    frame: int = 1
    frames: int = 1
    """Which frame or slice it is, from 1, and how many there are to choose from."""


def resize_mask(mask: Mask, size_wh: tuple[int, int]) -> Mask:
    """The mask at another size: nearest, pixel centres aligned."""
    if mask.shape == size_wh[::-1]:
        return mask
    resized = cv2.resize(mask.astype(np.uint8), size_wh, interpolation=cv2.INTER_NEAREST_EXACT)
    return np.asarray(resized > 0)


def merge_parts(parts: Sequence[Part], size_wh: tuple[int, int], *, invert: bool = False) -> Mask:
    """(H, W) of the image: lesion where any part says so, each first inverted if asked."""
    merged = np.zeros(size_wh[::-1], np.bool_)
    for part in parts:
        merged |= resize_mask(~part.mask if invert else part.mask, size_wh)
    return merged


def looks_inverted(masks: Sequence[Mask]) -> bool:
    """Every mask that shows anything has lesion along its border but not in its middle, or
    lesion along its border and over more than 60 % of its area."""
    shown = [mask for mask in masks if mask.any()]
    return bool(shown) and all(_surrounds(mask) for mask in shown)


def tell_reading(
    parts: Sequence[Part],
    merged: Mask,
    *,
    files: int = 1,
    invert: bool = False,
) -> str:
    """One sentence on how `merged` came from `parts` of so many files; a question in doubt."""
    size_wh = (merged.shape[1], merged.shape[0])
    clauses = [f"{files} files merged"] * (files > 1)
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
        way = "as outlines" if all(part.outlined for part in parts) else "nearest"
        clauses.append(f"resized {old} to {size_wh[0]}x{size_wh[1]}, {way}")
    shown = any((~part.mask if invert else part.mask).any() for part in parts)
    if shown and not merged.any():
        clauses.append("the lesion is too small to be seen at the image's size: the mask is empty")
    elif not merged.any():
        clauses.append("the mask is empty: this image is taken as normal")
    elif merged.all():
        clauses.append("all of it is lesion")
    question = _ask(soft=any(part.soft for part in parts), sizes=sizes, size_wh=size_wh)
    sentence = "; ".join([*clauses, question] if question else clauses)
    sentence = sentence or _tell_plainly(parts)
    return sentence[0].upper() + sentence[1:] + ("" if question else ".")


def _tell_plainly(parts: Sequence[Part]) -> str:
    """Of masks that came as they are."""
    labels = list(dict.fromkeys(part.label for part in parts if part.label))
    if all(part.outlined for part in parts):
        return "its outlines are taken as lesion"
    if len(labels) > 1:
        return f"{' and '.join(labels)} are taken as lesion"
    return f"{labels[0]} is a mask of its own" if labels else "its mask is taken as it is"


def _surrounds(mask: Mask) -> bool:
    height, width = mask.shape
    border = np.concatenate([mask[0], mask[-1], mask[1:-1, 0], mask[1:-1, -1]])
    middle = mask[height // 3 : height - height // 3, width // 3 : width - width // 3]
    return bool(border.mean() > 0.5 and (middle.mean() < 0.5 or mask.mean() > 0.6))


def _ask(*, soft: bool, sizes: Sequence[tuple[int, int]], size_wh: tuple[int, int]) -> str:
    ratios = [(w * size_wh[1]) / (h * size_wh[0]) for w, h in sizes]
    misshapen = any(max(ratio, 1 / ratio) - 1 > ASPECT_TOLERANCE for ratio in ratios)
    doubts = ["many values lie between black and white"] * soft
    doubts += ["its shape differs from the image's"] * misshapen
    whose = "this image's mask" if misshapen else "a mask"
    return f"{' and '.join(doubts)}: is it {whose}?" if doubts else ""
