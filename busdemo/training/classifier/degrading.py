"""Predicted masks made worse, because on its own train split a network is surer than elsewhere."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torchvision.transforms.v2 import functional


@dataclass(frozen=True)
class Degrading:
    """Random changes of a soft mask, each with its share of the images.

    `emptied`: no mask at all, so that the network also works without one. `false_alarm`: another
    image's mask, fainter, is added. Otherwise, always: log-odds scaled and shifted (a network less
    sure, or at another threshold); `blurred`: by a Gaussian; `noisy`: noise where there is a mask.
    """

    emptied: float = 0.2
    false_alarm: float = 0.1
    blurred: float = 0.5
    noisy: float = 0.3

    def __call__(self, mask: Tensor, other: Tensor) -> Tensor:
        """The mask (1, S, S) in [0, 1] made worse; `other` is the mask of another image."""
        if _happens(self.emptied):
            return torch.zeros_like(mask)
        if _happens(self.false_alarm):
            mask = torch.maximum(mask, other * _uniform(0.3, 1.0))
        log_odds = torch.logit(mask, eps=1e-3)
        changed = torch.sigmoid(log_odds * _uniform(0.5, 1.3) + _uniform(-1.5, 1.5))
        mask = torch.where(mask > 0.01, changed, mask)
        if _happens(self.blurred):
            mask = functional.gaussian_blur(mask, [13, 13], [_uniform(0.5, 4.0)] * 2)
        if _happens(self.noisy):
            mask = mask + 0.1 * torch.randn_like(mask) * (mask > 0.01)
        return mask.clamp(0, 1)


def _happens(share: float) -> bool:
    return bool(torch.rand(()) < share)


def _uniform(low: float, high: float) -> float:
    return low + (high - low) * float(torch.rand(()))
