"""The classifier of a whole image: what is in it, from the scan and a soft mask of the lesion."""

import re
from typing import Any

import timm
import torch
from torch import Tensor, nn
from torch.nn import functional

CLASSES = ("normal", "benign", "malignant")
"""In the order of the logits."""

MAPS = {
    "model.blocks.4": "stride 16",
    "model.blocks.6": "stride 32",
    "model.bn2": "stride 32, after the last convolution",
}
"""The encoder's maps that are pooled, by their modules' names: the finest first."""

MASK_FACTS = 2
"""Numbers about the mask itself: its mean and its maximum."""


class LesionClassifier(nn.Module):
    """One of timm's encoders over the scan, pooled over the whole image and over the soft mask.

    Three maps of the encoder (strides 16 and 32, and after its last convolution) are averaged
    twice, once with every place alike and once weighted by the mask; a linear layer reads both.
    With an empty mask the second half is exactly zero. `encoder_name` is timm's, without weights.
    """

    def __init__(self, encoder_name: str) -> None:
        super().__init__()
        if not re.fullmatch(r"\w+(\.\w+)?", encoder_name):
            # timm would take "hf-hub:ORG/NAME" or "local-dir:PATH" as a place to fetch from.
            raise ValueError(f"unknown encoder {encoder_name!r}")
        # Any: what timm builds has its layers' names only while it runs.
        encoder: Any = timm.create_model(encoder_name, in_chans=1, num_classes=0)
        self.model: Any = encoder
        widths = [block[-1].conv_pwl.out_channels for block in self._tapped()]
        width = sum(widths) + encoder.conv_head.out_channels
        self.head = nn.Linear(2 * width + MASK_FACTS, len(CLASSES))

    def forward(self, image_and_mask: Tensor) -> Tensor:
        """Logits (B, 3) of (B, 2, S, S): the scan, normalised, and a map in [0, 1]."""
        image, mask = image_and_mask[:, :1], image_and_mask[:, 1:]
        logits: Tensor = self.head(pool_maps(self.compute_maps(image), mask))
        return logits

    def compute_maps(self, image: Tensor) -> list[Tensor]:
        """The encoder's maps (B, C, h, w) of a normalised scan (B, 1, S, S), the finest first."""
        maps, x = [], self.model.bn1(self.model.conv_stem(image))
        tapped = self._tapped()
        for block in self.model.blocks:
            x = block(x)
            if block in tapped:
                maps.append(x)
        return [*maps, self.model.bn2(self.model.conv_head(x))]

    def _tapped(self) -> list[Any]:
        blocks = self.model.blocks
        return [blocks[4], blocks[6]]


def pool_maps(maps: list[Tensor], mask: Tensor) -> Tensor:
    """Features (B, F): every map averaged over the image, then over the mask, then mask facts.

    `mask` is (B, 1, S, S) in [0, 1].
    """
    whole = [one.mean((2, 3)) for one in maps]
    inside = []
    for one in maps:
        weight = functional.adaptive_avg_pool2d(mask, (one.shape[-2], one.shape[-1]))
        inside.append((one * weight).sum((2, 3)) / weight.sum((2, 3)).clamp(min=1e-4))
    facts = [mask.mean((2, 3)), mask.amax((2, 3))]
    return torch.cat([*whole, *inside, *facts], dim=1)


def build_classifier(config: dict[str, Any]) -> LesionClassifier:
    """An untrained classifier from the contents of a config.json; ValueError for anything else."""
    arguments = {key: value for key, value in config.items() if key != "_model_class"}
    if config.get("_model_class") != LesionClassifier.__name__:
        raise ValueError("config.json names no classifier")
    if unknown := sorted(set(arguments) - {"encoder_name"}):
        raise ValueError(f"config.json has unknown keys: {', '.join(unknown)}")
    return LesionClassifier(**arguments)


def join_channels(image: Tensor, soft_mask: Tensor, mean: float, deviation: float) -> Tensor:
    """The classifier's input (B, 2, S, S) from an image and a map (B, 1, S, S), both in [0, 1].

    The scan is normalised; the mask is not, so that an empty one is exactly zero.
    """
    return torch.cat([(image - mean) / deviation, soft_mask], dim=1)
