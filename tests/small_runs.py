"""Runs as an evaluation would write them, but drawn by chance: for tests of what reads runs."""

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from busdemo.evaluation.run_files import RUN_VERSION, SCHEMA, Run
from busdemo.imaging.masks import STOPS
from busdemo.scoring.boundary import measure_boundary
from busdemo.scoring.overlap import Counts, score_counts
from busdemo.zoo.cards import Card

DATASETS = ("A", "B", "C")
MODELS = {"weak": 0.9, "middling": 0.45, "strong": 0.2}
"""Id and how far its outlines are off, as a share of the lesion's radius."""

TOLERANCE_PX = 2.0
SIDE = 64
_DEVICES = ("", "Hitachi", "Mindray")

EVIL = '</script><img src=x onerror="window.hacked=1"><script>window.hacked=2</script>%{x}'
_WORDS = ["id", "dataset", "split", "label", "group", "birads", "device", "model", "outcome"]


def small_run(
    images: int = 60, *, models: tuple[str, ...] = tuple(MODELS), stages: int = 2, seed: int = 0
) -> Run:
    """A run over images in three sets, two a group, a fifth of them normal; every outcome occurs.

    Discs are the ground truth, the models' answers are discs moved and resized, blurred into
    probabilities: counts, histograms, distances and words all follow from the same pixels.
    """
    rng = np.random.default_rng(seed)
    facts = [_draw_case(rng, number) for number in range(images)]
    rows = [
        {**case, **_draw_answer(rng, truth, model, stage)}
        for case, truth in facts
        for model in models
        for stage in range(1, stages + 1)
    ]
    return Run(pd.DataFrame(rows, columns=SCHEMA.names), small_receipt(images, models))


def small_receipt(images: int, models: tuple[str, ...] = tuple(MODELS)) -> dict[str, Any]:
    """The receipt of such a run."""
    zoo = {
        model: {
            "name": model.title(),
            "sha256": "0" * 64,
            "threshold": 0.5,
            "stop": STOPS // 2,
            "parameters": 1000,
        }
        for model in models
    }
    return {
        "version": RUN_VERSION,
        "busdemo": "0.1.0",
        "created": "2026-11-21T12:00:00+00:00",
        "command": "busdemo evaluate --data small --models all --out run",
        "data": {
            "name": "small",
            "split": "test",
            "sha256": "0" * 64,
            "cases": images,
            "skipped": [],
        },
        "models": zoo,
        "nsd_tolerance_px": TOLERANCE_PX,
        "engine": "local",
        "machine": {"cores": 2, "torch": "2.15.0", "python": "3.11.7"},
    }


def hostile_run(images: int = 60) -> Run:
    """Such a run in which every word is markup that would set `window.hacked`."""
    run = small_run(images)
    rows = run.rows.assign(**{name: EVIL + run.rows[name] for name in _WORDS})
    models = {
        EVIL + key: {**facts, "name": EVIL + key} for key, facts in run.receipt["models"].items()
    }
    told = {"created": EVIL, "command": EVIL, "engine": EVIL, "busdemo": EVIL, "models": models}
    return Run(rows, {**run.receipt, **told})


def run_of_card(card: Card, split: str, seed: int = 0) -> Run:
    """Such a run of one card's model on a split, in one and two stages, as the card would have it.

    The card's id is one of `MODELS`, its threshold the middle.
    """
    run = small_run(models=(card.id,), seed=seed)
    run.receipt["models"][card.id]["sha256"] = card.sha256
    return replace(run, rows=run.rows.assign(split=split))


def _draw_case(rng: np.random.Generator, number: int) -> tuple[dict[str, Any], NDArray[np.bool_]]:
    label = ("normal", "benign", "malignant", "benign", "malignant")[number % 5]
    radius = 0.0 if label == "normal" else float(rng.uniform(4, SIDE / 3))
    truth = _disc(radius, rng.uniform(SIDE / 3, 2 * SIDE / 3, 2))
    dataset = DATASETS[number % len(DATASETS)]
    group = f"{dataset}-patient-{number // (2 * len(DATASETS))}"
    case = {
        "id": f"{dataset}-{number:03d}",
        "dataset": dataset,
        "split": "test",
        "label": label,
        "group": group,
        "birads": {"normal": "1", "benign": "3", "malignant": "5"}[label] if number % 2 else "",
        "device": _DEVICES[number % 3],
        "mm_per_px": 0.1 if dataset == "A" else np.nan,
        "height": SIDE,
        "width": SIDE,
        "lesion_px": int(truth.sum()),
    }
    return case, truth


def _draw_answer(
    rng: np.random.Generator, truth: NDArray[np.bool_], model: str, stage: int
) -> dict[str, Any]:
    off = MODELS[model] / stage
    radius, centre = np.sqrt(truth.sum() / np.pi), np.full(2, SIDE / 2)
    if truth.any():
        centre = np.argwhere(truth).mean(axis=0)
        radius *= rng.uniform(1 - off, 1 + off) * (rng.random() > off / 4)
    elif rng.random() < off:
        radius = rng.uniform(2, 8)
    centre = centre + radius * off * rng.normal(size=2)
    levels = np.rint((STOPS - 1) * cv2.blur(_disc(radius, centre).astype(np.float64), (5, 5)))
    return _score(levels.astype(np.int64), truth, model, stage) | {"ms": float(rng.uniform(5, 50))}


def _score(
    levels: NDArray[np.int64], truth: NDArray[np.bool_], model: str, stage: int
) -> dict[str, Any]:
    mask = levels >= STOPS // 2
    tp, fp, fn = (int(part.sum()) for part in (mask & truth, mask & ~truth, ~mask & truth))
    overlap, distances = score_counts(Counts(tp, fp, fn)), measure_boundary(mask, truth)
    return {
        "model": model,
        "stages": stage,
        "stop": STOPS // 2,
        "tp": tp,
        "fp": fp,
        "fn": fn,
        "dice": overlap.dice,
        "iou": overlap.iou,
        "precision": overlap.precision,
        "recall": overlap.recall,
        "hd95_px": distances.hd95_px,
        "assd_px": distances.assd_px,
        "nsd": distances.nsd(TOLERANCE_PX),
        "outcome": str(overlap.outcome),
        "lesion_histogram": np.bincount(levels[truth], minlength=STOPS).astype(np.int32),
        "background_histogram": np.bincount(levels[~truth], minlength=STOPS).astype(np.int32),
    }


def _disc(radius: float, centre: NDArray[np.float64]) -> NDArray[np.bool_]:
    rows, columns = np.mgrid[:SIDE, :SIDE]
    inside = (rows - centre[0]) ** 2 + (columns - centre[1]) ** 2 < radius**2
    return np.asarray(inside, np.bool_)
