"""Training the detector, in the loop of the segmentation networks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader
from torchvision import tv_tensors

from busdemo.evaluation.datasets import read_index
from busdemo.imaging.boxes import LEAST_PX
from busdemo.imaging.fit import Fit
from busdemo.inference.detector import place, read_places
from busdemo.inference.memory import keep_freed_memory
from busdemo.scoring.detection import average_precision, match_boxes
from busdemo.training.augmentation import build_augmentation
from busdemo.training.data import (
    Samples,
    draw_weights,
    join,
    read_samples,
    resize,
    simulate_samples,
)
from busdemo.training.detector.losses import boxes_of_numbers, detection_loss
from busdemo.training.detector.outlining import Outlining, marking_loss
from busdemo.training.drawing import Epoch, draw_batches
from busdemo.training.loop import Task, TrainingRun
from busdemo.training.recipe import ENCODER, Recipe
from busdemo.training.segmenting import forward
from busdemo.training.train import widen_depthwise_convolutions
from busdemo.zoo.architectures.lesion_detector import LesionDetector
from busdemo.zoo.cards import WEIGHTS
from busdemo.zoo.loading import build_network

DETECTOR = "detector"
"""Its folder in weights/, and what `busdemo train` calls it."""

CONFIG: dict[str, Any] = {
    "_model_class": "LesionDetector",
    "encoder_name": ENCODER,
    "in_channels": 1,
    "width": 96,
}
STARTS_FROM = "unet"
"""The model in weights/ whose trained encoder it starts from: the same layers, the same train
split."""


@dataclass(frozen=True)
class Phase:
    """A part of the training, which starts from the best epoch of the part before.

    `frozen_stages` of the encoder, and its stem, stay as they are: their gradients, at the finest
    sizes, take half of the time. `outlined`: a second head marks lesion pixels meanwhile.
    """

    recipe: Recipe
    frozen_stages: int = 0
    outlined: bool = True


PHASES = (
    Phase(Recipe(stages=((15, 160), (4, 224))), frozen_stages=3, outlined=False),
    Phase(Recipe(stages=((4, 192), (10, 224)), peak_learning_rate=6e-4)),
    Phase(Recipe(stages=((7, 256),), peak_learning_rate=4e-4)),
)

BEST = "best.safetensors"
"""In a phase's folder: the averaged weights of its best epoch."""

MOST_IOU = 0.6
"""Of two boxes that overlap by more, the better stays while training is watched."""


def load_numbered(samples: Samples, epoch: Epoch) -> DataLoader[tuple[Tensor, Tensor]]:
    """One epoch of augmented images (B, 1, S, S) and their numbered lesions, uint8."""
    make = MakeNumbers(samples, epoch.side_px)
    return draw_batches(draw_weights(samples, epoch.recipe), samples.epoch_length, epoch, make)


def find_loss(network: nn.Module, batch: tuple[Tensor, Tensor], device: str) -> Tensor:
    """The loss of images (B, 1, S, S) and numbered lesions (B, 1, S, S), of boxes and, where the
    network gives one, of a marked map."""
    image, numbered = batch
    output = forward(network, image, device)
    if isinstance(output, Tensor):
        return detection_loss(output, numbered)
    boxes, marked = output
    return detection_loss(boxes, numbered) + marking_loss(marked, numbered)


@torch.inference_mode()
def evaluate(network: nn.Module, samples: Samples, side_px: int, device: str) -> dict[str, float]:
    """mAP at network size over the samples with a lesion, and over all."""
    network.eval()
    fit = Fit.of((side_px, side_px), (side_px, side_px), "stretch")
    matches = []
    for start in range(0, len(samples.datasets), 32):
        part = slice(start, start + 32)
        images, numbered = shrink(samples.images[part], samples.masks[part], side_px)
        for output, numbers in zip(_find(network, images, device).cpu(), numbered, strict=True):
            true = boxes_of_numbers(numbers[0]).numpy().astype(np.float64)
            found = place(read_places(output.numpy()), fit, MOST_IOU)
            matches.append(match_boxes(found, true))
    everything = average_precision(matches)
    lesions = average_precision([m for m in matches if m.lesions])
    return {
        "map50": float(lesions[0]),
        "map50_95": float(lesions.mean()),
        "map50_with_normals": float(everything[0]),
        "map50_95_with_normals": float(everything.mean()),
    }


def _find(network: nn.Module, image: Tensor, device: str) -> Tensor:
    output = forward(network, image, device)
    assert isinstance(output, Tensor)  # noqa: S101
    return output


FINDING = Task(load_numbered, find_loss, evaluate, score="map50_95")
"""Boxes around lesions, over samples whose masks hold the numbers of the lesions, 0 for background.
"""


class MakeNumbers:
    """Images (1, S, S) float32 and numbered lesions (1, S, S) uint8, augmented anew each time."""

    def __init__(self, samples: Samples, side_px: int) -> None:
        self._samples = samples
        self._side_px = side_px
        self._augmentation = build_augmentation()

    def __call__(self, index: int) -> tuple[Tensor, Tensor]:
        """Image and numbers of one sample."""
        part = slice(index, index + 1)
        image, numbers = shrink(
            self._samples.images[part], self._samples.masks[part], self._side_px
        )
        moved = self._augmentation(tv_tensors.Image(image[0]), tv_tensors.Mask(numbers[0]))
        return moved[0].as_subclass(Tensor), moved[1].as_subclass(Tensor)


def shrink(
    images: np.ndarray[Any, Any], numbers: np.ndarray[Any, Any], side_px: int
) -> tuple[Tensor, Tensor]:
    """Images and numbered lesions (N, S, S) uint8 as tensors (N, 1, s, s); images in [0, 1]."""
    pixels = resize(torch.from_numpy(images)[:, None].float() / 255, side_px)
    numbered = torch.from_numpy(numbers)[:, None]
    if numbered.shape[-1] != side_px:
        numbered = functional.interpolate(numbered, (side_px, side_px), mode="nearest-exact")
    return pixels, numbered


def number_lesions(samples: Samples) -> Samples:
    """The samples with their masks' lesions numbered from 1; debris of drawing is left out."""
    numbered = np.zeros_like(samples.masks)
    for mask, numbers in zip(samples.masks, numbered, strict=True):
        lesion = (mask >= 128).astype(np.uint8)
        count, parts, stats, _ = cv2.connectedComponentsWithStats(lesion, connectivity=8)
        large = [part for part in range(1, count) if stats[part, cv2.CC_STAT_AREA] >= LEAST_PX]
        for number, part in enumerate(large, start=1):
            numbers[parts == part] = number
    return replace(samples, masks=numbered)


def train_detector(
    data: Path,
    runs: Path,
    *,
    weights: Path = WEIGHTS,
    workers: int = 0,
    phases: Sequence[Phase] = PHASES,
) -> float:
    """Train the detector, or go on with it; the best mAP@50:95 over validation lesion images.

    Each phase has its folder in `runs/detector/`, from 1. Raises FileNotFoundError when `weights`
    lacks the network whose encoder it starts from.
    """
    keep_freed_memory()
    best = 0.0
    for number, phase in enumerate(phases, start=1):
        recipe = phase.recipe
        splits = read_splits(data, recipe.final_side_px, recipe.phantoms, recipe.seed)
        samples, validation = (number_lesions(part) for part in splits)
        torch.manual_seed(recipe.seed)
        network = build_network(CONFIG)
        if number == 1:
            start_from_segmenter(network, weights / STARTS_FROM / "model.safetensors")
        else:
            network.load_state_dict(load_file(phase_folder(runs, number - 1) / BEST))
        freeze_stages(network, phase.frozen_stages)
        widen_depthwise_convolutions(network)
        taught = Outlining(cast(LesionDetector, network)) if phase.outlined else network
        run = TrainingRun(taught, recipe, phase_folder(runs, number), task=FINDING, workers=workers)
        best = run.train(samples, validation)
    return best


@lru_cache(maxsize=1)
def read_splits(data: Path, side_px: int, phantoms: int, seed: int) -> tuple[Samples, Samples]:
    """Train split with phantoms, and val split; kept for the next network of a queue."""
    train = read_samples(read_index(data, "train"), side_px)
    samples = join(train, simulate_samples(phantoms, side_px, seed))
    return samples, read_samples(read_index(data, "val"), side_px)


def phase_folder(runs: Path, number: int) -> Path:
    """Where a phase, counted from 1, keeps its state."""
    return runs / DETECTOR / str(number)


def start_from_segmenter(network: nn.Module, path: Path) -> None:
    """Give the detector's encoder the weights of a segmentation network's; the same layers."""
    published = load_file(path)
    prefix = "encoder."
    state = {k.removeprefix(prefix): v for k, v in published.items() if k.startswith(prefix)}
    network.encoder.load_state_dict(state)  # type: ignore[union-attr]


def freeze_stages(network: nn.Module, stages: int) -> None:
    """Leave the stem and the first stages of the detector's encoder as they are; 0: none of it."""
    if not stages:
        return
    encoder = network.encoder.model  # type: ignore[union-attr]
    for part in (encoder.conv_stem, encoder.bn1, *list(encoder.blocks)[:stages]):  # type: ignore[union-attr, arg-type]
        for parameter in part.parameters():
            parameter.requires_grad_(False)
