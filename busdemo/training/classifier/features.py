"""What the frozen encoder says of every image: pooled features, kept on disk view by view."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from tqdm import tqdm

from busdemo.imaging.masks import STOPS
from busdemo.training.augmentation import augment, build_augmentation
from busdemo.training.classifier.degrading import Degrading
from busdemo.training.classifier.samples import ClassSamples, cell_weights
from busdemo.training.recipe import MEAN, STANDARD_DEVIATION
from busdemo.zoo.architectures.lesion_classifier import LesionClassifier, pool_maps

BATCH = 32
MASKS_A_VIEW = 2
"""Degraded masks pooled over the same view of an image: the encoder runs once for both."""


@dataclass(frozen=True)
class Features:
    """Features (N, F), classes (N,) and how much each row counts (N,), float32 and int64."""

    values: Tensor
    labels: Tensor
    weights: Tensor


def read_training_features(
    network: LesionClassifier, samples: ClassSamples, views: int, folder: Path
) -> Features:
    """Features of `views` views of every sample, each with `MASKS_A_VIEW` degraded masks.

    The first view is the image as it is, the others are augmented. Views already in `folder` are
    read; a new set of weights or samples needs another folder.
    """
    parts = []
    for view in range(views):
        path = folder / f"features-{view}.safetensors"
        if not path.is_file():
            values = torch.cat(list(_compute_view(network, samples, view)))
            partial = path.with_suffix(".partial")
            save_file({"values": values}, partial)
            partial.replace(path)
        parts.append(load_file(path)["values"])
    times = views * MASKS_A_VIEW
    labels = torch.from_numpy(samples.labels).repeat_interleave(MASKS_A_VIEW).repeat(views)
    weights = torch.tensor(cell_weights(samples)).repeat_interleave(MASKS_A_VIEW).repeat(views)
    assert len(labels) == times * samples.epoch_length  # noqa: S101
    return Features(torch.cat(parts), labels, weights / weights.mean())


@torch.inference_mode()
def compute_plain_features(
    network: LesionClassifier, samples: ClassSamples, *, emptied: bool = False
) -> Features:
    """Features of samples as they are, or with the mask emptied; every row counts alike."""
    network.eval()
    rows = []
    for start in range(0, samples.epoch_length, BATCH):
        image, mask = _tensors(samples, slice(start, start + BATCH))
        maps = network.compute_maps((image - MEAN) / STANDARD_DEVIATION)
        rows.append(pool_maps(maps, mask * 0 if emptied else mask))
    labels = torch.from_numpy(samples.labels)
    return Features(torch.cat(rows), labels, torch.ones(len(labels)))


def _compute_view(network: LesionClassifier, samples: ClassSamples, view: int) -> Iterator[Tensor]:
    """Rows in the samples' order, the degraded masks of one image after each other."""
    torch.manual_seed(view)
    network.eval()
    augmentation, degrading = build_augmentation(), Degrading()
    starts = range(0, samples.epoch_length, BATCH)
    for start in tqdm(starts, desc=f"features, view {view + 1}", mininterval=5):
        images, masks = _tensors(samples, slice(start, start + BATCH))
        if view:
            pairs = [augment(augmentation, i, m) for i, m in zip(images, masks, strict=True)]
            images, masks = (torch.stack(part) for part in zip(*pairs, strict=True))
        others = masks.roll(1, 0)
        with torch.inference_mode():
            maps = network.compute_maps((images - MEAN) / STANDARD_DEVIATION)
            rows = []
            for _ in range(MASKS_A_VIEW):
                worse = torch.stack(
                    [degrading(mask, other) for mask, other in zip(masks, others, strict=True)]
                )
                rows.append(pool_maps(maps, worse))
        yield torch.stack(rows, dim=1).flatten(0, 1)


def _tensors(samples: ClassSamples, part: slice) -> tuple[Tensor, Tensor]:
    images, levels = samples.images[part], samples.levels[part]
    return (
        torch.from_numpy(images[:, None].astype(np.float32) / np.float32(255)),
        torch.from_numpy(levels[:, None].astype(np.float32) / np.float32(STOPS)),
    )
