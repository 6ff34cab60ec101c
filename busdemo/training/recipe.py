"""What is trained, and how: one recipe for every network, written down as values."""

from dataclasses import dataclass
from typing import Any, Literal

ENCODERS = tuple(f"tu-tf_efficientnet_lite{size}" for size in range(3))
"""EfficientNet-Lite0 to 2, 3.4 to 4.8 M parameters: the encoders that can start from ImageNet."""

ENCODER = ENCODERS[0]
"""The encoder of the convolutional networks smp builds."""

_SMP: dict[str, Any] = {"encoder_weights": None, "in_channels": 1, "classes": 1}
_OWN: dict[str, Any] = {"in_channels": 1, "channels": [32, 64, 128, 256, 512]}
_NARROW: dict[str, Any] = {"in_channels": 1, "channels": [32, 64, 96, 160, 256]}
"""Narrower where most weights are: at full depth, three more would take the zoo over 120 MB."""

NETWORKS: dict[str, dict[str, Any]] = {
    "unet": {
        "_model_class": "Unet",
        "encoder_name": ENCODER,
        "decoder_channels": [128, 96, 64, 32, 16],
        **_SMP,
    },
    "unet-plus-plus": {
        "_model_class": "UnetPlusPlus",
        "encoder_name": ENCODER,
        "decoder_channels": [128, 96, 64, 32, 16],
        **_SMP,
    },
    "unet3-plus": {"_model_class": "UNet3Plus", "branch_channels": 16, **_NARROW},
    "wide-unet": {"_model_class": "WideUNet", **_NARROW},
    "attention-unet": {"_model_class": "AttentionUNet", **_OWN},
    "deep-attention-unet": {"_model_class": "DeepAttentionUNet", **_OWN},
    "se-unet": {"_model_class": "SEUNet", **_OWN},
    "spatial-attention-unet": {"_model_class": "SpatialAttentionUNet", **_NARROW},
    "transunet-small": {"_model_class": "TransUNet", "in_channels": 1},
    "segformer": {
        "_model_class": "Segformer",
        "encoder_name": "mit_b0",
        "decoder_segmentation_channels": 256,
        **_SMP,
    },
    "deeplabv3": {
        "_model_class": "DeepLabV3",
        "encoder_name": ENCODER,
        "encoder_output_stride": 16,
        "decoder_channels": 256,
        **_SMP,
    },
}
"""Model id to the config.json its folder in weights/ gets."""

RECIPES_OVER: dict[str, tuple[str, ...]] = {
    "dual-unetpp-seunet": ("unet-plus-plus", "se-unet"),
    "ensemble": tuple(NETWORKS),
}
"""Recipes without weights: the mean of these networks' probability maps."""


@dataclass(frozen=True)
class Recipe:
    """Every choice of a training run; two runs with equal recipes differ only in the network.

    `stages` are (epochs, input side in px): small inputs first, because an epoch at 160 px costs a
    third of one at 256 px; the schedule runs once over all of them. Sides are multiples of 32.
    """

    stages: tuple[tuple[int, int], ...] = ((6, 160), (4, 224))
    batch_size: int = 16
    peak_learning_rate: float = 1e-3
    weight_decay: float = 1e-2
    averaging: float = 0.995
    phantoms: int = 150
    seed: int = 1
    balance: Literal["sets", "cells"] = "sets"
    """Images of small sets are drawn more often, or those of small classes of small sets."""
    strong_augmentation: bool = False
    """One more change of each image: shadow, haze, gain, speckle, greys, frame, crop, and so on."""
    border: float = 0.0
    """Standard deviation of the blur of a mask's border, as a share of the image's side."""
    lesion_free: float = 0.0
    """Share of lesion images of which a part without the lesion is shown instead."""

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


SHORT_STAGES = ((5, 160), (3, 224))
FULL_SIZE_STAGES = ((3, 160),)

RECIPES = {
    "unet-plus-plus": Recipe(stages=SHORT_STAGES),
    "deeplabv3": Recipe(stages=SHORT_STAGES),
    "unet3-plus": Recipe(stages=((4, 128),)),
    "wide-unet": Recipe(stages=((8, 160), (3, 256))),
    "attention-unet": Recipe(stages=((12, 160), (4, 256)), peak_learning_rate=2e-3),
    "deep-attention-unet": Recipe(stages=FULL_SIZE_STAGES),
    "se-unet": Recipe(stages=FULL_SIZE_STAGES),
    "spatial-attention-unet": Recipe(stages=((4, 160),)),
    "transunet-small": Recipe(stages=((6, 128),)),
    "segformer": Recipe(stages=((8, 160),)),
}
"""Exceptions from `Recipe()`, all for time on two cores: double convolutions at full size cost up
to four times as much an epoch and start from a trained encoder; they get fewer, at a smaller side.
"""

MEAN, STANDARD_DEVIATION = 0.31, 0.16
"""Of grey values in [0, 1] over the train split: the mean, and the mean image's deviation."""
