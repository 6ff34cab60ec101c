"""The training images in memory, at the network's size, some phantoms among them."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset, WeightedRandomSampler

from busdemo.evaluation.datasets import Case
from busdemo.imaging.arrays import GreyImage, Mask
from busdemo.imaging.fit import Fit
from busdemo.phantoms import random_recipe, simulate
from busdemo.training.augmentation import augment, build_augmentation

PHANTOMS = "phantoms"
"""The data set name of simulated samples."""


@dataclass(frozen=True, eq=False)
class Samples:
    """Images and masks (N, S, S) uint8, 0 to 255, and the data set each came from."""

    images: NDArray[np.uint8]
    masks: NDArray[np.uint8]
    datasets: tuple[str, ...]

    @property
    def epoch_length(self) -> int:
        """Images drawn in one epoch: as many as there are real ones."""
        return sum(name != PHANTOMS for name in self.datasets)


def read_samples(cases: Iterable[Case], side_px: int) -> Samples:
    """The cases' images, stretched to side x side px."""
    return _stack(((*case.read(), case.dataset) for case in cases), side_px)


def simulate_samples(count: int, side_px: int, seed: int) -> Samples:
    """Random phantoms, stretched to side x side px; the same for the same seed."""

    def phantoms() -> Iterator[tuple[GreyImage, Mask, str]]:
        rng = np.random.default_rng(seed)
        for _ in range(count):
            phantom = simulate(random_recipe(rng), int(rng.integers(2**31)))
            yield phantom.image, phantom.mask, PHANTOMS

    return _stack(phantoms(), side_px)


def join(first: Samples, second: Samples) -> Samples:
    """Both, the first's images before the second's."""
    if not second.datasets:
        return first
    return Samples(
        np.concatenate([first.images, second.images]),
        np.concatenate([first.masks, second.masks]),
        first.datasets + second.datasets,
    )


class AugmentedSamples(Dataset[tuple[Tensor, Tensor]]):
    """Samples as float32 tensors (1, S, S) in [0, 1], augmented anew at every reading."""

    def __init__(self, samples: Samples, side_px: int) -> None:
        self._samples = samples
        self._side_px = side_px
        self._augmentation = build_augmentation()

    def __len__(self) -> int:
        return len(self._samples.datasets)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        image, mask = (
            resize(torch.from_numpy(array[index])[None, None].float() / 255, self._side_px)[0]
            for array in (self._samples.images, self._samples.masks)
        )
        return augment(self._augmentation, image, mask)


def load_batches(
    samples: Samples,
    side_px: int,
    batch_size: int,
    workers: int,
    dataset: Callable[[Samples, int], Dataset[tuple[Tensor, Tensor]]] = AugmentedSamples,
) -> DataLoader[tuple[Tensor, Tensor]]:
    """One epoch of augmented batches. Small sets are drawn more often: weight ~ size^-1/4."""
    sizes = Counter(samples.datasets)
    weights = [sizes[name] ** -0.25 for name in samples.datasets]
    return DataLoader(
        dataset(samples, side_px),
        batch_size,
        sampler=WeightedRandomSampler(weights, samples.epoch_length),
        drop_last=True,
        num_workers=workers,
    )


def resize(images: Tensor, side_px: int) -> Tensor:
    """Images (B, 1, S, S) at another side, averaged over areas as `Fit` does."""
    if images.shape[-1] == side_px:
        return images
    return functional.interpolate(images, (side_px, side_px), mode="area")


def _stack(items: Iterable[tuple[GreyImage, Mask, str]], side_px: int) -> Samples:
    images, masks, datasets = [], [], []
    for image, mask, dataset in items:
        height, width = image.shape
        fit = Fit.of((width, height), (side_px, side_px), "stretch")
        images.append(fit.apply(image))
        grey = mask.astype(np.uint8) * np.uint8(255)
        masks.append(cv2.resize(grey, (side_px, side_px), interpolation=cv2.INTER_AREA))
        datasets.append(dataset)
    if not images:
        empty = np.zeros((0, side_px, side_px), np.uint8)
        return Samples(empty, empty, ())
    return Samples(np.stack(images), np.stack(masks).astype(np.uint8), tuple(datasets))
