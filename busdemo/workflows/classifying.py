"""Classifying a scan, and what changes when burnt-in marks are painted out of it."""

import csv
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from busdemo.imaging.arrays import GreyImage, Levels
from busdemo.imaging.marks import Marks, find_marks, paint_out
from busdemo.imaging.masks import binarize, quantize
from busdemo.inference.classifier import (
    OPERATING,
    ClassifierSlot,
    ClassProbabilities,
    find_classifier,
)
from busdemo.inference.segmenter import SegmenterPool
from busdemo.scoring.overlap import score_overlap
from busdemo.zoo.cards import Card


@dataclass(frozen=True)
class Classification:
    """What the classifier says of a scan, with the predicted mask and with none."""

    probabilities: ClassProbabilities
    emptied: ClassProbabilities


@dataclass(frozen=True, eq=False)
class Repainted:
    """The scan without its marks, and what the models say of it then.

    `dice` compares the segmentation before and after, nan where both are empty.
    """

    pixels: GreyImage
    probabilities: ClassProbabilities
    dice: float


@lru_cache(maxsize=4)
def classifier_of(pool: SegmenterPool) -> ClassifierSlot:
    """The classifier of the zoo that a pool of models belongs to, loaded once."""
    folders = [card.folder.parent for card in pool.cards.values()]
    if not folders:
        return ClassifierSlot(None, "There is no classifier in the zoo.")
    return find_classifier(pool.cards, folders[0], pool.downloads)


def predict_levels(image: GreyImage, slot: ClassifierSlot, pool: SegmenterPool) -> Levels:
    """The levels (H, W) the classifier sees: of the model it learned with; UnusableModel."""
    slot.get()
    return quantize(pool.predict(slot.mask_from, image))


def classify(image: GreyImage, levels: Levels, slot: ClassifierSlot) -> Classification:
    """Class probabilities of a scan (H, W); UnusableModel with the reason."""
    classifier = slot.get()
    return Classification(
        classifier.classify_levels(image, levels),
        classifier.classify_levels(image, np.zeros_like(levels)),
    )


def repeat_without_marks(
    image: GreyImage, levels: Levels, marks: Marks, slot: ClassifierSlot, pool: SegmenterPool
) -> Repainted:
    """Paint the marks out, segment and classify again; UnusableModel with the reason."""
    painted = paint_out(image, marks)
    after = predict_levels(painted, slot, pool)
    stop = pool.cards[slot.mask_from].stop
    overlap = score_overlap(binarize(after, stop), binarize(levels, stop))
    return Repainted(painted, slot.get().classify_levels(painted, after), overlap.dice)


def tabulate_classification(
    image: GreyImage, slot: ClassifierSlot, pool: SegmenterPool, *, paint: bool = False
) -> dict[str, float | int | bool | str]:
    """One row for a table, JSON-ready; with `paint`, also what painting the marks out changes."""
    levels, marks = predict_levels(image, slot, pool), find_marks(image)
    found = classify(image, levels, slot)
    card = _card(slot)
    row: dict[str, float | int | bool | str] = _round(found.probabilities)
    row |= {
        "likeliest": found.probabilities.likeliest,
        "threshold": card.threshold,
        "flagged": found.probabilities.malignant >= card.threshold,
        "malignant_without_mask": round(found.emptied.malignant, 4),
        "calipers": marks.calipers,
        "text_rows": marks.texts,
    }
    if paint and marks:
        repainted = repeat_without_marks(image, levels, marks, slot, pool)
        after = _round(repainted.probabilities)
        row |= {f"{name}_painted_out": value for name, value in after.items()}
        row["dice_before_after"] = round(repainted.dice, 4)
    return row | {"classifier_sha256": card.sha256, "mask_from": slot.mask_from}


def read_operating_curve(card: Card) -> list[tuple[float, float]]:
    """Sensitivity and specificity on val at stops 1 to 199; empty when the file is missing."""
    try:
        with (card.folder / OPERATING).open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        return [(float(row["sensitivity"]), float(row["specificity"])) for row in rows]
    except (OSError, KeyError, ValueError, TypeError):
        return []


def _round(probabilities: ClassProbabilities) -> dict[str, float | int | bool | str]:
    return {
        name: round(getattr(probabilities, name), 4) for name in ("normal", "benign", "malignant")
    }


def _card(slot: ClassifierSlot) -> Card:
    slot.get()
    assert slot.card is not None  # noqa: S101  (what could be loaded has one)
    return slot.card
