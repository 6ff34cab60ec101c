"""Training the classifier: from the data to a finished run."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from scipy.special import softmax
from torch import Tensor, nn
from torch.nn import functional

from busdemo.evaluation.classification import Classified, accuracy, macro_f1, malignant_auc
from busdemo.evaluation.datasets import read_index
from busdemo.imaging.masks import STOPS
from busdemo.inference.segmenter import SegmenterPool
from busdemo.training.classifier.card_text import IMAGENET_START, SEGMENTER_START
from busdemo.training.classifier.samples import (
    ClassSamples,
    Sample,
    load_class_batches,
    read_class_samples,
)
from busdemo.training.data import resize
from busdemo.training.loop import Run, Task, compute
from busdemo.training.pretrained import read_imagenet_weights
from busdemo.training.recipe import ENCODER, MEAN, STANDARD_DEVIATION, Recipe
from busdemo.training.train import keep_freed_memory, widen_depthwise_convolutions
from busdemo.zoo.architectures.lesion_classifier import build_classifier, join_channels
from busdemo.zoo.cards import WEIGHTS, read_cards

CLASSIFIER = "classifier"
"""Its id: the folder in weights/ and in runs/."""

MASK_FROM = "unet"
"""The model whose predicted mask it sees."""

CONFIG: dict[str, Any] = {
    "_model_class": "LesionClassifier",
    "encoder_name": ENCODER.removeprefix("tu-"),
}

RECIPE = Recipe(stages=((4, 160), (1, 192)), peak_learning_rate=5e-4, weight_decay=2e-2, phantoms=0)

START = SEGMENTER_START
"""Where its encoder starts, chosen on val."""

SMOOTHING = 0.05
"""Of the labels: benign and malignant look alike often enough."""


def train_classifier(data: Path, runs: Path, *, weights: Path = WEIGHTS, workers: int = 0) -> float:
    """Train it, or go on with it; the best mean of accuracy and AUC on the val split."""
    keep_freed_memory()
    pool, folder = SegmenterPool(read_cards(weights)), runs / CLASSIFIER
    train, validation = (
        read_class_samples(read_index(data, split), pool, MASK_FROM, RECIPE.final_side_px, folder)
        for split in ("train", "val")
    )
    torch.manual_seed(RECIPE.seed)
    network = build_classifier(CONFIG)
    network.load_state_dict(_STARTS[START](network, weights / MASK_FROM))
    widen_depthwise_convolutions(network)
    return Run(network, RECIPE, folder, task=CLASSIFYING, workers=workers).train(train, validation)


def start_from_imagenet(network: nn.Module, _: Path) -> dict[str, Tensor]:
    """The classifier's values with ImageNet's encoder; its answer does not see the mask yet.

    The scan's channel takes the sum over red, green and blue, the mask's is zero.
    """
    return _with_encoder(network, read_imagenet_weights())


def start_from_segmenter(network: nn.Module, folder: Path) -> dict[str, Tensor]:
    """The classifier's values with the encoder of a segmentation network of the same kind.

    The layers behind its last map, which a segmentation network lacks, are ImageNet's.
    """
    published = {
        key.removeprefix("encoder.model."): value.float() if value.is_floating_point() else value
        for key, value in load_file(folder / "model.safetensors").items()
        if key.startswith("encoder.model.")
    }
    return _with_encoder(network, read_imagenet_weights() | published)


def _with_encoder(network: nn.Module, encoder: dict[str, Tensor]) -> dict[str, Tensor]:
    state = {key: value.clone() for key, value in network.state_dict().items()}
    for name in (key.removeprefix("model.") for key in state):
        if not name.startswith("classifier."):
            state[f"model.{name}"] = encoder[name]
    stem = encoder["conv_stem.weight"].sum(1, keepdim=True)
    state["model.conv_stem.weight"] = torch.cat([stem, torch.zeros_like(stem)], dim=1)
    return state


_STARTS = {IMAGENET_START: start_from_imagenet, SEGMENTER_START: start_from_segmenter}


def class_loss(network: nn.Module, batch: Sample, device: str) -> Tensor:
    """Cross-entropy of a batch against smoothed labels; a scalar."""
    image, mask, labels = batch
    logits = compute(network, join_channels(image, mask, MEAN, STANDARD_DEVIATION), device)
    loss: Tensor = functional.cross_entropy(
        logits.float(), torch.as_tensor(labels).to(device), label_smoothing=SMOOTHING
    )
    return loss


def evaluate_classifier(
    network: nn.Module, samples: ClassSamples, side_px: int, device: str
) -> dict[str, float]:
    """Accuracy, macro F1 and AUC benign/malignant with and without the mask; their mean `score`."""
    scores = {}
    for ending, levels in (("", samples.levels), ("_emptied", np.zeros_like(samples.levels))):
        logits = compute_logits(network, samples.images, levels, side_px, device)
        names = samples.datasets
        found = Classified(softmax(logits, axis=1), samples.labels, names, names)
        scores[f"accuracy{ending}"] = accuracy(found)
        scores[f"macro_f1{ending}"] = macro_f1(found)
        scores[f"auc{ending}"] = malignant_auc(found)
    return scores | {"score": (scores["accuracy"] + scores["auc"]) / 2}


@torch.inference_mode()
def compute_logits(
    network: nn.Module,
    images: NDArray[np.uint8],
    levels: NDArray[np.uint8],
    side_px: int,
    device: str,
) -> NDArray[np.float64]:
    """Logits (N, 3) of images and soft masks (N, S, S) uint8."""
    network.eval()
    parts = []
    for start in range(0, len(images), 32):
        image, mask = (
            resize(torch.from_numpy(array[start : start + 32])[:, None].float() / top, side_px)
            for array, top in ((images, 255), (levels, STOPS))
        )
        pixels = join_channels(image, mask, MEAN, STANDARD_DEVIATION)
        parts.append(compute(network, pixels, device).double().cpu().numpy())
    return np.concatenate(parts)


CLASSIFYING = Task(load_class_batches, class_loss, evaluate_classifier, score="score")
"""Telling normal, benign and malignant apart; the score is the mean of accuracy and AUC."""
