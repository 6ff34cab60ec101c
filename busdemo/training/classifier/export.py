"""From the classifier's finished run to its folder in the zoo; every choice made on val."""

import hashlib
import json
import shutil
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file

from busdemo.evaluation.datasets import read_index
from busdemo.evaluation.report import RESULTS, insert
from busdemo.imaging.masks import STOPS
from busdemo.inference.classifier import CLASSIFICATION, OPERATING
from busdemo.inference.engines import TorchEngine
from busdemo.inference.segmenter import SegmenterPool
from busdemo.training.card_text import TRAINING
from busdemo.training.classifier.calibration import Calibration, calibrate
from busdemo.training.classifier.card_text import describe_classifier
from busdemo.training.classifier.plan import CLASS_TRAININGS, CLASSIFIER, CONFIG, ClassTraining
from busdemo.training.classifier.run import train_classifier
from busdemo.training.classifier.samples import ClassSamples, read_class_samples
from busdemo.training.export import UNTESTED
from busdemo.training.recipe import MEAN, STANDARD_DEVIATION
from busdemo.zoo.architectures.lesion_classifier import build_classifier, join_channels
from busdemo.zoo.cards import WEIGHTS, read_cards, read_facts, write_card


def train_and_export_classifier(
    data: Path,
    runs: Path,
    *,
    model_id: str = CLASSIFIER,
    weights: Path = WEIGHTS,
    workers: int = 0,
) -> float:
    """Train a classifier and write its folder in the zoo; the operating threshold.

    One without a set takes its masks from `runs/weights`, and is written there, too.
    """
    training = CLASS_TRAININGS[model_id]
    place = runs / "weights" if training.left_out else weights
    best = train_classifier(training, data, runs, weights=place, workers=workers)
    print(f"{model_id}: validation mean of accuracy and AUC {best:.3f}.", flush=True)
    return export_classifier(training, data, runs, place)


def export_classifier(training: ClassTraining, data: Path, runs: Path, weights: Path) -> float:
    """Write `weights/<id>/` from its run; the threshold for 95 % sensitivity on val.

    Weights become float16; temperature and threshold are chosen with what will really run.
    """
    run, folder = runs / training.id, weights / training.id
    recipe, mask_from = training.recipe, training.mask_from
    folder.mkdir(parents=True, exist_ok=True)
    state = load_file(run / "best.safetensors")
    half = {k: v.half() if v.is_floating_point() else v for k, v in state.items()}
    save_file(half, folder / "model.safetensors", metadata={"format": "pt"})
    shutil.copy(run / "curves.csv", folder / "curves.csv")
    pool = SegmenterPool(read_cards(weights))
    side = recipe.final_side_px
    validation = training.choose(read_index(data, "val"))
    samples = read_class_samples(validation, pool, mask_from, side, run)
    network = build_classifier(CONFIG)
    network.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in half.items()})
    logits = _run(TorchEngine(network.eval().to(memory_format=torch.channels_last)), samples)
    calibration = calibrate(logits, samples.labels, folder / OPERATING)
    _write_settings(folder, side, calibration)
    seen = training.choose(read_index(data, "train"))
    train = Counter((case.dataset, case.label) for case in seen)
    facts = {
        "sha256": hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest(),
        "parameters": sum(p.numel() for p in network.parameters()),
        "mask_from": mask_from,
        "mask_sha256": pool.cards[mask_from].sha256,
        "temperature": round(calibration.temperature, 4),
        "recipe": json.loads(json.dumps(asdict(recipe))),
        "start": "the U-Net's encoder",
        "results": [],
    }
    _renew_card(folder, facts, describe_classifier(training, calibration, train))
    return calibration.stop / STOPS


def _run(engine: TorchEngine, samples: ClassSamples) -> NDArray[np.float64]:
    answers = []
    for image, levels in zip(samples.images, samples.levels, strict=True):
        grey, mask = (
            torch.from_numpy(array)[None, None].float() / top
            for array, top in ((image, 255), (levels, STOPS))
        )
        answers.append(engine.run(join_channels(grey, mask, MEAN, STANDARD_DEVIATION).numpy())[0])
    return np.array(answers, np.float64)


def _write_settings(folder: Path, side_px: int, calibration: Calibration) -> None:
    settings = {
        "do_resize": True,
        "size": {"height": side_px, "width": side_px},
        "resize_rule": "letterbox",
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": [MEAN],
        "image_std": [STANDARD_DEVIATION],
        "threshold": calibration.stop / STOPS,
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(settings, indent=2) + "\n")
    (folder / "config.json").write_text(json.dumps(CONFIG, indent=2) + "\n")


def _renew_card(folder: Path, renewed: dict[str, Any], training: str) -> None:
    readme = folder / "README.md"
    if readme.is_file():
        header, text = read_facts(readme)
    else:
        header, text = _first_header(), "# Benign or malignant?\n"
    header["busdemo"] |= renewed
    for stale in ("confusion", "largest_class"):
        header["busdemo"].pop(stale, None)
    header.pop("model-index", None)
    write_card(readme, header, insert(insert(text, training, TRAINING), UNTESTED, RESULTS))


def _first_header() -> dict[str, Any]:
    return {
        "license": "cc-by-nc-4.0",
        "library_name": "busdemo",
        "pipeline_tag": "image-classification",
        "language": "en",
        "tags": ["breast-ultrasound", "medical-imaging", "image-classification"],
        "datasets": ["BUSI", "BUS-BRA", "BUS-UCLM", "BrEaST"],
        "busdemo": {
            "name": "Classifier",
            "family": "Classifier",
            "task": CLASSIFICATION,
            "order": 1,
        },
    }
