"""TransUNet, small: a ResNet sees detail, a transformer relates all parts of the picture.

Chen et al., "TransUNet: Transformers Make Strong Encoders for Medical Image Segmentation", arXiv
2102.04306: the three first stages of a ResNet-50 (3, 4 and 9 bottlenecks, weight-standardised
convolutions, group norm), its 1/16 map as the tokens of a vision transformer, and a cascaded
upsampler with skips from 1/8, 1/4 and 1/2. The paper's has 105 M parameters; this one has 7.8 M:
the ResNet at 3/8 of its width, 6 transformer layers of 256 instead of 12 of 768.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import gcd

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn
from torch.nn import functional

from busdemo.zoo.architectures.attention import TransformerLayer
from busdemo.zoo.architectures.blocks import convolution

GRID = 16
"""Side of the learned position embedding, that of a 256x256 image; other sizes interpolate it."""


BOTTLENECKS = (3, 4, 9)
"""In each of the ResNet's three stages, as in ResNet-50."""


class TransUNet(nn.Module, PyTorchModelHubMixin):
    """Logits (B, 1, H, W) for images (B, in_channels, H, W); H and W multiples of 16.

    Args:
        in_channels: channels of the input image.
        stem: width of the ResNet's first convolution; its stages end at 4, 8 and 16 times that.
        hidden: width of the transformer, four times that inside its perceptrons.
        layers: number of its layers.
        decoder_channels: widths at 1/16, 1/8, 1/4, 1/2 and full resolution.
    """

    def __init__(
        self,
        in_channels: int = 1,
        stem: int = 24,
        hidden: int = 256,
        layers: int = 6,
        decoder_channels: Sequence[int] = (192, 128, 64, 32, 16),
    ) -> None:
        super().__init__()
        self.root = nn.Sequential(
            StandardizedConvolution(in_channels, stem, 7, stride=2, padding=3, bias=False),
            _group_norm(stem),
            nn.ReLU(inplace=True),
        )
        widths = [stem, 4 * stem, 8 * stem, 16 * stem]
        self.stages = nn.ModuleList(
            nn.Sequential(
                Bottleneck(a, b, stride=1 if index == 0 else 2),
                *(Bottleneck(b, b) for _ in range(count - 1)),
            )
            for index, ((a, b), count) in enumerate(zip(pairwise(widths), BOTTLENECKS, strict=True))
        )
        self.embed = nn.Conv2d(widths[-1], hidden, kernel_size=1)
        self.position = nn.Parameter(0.02 * torch.randn(1, hidden, GRID, GRID))
        self.transformer = nn.Sequential(
            *(TransformerLayer(hidden) for _ in range(layers)), nn.LayerNorm(hidden)
        )
        self.reshape = convolution(hidden, decoder_channels[0])
        skips = [*widths[-2::-1], 0]
        self.decoder = nn.ModuleList(
            nn.Sequential(*convolution(deep + skip, width), *convolution(width, width))
            for (deep, width), skip in zip(pairwise(decoder_channels), skips, strict=True)
        )
        self.head = nn.Conv2d(decoder_channels[-1], 1, kernel_size=3, padding=1)

    def forward(self, image: Tensor) -> Tensor:
        """Logits (B, 1, H, W) of an image batch (B, in_channels, H, W)."""
        x = self.root(image)
        skips: list[Tensor] = []
        for index, stage in enumerate(self.stages):
            skips.append(x)
            x = stage(x if index else functional.max_pool2d(x, 3, stride=2, padding=1))
        x = self.reshape(self.attend(x))
        for index, block in enumerate(self.decoder):
            x = functional.interpolate(x, scale_factor=2, mode="bilinear")
            x = block(torch.cat([x, skips[-1 - index]], dim=1) if index < len(skips) else x)
        logits: Tensor = self.head(x)
        return logits

    def attend(self, x: Tensor) -> Tensor:
        """The ResNet's map (B, 16 * stem, h, w) through the transformer: (B, hidden, h, w)."""
        x = self.embed(x)
        position: Tensor = self.position
        if position.shape[2:] != x.shape[2:]:
            position = functional.interpolate(position, x.shape[2:], mode="bilinear")
        tokens = self.transformer((x + position).flatten(2).transpose(1, 2))
        attended: Tensor = tokens.transpose(1, 2).unflatten(2, x.shape[2:])
        return attended


class StandardizedConvolution(nn.Conv2d):
    """A convolution whose kernels always have mean 0 and variance 1 (Qiao et al., 1903.10520)."""

    def forward(self, x: Tensor) -> Tensor:
        """Convolve (B, in_channels, H, W) with the standardised kernels."""
        variance, mean = torch.var_mean(self.weight, dim=(1, 2, 3), correction=0, keepdim=True)
        kernel = (self.weight - mean) * torch.rsqrt(variance + 1e-5)
        return functional.conv2d(x, kernel, self.bias, self.stride, self.padding)


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions beside a shortcut; the middle is a quarter as wide."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        middle = outputs // 4
        self.residual = nn.Sequential(
            StandardizedConvolution(inputs, middle, 1, bias=False),
            _group_norm(middle),
            nn.ReLU(inplace=True),
            StandardizedConvolution(middle, middle, 3, stride, padding=1, bias=False),
            _group_norm(middle),
            nn.ReLU(inplace=True),
            StandardizedConvolution(middle, outputs, 1, bias=False),
            _group_norm(outputs),
        )
        self.shortcut: nn.Module = nn.Identity()
        if inputs != outputs or stride != 1:
            self.shortcut = nn.Sequential(
                StandardizedConvolution(inputs, outputs, 1, stride, bias=False),
                _group_norm(outputs),
            )

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) -> (B, outputs, H / stride, W / stride)."""
        return functional.relu(self.residual(x) + self.shortcut(x))


def _group_norm(channels: int) -> nn.GroupNorm:
    """32 groups where 32 divides the channels, otherwise the largest power of two that does."""
    return nn.GroupNorm(gcd(32, channels), channels)
