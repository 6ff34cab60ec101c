"""Attention U-Net: a U-Net whose skip connections pass through learned gates.

Oktay et al., "Attention U-Net: Learning Where to Look for the Pancreas", arXiv 1804.03999. Two
convolutions a level on the way down and one after each concatenation, the parametrisation MONAI
has too (7.9 M parameters at widths 32 to 512); max pooling down, nearest neighbour and a
convolution up.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn
from torch.nn import functional


class AttentionUNet(nn.Module, PyTorchModelHubMixin):
    """Logits (B, 1, H, W) for images (B, in_channels, H, W); H and W multiples of 2^(levels - 1).

    Args:
        in_channels: channels of the input image.
        channels: width of each level, from the finest to the bottleneck.
    """

    def __init__(
        self, in_channels: int = 1, channels: Sequence[int] = (32, 64, 128, 256, 512)
    ) -> None:
        super().__init__()
        widths = [in_channels, *channels]
        self.encoder = nn.ModuleList(double_convolution(a, b) for a, b in pairwise(widths))
        upwards = list(zip(channels[:0:-1], channels[-2::-1], strict=True))
        self.up = nn.ModuleList(up_convolution(deep, skip) for deep, skip in upwards)
        self.gates = nn.ModuleList(AttentionGate(skip) for _, skip in upwards)
        self.decoder = nn.ModuleList(
            nn.Sequential(*_convolution(2 * skip, skip)) for _, skip in upwards
        )
        self.head = nn.Conv2d(channels[0], 1, kernel_size=1)

    def forward(self, image: Tensor) -> Tensor:
        """Logits (B, 1, H, W) of an image batch (B, in_channels, H, W)."""
        skips: list[Tensor] = []
        x = image
        for level, block in enumerate(self.encoder):
            x = block(x if level == 0 else functional.max_pool2d(x, 2))
            skips.append(x)
        for up, gate, block, skip in zip(
            self.up, self.gates, self.decoder, skips[-2::-1], strict=True
        ):
            x = up(x)
            x = block(torch.cat([gate(x, skip), x], dim=1))
        logits: Tensor = self.head(x)
        return logits


class AttentionGate(nn.Module):
    """Additive gate: the decoder's signal decides, per pixel, how much of the skip passes.

    The intermediate width is half the skip's. `coefficients` gives the map in [0, 1] itself.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        between = max(1, channels // 2)
        self.gating = nn.Sequential(
            nn.Conv2d(channels, between, 1, bias=False), nn.BatchNorm2d(between)
        )
        self.skip = nn.Sequential(
            nn.Conv2d(channels, between, 1, bias=False), nn.BatchNorm2d(between)
        )
        self.psi = nn.Sequential(nn.Conv2d(between, 1, 1, bias=False), nn.BatchNorm2d(1))

    def coefficients(self, gating: Tensor, skip: Tensor) -> Tensor:
        """Attention coefficients (B, 1, H, W) in [0, 1]; both inputs are (B, channels, H, W)."""
        return torch.sigmoid(self.psi(functional.relu(self.gating(gating) + self.skip(skip))))

    def forward(self, gating: Tensor, skip: Tensor) -> Tensor:
        """The skip (B, channels, H, W), weighted by the coefficients."""
        return skip * self.coefficients(gating, skip)


def double_convolution(inputs: int, outputs: int) -> nn.Sequential:
    """Twice 3x3 convolution, batch norm, ReLU: (B, inputs, H, W) -> (B, outputs, H, W)."""
    return nn.Sequential(*_convolution(inputs, outputs), *_convolution(outputs, outputs))


def up_convolution(inputs: int, outputs: int) -> nn.Sequential:
    """Nearest neighbour, then 3x3 convolution: (B, inputs, H, W) -> (B, outputs, 2H, 2W)."""
    return nn.Sequential(nn.Upsample(scale_factor=2), *_convolution(inputs, outputs))


def _convolution(inputs: int, outputs: int) -> tuple[nn.Module, ...]:
    convolution = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
    return convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
