"""The verbs a page, a terminal or a program may ask for, in terms of the rooms above."""

import csv
import hashlib
import json
import math
import platform
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from busdemo import __version__
from busdemo.annotations.masks import MaskReading, read_mask, write_mask_png
from busdemo.imaging.arrays import Levels, Mask, ProbabilityMap
from busdemo.imaging.images import Scan, read_scan
from busdemo.imaging.masks import STOPS, binarize, quantize, stop_of
from busdemo.imaging.refusals import plain_name
from busdemo.inference.segmenter import Predictions, SegmenterPool
from busdemo.scoring.overlap import Overlap, score_overlap
from busdemo.views.pictures import draw_overlay, encode_png
from busdemo.zoo.cards import Card

Files = Sequence[tuple[str, bytes]]
"""Uploaded files: name and contents of each."""

RECEIPT_FORMAT = 1


@dataclass(frozen=True, eq=False)
class Reference:
    """What the scores are against: `reading.mask` (H, W) bool, with the files it came from."""

    name: str
    files: tuple[tuple[str, bytes], ...]
    reading: MaskReading
    inverted: bool = False


def mask_of(reference: Reference | None) -> Mask | None:
    """A reference's mask (H, W), None where there is none."""
    return None if reference is None else reference.reading.mask


@dataclass(frozen=True, eq=False)
class Segmentation:
    """A model's whole answer for one scan: `levels` (H, W) uint8 holds every threshold's mask.

    `engine` is what computed it, here or, for a result kept on disk, elsewhere.
    """

    card: Card
    levels: Levels
    engine: str

    def mask(self, stop: int) -> Mask:
        """The mask (H, W) at a slider stop, 1 to 199."""
        return binarize(self.levels, stop)


class InvalidReceipt(ValueError):
    """A file that is no receipt, or one of another version; the message is one sentence."""


def read_reference(files: Files, scan: Scan, *, invert: bool = False) -> Reference:
    """The uploaded mask files as one reference of the scan's size.

    Raises UnreadableImage with one sentence when a file cannot be read.
    """
    height, width = scan.pixels.shape
    reading = read_mask(files, (width, height), invert=invert)
    first, more = plain_name(files[0][0]), len(files) - 1
    name = f"{first} and {more} more" if more else first
    return Reference(name, tuple(files), reading, invert)


def segment(
    scan: Scan, model_id: str, pool: SegmenterPool, among: Predictions | None = None
) -> tuple[Segmentation, ProbabilityMap]:
    """Run one model over a scan, once; UnusableModel or KeyError when it cannot run.

    `among` are the pool's other answers to the same scan, which a recipe need not compute again.
    """
    predictions = pool.look_at(scan.pixels) if among is None else among
    probability_map = predictions.predict(model_id)
    levels = quantize(probability_map)
    return Segmentation(pool.cards[model_id], levels, pool.engine(model_id)), probability_map


def read_files(image: Path, masks: Sequence[Path]) -> tuple[Scan, Reference | None]:
    """An image file and its mask files; OSError or UnreadableImage with one sentence."""
    scan = read_scan(image.read_bytes(), image.name)
    files = [(mask.name, mask.read_bytes()) for mask in masks]
    return scan, read_reference(files, scan) if files else None


def write_results(
    scan: Scan,
    segmentation: Segmentation,
    probability_map: ProbabilityMap,
    *,
    reference: Reference | None,
    stop: int | None,
    prefix: Path,
) -> dict[str, float | int | str | None]:
    """Write a result's pictures; one row for a table.

    `stop` None means the model's frozen threshold. Writes `<prefix>-mask.png`, `-probability.png`
    and `-overlay.png`; OSError when that is not possible.
    """
    stop = segmentation.card.stop if stop is None else stop
    prefix.parent.mkdir(parents=True, exist_ok=True)
    pictures = draw_results(scan, segmentation, probability_map, stop=stop, reference=reference)
    for kind, data in pictures.items():
        prefix.with_name(f"{prefix.name}-{kind}.png").write_bytes(data)
    mask = segmentation.mask(stop)
    return {
        "model": segmentation.card.id,
        "threshold": stop / STOPS,
        **tabulate_numbers(mask, mask_of(reference)),
        "reading": "; ".join(scan.notes),
        "reference": "" if reference is None else reference.reading.sentence,
        "input_sha256": scan.sha256,
        "model_sha256": segmentation.card.sha256,
    }


def write_table(rows: Sequence[dict[str, float | int | str | None]], path: Path) -> None:
    """Rows as a CSV file; a column that only some rows have is empty in the others."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)


def draw_results(
    scan: Scan,
    segmentation: Segmentation,
    probability_map: ProbabilityMap,
    *,
    stop: int,
    reference: Reference | None = None,
) -> dict[str, bytes]:
    """PNG files by kind: `mask` (8 bit, 255 = lesion), `probability` (16 bit), `overlay` (RGB)."""
    mask = segmentation.mask(stop)
    deep = np.rint(probability_map * 65535).astype(np.uint16)
    overlay = draw_overlay(scan.pixels, mask, mask_of(reference))
    return {
        "mask": write_mask_png(mask),
        "probability": encode_png(deep),
        "overlay": encode_png(overlay),
    }


def tabulate_numbers(mask: Mask, reference: Mask | None) -> dict[str, float | int | str | None]:
    """Area and, against a reference, scores and outcome; None where a number is undefined."""
    numbers: dict[str, float | int | str | None] = {"area_px": int(np.count_nonzero(mask))}
    if reference is None:
        return numbers
    scores: Overlap = score_overlap(mask, reference)
    for name in ("dice", "iou", "precision", "recall"):
        value = getattr(scores, name)
        numbers[name] = None if math.isnan(value) else value
    counts = scores.counts
    return numbers | {
        "outcome": str(scores.outcome),
        "hit_px": counts.true_positive,
        "extra_px": counts.false_positive,
        "missed_px": counts.false_negative,
    }


def write_receipt(
    scan: Scan, segmentation: Segmentation, stop: int, reference: Reference | None = None
) -> dict[str, Any]:
    """All that is needed to get the same mask again, and the numbers it gave; JSON-ready."""
    card, mask = segmentation.card, segmentation.mask(stop)
    height, width = mask.shape
    return {
        "receipt": RECEIPT_FORMAT,
        "made_by": {"busdemo": __version__, **_versions()},
        "engine": segmentation.engine,
        "input": {"name": scan.name, "sha256": scan.sha256, "width": width, "height": height},
        "model": {"id": card.id, "name": card.name, "sha256": card.sha256},
        "threshold": stop / STOPS,
        "frozen_threshold": card.threshold,
        "post_processing": "none",
        "reference": None if reference is None else _describe(reference),
        "numbers": tabulate_numbers(mask, mask_of(reference)),
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


def replay(
    receipt: dict[str, Any], scan: Scan, pool: SegmenterPool, *, masks: Files = ()
) -> list[str]:
    """Compute a receipt again; what differs, one sentence each, nothing when it is the same.

    The mask and the probability map behind it are compared bit for bit. Scores are compared when
    the reference's files are given as `masks`; without them, of the numbers only the area.
    """
    model = receipt["model"]
    if scan.sha256 != receipt["input"]["sha256"]:
        return ["The image is not the one the receipt was made from (its sha256 differs)."]
    if model["id"] not in pool.cards:
        return [f"The model {model['id']!r} is not in the zoo here."]
    if pool.cards[model["id"]].sha256 != model["sha256"]:
        return [f"The weights of {model['id']} here are not the ones the receipt names."]
    differences = []
    segmentation, _ = segment(scan, model["id"], pool)
    if receipt.get("engine") != segmentation.engine:
        differences.append(
            f"The engine was {receipt.get('engine')}, here it is {segmentation.engine}."
        )
    reference = None
    if masks:
        kept = receipt.get("reference") or {}
        reference = read_reference(masks, scan, invert=bool(kept.get("inverted")))
    again = write_receipt(scan, segmentation, stop_of(receipt["threshold"]), reference)
    for key, words in (("levels_sha256", "probability map"), ("mask_sha256", "mask")):
        if again[key] != receipt.get(key):
            differences.append(f"The {words} differs.")
    numbers = receipt.get("numbers") or {}
    scored = bool(masks) or not receipt.get("reference")
    if again["numbers"] != (numbers if scored else _area(numbers)):
        differences.append("The numbers differ.")
    return differences


def invert_reference(reference: Reference, scan: Scan) -> Reference:
    """The same files, read with lesion and background exchanged (or back again)."""
    inverted = read_reference(reference.files, scan, invert=not reference.inverted)
    return replace(inverted, name=reference.name)


def _is_complete(receipt: dict[str, Any]) -> bool:
    """Is there all that `replay` reads? KeyError, TypeError or ValueError if something is not."""
    model = receipt["model"]
    words = (receipt["input"]["sha256"], model["id"], model["sha256"])
    stop_of(receipt["threshold"])
    reference = receipt.get("reference") or {}
    return isinstance(reference, dict) and all(isinstance(word, str) for word in words)


def _area(numbers: dict[str, Any]) -> dict[str, Any]:
    return {"area_px": numbers.get("area_px")}


def _describe(reference: Reference) -> dict[str, Any]:
    return {
        "name": reference.name,
        "sha256": list(reference.reading.sha256),
        "inverted": reference.inverted,
        "reading": reference.reading.sentence,
    }


def _versions() -> dict[str, str]:
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "opencv": cv2.__version__,
        "torch": torch.__version__,
    }


def _digest(pixels: Levels | Mask) -> str:
    shape = f"{pixels.shape[1]}x{pixels.shape[0]}:".encode()
    return hashlib.sha256(shape + np.ascontiguousarray(pixels).tobytes()).hexdigest()
