"""Deep Attention U-Net: gates on the skips, two convolutions on both sides, dropout.

After Guo, "An Improved U-Net Model for Ultrasound Image Segmentation of Breast Cancer": four
encoder levels of two 3x3 convolutions and a bottleneck, dropout, normal initialisation (He et al.,
arXiv 1502.01852), gates (Oktay et al., arXiv 1804.03999) on the skips. Against `attention_unet`
the decoder has two convolutions a level instead of one, and 2x2 transposed convolutions go up so
that it stays at 7.9 M parameters. Dropout drops whole channels after each encoder level:
neighbouring pixels of a map are too alike for the loss of single ones to matter.
"""

from collections.abc import Sequence
from itertools import repeat

from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from busdemo.zoo.architectures.attention import AttentionGate
from busdemo.zoo.architectures.blocks import (
    WIDTHS,
    build_encoder,
    decode,
    double_convolution,
    encode,
    transposed_convolution,
    upward_widths,
)


class DeepAttentionUNet(nn.Module, PyTorchModelHubMixin):
    """Logits (B, 1, H, W) for images (B, in_channels, H, W); H and W multiples of 2^(levels - 1).

    Args:
        in_channels: channels of the input image.
        channels: width of each level, from the finest to the bottleneck.
        dropout: share of an encoder level's channels that training leaves out.
    """

    def __init__(
        self, in_channels: int = 1, channels: Sequence[int] = WIDTHS, dropout: float = 0.1
    ) -> None:
        super().__init__()
        upwards = upward_widths(channels)
        self.encoder = build_encoder(in_channels, channels)
        self.dropout = nn.Dropout2d(dropout)
        self.up = nn.ModuleList(transposed_convolution(deep, skip) for deep, skip in upwards)
        self.gates = nn.ModuleList(AttentionGate(skip) for _, skip in upwards)
        self.decoder = nn.ModuleList(double_convolution(2 * skip, skip) for _, skip in upwards)
        self.head = nn.Conv2d(channels[0], 1, kernel_size=1)
        self.apply(_initialise)

    def forward(self, image: Tensor) -> Tensor:
        """Logits (B, 1, H, W) of an image batch (B, in_channels, H, W)."""
        maps = encode(self.encoder, image, repeat(self.dropout))
        logits: Tensor = self.head(decode(maps, self.up, self.decoder, gates=self.gates))
        return logits


def _initialise(module: nn.Module) -> None:
    """He's normal distribution for convolutions; those of the gates and the head included."""
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
