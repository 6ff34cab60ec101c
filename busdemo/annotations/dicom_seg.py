"""DICOM segmentations: each segment a mask, of the frame that shows most of it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from busdemo.annotations.annotation import Annotation, Provenance
from busdemo.annotations.labelled import MAX_LABELS, plain_label
from busdemo.annotations.request import MaskFile, Request
from busdemo.imaging.arrays import Mask
from busdemo.imaging.dicom import (
    SEGMENTATION_CLASSES,
    count_frames,
    load_dataset,
    refusing,
)
from busdemo.imaging.dicom_frames import decode_frame
from busdemo.imaging.pixels import World
from busdemo.imaging.places import bring, distance_mm, find_world, is_same_place
from busdemo.imaging.refusals import UnreadableImage, kind_of

if TYPE_CHECKING:
    from pydicom import Dataset

MAX_FRAMES = 500
"""Of one file: each is decoded in search of the one that shows most."""

MAX_TOTAL_PIXELS = 400_000_000
"""Of all frames together."""


def is_dicom_seg(data: bytes) -> bool:
    """Is it a DICOM file that names a segmentation as its class?"""
    if kind_of(data) != "DICOM":
        return False
    return any(uid.encode() in data[:2048] for uid in SEGMENTATION_CLASSES)


def read_dicom_seg(file: MaskFile, request: Request) -> list[Annotation]:
    """One annotation for each segment; UnreadableImage with one sentence for a damaged file.

    A fractional segmentation is cut at half. Of an image with several frames, the segment's frame
    that refers to the image's (`ReferencedFrameNumber`) is read, or the one at its place where none
    refers; a frame that is asked for counts within the segment. Without either, the one that shows
    most. A segment that is the background is left out.
    """
    name, dataset = file.name, load_dataset(file.data, file.name)
    frames = count_frames(dataset, name)
    if frames > MAX_FRAMES or frames * dataset.Rows * dataset.Columns > MAX_TOTAL_PIXELS:
        raise UnreadableImage(f"{name} holds more than {MAX_FRAMES} frames; please use fewer.")
    with refusing(name):
        labels = _labels(dataset)
        if request.label is not None and request.label not in labels.values():
            raise ValueError("a label it does not have")
        if len(labels) > MAX_LABELS:
            raise UnreadableImage(f"{name} holds more than {MAX_LABELS} segments.")
        background = _find_background(dataset, labels)
        own = _frames_of_segments(dataset, frames, labels)
        found = [
            _read_segment(dataset, number, label, (own[number], name, request))
            for number, label in labels.items()
            if request.label in (None, label) and (number not in background or request.label)
        ]
    return [_tell_skipped(one, [labels[number] for number in background]) for one in found]


def _tell_skipped(one: Annotation, background: list[str]) -> Annotation:
    notes = tuple(f"the segment {label or 'without a name'} is background" for label in background)
    facts = replace(one.provenance, reading=(*one.provenance.reading, *notes))
    return replace(one, provenance=facts)


def _read_segment(
    dataset: "Dataset", number: int, label: str, where: tuple[list[int], str, Request]
) -> Annotation:
    own, name, request = where
    size_wh = (int(dataset.Columns), int(dataset.Rows))
    facts = Provenance(drawn_on_wh=size_wh, label=label)
    if not own:
        return Annotation("", "person", np.zeros(size_wh[::-1], np.bool_), facts)
    world = request.target.world if request.options.frame is None else None
    places = [find_world(dataset, frame) for frame in own]
    chosen, note = _choose_frame(dataset, own, name, request)
    if chosen is None and world and all(places):
        far = [distance_mm(world, place) for place in places if place]
        chosen = far.index(min(far))
        note = f"frame {chosen + 1} of {len(own)}, the one that lies where the image does"
    if chosen is None:
        masks = [_cut(dataset, frame, number, name) for frame in own]
        chosen = max(range(len(own)), key=lambda k: int(masks[k].sum()))
        mask = masks[chosen]
        if len(own) > 1:
            note = f"frame {chosen + 1} of {len(own)}, the one with most lesion"
    else:
        mask = _cut(dataset, own[chosen], number, name)
    reading = (note,) if note else ()
    mask, told = _lay(mask, places[chosen], request)
    reading = (*reading, *told)
    size_wh = (mask.shape[1], mask.shape[0])
    facts = replace(facts, drawn_on_wh=size_wh, reading=reading, frame=chosen + 1, frames=len(own))
    return Annotation("", "person", mask, facts)


def _lay(mask: Mask, own: World | None, request: Request) -> tuple[Mask, tuple[str, ...]]:
    """The mask on the image's pixels where both lie in space, and a note where they do not."""
    world = request.target.world
    if request.options.frame is not None or (own and world and is_same_place(own, world)):
        return mask, ()
    if own is None or world is None:
        if not (own or world):
            return mask, ()
        whose = "the mask" if own else "the image"
        return mask, (f"only {whose} says where in space it lies: rows and columns are compared",)
    laid = bring(mask, own, world, request.size_wh)
    if laid is None or (mask.any() and not laid.any()):
        apart = "as both headers have it, mask and image lie apart: rows and columns are compared"
        return mask, (apart,)
    return laid, ("brought to the image's pixels by where both lie in space",)


def _choose_frame(
    dataset: "Dataset", own: list[int], name: str, request: Request
) -> tuple[int | None, str]:
    """The place of the wanted frame among a segment's, and a note; None: ask the pixels."""
    target = request.target
    refers = [_referred_frame(dataset, frame) for frame in own]
    if request.options.frame is None and target.frames > 1 and any(refers):
        if target.frame not in refers:
            known = ", ".join(str(number) for number in sorted({n for n in refers if n}))
            raise UnreadableImage(
                f"{name} says nothing of frame {target.frame} of the image, only of {known}."
            )
        place = refers.index(target.frame)
        return place, f"its frame for frame {target.frame} of the image"
    number, note = request.pick_frame(len(own), name)
    return (None if number is None else number - 1), note


def _referred_frame(dataset: "Dataset", frame: int) -> int | None:
    """Which frame of the image a frame of the segmentation is for, where it says so."""
    groups = dataset.get("PerFrameFunctionalGroupsSequence") or []
    derived = groups[frame].get("DerivationImageSequence") if frame < len(groups) else None
    source = derived[0].get("SourceImageSequence") if derived else None
    number = source[0].get("ReferencedFrameNumber") if source else None
    if number is None:
        return None
    return int(number[0] if isinstance(number, Sequence) else number)


def _find_background(dataset: "Dataset", labels: dict[int, str]) -> set[int]:
    """Segments that are what is around the others: the padding value, or called so."""
    padding = dataset.get("PixelPaddingValue")
    found = {
        number
        for number, label in labels.items()
        if number == padding or (number == 0 and label.lower() == "background")
    }
    return found if len(found) < len(labels) else set()


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


def _frames_of_segments(
    dataset: "Dataset", frames: int, labels: dict[int, str]
) -> dict[int, list[int]]:
    """Which frames, from 0, belong to each segment: all of a label map, that holds all of them."""
    numbers: list[int | None] = [None] * frames
    if str(dataset.get("SegmentationType", "BINARY")) != "LABELMAP":
        shared = _number_in((dataset.get("SharedFunctionalGroupsSequence") or [{}])[0])
        numbers = [shared] * frames
        if shared is None:
            per_frame = dataset.PerFrameFunctionalGroupsSequence
            numbers = [_number_in(item) or 0 for item in per_frame[:frames]]
    return {
        label: [k for k, number in enumerate(numbers) if number in (None, label)]
        for label in labels
    }


def _number_in(groups: Any) -> int | None:
    found = groups.get("SegmentIdentificationSequence")
    return int(found[0].ReferencedSegmentNumber) if found else None
