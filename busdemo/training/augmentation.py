"""Augmentation that moves image and mask together (torchvision.transforms.v2)."""

import torch
from torch import Tensor, nn
from torchvision import tv_tensors
from torchvision.transforms import InterpolationMode, v2
from torchvision.transforms.v2 import functional

from busdemo.training.ultrasound import build_one_change


class RandomGamma(nn.Module):
    """Raises an image in [0, 1] to a random power: machines compress echo levels differently."""

    def __init__(self, lowest: float, highest: float) -> None:
        super().__init__()
        self.range = (lowest, highest)

    def forward(
        self, image: tv_tensors.Image, mask: tv_tensors.Mask
    ) -> tuple[tv_tensors.Image, tv_tensors.Mask]:
        """The image under one power, uniform in the range, and the mask as it is."""
        low, high = self.range
        power = low + (high - low) * float(torch.rand(()))
        return functional.adjust_gamma(image, power), mask


def build_augmentation(*, strong: bool = False) -> v2.Compose:
    """The recipe's augmentation: no vertical flip, because a transducer is always on top.

    A `strong` one adds one change that scans differ by, of its own for each image.
    """
    return v2.Compose(
        [
            v2.RandomHorizontalFlip(),
            v2.RandomAffine(
                degrees=12,
                translate=(0.08, 0.08),
                scale=(0.8, 1.25),
                shear=6,
                interpolation=InterpolationMode.BILINEAR,
            ),
            v2.ColorJitter(brightness=0.25, contrast=0.3),
            RandomGamma(0.6, 1.6),
            v2.RandomApply([v2.GaussianBlur(5, (0.3, 1.2))], p=0.2),
            v2.RandomApply([v2.GaussianNoise(sigma=0.03)], p=0.5),
            *([build_one_change()] if strong else []),
        ]
    )


def augment(augmentation: v2.Compose, image: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """One sample changed: image (1, S, S) and mask (1, S, S), both float32 in [0, 1]."""
    moved = augmentation(tv_tensors.Image(image), tv_tensors.Mask(mask))
    changed, mask = (one.as_subclass(Tensor).clamp(0, 1) for one in moved)
    return changed, mask
