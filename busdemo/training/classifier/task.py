"""Telling classes apart, as a task of the training loop."""

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import softmax
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader

from busdemo.evaluation.classification import Classified, accuracy, macro_f1, malignant_auc
from busdemo.imaging.marks import find_marks, paint_out
from busdemo.imaging.masks import STOPS
from busdemo.training.augmentation import augment, build_augmentation
from busdemo.training.classifier.degrading import Degrading
from busdemo.training.classifier.samples import ClassSamples, cell_weights
from busdemo.training.data import resize
from busdemo.training.drawing import Epoch, draw_batches
from busdemo.training.loop import Task, compute
from busdemo.training.recipe import MEAN, STANDARD_DEVIATION, Recipe
from busdemo.zoo.architectures.lesion_classifier import join_channels

SMOOTHING = 0.05
"""Share of a label that is spread over all classes."""

PAINTED_OUT = 0.5
"""Share of images whose calipers and text are painted out under strong augmentation."""

BATCH = 32
"""Validation images computed at once."""

ClassBatch = tuple[Tensor, Tensor, Tensor]
"""Images and soft masks (B, 1, S, S) in [0, 1], and classes (B,) int64."""


class MakeClass:
    """Images and degraded masks (1, S, S) with their class, augmented anew at every reading."""

    def __init__(self, samples: ClassSamples, recipe: Recipe, side_px: int) -> None:
        self._samples = samples
        self._side_px = side_px
        self._paints_out = recipe.strong_augmentation
        self._augmentation = build_augmentation(strong=recipe.strong_augmentation)
        self._degrading = Degrading()

    def __call__(self, index: int) -> ClassBatch:
        """Image, mask and class of one sample."""
        image, mask = self._read(index)
        if self._paints_out and torch.rand(()) < PAINTED_OUT:
            image = self._read_clean(index)
        _, other = self._read(int(torch.randint(self._samples.epoch_length, ())))
        image, mask = augment(self._augmentation, image, self._degrading(mask, other))
        return image, mask, torch.tensor(self._samples.labels[index])

    def _read(self, index: int) -> tuple[Tensor, Tensor]:
        image, mask = read_tensors(self._samples, slice(index, index + 1), self._side_px)
        return image[0], mask[0]

    def _read_clean(self, index: int) -> Tensor:
        """The image without its calipers and text, looked for at the size it is kept at."""
        kept = self._samples.images[index]
        clean = paint_out(kept, find_marks(kept))
        return resize(torch.from_numpy(clean)[None, None].float() / 255, self._side_px)[0]


def read_tensors(samples: ClassSamples, part: slice, side_px: int) -> tuple[Tensor, Tensor]:
    """Images and masks (B, 1, S, S) float32 in [0, 1] of some samples."""
    image, mask = (
        resize(torch.from_numpy(array[part])[:, None].float() / top, side_px)
        for array, top in ((samples.images, 255), (samples.levels, STOPS))
    )
    return image, mask


def load_classes(samples: ClassSamples, epoch: Epoch) -> DataLoader[ClassBatch]:
    """One epoch of augmented batches, drawn by `cell_weights`."""
    make = MakeClass(samples, epoch.recipe, epoch.side_px)
    return draw_batches(cell_weights(samples), samples.epoch_length, epoch, make)


def find_loss(network: nn.Module, batch: ClassBatch, device: str) -> Tensor:
    """Cross-entropy of a batch with smoothed labels."""
    image, mask, labels = batch
    logits = compute(network, join_channels(image, mask, MEAN, STANDARD_DEVIATION), device)
    return functional.cross_entropy(logits.float(), labels.to(device), label_smoothing=SMOOTHING)


@torch.inference_mode()
def evaluate(
    network: nn.Module, samples: ClassSamples, side_px: int, device: str
) -> dict[str, float]:
    """What `score_classes` says of all samples, and, `_emptied`, of them without their masks."""
    network.eval()
    answers: dict[str, list[Tensor]] = {"": [], "_emptied": []}
    for start in range(0, samples.epoch_length, BATCH):
        image, mask = read_tensors(samples, slice(start, start + BATCH), side_px)
        for ending, shown in (("", mask), ("_emptied", mask * 0)):
            pixels = join_channels(image, shown, MEAN, STANDARD_DEVIATION)
            answers[ending].append(compute(network, pixels, device).float().cpu())
    scores: dict[str, float] = {}
    for ending, parts in answers.items():
        chances = softmax(torch.cat(parts).double().numpy(), axis=1)
        found = score_classes(chances, samples.labels)
        scores |= {f"{name}{ending}": value for name, value in found.items()}
    return scores


def score_classes(chances: NDArray[np.float64], labels: NDArray[np.int64]) -> dict[str, float]:
    """Accuracy, macro F1 and AUC benign/malignant, and `score`, the mean of first and last."""
    names = ("",) * len(chances)
    found = Classified(chances, labels, names, names)
    scores = {
        "accuracy": accuracy(found),
        "macro_f1": macro_f1(found),
        "auc": malignant_auc(found),
    }
    return scores | {"score": (scores["accuracy"] + scores["auc"]) / 2}


CLASSIFYING = Task(load_classes, find_loss, evaluate, score="score")
"""Normal, benign or malignant, from an image and a soft mask."""
