"""Attention U-Net with spatial attention: gates on the skips, a weight for every decoded pixel.

Our definition of the "U-Net with attention and spatial enhancement" of Accion Labs, who give no
layers: the Attention U-Net of arXiv 1804.03999 as `attention_unet` has it, and the spatial half of
Woo et al., "CBAM: Convolutional Block Attention Module", arXiv 1807.06521, with a 7x7 kernel. It
is the last layer of each of the four decoder blocks: the gates choose what the encoder hands over,
the spatial attention where the fused map counts (7.9 M parameters).
"""

from collections.abc import Sequence

from torch import nn

from busdemo.zoo.architectures.attention import SpatialAttention
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
