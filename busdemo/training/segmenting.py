"""Marking lesion pixels, as a task of the training loop."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from busdemo.training.data import Samples, load_batches, resize
from busdemo.training.loop import Task, compute
from busdemo.training.losses import dice_bce_loss
from busdemo.training.recipe import MEAN, STANDARD_DEVIATION
from busdemo.training.supervision import Presence


def forward(network: nn.Module, image: Tensor, device: str) -> Tensor | list[Tensor]:
    """Logits (B, 1, S, S) of images (B, 1, S, S) in [0, 1].

    In training also the presence head's (B, 1), if there is one.
    """
    logits: Tensor | list[Tensor] = compute(network, (image - MEAN) / STANDARD_DEVIATION, device)
    return logits


def supervised_loss(network: nn.Module, batch: tuple[Tensor, Tensor], device: str) -> Tensor:
    """Dice + cross-entropy of images and masks (B, 1, S, S), and of presence where there is a head.

    A lesion is present where a pixel of the mask is, so that one lost to a crop or a frame is none.
    """
    image, mask = batch
    answer = forward(network, image, device)
    truth = mask.to(device)
    if not isinstance(network, Presence):
        assert isinstance(answer, Tensor)  # noqa: S101
        return dice_bce_loss(answer.float(), truth)
    logits, judged = answer
    present = (truth.amax((1, 2, 3)) >= 0.5).float()[:, None]
    presence = binary_cross_entropy_with_logits(judged.float(), present)
    return dice_bce_loss(logits.float(), truth) + network.weight * presence


def evaluate(network: nn.Module, samples: Samples, side_px: int, device: str) -> dict[str, float]:
    """Lesion Dice at threshold 0.5 and network size: over all images, and per data set.

    `mean_dice` is the mean of the sets', `false_alarms` the share of normal images with any lesion
    pixel, `large_alarms` with more than `LARGE` of the image.
    """
    return summarise(score_images(network, samples, side_px, device), samples.datasets)


LARGE = 0.001
"""Of an image's pixels: a normal image with more of them marked is a false alarm by any measure."""


@torch.inference_mode()
def score_images(
    network: nn.Module, samples: Samples, side_px: int, device: str, *, mirrored: bool = False
) -> NDArray[np.float64]:
    """Dice and marked share of every image (N, 2), at threshold 0.5 and network size.

    The Dice of an image without a lesion is nan. `mirrored`: of the mean of the probabilities of
    the image and of its mirror image.
    """
    network.eval()
    rows = []
    for start in range(0, len(samples.datasets), 32):
        image, mask = (
            resize(torch.from_numpy(array[start : start + 32])[:, None].float() / 255, side_px)
            for array in (samples.images, samples.masks)
        )
        views = (image, image.flip(-1)) if mirrored else (image,)
        maps = [_mark(network, view, device) for view in views]
        found = torch.stack([maps[0], *(m.flip(-1) for m in maps[1:])]).mean(0) >= 0.5
        truth = mask >= 0.5
        shared, marked, lesion = (m.sum((1, 2, 3)) for m in (found & truth, found, truth))
        dice = torch.where(lesion > 0, 2 * shared / (marked + lesion), math.nan)
        rows.append(torch.stack([dice, marked / found[0].numel()], 1))
    return torch.cat(rows).double().numpy()


def _mark(network: nn.Module, image: Tensor, device: str) -> Tensor:
    logits = forward(network, image, device)
    assert isinstance(logits, Tensor)  # noqa: S101
    return logits.float().cpu().sigmoid()


@torch.inference_mode()
def judge_images(
    network: Presence, samples: Samples, side_px: int, device: str
) -> NDArray[np.float64]:
    """The probability (N,) that each image shows a lesion, by the network's presence head."""
    network.eval()
    found = []
    for start in range(0, len(samples.datasets), 32):
        pixels = torch.from_numpy(samples.images[start : start + 32])[:, None].float() / 255
        normalised = (resize(pixels, side_px) - MEAN) / STANDARD_DEVIATION
        found.append(network.judge(normalised.to(device)).float().cpu().sigmoid()[:, 0])
    return torch.cat(found).double().numpy()


def summarise(scores: NDArray[np.float64], datasets: Sequence[str]) -> dict[str, float]:
    """The numbers of `evaluate` from the rows of `score_images` (N, 2)."""
    dice, marked = scores.T
    lesion, names = ~np.isnan(dice), np.asarray(datasets)
    sets = {
        f"dice_{name}": float(dice[lesion & (names == name)].mean())
        for name in sorted(set(names[lesion]))
    }
    alarms = marked[~lesion] if not lesion.all() else np.array([math.nan])
    return sets | {
        "dice": float(dice[lesion].mean()),
        "mean_dice": float(np.mean(list(sets.values()))),
        "false_alarms": _share(alarms, 0),
        "large_alarms": _share(alarms, LARGE),
    }


def _share(values: NDArray[np.float64], above: float) -> float:
    return float(np.where(np.isnan(values), math.nan, values > above).mean())


SEGMENTING = Task(load_batches, supervised_loss, evaluate, score="dice")
"""Marking lesion pixels; the score is the mean Dice over images with a lesion."""
