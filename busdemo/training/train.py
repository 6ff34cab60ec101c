"""One call from a model's id to a finished training run."""

from functools import cache, lru_cache
from pathlib import Path

import torch
from torch import Tensor, nn

from busdemo.evaluation.datasets import read_index
from busdemo.inference.memory import keep_freed_memory
from busdemo.training.data import Samples, join, read_samples, simulate_samples
from busdemo.training.loop import Run
from busdemo.training.pretrained import start_encoder
from busdemo.training.recipe import NETWORKS, RECIPES, Recipe
from busdemo.training.segmenting import SEGMENTING
from busdemo.training.supervision import supervise
from busdemo.zoo.cards import WEIGHTS
from busdemo.zoo.loading import build_network
from busdemo.zoo.torch_private import change_class


def train_network(
    model_id: str, data: Path, runs: Path, *, weights: Path = WEIGHTS, workers: int = 0
) -> float:
    """Train one network of the recipe book, or go on with it; the best validation Dice.

    `data` holds `index.csv`, `images/` and `masks/`; curves and weights go to `runs/<model_id>/`;
    some networks start from an encoder in `weights`. Raises KeyError for an id the recipe book
    lacks.
    """
    keep_freed_memory()
    config, recipe = NETWORKS[model_id], RECIPES.get(model_id, Recipe())
    side = recipe.final_side_px
    samples, validation = read_splits(data, side, recipe.phantoms, recipe.seed)
    torch.manual_seed(recipe.seed)
    network = build_network(config)
    start_encoder(network, config, weights)
    widen_depthwise_convolutions(network)
    run = Run(supervise(network), recipe, runs / model_id, task=SEGMENTING, workers=workers)
    return run.train(samples, validation)


@lru_cache(maxsize=1)
def read_splits(data: Path, side_px: int, phantoms: int, seed: int) -> tuple[Samples, Samples]:
    """Train split with phantoms, and val split; kept for the next network of a queue."""
    train = read_samples(read_index(data, "train"), side_px)
    samples = join(train, simulate_samples(phantoms, side_px, seed))
    return samples, read_samples(read_index(data, "val"), side_px)


def widen_depthwise_convolutions(network: nn.Module) -> None:
    """Let depthwise convolutions compute in float32 under autocast.

    Their gradients in bfloat16 take a processor 5 to 20 times as long as in float32.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and module.groups == module.in_channels > 1:
            change_class(module, _in_float32)  # type: ignore[arg-type]


@cache
def _in_float32(convolution: type[nn.Module]) -> type[nn.Module]:
    class Float32Convolution(convolution):  # type: ignore[valid-type, misc]
        def forward(self, image: Tensor) -> Tensor:
            with torch.autocast(image.device.type, enabled=False):
                result: Tensor = super().forward(image.float())
            return result

    return Float32Convolution
