"""Cut-offs and agreement, on a small labelled set whose answers are known."""

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from tiny_world import add_model

from busdemo.evaluation import words
from busdemo.evaluation.statistics import bootstrap_balanced_accuracy
from busdemo.inference.segmenter import SegmenterPool
from busdemo.scoring.words import read_words
from busdemo.zoo.cards import read_cards

HEAD = ("id", "dataset", "split", "label", "group", "shape", "margin", "echogenicity", "posterior")


def write_labelled(folder: Path) -> Path:
    """Smooth ellipses called oval, discs called round and stars called irregular; twice each."""
    for part in ("images", "masks"):
        (folder / part).mkdir(parents=True)
    y, x = np.mgrid[:120, :160].astype(np.float64)
    x, y = x - 80, y - 50
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    masks = {
        "oval": (x / 30) ** 2 + (y / 14) ** 2 <= 1,
        "round": radius <= 25,
        "irregular": radius <= 28 * (1 + 0.3 * np.cos(6 * angle)),
    }
    with (folder / "index.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEAD)
        for split in ("train", "test"):
            for n in range(8):
                for number, (shape, mask) in enumerate(masks.items()):
                    name, echo = f"{split}-{shape}-{n}", ("anechoic", "isoechoic", "hyperechoic")
                    inside, below = (30, 90, 160)[number], (0, 40, -40)[number]
                    image = np.where(mask, inside, 90).astype(np.int16)
                    image[80:, 40:120] += below
                    posterior = ("no", "enhancement", "shadowing")[number]
                    margin = "circumscribed" if number < 2 else "not circumscribed - indistinct"
                    row = (name, "BrEaST", split, "benign", name, shape, margin)
                    writer.writerow([*row, echo[number], posterior])
                    grey = image.clip(0, 255).astype(np.uint8)
                    lossless = [cv2.IMWRITE_WEBP_QUALITY, 101]
                    cv2.imwrite(str(folder / "images" / f"{name}.webp"), grey, lossless)
                    cv2.imwrite(str(folder / "masks" / f"{name}.png"), mask * np.uint8(255))
        writer.writerow(["other", "BUSI", "test", "benign", "other", "", "", "", ""])
        writer.writerow(["none", "BrEaST", "test", "normal", "none", *["not applicable"] * 4])
    return folder


def test_labels_that_shape_and_grey_levels_decide_are_agreed_with_fully(
    tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(words, "WORDS_FILE", tmp_path / "words.json")
    add_model(weights, "small")
    pool = SegmenterPool(read_cards(weights))
    book = words.evaluate_words(write_labelled(tmp_path / "data"), pool, "small")
    assert book["n_train"] == 24
    for kind in ("shape", "echo", "posterior"):
        assert book["checks"][kind]["reference"]["value"] == 1, kind
        assert book["checks"][kind]["reference"]["n"] == 24
    assert book["checks"]["shape"]["examples"] == {"oval": 8, "round": 8, "irregular": 8}
    assert 0 < book["cutoffs"]["irregular_lobulations"] < 6
    assert json.loads((tmp_path / "words.json").read_text()) == book
    assert read_words.__wrapped__(tmp_path / "words.json").model == "Small"


def test_the_best_cut_off_lies_between_the_two_kinds() -> None:
    assert words.best_cutoff([1, 2, 3, 4], [False, False, True, True]) == 2.5
    assert words.best_cutoff([1, 2, 3, 4], [True, True, False, False]) == 2.5
    with pytest.raises(ValueError, match="both sides"):
        words.best_cutoff([1, 2], [True, True])


def test_balanced_accuracy_counts_every_label_alike() -> None:
    labels, answers = ["a"] * 9 + ["b"], ["a"] * 10
    interval = bootstrap_balanced_accuracy(labels, answers, list("0123456789"))
    assert interval.value == 0.5
    assert interval.n == interval.groups == 10
    right = bootstrap_balanced_accuracy(labels, labels, list("0123456789"))
    assert (right.value, right.low, right.high) == (1, 1, 1)


def test_images_of_one_patient_are_drawn_together() -> None:
    rng = np.random.default_rng(0)
    labels = ["a", "b"] * 20
    answers = [label if rng.random() < 0.7 else "a" for label in labels]
    alone = bootstrap_balanced_accuracy(labels, answers, [str(n) for n in range(40)])
    pairs = bootstrap_balanced_accuracy(labels * 2, answers * 2, [str(n) for n in range(40)] * 2)
    assert pairs.value == alone.value
    assert pairs.high - pairs.low == pytest.approx(alone.high - alone.low, abs=1e-9)
