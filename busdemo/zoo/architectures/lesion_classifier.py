"""The classifier of a whole image: what is in it, from the scan and a soft mask of the lesion."""

import re
from typing import Any

import timm
import torch
from torch import Tensor, nn

CLASSES = ("normal", "benign", "malignant")
"""In the order of the logits."""


class LesionClassifier(nn.Module):
    """One of timm's image classifiers over two channels: the normalised scan and the soft mask.

    `encoder_name` is timm's, without weights; EfficientNet-Lite0 makes it 3.4 M parameters.
    """

    def __init__(self, encoder_name: str, dropout: float = 0.2) -> None:
        super().__init__()
        if not re.fullmatch(r"\w+(\.\w+)?", encoder_name):
            # timm would take "hf-hub:ORG/NAME" or "local-dir:PATH" as a place to fetch from.
            raise ValueError(f"unknown encoder {encoder_name!r}")
        self.model = timm.create_model(
            encoder_name, in_chans=2, num_classes=len(CLASSES), drop_rate=dropout
        )

    def forward(self, image_and_mask: Tensor) -> Tensor:
        """Logits (B, 3) of (B, 2, S, S): the scan, normalised, and a map in [0, 1]."""
        logits: Tensor = self.model(image_and_mask)
        return logits


def build_classifier(config: dict[str, Any]) -> nn.Module:
    """An untrained classifier from the contents of a config.json; ValueError for anything else."""
    arguments = {key: value for key, value in config.items() if key != "_model_class"}
    if config.get("_model_class") != LesionClassifier.__name__:
        raise ValueError("config.json names no classifier")
    if unknown := sorted(set(arguments) - {"encoder_name", "dropout"}):
        raise ValueError(f"config.json has unknown keys: {', '.join(unknown)}")
    return LesionClassifier(**arguments)


def join_channels(image: Tensor, soft_mask: Tensor, mean: float, deviation: float) -> Tensor:
    """The classifier's input (B, 2, S, S) from an image and a map (B, 1, S, S), both in [0, 1].

    The scan is normalised; the mask is not, so that an empty one is exactly zero.
    """
    return torch.cat([(image - mean) / deviation, soft_mask], dim=1)
