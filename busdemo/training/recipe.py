"""What is trained, and every choice of a training run, written down as values."""

from dataclasses import dataclass
from typing import Any, Literal

ENCODERS = tuple(f"tu-tf_efficientnet_lite{size}" for size in range(3))
"""EfficientNet-Lite0 to 2, 3.4 to 4.8 M parameters: the encoders that can start from ImageNet."""

ENCODER = ENCODERS[0]
"""The encoder of the convolutional networks smp builds."""

_SMP: dict[str, Any] = {
    "encoder_name": ENCODER,
    "encoder_weights": None,
    "in_channels": 1,
    "classes": 1,
}
_OWN: dict[str, Any] = {
    "_model_class": "EncoderDecoder",
    "encoder_name": ENCODER,
    "in_channels": 1,
}
_WIDTHS = {"decoder_channels": [128, 96, 64, 32, 16]}
_WIDER = {"decoder_channels": [192, 128, 80, 40, 24]}
"""As wide as 45 ms an image on two cores allow at full resolution."""

NETWORKS: dict[str, dict[str, Any]] = {
    "unet": {"_model_class": "Unet", **_SMP, **_WIDTHS},
    "unet-plus-plus": {"_model_class": "UnetPlusPlus", **_SMP, **_WIDTHS},
    "unet3-plus": {**_OWN, "decoder": "full-scale", **_WIDTHS},
    "wide-unet": {**_OWN, "decoder": "full-resolution", **_WIDER},
    "attention-unet": {**_OWN, "decoder": "attention-gates", **_WIDTHS},
    "deep-attention-unet": {**_OWN, "decoder": "deep-attention", **_WIDTHS},
    "se-unet": {**_OWN, "decoder": "squeeze-excitation", **_WIDTHS},
    "spatial-attention-unet": {**_OWN, "decoder": "spatial-attention", **_WIDTHS},
    "transunet-small": {**_OWN, "decoder": "transformer", **_WIDTHS},
    "segformer": {"_model_class": "Segformer", **_SMP, "decoder_segmentation_channels": 128},
    "deeplabv3": {
        "_model_class": "DeepLabV3",
        **_SMP,
        "encoder_output_stride": 16,
        "decoder_channels": 128,
    },
}
"""The networks on equal terms: model id to the config.json its folder in weights/ gets. They differ
in the decoder alone."""

RECIPES_OVER: dict[str, tuple[str, ...]] = {
    "dual-unetpp-seunet": ("unet-plus-plus", "se-unet"),
    "ensemble": tuple(NETWORKS),
}
"""Recipes without weights: the mean of these networks' probability maps; the ensemble's members are
chosen among them on validation."""


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
    balance: Literal["sets", "small sets", "cells"] = "sets"
    """Images of small sets are drawn more often, or much more often, or those of small classes of
    small sets."""
    strong_augmentation: bool = False
    """One more change of each image: shadow, haze, gain, speckle, greys, frame, crop, and so on."""
    border: float = 0.0
    """Standard deviation of the blur of a mask's border, as a share of the image's side."""
    lesion_free: float = 0.0
    """Share of lesion images of which a part without the lesion is shown instead."""
    presence: float = 0.0
    """Weight of the loss of a further head that says whether an image shows a lesion at all."""
    distilled: float = 0.0
    """Share of a lesion's mask that is taken from the ensemble's probability map."""
    keep: Literal["best", "last"] = "best"
    """The epoch of the last stage that is best on validation, or the last."""

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


MEAN, STANDARD_DEVIATION = 0.31, 0.16
"""Of grey values in [0, 1] over the train split: the mean, and the mean image's deviation."""
