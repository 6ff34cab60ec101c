"""One call from a model's id to a finished training run."""

import math
from functools import cache, lru_cache
from pathlib import Path

import torch
from torch import Tensor, nn

from busdemo.evaluation.datasets import read_index
from busdemo.inference.memory import keep_freed_memory
from busdemo.training.data import STORED_PX, Samples, join, read_samples, simulate_samples
from busdemo.training.distillation import distil
from busdemo.training.loop import TrainingRun
from busdemo.training.plan import Training
from busdemo.training.pretrained import start_encoder
from busdemo.training.segmenting import SEGMENTING
from busdemo.training.supervision import supervise
from busdemo.zoo.cards import WEIGHTS
from busdemo.zoo.loading import build_network
from busdemo.zoo.torch_private import change_class


def train_network(
    training: Training,
    data: Path,
    runs: Path,
    *,
    weights: Path = WEIGHTS,
    workers: int = 0,
    until: float = math.inf,
) -> float:
    """Do one training of the plan, or go on with it; the validation Dice.

    `data` holds `index.csv`, `images/` and `masks/`; curves and weights go to
    `runs/<id of the training>/`; a teacher is taken from the zoo in `weights`. Raises OutOfTime as
    `Run.train` does, UnusableModel when the teacher cannot run.
    """
    keep_freed_memory()
    recipe = training.recipe
    samples = read_phantoms(recipe.phantoms, recipe.seed)
    cases = {split: training.choose(read_index(data, split)) for split in ("train", "val")}
    train, validation = (read_samples(chosen, STORED_PX) for chosen in cases.values())
    if recipe.distilled:
        cache = runs / training.id
        train = distil(train, cases["train"], recipe.distilled, weights=weights, cache=cache)
    torch.manual_seed(recipe.seed)
    network = build_network(training.config)
    start_encoder(network, training.config)
    widen_depthwise_convolutions(network)
    taught = supervise(network, recipe.presence)
    run = TrainingRun(taught, recipe, runs / training.id, task=SEGMENTING, workers=workers)
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
