"""What is trained, and how: one recipe for every network, written down as values."""

from dataclasses import dataclass
from typing import Any

NETWORKS: dict[str, dict[str, Any]] = {
    "unet": {
        "_model_class": "Unet",
        "encoder_name": "tu-resnet18",
        "encoder_weights": None,
        "decoder_channels": [160, 96, 64, 32, 16],
        "in_channels": 1,
        "classes": 1,
        "channels": [64, 96, 192, 320],
    },
    "attention-unet": {
        "_model_class": "AttentionUNet",
        "in_channels": 1,
        "channels": [32, 64, 128, 256, 512],
    },
}
"""Model id to the config.json its folder in weights/ gets."""


@dataclass(frozen=True)
class Recipe:
    """Every choice of a training run; two runs with equal recipes differ only in the network.

    `stages` are (epochs, input side in px): small inputs first, because an epoch at 160 px costs a
    third of one at 256 px; the schedule runs once over all of them. Sides are multiples of 32.
    """

    stages: tuple[tuple[int, int], ...] = ((20, 160), (8, 256))
    batch_size: int = 16
    peak_learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    averaging: float = 0.995
    phantoms: int = 150
    seed: int = 1

    @property
    def epochs(self) -> int:
        """Epochs in all stages."""
        return sum(epochs for epochs, _ in self.stages)

    @property
    def final_side_px(self) -> int:
        """The input side the network is shipped for."""
        return self.stages[-1][1]

    def side_px(self, epoch: int) -> int:
        """The input side of an epoch, counted from 0."""
        for epochs, side in self.stages:
            if epoch < epochs:
                return side
            epoch -= epochs
        raise ValueError(f"The recipe has {self.epochs} epochs.")


RECIPES = {"attention-unet": Recipe(stages=((12, 160), (4, 256)))}
"""Exceptions from `Recipe()`: full-width convolutions at full size take three times as long."""

MEAN, STANDARD_DEVIATION = 0.31, 0.16
"""Of grey values in [0, 1] over the train split: the mean, and the mean image's deviation."""
