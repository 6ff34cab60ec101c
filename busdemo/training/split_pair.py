"""Pairs of small networks: images split at random against patients kept together.

Each image of a set is predicted twice by networks that never saw it: once where the images were
dealt into five parts at random, so that other images of the same patient were trained on, and once
where patients were. Same images, same sizes, same recipe: the difference is the split alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import nn
from torch.optim import Adam
from tqdm import tqdm

from busdemo.evaluation.datasets import Case, read_index
from busdemo.imaging.arrays import GreyImage, Mask
from busdemo.imaging.fit import Fit
from busdemo.inference.memory import keep_freed_memory
from busdemo.scoring.overlap import count
from busdemo.training.data import Samples, read_samples
from busdemo.training.pretrained import start_encoder
from busdemo.training.recipe import NETWORKS
from busdemo.training.segmenting import forward, supervised_loss
from busdemo.training.train import widen_depthwise_convolutions
from busdemo.zoo.loading import build_network

FOLDS = 5
SPLITS = ("image", "patient")
"""What is dealt into parts."""

PLANS = {"BUS-UCLM": 8}
"""Epochs by set: one in which patients have many images, 19 on average."""


@dataclass(frozen=True)
class SplitRecipe:
    """The networks' recipe, plain on purpose: Adam at a fixed rate, mirror images, no averaging."""

    network: str = "unet"
    side_px: int = 128
    batch_size: int = 8
    learning_rate: float = 5e-4
    seed: int = 1


def train_pairs(
    data: Path, plans: Mapping[str, int] = PLANS, recipe: SplitRecipe | None = None
) -> pd.DataFrame:
    """Train and test all networks; one row an image, split and epoch.

    Only the train and val splits of `data` are used: its test split stays untouched. Columns:
    dataset, id, group, label, split_by, fold, epoch, tp, fp, fn (px of the image's own size, at
    threshold 0.5). Raises FileNotFoundError when `data` holds no index.
    """
    recipe = recipe or SplitRecipe()
    keep_freed_memory()
    cases = read_index(data, "train", "val")
    rows: list[dict[str, object]] = []
    for dataset, epochs in plans.items():
        chosen = [case for case in cases if case.dataset == dataset]
        samples = read_samples(chosen, recipe.side_px)
        for split_by in SPLITS:
            folds = deal(chosen, split_by, recipe.seed)
            for fold in range(FOLDS):
                held = np.flatnonzero(folds == fold)
                kept = np.flatnonzero(folds != fold)
                about = {"dataset": dataset, "split_by": split_by, "fold": fold}
                trained = _train(samples, kept, recipe, epochs, fold)
                for epoch, network in trained:
                    counts = _test(network, [chosen[i] for i in held], samples.images[held])
                    rows += [{**about, "epoch": epoch, **row} for row in counts]
    return pd.DataFrame(rows)


def deal(cases: Sequence[Case], split_by: str, seed: int) -> NDArray[np.intp]:
    """The part (N,), 0 to 4, of each case, dealt at random: images, or whole patients.

    Patients go, in random order, to the part that has the fewest images so far.
    """
    rng = np.random.default_rng(seed)
    if split_by == "image":
        return np.asarray(rng.permutation(len(cases)) % FOLDS, np.intp)
    names, member = np.unique([case.group for case in cases], return_inverse=True)
    sizes, filled = np.bincount(member), np.zeros(FOLDS, np.intp)
    part = np.zeros(names.size, np.intp)
    for group in rng.permutation(names.size):
        part[group] = int(np.argmin(filled))
        filled[part[group]] += sizes[group]
    return np.asarray(part[member], np.intp)


def _train(
    samples: Samples, kept: NDArray[np.intp], recipe: SplitRecipe, epochs: int, fold: int
) -> Iterator[tuple[int, nn.Module]]:
    """The network after each epoch, counted from 1."""
    torch.manual_seed(recipe.seed)
    config = NETWORKS[recipe.network]
    network = build_network(config)
    start_encoder(network, config)
    widen_depthwise_convolutions(network)
    network.to(memory_format=torch.channels_last)
    optimizer = Adam(network.parameters(), recipe.learning_rate)
    rng = np.random.default_rng((recipe.seed, fold))
    for epoch in range(1, epochs + 1):
        network.train()
        order = rng.permutation(kept)
        steps = range(0, len(order) - recipe.batch_size + 1, recipe.batch_size)
        for start in tqdm(steps, desc=f"part {fold}, epoch {epoch}", mininterval=10):
            part = order[start : start + recipe.batch_size]
            flipped = rng.random() < 0.5
            images, masks = (
                torch.from_numpy(array[part][..., ::-1].copy() if flipped else array[part])
                for array in (samples.images, samples.masks)
            )
            batch = images[:, None].float() / 255, masks[:, None].float() / 255
            loss = supervised_loss(network, batch, "cpu")
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        yield epoch, network


@torch.inference_mode()
def _test(
    network: nn.Module, cases: Sequence[Case], images: NDArray[np.uint8]
) -> list[dict[str, object]]:
    """Pixel counts of each case at threshold 0.5, at its own size."""
    network.eval()
    rows: list[dict[str, object]] = []
    for case, image in zip(cases, images, strict=True):
        logits = forward(network, torch.from_numpy(image)[None, None].float() / 255, "cpu")
        assert isinstance(logits, torch.Tensor)  # noqa: S101
        mask = _restore(torch.sigmoid(logits.float())[0, 0].numpy(), case.read())
        rows.append({"id": case.id, "group": case.group, "label": case.label, **mask})
    return rows


def _restore(probabilities: NDArray[np.float32], read: tuple[GreyImage, Mask]) -> dict[str, int]:
    image, truth = read
    height, width = image.shape
    fit = Fit.of((width, height), probabilities.shape[::-1], "stretch")
    found = count(fit.restore(probabilities) >= 0.5, truth)
    return {"tp": found.true_positive, "fp": found.false_positive, "fn": found.false_negative}
