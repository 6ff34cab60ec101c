"""DICOM segmentations: each segment a mask, of the frame that shows most of it."""

from typing import TYPE_CHECKING, Any

import numpy as np

from busdemo.annotations.labelled import MAX_LABELS, plain_label
from busdemo.annotations.parts import Part, Request
from busdemo.imaging.arrays import Mask
from busdemo.imaging.dicom import (
    SEGMENTATION_CLASSES,
    count_frames,
    load_dataset,
    refusing,
)
from busdemo.imaging.dicom_frames import decode_frame
from busdemo.imaging.refusals import UnreadableImage

if TYPE_CHECKING:
    from pydicom import Dataset

MAX_FRAMES = 500
"""Of one file: each is decoded in search of the one that shows most."""

MAX_TOTAL_PIXELS = 400_000_000
"""Of all frames together."""


def is_dicom_seg(data: bytes) -> bool:
    """Is it a DICOM file that names a segmentation as its class?"""
    head = data[128:2048]
    return head.startswith(b"DICM") and any(uid.encode() in head for uid in SEGMENTATION_CLASSES)


def read_dicom_seg(data: bytes, name: str, request: Request) -> list[Part]:
    """One part for each segment; UnreadableImage with one sentence for a file that is damaged.

    A fractional segmentation is cut at half. Of a segment on several frames, `request.frame`
    counts within the segment; None takes the one that shows most.
    """
    dataset = load_dataset(data, name)
    frames = count_frames(dataset, name)
    if frames > MAX_FRAMES or frames * dataset.Rows * dataset.Columns > MAX_TOTAL_PIXELS:
        raise UnreadableImage(f"{name} holds more than {MAX_FRAMES} frames; please use fewer.")
    with refusing(name):
        labels = _labels(dataset)
        if request.label is not None and request.label not in labels.values():
            raise ValueError("a label it does not have")
        if len(labels) > MAX_LABELS:
            raise UnreadableImage(f"{name} holds more than {MAX_LABELS} segments.")
        numbers = _segment_numbers(dataset, frames)
        return [
            _read_segment(dataset, number, label, (numbers, name, request.frame))
            for number, label in labels.items()
            if request.label in (None, label)
        ]


def _read_segment(
    dataset: "Dataset", number: int, label: str, where: tuple[list[int] | None, str, int | None]
) -> Part:
    numbers, name, wanted = where
    frames = count_frames(dataset, name)
    own = [k for k in range(frames) if numbers is None or numbers[k] == number]
    size_wh = (int(dataset.Columns), int(dataset.Rows))
    if not own:
        return Part(np.zeros(size_wh[::-1], np.bool_), size_wh, label)
    if wanted is not None:
        if not 1 <= wanted <= len(own):
            raise UnreadableImage(f"{name} has frames 1 to {len(own)}; please choose one of them.")
        own_masks = {wanted - 1: _cut(dataset, own[wanted - 1], number, name)}
    else:
        own_masks = {k: _cut(dataset, frame, number, name) for k, frame in enumerate(own)}
    best = max(own_masks, key=lambda k: int(own_masks[k].sum()))
    most = "" if wanted is not None else ", the one with most lesion"
    notes = (f"frame {best + 1} of {len(own)}{most}",) if len(own) > 1 else ()
    mask, frames = own_masks[best], len(own)
    return Part(mask, size_wh, label, notes=notes, frame=best + 1, frames=frames)


def _cut(dataset: "Dataset", frame: int, number: int, name: str) -> Mask:
    values = decode_frame(dataset, frame, name)
    kind = str(dataset.get("SegmentationType", "BINARY"))
    if kind == "LABELMAP":
        return np.asarray(values == number)
    if kind == "FRACTIONAL":
        return np.asarray(2 * values.astype(np.int64) >= int(dataset.MaximumFractionalValue))
    return np.asarray(values > 0)


def _labels(dataset: "Dataset") -> dict[int, str]:
    """Segment numbers and how each is called."""
    found = {
        int(item.SegmentNumber): plain_label(str(item.get("SegmentLabel", "")))
        for item in dataset.SegmentSequence
    }
    doubled = len(set(found.values())) < len(found)
    return {n: f"{label} {n}".strip() if doubled else label for n, label in found.items()}


def _segment_numbers(dataset: "Dataset", frames: int) -> list[int] | None:
    """Which segment each frame belongs to; None where every frame holds all of them."""
    if str(dataset.get("SegmentationType", "BINARY")) == "LABELMAP":
        return None
    shared = _number_in((dataset.get("SharedFunctionalGroupsSequence") or [{}])[0])
    if shared is not None:
        return [shared] * frames
    numbers = [_number_in(item) for item in dataset.PerFrameFunctionalGroupsSequence]
    return [number or 0 for number in numbers[:frames]]


def _number_in(groups: Any) -> int | None:
    found = groups.get("SegmentIdentificationSequence")
    return int(found[0].ReferencedSegmentNumber) if found else None
