"""The classifier of a whole image: what is in it, from the scan and a soft mask of the lesion."""

import re
from typing import Any

import timm
import torch
from torch import Tensor, nn
from torch.nn import functional

from busdemo.zoo.classes import CLASSES

MASK_FACTS = 2
"""Numbers about the mask itself: its mean and its maximum."""

CLOSE_UP = 3.4
"""Half a close-up's side in standard deviations of the mask: a disc of radius r has r / 2 on each
axis, so that 0.7 r of tissue shows around it."""

CERTAIN, LEAST_SHARE = 0.25, 2e-4
"""Fainter places of the mask do not count for the close-up, nor does a mask whose certain places
add up to less than this share of the image."""


class LesionClassifier(nn.Module):
    """One of timm's encoders over two looks at a scan, each pooled over itself and over the mask.

    The first look is the whole image at half the input's side, the second a close-up of the same
    size around the mask, which shows more of a small lesion's border; with an empty mask it is the
    whole image again. Three maps of the encoder (strides 16 and 32, and after its last convolution)
    are averaged twice, once with every place alike and once weighted by the mask; a linear layer
    reads all of it, standardised. With an empty mask what is weighted by it is exactly zero.
    `encoder_name` is timm's, without weights.
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
        features = 2 * (2 * width + MASK_FACTS)
        self.standardise = nn.BatchNorm1d(features, affine=False)
        self.dropout = nn.Dropout(0.3)
        self.head = nn.Linear(features, len(CLASSES))

    def forward(self, image_and_mask: Tensor) -> Tensor:
        """Logits (B, 3) of (B, 2, S, S): the scan, normalised, and a map in [0, 1]; S is even."""
        looks = look_twice(image_and_mask)
        # One batch of all first and then all second looks; Grad-CAM shows the first.
        maps, mask = self.compute_maps(looks[:, :1]), looks[:, 1:]
        first, second = pool_maps(maps, mask).chunk(2)
        features = self.standardise(torch.cat([first, second], dim=1))
        logits: Tensor = self.head(self.dropout(features))
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


def look_twice(image_and_mask: Tensor) -> Tensor:
    """The whole of (B, 2, S, S) at half its side, then its close-ups: (2B, 2, S/2, S/2)."""
    side = image_and_mask.shape[-1] // 2
    whole = functional.avg_pool2d(image_and_mask, 2)
    frame = frame_mask(image_and_mask[:, 1])
    theta = image_and_mask.new_zeros(len(frame), 2, 3)
    theta[:, 0, 0] = theta[:, 1, 1] = frame[:, 2]
    theta[:, :, 2] = frame[:, :2]
    grid = functional.affine_grid(theta, [len(frame), 2, side, side], align_corners=False)
    close = functional.grid_sample(image_and_mask, grid, padding_mode="border", align_corners=False)
    return torch.cat([whole, close])


def frame_mask(mask: Tensor) -> Tensor:
    """Centre x, y and half the side (B, 3) of a square around each mask (B, S, S) in [0, 1].

    In affine_grid's units, -1 to 1 from edge to edge; 0, 0, 1 where there is hardly any mask.
    """
    size = mask.shape[-1]
    weight = mask * (mask > CERTAIN)
    total = weight.sum((1, 2))
    at = (torch.arange(size, device=mask.device, dtype=mask.dtype) + 0.5) * (2 / size) - 1
    found = []
    for axis in (1, 2):  # summed over y first, which leaves x
        along = weight.sum(axis) / total.clamp(min=1e-6)[:, None]
        middle = (along * at).sum(1)
        found.append((middle, (along * (at - middle[:, None]) ** 2).sum(1).sqrt()))
    (x, wide), (y, high) = found
    half = (CLOSE_UP * torch.maximum(wide, high)).clamp(0.25, 1.0)
    frame = torch.stack([x, y, half], dim=1)
    whole = torch.tensor([0.0, 0.0, 1.0], device=mask.device, dtype=mask.dtype)
    return torch.where((total >= LEAST_SHARE * size * size)[:, None], frame, whole)


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
