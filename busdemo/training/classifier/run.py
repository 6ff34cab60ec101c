"""Training the classifier: a linear layer over the frozen encoder of the segmentation network."""

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from scipy.special import softmax
from torch import Tensor, nn
from torch.nn import functional

from busdemo.evaluation.classification import Classified, accuracy, macro_f1, malignant_auc
from busdemo.evaluation.datasets import read_index
from busdemo.inference.segmenter import SegmenterPool
from busdemo.training.classifier.features import (
    Features,
    compute_plain_features,
    read_training_features,
)
from busdemo.training.classifier.samples import read_class_samples
from busdemo.training.pretrained import read_imagenet_weights
from busdemo.training.recipe import ENCODER
from busdemo.zoo.architectures.lesion_classifier import LesionClassifier, build_classifier
from busdemo.zoo.cards import WEIGHTS, read_cards

CLASSIFIER = "classifier"
"""Its id: the folder in weights/ and in runs/."""

MASK_FROM = "unet"
"""The model whose predicted mask it sees, and whose encoder it has."""

CONFIG: dict[str, Any] = {
    "_model_class": "LesionClassifier",
    "encoder_name": ENCODER.removeprefix("tu-"),
}


@dataclass(frozen=True)
class ClassifierRecipe:
    """Every choice of the classifier's training; the last two lists are tried on val."""

    side_px: int = 192
    views: int = 3
    smoothing: float = 0.05
    weight_decays: tuple[float, ...] = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
    seed: int = 1


RECIPE = ClassifierRecipe()


def train_classifier(data: Path, runs: Path, *, weights: Path = WEIGHTS) -> float:
    """Train it, or go on with it; the best mean of accuracy and AUC on the val split.

    `runs/classifier/` gets the predicted masks, the features, `best.safetensors` and a row for
    each weight decay in `curves.csv`.
    """
    pool, folder = SegmenterPool(read_cards(weights)), runs / CLASSIFIER
    train, validation = (
        read_class_samples(read_index(data, split), pool, MASK_FROM, RECIPE.side_px, folder)
        for split in ("train", "val")
    )
    network = build_classifier(CONFIG)
    network.load_state_dict(start_from_segmenter(network, weights / MASK_FROM))
    features = read_training_features(network, train, RECIPE.views, folder)
    plain = compute_plain_features(network, validation)
    emptied = compute_plain_features(network, validation, emptied=True)
    head, rows = choose_head(features, plain, emptied, RECIPE.weight_decays)
    network.head.load_state_dict(head.state_dict())
    save_file(
        {key: value.contiguous() for key, value in network.state_dict().items()},
        folder / "best.safetensors",
    )
    with (folder / "curves.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    print(json.dumps(rows, indent=1))
    return max(row["score"] for row in rows)


def choose_head(
    features: Features, plain: Features, emptied: Features, weight_decays: Sequence[float]
) -> tuple[nn.Linear, list[dict[str, float]]]:
    """The linear layer with the best mean of accuracy and AUC on val, and a row for each tried."""
    best = nn.Linear(1, 1)
    rows: list[dict[str, float]] = []
    for decay in weight_decays:
        head, loss = fit_head(features, decay)
        row = {"weight_decay": decay, "train_loss": round(loss, 4)}
        for ending, part in (("", plain), ("_emptied", emptied)):
            row |= {f"{k}{ending}": round(v, 4) for k, v in score_head(head, part).items()}
        if row["score"] > max((earlier["score"] for earlier in rows), default=-1):
            best = head
        rows.append(row)
    return best, rows


def fit_head(features: Features, weight_decay: float, steps: int = 100) -> tuple[nn.Linear, float]:
    """Multinomial logistic regression of standardised features, to its optimum, and its loss.

    The standardisation is folded into the layer, so that it reads features as they are.
    """
    mean, deviation = features.values.mean(0), features.values.std(0).clamp(min=1e-3)
    values = (features.values - mean) / deviation
    layer = nn.Linear(values.shape[1], 3)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    optimizer = torch.optim.LBFGS(layer.parameters(), max_iter=steps, line_search_fn="strong_wolfe")

    def compute_loss() -> Tensor:
        losses = functional.cross_entropy(
            layer(values), features.labels, reduction="none", label_smoothing=RECIPE.smoothing
        )
        penalty = weight_decay / 2 * layer.weight.square().sum()
        loss: Tensor = (losses * features.weights).mean() + penalty
        return loss

    def closure() -> float:
        optimizer.zero_grad()
        loss = compute_loss()
        loss.backward()  # type: ignore[no-untyped-call]
        return float(loss.detach())

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    with torch.no_grad():
        loss = float(compute_loss())
        layer.weight /= deviation
        layer.bias.sub_(layer.weight @ mean)
    return layer, loss


@torch.inference_mode()
def score_head(head: nn.Linear, features: Features) -> dict[str, float]:
    """Accuracy, macro F1 and AUC benign/malignant, and `score`, the mean of first and last."""
    chances = softmax(head(features.values).double().numpy(), axis=1)
    names = ("",) * len(chances)
    found = Classified(chances, features.labels.numpy().astype(np.int64), names, names)
    scores = {
        "accuracy": accuracy(found),
        "macro_f1": macro_f1(found),
        "auc": malignant_auc(found),
    }
    return scores | {"score": (scores["accuracy"] + scores["auc"]) / 2}


def start_from_segmenter(network: LesionClassifier, folder: Path) -> dict[str, Tensor]:
    """The classifier's values with the encoder of a segmentation network of the same kind.

    The convolution behind its last map, which a segmentation network lacks, is ImageNet's.
    """
    published = {
        key.removeprefix("encoder."): value.float() if value.is_floating_point() else value
        for key, value in load_file(folder / "model.safetensors").items()
        if key.startswith("encoder.model.")
    }
    state = dict(network.state_dict())
    state |= {
        key: value
        for name, value in read_imagenet_weights().items()
        if (key := f"model.{name}") in state and state[key].shape == value.shape
    }
    return state | published
