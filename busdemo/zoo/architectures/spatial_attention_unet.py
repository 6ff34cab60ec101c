"""Attention U-Net with spatial attention: gates on the skips, a weight for every decoded pixel.

Our definition of the "U-Net with attention and spatial enhancement" of Accion Labs, who give no
layers: the Attention U-Net of arXiv 1804.03999 as `attention_unet` has it, and the spatial half of
Woo et al., "CBAM: Convolutional Block Attention Module", arXiv 1807.06521, with a 7x7 kernel. It
is the last layer of each of the four decoder blocks: the gates choose what the encoder hands over,
the spatial attention where the fused map counts (7.9 M parameters).
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from busdemo.zoo.architectures.attention_unet import AttentionUNet
from busdemo.zoo.architectures.blocks import WIDTHS, convolution, upward_widths


class SpatialAttentionUNet(AttentionUNet):
    """Logits (B, 1, H, W) for images (B, in_channels, H, W); H and W multiples of 2^(levels - 1).

    Args:
        in_channels: channels of the input image.
        channels: width of each level, from the finest to the bottleneck.
    """

    def __init__(self, in_channels: int = 1, channels: Sequence[int] = WIDTHS) -> None:
        super().__init__(in_channels, channels)
        self.decoder = nn.ModuleList(
            nn.Sequential(*convolution(2 * skip, skip), SpatialAttention())
            for _, skip in upward_widths(channels)
        )


class SpatialAttention(nn.Module):
    """Weighs each pixel by a factor in [0, 1], from the mean and maximum over channels around it.

    `coefficients` gives the map itself.
    """

    def __init__(self) -> None:
        super().__init__()
        self.weigh = nn.Sequential(nn.Conv2d(2, 1, 7, padding=3, bias=False), nn.BatchNorm2d(1))

    def coefficients(self, x: Tensor) -> Tensor:
        """Attention coefficients (B, 1, H, W) in [0, 1] of a map (B, channels, H, W)."""
        summary = torch.cat([x.mean(1, keepdim=True), x.amax(1, keepdim=True)], dim=1)
        return torch.sigmoid(self.weigh(summary))

    def forward(self, x: Tensor) -> Tensor:
        """The map (B, channels, H, W), weighted by the coefficients."""
        return x * self.coefficients(x)
