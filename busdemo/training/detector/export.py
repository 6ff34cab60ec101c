"""From a finished run to weights/detector/; everything that is left to choose, on validation."""

import csv
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch.utils.flop_counter import FlopCounterMode
from tqdm import tqdm

from busdemo.evaluation.datasets import Case, read_index
from busdemo.evaluation.detection import DetectionRun, run_detector
from busdemo.imaging.masks import STOPS, binarize, quantize
from busdemo.inference.detector import DETECTION, LesionFinder, Tuning
from busdemo.inference.engines import TorchEngine, fold_batch_norms
from busdemo.inference.segmenter import SegmenterPool
from busdemo.inference.two_stage import TwoStage
from busdemo.scoring.detection import average_precision
from busdemo.scoring.overlap import score_overlap
from busdemo.training.detector.card_text import describe_detector
from busdemo.training.detector.run import (
    BEST,
    CONFIG,
    DETECTOR,
    PHASES,
    STARTS_FROM,
    phase_folder,
    train_detector,
)
from busdemo.training.export import renew_card, settings, write_json
from busdemo.training.recipe import MEAN, STANDARD_DEVIATION
from busdemo.zoo.cards import WEIGHTS, Preprocessing, read_cards
from busdemo.zoo.loading import build_network, load_network

SIDES_PX = (192, 224, 256)
MOST_IOUS = (0.3, 0.45, 0.6)
PADDINGS = (0.125, 0.25, 0.375, 0.5)
"""What is tried on validation data."""

PADDED_WITH = STARTS_FROM
"""The padding is chosen by this model's Dice in two stages."""


def train_and_export_detector(
    data: Path, runs: Path, *, weights: Path = WEIGHTS, workers: int = 0
) -> float:
    """Train the detector, or go on with it, and put it in the zoo; its cut-off, frozen on val."""
    best = train_detector(data, runs, weights=weights, workers=workers)
    print(f"{DETECTOR}: validation mAP@50:95 {best:.3f}.", flush=True)
    return export_detector(data, runs, weights).cut_off


def export_detector(data: Path, runs: Path, weights: Path) -> Tuning:
    """Write `weights/detector/` from `runs/detector/`; what was chosen on the val split of `data`.

    The input side and the overlap by mAP@50:95 over images with a lesion, the cut-off by the best
    F1 over all images, the padding by the Dice of `PADDED_WITH` in two stages.
    """
    folder = weights / DETECTOR
    folder.mkdir(parents=True, exist_ok=True)
    state = load_file(phase_folder(runs, len(PHASES)) / BEST)
    half = {k: v.half() if v.is_floating_point() else v for k, v in state.items()}
    save_file(half, folder / "model.safetensors", metadata={"format": "pt"})
    write_json(folder / "config.json", CONFIG)
    folders = [phase_folder(runs, number) for number in range(1, len(PHASES) + 1)]
    join_curves([one / "curves.csv" for one in folders], folder / "curves.csv")
    sha256 = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    validation = read_index(data, "val")
    preprocessing, tuning = _choose(folder, sha256, validation, weights)
    chosen = settings(preprocessing, tuning.cut_off)
    more = {"most_iou": tuning.most_iou, "padding": tuning.padding}
    write_json(folder / "preprocessor_config.json", chosen | more)
    facts = {
        "task": DETECTION,
        "sha256": sha256,
        "parameters": sum(p.numel() for p in build_network(CONFIG).parameters()),
        "gflops": round(_count_gflops(preprocessing.input_wh[0]), 2),
        "start": f"{STARTS_FROM}'s encoder",
        "recipe": json.loads(json.dumps([asdict(phase) for phase in PHASES])),
        "results": [],
    }
    images = len(read_index(data, "train"))
    renew_card(folder, facts, describe_detector(preprocessing, tuning, PADDED_WITH, images))
    return tuning


def join_curves(phases: Sequence[Path], joined: Path) -> None:
    """The curves of several phases as one file, the epochs counted through."""
    rows: list[dict[str, str]] = []
    for path in phases:
        with path.open(encoding="utf-8") as file:
            found = list(csv.DictReader(file))
        rows += [row | {"epoch": str(len(rows) + int(row["epoch"]))} for row in found]
    with joined.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _choose(
    folder: Path, sha256: str, cases: Sequence[Case], weights: Path
) -> tuple[Preprocessing, Tuning]:
    engine = TorchEngine(fold_batch_norms(load_network(folder, sha256)))

    def run(side: int, most_iou: float) -> DetectionRun:
        return run_detector(LesionFinder(engine, _stretch(side), Tuning(0.5, most_iou, 0.5)), cases)

    runs = {(side, MOST_IOUS[1]): run(side, MOST_IOUS[1]) for side in SIDES_PX}
    side, _ = max(runs, key=lambda tried: _precision(runs[tried]))
    runs = {
        (side, most_iou): runs.get((side, most_iou)) or run(side, most_iou)
        for most_iou in MOST_IOUS
    }
    side, most_iou = max(runs, key=lambda tried: _precision(runs[tried]))
    for (tried_side, tried_iou), found in runs.items():
        words = f"{tried_side} px, overlap {tried_iou}"
        print(f"{words}: validation mAP@50:95 {_precision(found):.4f}", flush=True)
    preprocessing = _stretch(side)
    tuning = Tuning(choose_cut_off(runs[side, most_iou]), most_iou, 0.5)
    finder = LesionFinder(engine, preprocessing, tuning, sha256)
    padding = choose_padding(finder, [c for c in cases if not c.is_normal], weights)
    return preprocessing, replace(tuning, padding=padding)


def _stretch(side_px: int) -> Preprocessing:
    return Preprocessing((side_px, side_px), (MEAN,), (STANDARD_DEVIATION,), "stretch")


def _precision(run: DetectionRun) -> float:
    """mAP@50:95 over images with a lesion."""
    return float(average_precision([m for m in run.matches if m.lesions]).mean())


def choose_cut_off(run: DetectionRun) -> float:
    """The score, a stop of the slider, with the best F1 at IoU 0.5 over all images."""
    lesions = sum(m.lesions for m in run.matches)
    scores = np.concatenate([m.scores for m in run.matches])
    hits = np.concatenate([m.hits[0] for m in run.matches])
    cut_offs = np.arange(1, STOPS) / STOPS
    kept = scores >= cut_offs[:, None]
    f1 = 2 * (kept & hits).sum(axis=1) / (kept.sum(axis=1) + lesions)
    return float(cut_offs[np.argmax(f1)])


def choose_padding(finder: LesionFinder, cases: Sequence[Case], weights: Path) -> float:
    """The padding with the best mean Dice in two stages over cases with a lesion."""
    pool = SegmenterPool(read_cards(weights))
    staged = TwoStage(pool, lambda: finder)
    stop = pool.cards[PADDED_WITH].stop
    dice: dict[float, list[float]] = {padding: [] for padding in PADDINGS}
    for case in tqdm(cases, desc="padding", mininterval=5):
        image, mask = case.read()
        found = staged.locate(image)
        for padding, values in dice.items():
            predictions = staged.look_at(image, found=replace(found, padding=padding))
            levels = quantize(predictions.predict(PADDED_WITH))
            values.append(score_overlap(binarize(levels, stop), mask).dice)
    means = {padding: float(np.mean(values)) for padding, values in dice.items()}
    for padding, mean in means.items():
        print(f"padding {padding}: validation Dice {mean:.4f}", flush=True)
    return max(means, key=lambda padding: means[padding])


def _count_gflops(side_px: int) -> float:
    network = build_network(CONFIG).to("meta")
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(torch.zeros(1, 1, side_px, side_px, device="meta"))
    return float(counter.get_total_flops()) / 1e9
