"""The training images in memory, at the network's size, some phantoms among them."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader
from torchvision.transforms.v2.functional import gaussian_blur

from busdemo.evaluation.datasets import Case
from busdemo.imaging.arrays import GreyImage, Mask
from busdemo.imaging.fit import Fit
from busdemo.phantoms import random_recipe, simulate
from busdemo.training.augmentation import augment, build_augmentation
from busdemo.training.drawing import Epoch, balance, draw_batches
from busdemo.training.recipe import Recipe

STORED_PX = 256
"""The side images are kept at: crops of them are enlarged less than at the networks' side."""

PHANTOMS = "phantoms"
"""The data set name of simulated samples."""


@dataclass(frozen=True, eq=False)
class Samples:
    """Images and masks (N, S, S) uint8, 0 to 255, and each one's data set and class in it."""

    images: NDArray[np.uint8]
    masks: NDArray[np.uint8]
    datasets: tuple[str, ...]
    labels: tuple[str, ...]

    @property
    def epoch_length(self) -> int:
        """Images drawn in one epoch: as many as there are real ones."""
        return sum(name != PHANTOMS for name in self.datasets)

    def take(self, places: NDArray[np.intp]) -> "Samples":
        """Those at `places` (M,), in this order."""
        names = (tuple(words[i] for i in places) for words in (self.datasets, self.labels))
        return Samples(self.images[places], self.masks[places], *names)


def read_samples(cases: Iterable[Case], side_px: int) -> Samples:
    """The cases' images, stretched to side x side px."""
    return _stack(((*case.read(), case.dataset, case.label) for case in cases), side_px)


def simulate_samples(count: int, side_px: int, seed: int) -> Samples:
    """Random phantoms, stretched to side x side px; the same for the same seed."""

    def phantoms() -> Iterator[tuple[GreyImage, Mask, str, str]]:
        rng = np.random.default_rng(seed)
        for _ in range(count):
            phantom = simulate(random_recipe(rng), int(rng.integers(2**31)))
            yield phantom.image, phantom.mask, PHANTOMS, PHANTOMS

    return _stack(phantoms(), side_px)


def join(first: Samples, second: Samples) -> Samples:
    """Both, the first's images before the second's."""
    if not second.datasets:
        return first
    return Samples(
        np.concatenate([first.images, second.images]),
        np.concatenate([first.masks, second.masks]),
        first.datasets + second.datasets,
        first.labels + second.labels,
    )


class MakeSample:
    """Samples as float32 tensors (1, S, S) in [0, 1], augmented anew at every call."""

    def __init__(self, samples: Samples, recipe: Recipe, side_px: int) -> None:
        self._samples = samples
        self._recipe = recipe
        self._side_px = side_px
        self._augmentation = build_augmentation(strong=recipe.strong_augmentation)

    def __call__(self, index: int) -> tuple[Tensor, Tensor]:
        """Image and soft mask of one sample."""
        image, mask = (array[index] for array in (self._samples.images, self._samples.masks))
        if self._recipe.lesion_free and torch.rand(()) < self._recipe.lesion_free:
            image, mask = cut_lesion_free(image, mask)
        pair = (fill_square(torch.from_numpy(array), self._side_px) for array in (image, mask))
        image, mask = augment(self._augmentation, *pair)
        return image, soften(mask, self._recipe.border * self._side_px)


def load_batches(samples: Samples, epoch: Epoch) -> DataLoader[tuple[Tensor, Tensor]]:
    """One epoch of augmented batches, drawn as `draw_weights` says."""
    make = MakeSample(samples, epoch.recipe, epoch.side_px)
    return draw_batches(draw_weights(samples, epoch.recipe), samples.epoch_length, epoch, make)


def draw_weights(samples: Samples, recipe: Recipe) -> list[float]:
    """How often each is drawn: by the size of its set, or of its set and class together.

    Where classes of a set count more alike, the share of normal images in it changes, too.
    """
    if recipe.balance == "cells":
        return balance(list(zip(samples.datasets, samples.labels, strict=True)), -0.5)
    return balance(samples.datasets, -0.25 if recipe.balance == "sets" else -0.5)


LEAST_PART = 0.4
"""Of the image's side: the smallest part that is cut out as a further normal image."""


def cut_lesion_free(image: GreyImage, mask: GreyImage) -> tuple[GreyImage, GreyImage]:
    """A piece of the largest part beside the lesion, with its empty mask.

    Both (S, S) uint8, the piece at most half as long again as wide, its place drawn at random; the
    same pair where the mask is empty, or every part is too small.
    """
    rows, columns = (np.flatnonzero(mask.any(axis)) for axis in (1, 0))
    if not rows.size:
        return image, mask
    side = len(image)
    parts = [
        (slice(0, rows[0]), slice(None)),
        (slice(rows[-1] + 1, side), slice(None)),
        (slice(None), slice(0, columns[0])),
        (slice(None), slice(columns[-1] + 1, side)),
    ]
    part = max(parts, key=lambda one: image[one].size)
    if image[part].size < LEAST_PART * image.size:
        return image, mask
    found = image[part]
    longest = 3 * min(found.shape) // 2
    piece = tuple(_draw_slice(length, longest) for length in found.shape)
    return found[piece], mask[part][piece]


def _draw_slice(length: int, longest: int) -> slice:
    start = int(torch.randint(max(length - longest, 0) + 1, ()))
    return slice(start, start + min(length, longest))


def fill_square(pixels: Tensor, side_px: int) -> Tensor:
    """Pixels (H, W) uint8 as (1, S, S) float32 in [0, 1]."""
    given = pixels[None, None].float() / 255
    if given.shape[-2] == given.shape[-1] >= side_px:
        return resize(given, side_px)[0]
    return functional.interpolate(given, (side_px, side_px), mode="bilinear", antialias=True)[
        0
    ].clamp(0, 1)


def soften(mask: Tensor, deviation_px: float) -> Tensor:
    """The mask (1, S, S) with its border blurred: where a lesion ends, readers differ."""
    if deviation_px <= 0:
        return mask
    size = 2 * math.ceil(2 * deviation_px) + 1
    blurred: Tensor = gaussian_blur(mask, [size, size], [deviation_px, deviation_px])
    return blurred.clamp(0, 1)


def resize(images: Tensor, side_px: int) -> Tensor:
    """Images (B, 1, S, S) at another side, averaged over areas as `Fit` does."""
    if images.shape[-1] == side_px:
        return images
    return functional.interpolate(images, (side_px, side_px), mode="area")


def _stack(items: Iterable[tuple[GreyImage, Mask, str, str]], side_px: int) -> Samples:
    images, masks, names = [], [], []
    for image, mask, *both in items:
        height, width = image.shape
        fit = Fit.of((width, height), (side_px, side_px), "stretch")
        images.append(fit.apply(image))
        grey = mask.astype(np.uint8) * np.uint8(255)
        masks.append(cv2.resize(grey, (side_px, side_px), interpolation=cv2.INTER_AREA))
        names.append(both)
    if not images:
        empty = np.zeros((0, side_px, side_px), np.uint8)
        return Samples(empty, empty, (), ())
    datasets, labels = zip(*names, strict=True)
    return Samples(np.stack(images), np.stack(masks).astype(np.uint8), datasets, labels)
