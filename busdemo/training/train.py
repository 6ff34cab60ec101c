"""One call from a model's id to a finished training run."""

import math
from functools import cache, lru_cache
from pathlib import Path

import torch
from torch import Tensor, nn

from busdemo.evaluation.datasets import read_index
from busdemo.inference.memory import keep_freed_memory
from busdemo.training.data import STORED_PX, Samples, join, read_samples, simulate_samples
from busdemo.training.loop import Run
from busdemo.training.plan import Training
from busdemo.training.pretrained import start_encoder
from busdemo.training.segmenting import SEGMENTING
from busdemo.training.supervision import supervise
from busdemo.zoo.loading import build_network
from busdemo.zoo.torch_private import change_class


def train_network(
    training: Training, data: Path, runs: Path, *, workers: int = 0, until: float = math.inf
) -> float:
    """Do one training of the plan, or go on with it; the validation Dice.

    `data` holds `index.csv`, `images/` and `masks/`; curves and weights go to
    `runs/<id of the training>/`. Raises OutOfTime as `Run.train` does.
    """
    keep_freed_memory()
    recipe = training.recipe
    samples = read_phantoms(recipe.phantoms, recipe.seed)
    train, validation = (
        read_samples(training.choose(read_index(data, split)), STORED_PX)
        for split in ("train", "val")
    )
    torch.manual_seed(recipe.seed)
    network = build_network(training.config)
    start_encoder(network, training.config)
    widen_depthwise_convolutions(network)
    taught = supervise(network, recipe.presence)
    run = Run(taught, recipe, runs / training.id, task=SEGMENTING, workers=workers)
    return run.train(join(train, samples), validation, until=until)


@lru_cache(maxsize=1)
def read_phantoms(count: int, seed: int) -> Samples:
    """The simulated samples; kept for the next network of a queue."""
    return simulate_samples(count, STORED_PX, seed)


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
