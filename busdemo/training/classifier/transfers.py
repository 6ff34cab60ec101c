"""What is left of the classifier on a set it never saw."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from busdemo.evaluation.classification import (
    Statistic,
    accuracy,
    largest_class_share,
    malignant_auc,
    measure,
    sensitivity,
    specificity,
)
from busdemo.evaluation.classifier_report import classify_cases
from busdemo.evaluation.datasets import read_index
from busdemo.evaluation.statistics import Interval
from busdemo.inference.classifier import CLASSIFICATION, load_classifier
from busdemo.inference.segmenter import SegmenterPool
from busdemo.training.classifier.plan import CLASS_TRAININGS
from busdemo.zoo.cards import ALL_SETS, read_cards


@dataclass(frozen=True)
class ClassTransfer:
    """A classifier on the set it never saw: figures by name, and the share of its largest class.

    Figures that the set does not define, such as the AUC of one class, are missing.
    """

    left_out: str
    figures: dict[str, Interval]
    largest_class: float


def measure_class_transfers(data: Path, runs: Path) -> list[ClassTransfer]:
    """The classifiers without a set that are exported to `runs/weights`, in the plan's order.

    On that set's images of train and val. Raises UnusableModel when one cannot run.
    """
    kept = runs / "weights"
    if not kept.is_dir():
        return []
    cards = {card.id: card for card in read_cards(kept, task=CLASSIFICATION)}
    pool = SegmenterPool(read_cards(kept))
    everything = read_index(data, "train", "val")
    found = []
    for training in CLASS_TRAININGS.values():
        if not training.left_out or training.id not in cards:
            continue
        card = cards[training.id]
        cases = [case for case in everything if case.dataset == training.left_out]
        classified, _ = classify_cases(load_classifier(card), pool, training.mask_from, cases)
        statistics: dict[str, Statistic] = {
            "auc": malignant_auc,
            "accuracy": accuracy,
            "sensitivity": partial(sensitivity, stop=card.stop),
            "specificity": partial(specificity, stop=card.stop),
        }
        figures = {
            name: parts[ALL_SETS]
            for name, parts in measure(classified, statistics).items()
            if ALL_SETS in parts
        }
        found.append(ClassTransfer(training.left_out, figures, largest_class_share(classified)))
    return found
