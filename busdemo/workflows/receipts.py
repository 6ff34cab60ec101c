"""Receipts: what it takes to get a mask again, and getting it again."""

import hashlib
import json
import platform
from dataclasses import astuple, replace
from importlib.metadata import version
from typing import Any

import cv2
import numpy as np

from busdemo import __version__
from busdemo.annotations.annotation import Annotation, tabulate_provenance, tell
from busdemo.annotations.request import Files, Options
from busdemo.annotations.returning import read_options
from busdemo.imaging.arrays import Levels, Mask
from busdemo.imaging.crops import Crop, parse_crop, write_crop
from busdemo.imaging.images import Scan
from busdemo.imaging.masks import STOPS, stop_of
from busdemo.imaging.post_processing import NO_POST_PROCESSING, PostProcessing
from busdemo.imaging.spacing import tabulate_spacing
from busdemo.inference.segmenter import SegmenterPool
from busdemo.inference.two_stage import Localisation, TwoStage
from busdemo.inference.within import look_in_two_stages
from busdemo.workflows.copies import look_for_copy, tabulate_copy
from busdemo.workflows.lesions import summarize_lesions, tabulate_lesions
from busdemo.workflows.presence import add_presence, look_for_presence, tabulate_presence
from busdemo.workflows.segmenting import (
    Choice,
    Segmentation,
    mask_of,
    read_reference,
    segment,
    tabulate_numbers,
)
from busdemo.zoo.files import UnusableModel
from busdemo.zoo.presence import read_cut_off

RECEIPT_FORMAT = 1

MOST_TRIED = 200
"""Frames in which the one of a receipt that names none is looked for."""


class InvalidReceipt(ValueError):
    """A file that is no receipt, or one of another version; the message is one sentence."""


def write_receipt(
    scan: Scan,
    segmentation: Segmentation,
    choice: Choice,
    reference: Annotation | None = None,
) -> dict[str, Any]:
    """All that is needed to get the same mask again, and the numbers it gave; JSON-ready."""
    card, truth = segmentation.card, mask_of(reference)
    taken, mask = segmentation.fill(choice), segmentation.answer(choice)
    spacing, aspect = choice.mm_per_px or scan.spacing_mm, scan.aspect
    height, width = mask.shape
    return {
        "receipt": RECEIPT_FORMAT,
        "made_by": {"busdemo": __version__, **_versions()},
        "engine": segmentation.engine,
        "input": {
            "name": scan.name,
            "sha256": scan.sha256,
            "width": width,
            "height": height,
            "crop": write_crop(scan.area),
            "frame": scan.frame,
            "frames": scan.frames,
            "notes": list(scan.notes),
        },
        "model": {"id": card.id, "name": card.name, "sha256": card.sha256},
        "threshold": taken.stop / STOPS,
        "frozen_threshold": card.threshold,
        "two_stage": _describe_localisation(segmentation.localisation),
        "post_processing": taken.steps.as_settings(),
        "presence": tabulate_presence(segmentation.presence, taken.cut_off),
        "mm_per_px": spacing,
        "spacing": tabulate_spacing(scan.spacing),
        "reference": None if reference is None else _describe(reference),
        "numbers": tabulate_numbers(mask, truth),
        "raw_numbers": tabulate_numbers(segmentation.raw, truth),
        "lesions": tabulate_lesions(mask, segmentation.levels, truth, spacing, aspect),
        "lesionwise": None if truth is None else summarize_lesions(mask, truth),
        "training_copy": tabulate_copy(look_for_copy(scan)),
        "levels_sha256": _digest(segmentation.levels),
        "mask_sha256": _digest(mask),
    }


def encode_receipt(receipt: dict[str, Any]) -> bytes:
    """The receipt as the contents of a JSON file."""
    return (json.dumps(receipt, indent=2, ensure_ascii=False) + "\n").encode()


def read_receipt(text: str) -> dict[str, Any]:
    """A receipt's contents; InvalidReceipt when the text is none, or of another format."""
    try:
        receipt: dict[str, Any] = dict(json.loads(text))
        version = receipt["receipt"]
        complete = version == RECEIPT_FORMAT and _is_complete(receipt)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InvalidReceipt("The file is not a busdemo receipt.") from error
    if version != RECEIPT_FORMAT:
        raise InvalidReceipt(f"The receipt has format {version}, not {RECEIPT_FORMAT}.")
    if not complete:
        raise InvalidReceipt("The file is not a busdemo receipt.")
    return receipt


def crop_of(receipt: dict[str, Any]) -> Crop:
    """Which part of its picture a receipt is of: older ones are of all of it."""
    return parse_crop(str(receipt["input"].get("crop", "none")))


def list_frames(receipt: dict[str, Any], frames: int) -> list[int]:
    """Which of an image's frames a receipt may be of, from 1: older receipts name none."""
    known = receipt["input"].get("frame")
    return [known] if isinstance(known, int) else list(range(1, min(frames, MOST_TRIED) + 1))


def replay(
    receipt: dict[str, Any],
    scan: Scan,
    pool: SegmenterPool,
    *,
    masks: Files = (),
    two_stage: TwoStage | None = None,
) -> list[str]:
    """Compute a receipt again; what differs, one sentence each, nothing when it is the same.

    The mask and the probability map behind it are compared bit for bit. Scores are compared when
    the reference's files are given as `masks`; without them, of the numbers only the area. A
    receipt in two stages needs the same detector again, behind `two_stage`. What OpenVINO computed
    it computes again, where it is installed.
    """
    model = receipt["model"]
    if problem := _check_input(receipt["input"], scan):
        return [problem]
    if model["id"] not in pool.cards:
        return [f"The model {model['id']!r} is not in the zoo here."]
    if pool.cards[model["id"]].sha256 != model["sha256"]:
        return [f"The weights of {model['id']} here are not the ones the receipt names."]
    kept = receipt.get("two_stage")
    if kept and (problem := _check_detector(kept, two_stage)):
        return [problem]
    if "openvino" in str(receipt.get("engine")):
        for member in pool.cards[model["id"]].members or (model["id"],):
            pool.speed_up(member)
    differences = []
    among = look_in_two_stages(scan, two_stage) if kept and two_stage else None
    segmentation, _ = segment(scan, model["id"], pool, among)
    if receipt.get("presence"):
        segmentation = add_presence(segmentation, look_for_presence(scan, pool, among))
    if receipt.get("engine") != segmentation.engine:
        differences.append(
            f"The engine was {receipt.get('engine')}, here it is {segmentation.engine}."
        )
    reference = None
    if masks:
        reference = read_reference(masks, scan, _mask_options(receipt.get("reference") or {}))
    again = write_receipt(scan, segmentation, _choice(receipt), reference)
    differences += _compare_parts(receipt, again)
    for key, words in (("levels_sha256", "probability map"), ("mask_sha256", "mask")):
        if again[key] != receipt.get(key):
            differences.append(f"The {words} differs.")
    numbers = receipt.get("numbers") or {}
    scored = bool(masks) or not receipt.get("reference")
    if again["numbers"] != (numbers if scored else _area(numbers)):
        differences.append("The numbers differ.")
    return differences


def _choice(receipt: dict[str, Any]) -> Choice:
    """What a receipt's mask was made by; older ones know no presence."""
    judged = receipt.get("presence") or {"cut_off": 0}
    stop, cut_off = stop_of(receipt["threshold"]), read_cut_off(judged["cut_off"])
    return Choice(stop, _steps(receipt), cut_off=cut_off)


def _compare_parts(receipt: dict[str, Any], again: dict[str, Any]) -> list[str]:
    """Where presence and boxes differ, a sentence each."""
    parts = {"presence": ("score", "presence differs"), "two_stage": ("boxes", "boxes differ")}
    return [
        f"The {words}."
        for part, (key, words) in parts.items()
        if (again[part] or {}).get(key) != (receipt.get(part) or {}).get(key)
    ]


def _mask_options(kept: dict[str, Any]) -> Options:
    """How a receipt's reference was read; older ones say no more than whether inverted."""
    provenance = kept.get("provenance")
    asked = provenance.get("asked") if isinstance(provenance, dict) else None
    return replace(read_options(asked), invert=bool(kept.get("inverted")), merge=False)


def _is_complete(receipt: dict[str, Any]) -> bool:
    """Is there all that `replay` reads? KeyError, TypeError or ValueError if something is not."""
    model = receipt["model"]
    words = (receipt["input"]["sha256"], model["id"], model["sha256"])
    _choice(receipt)
    crop_of(receipt)
    objects = [receipt.get(key) or {} for key in ("reference", "two_stage", "presence")]
    return all(isinstance(o, dict) for o in objects) and all(isinstance(w, str) for w in words)


def _steps(receipt: dict[str, Any]) -> PostProcessing:
    """A receipt's post-processing; the first ones said "none". ValueError if it is impossible."""
    kept = receipt.get("post_processing", "none")
    return NO_POST_PROCESSING if kept == "none" else PostProcessing.of(kept)


def _area(numbers: dict[str, Any]) -> dict[str, Any]:
    return {"area_px": numbers.get("area_px")}


def _describe(reference: Annotation) -> dict[str, Any]:
    facts = reference.provenance
    return {
        "name": facts.title or reference.annotator,
        "sha256": list(facts.sha256),
        "inverted": facts.inverted,
        "reading": tell(facts),
        "provenance": tabulate_provenance(facts),
    }


def _describe_localisation(found: Localisation | None) -> dict[str, Any] | None:
    """Detector, settings and boxes (left, top, right, bottom in px, score); None in one stage."""
    if found is None:
        return None
    return {
        "detector": found.detector,
        "sha256": found.sha256,
        "cut_off": found.cut_off,
        "padding": found.padding,
        "boxes": [[round(v, 3) for v in (*astuple(d.box), d.score)] for d in found.detections],
    }


def _check_input(kept: dict[str, Any], scan: Scan) -> str | None:
    """Why a scan is not what a receipt was made from, in one sentence."""
    if scan.sha256 != kept["sha256"]:
        return "The image is not the one the receipt was made from (its sha256 differs)."
    asked, crop = kept.get("crop", "none"), write_crop(scan.area)
    if asked != crop:
        return f"The receipt's crop is {asked}, the image was read with {crop}."
    return None


def _check_detector(kept: dict[str, Any], two_stage: TwoStage | None) -> str | None:
    """Why a receipt in two stages cannot be computed again here, in one sentence."""
    if two_stage is None:
        return "The receipt is one in two stages, and there is no detector here."
    try:
        detector = two_stage.detector()
    except UnusableModel as error:
        return f"The receipt is one in two stages. {error}"
    if detector.sha256 != kept.get("sha256"):
        return "The detector here is not the one the receipt names (its sha256 differs)."
    return None


def _versions() -> dict[str, str]:
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "opencv": cv2.__version__,
        "torch": version("torch"),
    }


def _digest(pixels: Levels | Mask) -> str:
    shape = f"{pixels.shape[1]}x{pixels.shape[0]}:".encode()
    return hashlib.sha256(shape + np.ascontiguousarray(pixels).tobytes()).hexdigest()
