"""What is drawn in one epoch, and in which order: the same for every network of one recipe."""

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, WeightedRandomSampler

from busdemo.training.recipe import Recipe

T = TypeVar("T")


@dataclass(frozen=True)
class Epoch:
    """One epoch of a recipe, counted from 0, and the processes that make its samples."""

    recipe: Recipe
    number: int = 0
    workers: int = 0

    @property
    def side_px(self) -> int:
        """The side of its images."""
        return self.recipe.side_px(self.number)

    def seed(self, *more: int) -> int:
        """A seed of this epoch alone, or of one draw in it."""
        entropy = (self.recipe.seed, self.number, *more)
        return int(np.random.SeedSequence(entropy).generate_state(1)[0])


class Drawn(Dataset[T], Generic[T]):
    """The samples of one epoch in their order, each made with random numbers of its own.

    So a network that draws random numbers itself (dropout) sees the same images as one that does
    not, and so does a run that goes on after an interruption.
    """

    def __init__(self, order: Sequence[int], epoch: Epoch, make: Callable[[int], T]) -> None:
        self.order = order
        self._epoch = epoch
        self._make = make

    def __len__(self) -> int:
        return len(self.order)

    def __getitem__(self, place: int) -> T:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self._epoch.seed(place))
            return self._make(self.order[place])


def draw_batches(
    weights: Sequence[float], count: int, epoch: Epoch, make: Callable[[int], T]
) -> DataLoader[T]:
    """`count` samples, drawn with replacement by their weights, in whole batches.

    `make` turns the index of a sample into tensors, with random numbers of torch's generator.
    """
    generator = torch.Generator().manual_seed(epoch.seed())
    order = list(WeightedRandomSampler(weights, count, generator=generator))
    return DataLoader(
        Drawn(order, epoch, make),
        epoch.recipe.batch_size,
        drop_last=True,
        num_workers=epoch.workers,
    )


def balance(cells: Sequence[Hashable], power: float) -> list[float]:
    """How much each sample counts: the size of its cell to a power, -1 for cells that count alike.

    Small cells count more, so that a set says less about the class; a power above -1 keeps a cell
    of one image from deciding.
    """
    sizes = Counter(cells)
    return [float(sizes[cell]) ** power for cell in cells]
