"""Attention U-Net: a U-Net whose skip connections pass through learned gates.

Oktay et al., "Attention U-Net: Learning Where to Look for the Pancreas", arXiv 1804.03999. Two
convolutions a level on the way down and one after each concatenation, the parametrisation MONAI
has too (7.9 M parameters at widths 32 to 512); max pooling down, nearest neighbour and a
convolution up.
"""

from collections.abc import Sequence

from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from busdemo.zoo.architectures.attention import AttentionGate
from busdemo.zoo.architectures.blocks import (
    WIDTHS,
    build_encoder,
    convolution,
    decode,
    encode,
    up_convolution,
    upward_widths,
)


class AttentionUNet(nn.Module, PyTorchModelHubMixin):
    """Logits (B, 1, H, W) for images (B, in_channels, H, W); H and W multiples of 2^(levels - 1).

    Args:
        in_channels: channels of the input image.
        channels: width of each level, from the finest to the bottleneck.
    """

    def __init__(self, in_channels: int = 1, channels: Sequence[int] = WIDTHS) -> None:
        super().__init__()
        upwards = upward_widths(channels)
        self.encoder = build_encoder(in_channels, channels)
        self.up = nn.ModuleList(up_convolution(deep, skip) for deep, skip in upwards)
        self.gates = nn.ModuleList(AttentionGate(skip) for _, skip in upwards)
        self.decoder = nn.ModuleList(convolution(2 * skip, skip) for _, skip in upwards)
        self.head = nn.Conv2d(channels[0], 1, kernel_size=1)

    def forward(self, image: Tensor) -> Tensor:
        """Logits (B, 1, H, W) of an image batch (B, in_channels, H, W)."""
        maps = encode(self.encoder, image)
        logits: Tensor = self.head(decode(maps, self.up, self.decoder, gates=self.gates))
        return logits
