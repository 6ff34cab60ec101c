"""Shape words against the labels of BrEaST's radiologists: cut-offs on train, agreement on test."""

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from busdemo.evaluation.datasets import Case, read_index
from busdemo.evaluation.statistics import bootstrap_balanced_accuracy
from busdemo.imaging.arrays import GreyImage, Mask
from busdemo.imaging.masks import binarize, quantize
from busdemo.inference.segmenter import SegmenterPool
from busdemo.scoring.descriptors import Description, describe
from busdemo.scoring.words import VOCABULARY, WORDS_FILE, Cutoffs, choose_words

DATASET = "BrEaST"
COLUMNS = {
    "shape": "shape",
    "margin": "margin",
    "echo": "echogenicity",
    "posterior": "posterior",
}
"""Of the index, by kind of word."""

Labels = Mapping[str, str]
"""By kind of word, the radiologists' word; kinds whose label is none of ours are left out."""
Labelled = tuple[Case, Labels]


def evaluate_words(data: Path, pool: SegmenterPool, model_id: str) -> dict[str, Any]:
    """Set the cut-offs, measure the agreement, write `words.json`; its contents.

    `model_id` names the model whose masks at its frozen threshold are described beside the
    reference masks. Raises UnusableModel, FileNotFoundError or KeyError.
    """
    train, test = read_labels(data, "train"), read_labels(data, "test")
    described = [(_describe_reference(case), labels) for case, labels in train]
    cutoffs = set_cutoffs([(d, labels) for d, labels in described if d is not None])
    by_mask = {
        "reference": [_describe_reference(case) for case, _ in tqdm(test, desc="reference masks")],
        "predicted": [
            describe(image, _predict(pool, model_id, image))
            for image in tqdm([case.read()[0] for case, _ in test], desc=model_id)
        ],
    }
    checks = {kind: check_word(kind, test, by_mask, cutoffs) for kind in VOCABULARY}
    book = {
        "made_by": "busdemo evaluate words",
        "model": pool.cards[model_id].name,
        "n_train": len(train),
        "cutoffs": asdict(cutoffs),
        "checks": checks,
    }
    WORDS_FILE.write_text(json.dumps(book, indent=2) + "\n", encoding="utf-8")
    return book


def read_labels(data: Path, *splits: str) -> list[Labelled]:
    """BrEaST's images with a lesion and their labels in our words."""
    with (data / "index.csv").open(newline="") as lines:
        rows = {row["id"]: row for row in csv.DictReader(lines)}
    cases = read_index(data, *splits)  # type: ignore[arg-type]
    lesions = [case for case in cases if case.dataset == DATASET and not case.is_normal]
    return [(case, _read_labels(rows[case.id])) for case in lesions]


def set_cutoffs(train: Sequence[tuple[Description, Labels]]) -> Cutoffs:
    """The cut-offs of the highest balanced accuracy, each word against the rest of its kind."""

    def cut(kind: str, words: str, value: Callable[[Description], float], among: str = "") -> float:
        pairs = [
            (value(description), labels[kind] in words.split("|"))
            for description, labels in train
            if kind in labels and (not among or labels[kind] in among.split("|"))
        ]
        numbers, wanted = zip(*[pair for pair in pairs if np.isfinite(pair[0])], strict=True)
        return best_cutoff(numbers, wanted)

    return Cutoffs(
        irregular_lobulations=cut("shape", "irregular", lambda d: d.shape.lobulations),
        round_elongation=cut("shape", "round", lambda d: d.shape.elongation, "round|oval"),
        sharp_gradient=cut("margin", "circumscribed", lambda d: d.echo.radial_gradient),
        hypoechoic_contrast=cut("echo", "hypoechoic", lambda d: d.echo.contrast),
        hyperechoic_contrast=cut("echo", "hyperechoic", lambda d: d.echo.contrast),
        enhancement=cut("posterior", "enhancement", lambda d: d.echo.posterior),
        shadowing=cut("posterior", "shadowing", lambda d: d.echo.posterior),
    )


def best_cutoff(numbers: Sequence[float], wanted: Sequence[bool]) -> float:
    """The number that separates `wanted` from the rest best, on whichever side they lie.

    Of the midpoints between neighbouring numbers, the one of the highest balanced accuracy;
    rounded to three significant digits. ValueError unless both kinds are there.
    """
    values, are = np.asarray(numbers, np.float64), np.asarray(wanted, np.bool_)
    if are.all() or not are.any():
        raise ValueError("A cut-off needs examples on both sides.")
    distinct = np.unique(values)
    middles = (distinct[1:] + distinct[:-1]) / 2
    above = values[None] > middles[:, None]
    balanced = (above[:, are].mean(axis=1) + (~above)[:, ~are].mean(axis=1)) / 2
    return float(f"{middles[np.argmax(np.abs(balanced - 0.5))]:.3g}")


def check_word(
    kind: str,
    test: Sequence[Labelled],
    by_mask: Mapping[str, Sequence[Description | None]],
    cutoffs: Cutoffs,
) -> dict[str, Any]:
    """Agreement of one kind of word, described from each kind of mask; JSON-ready."""
    labels = [case_labels.get(kind) for _, case_labels in test]
    result: dict[str, Any] = {
        "examples": {word: labels.count(word) for word in VOCABULARY[kind]},
    }
    for name, descriptions in by_mask.items():
        said = [_say(kind, description, cutoffs) for description in descriptions]
        triples = [
            (label, word, case.group)
            for label, word, (case, _) in zip(labels, said, test, strict=True)
            if label is not None and word is not None
        ]
        columns = [[triple[column] for triple in triples] for column in range(3)]
        interval = bootstrap_balanced_accuracy(*columns)
        shown = {key: _round(getattr(interval, key)) for key in ("value", "low", "high")}
        left_out = len([label for label in labels if label is not None]) - interval.n
        result[name] = {**shown, "n": interval.n, "left_out": left_out}
    return result


def _round(value: float) -> float | None:
    """For JSON: nan is null."""
    return None if np.isnan(value) else round(value, 4)


def _say(kind: str, description: Description | None, cutoffs: Cutoffs) -> str | None:
    word = None if description is None else choose_words(description, cutoffs).get(kind)
    return None if word is None else word.word


def _read_labels(row: Mapping[str, str]) -> Labels:
    labels = {kind: row[column] for kind, column in COLUMNS.items()}
    if labels["margin"].startswith("not circumscribed"):
        labels["margin"] = "not circumscribed"
    if labels["echo"] == "anechoic":  # darker still: the same side of the same cut-off
        labels["echo"] = "hypoechoic"
    return {kind: word for kind, word in labels.items() if word in VOCABULARY[kind]}


def _describe_reference(case: Case) -> Description | None:
    image, mask = case.read()
    return describe(image, mask)


def _predict(pool: SegmenterPool, model_id: str, image: GreyImage) -> Mask:
    card, levels = pool.cards[model_id], quantize(pool.look_at(image).predict(model_id))
    return card.post_processing.apply(binarize(levels, card.stop))
