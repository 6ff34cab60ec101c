"""The classifier's test results: computed, then written to its card; no number is typed."""

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from busdemo.evaluation.classification import (
    Classified,
    Statistic,
    accuracy,
    confusion,
    estimate_difference,
    largest_class_share,
    macro_f1,
    malignant_auc,
    measure,
    sensitivity,
    specificity,
)
from busdemo.evaluation.datasets import Case, read_index
from busdemo.evaluation.report import RESULTS, insert
from busdemo.evaluation.statistics import Interval
from busdemo.imaging.masks import quantize
from busdemo.inference.classifier import Classifier, find_classifier
from busdemo.inference.segmenter import SegmenterPool
from busdemo.zoo.cards import ALL_SETS, Card, read_cards, read_facts, write_card
from busdemo.zoo.classes import CLASSES

Results = list[dict[str, Any]]

EMPTIED, GAIN = "_emptied", "_gain"
"""Endings of a metric's name: with the mask channel emptied, and what the mask adds (paired)."""


def classify_cases(
    classifier: Classifier, pool: SegmenterPool, mask_from: str, cases: Sequence[Case]
) -> tuple[Classified, Classified]:
    """The cases at native size, with the predicted mask and with the mask channel emptied.

    The probabilities are those of the card: after its temperature.
    """
    with_mask: list[list[float]] = []
    emptied: list[list[float]] = []
    for case in tqdm(cases, desc="cases", mininterval=5):
        image, _ = case.read()
        levels = quantize(pool.predict(mask_from, image))
        for shown, rows in ((levels, with_mask), (np.zeros_like(levels), emptied)):
            found = classifier.classify_levels(image, shown)
            rows.append([getattr(found, name) for name in CLASSES])
    labels = np.array([CLASSES.index(case.label) for case in cases], np.int64)
    names = tuple(case.dataset for case in cases), tuple(case.group for case in cases)
    first, second = (Classified(np.array(rows), labels, *names) for rows in (with_mask, emptied))
    return first, second


def evaluate_classifier_card(weights: Path, data: Path) -> Results:
    """Run the classifier over the test split; its card's results are written and returned.

    Raises UnusableModel when it cannot run.
    """
    pool = SegmenterPool(read_cards(weights))
    slot = find_classifier(pool.cards, weights)
    classifier = slot.get()
    cases = read_index(data, "test")
    found, emptied = classify_cases(classifier, pool, slot.mask_from, cases)
    assert slot.card is not None  # noqa: S101
    return write_classifier_results(slot.card, found, emptied)


def write_classifier_results(card: Card, found: Classified, emptied: Classified) -> Results:
    """The card's results, renewed from what the classifier said with and without the mask."""
    results = tabulate_measured(found, emptied, card.stop)
    matrices = {name: confusion(part).tolist() for name, part in by_dataset(found).items()}
    shares = {n: round(largest_class_share(p), 4) for n, p in by_dataset(found).items()}
    readme = card.folder / "README.md"
    header, text = read_facts(readme)
    header["busdemo"] |= {"results": results, "confusion": matrices, "largest_class": shares}
    header["model-index"] = [{"name": card.name, "results": _index(results)}]
    write_card(readme, header, insert(text, describe_results(results, matrices, shares), RESULTS))
    return results


def tabulate_measured(found: Classified, emptied: Classified, stop: int) -> Results:
    """Every metric per data set and over all, with mask, emptied, and the paired difference."""
    shared: dict[str, Statistic] = {
        "accuracy": accuracy,
        "macro_f1": macro_f1,
        "auc": malignant_auc,
    }
    at_stop: dict[str, Statistic] = {
        "sensitivity": partial(sensitivity, stop=stop),
        "specificity": partial(specificity, stop=stop),
    }
    measured = measure(found, shared | at_stop)
    measured |= {f"{n}{EMPTIED}": v for n, v in measure(emptied, shared).items()}
    for name, statistic in shared.items():
        parts = zip(by_dataset(found).items(), by_dataset(emptied).values(), strict=True)
        gains = {d: estimate_difference(a, b, statistic) for (d, a), b in parts}
        measured[f"{name}{GAIN}"] = {d: g for d, g in gains.items() if not np.isnan(g.value)}
    return [
        {"dataset": dataset, "metric": metric, **_rounded(interval)}
        for metric, by_name in measured.items()
        for dataset, interval in by_name.items()
    ]


def by_dataset(classified: Classified) -> dict[str, Classified]:
    """The images of each data set, then all of them."""
    names = np.array(classified.datasets)
    parts = {name: classified.part(names == name) for name in sorted(set(classified.datasets))}
    return parts | {ALL_SETS: classified}


def describe_results(
    results: Results, matrices: dict[str, list[list[int]]], shares: dict[str, float]
) -> str:
    """The results in Markdown: two tables and the confusion matrices."""
    cell = {(r["metric"], r["dataset"]): _cell(r) for r in results}
    names = list(matrices)
    lines = [
        "| test split | images | accuracy (95 % interval) | largest class alone | macro F1 "
        "| AUC benign/malignant | sensitivity | specificity |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name in names:
        columns = ("macro_f1", "auc", "sensitivity", "specificity")
        shown = " | ".join(cell.get((metric, name), "–") for metric in columns)
        count = sum(map(sum, matrices[name]))
        first = cell[("accuracy", name)]
        lines.append(f"| {name} | {count} | {first} | {shares[name]:.3f} | {shown} |")
    lines += [
        "",
        "The same weights with the mask channel emptied, and what the mask adds (paired):",
        "",
        "| test split | accuracy | AUC | mask adds to accuracy | mask adds to AUC |",
        "|---|---|---|---|---|",
    ]
    for name in names:
        columns = ("accuracy" + EMPTIED, "auc" + EMPTIED, "accuracy" + GAIN, "auc" + GAIN)
        shown = " | ".join(cell.get((metric, name), "–") for metric in columns)
        lines.append(f"| {name} | {shown} |")
    lines += ["", "Images by true class (rows) and most probable class (columns):", ""]
    for name in names:
        lines += [f"| {name} | {' | '.join(CLASSES)} |", "|---|---|---|---|"]
        rows = zip(CLASSES, matrices[name], strict=True)
        lines += [f"| {true} | {' | '.join(map(str, row))} |" for true, row in rows] + [""]
    return "\n".join(lines).rstrip()


def _cell(result: dict[str, Any]) -> str:
    return f"{result['value']:.3f} ({result['low']:.3f}–{result['high']:.3f})"


def _rounded(interval: Interval) -> dict[str, float | int]:
    return {k: round(v, 4) if isinstance(v, float) else v for k, v in asdict(interval).items()}


def _index(results: Results) -> list[dict[str, Any]]:
    """The main results in the Hub's model-index form."""
    main = ("accuracy", "macro_f1", "auc", "sensitivity", "specificity")
    return [
        {
            "task": {"type": "image-classification"},
            "dataset": {"name": r["dataset"], "type": r["dataset"].lower(), "split": "test"},
            "metrics": [{"type": r["metric"], "name": r["metric"], "value": r["value"]}],
        }
        for r in results
        if r["metric"] in main
    ]
