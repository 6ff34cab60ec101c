"""A plain U-Net, to be fed a larger picture than the others.

Ronneberger et al., "U-Net: Convolutional Networks for Biomedical Image Segmentation", arXiv
1505.04597, with padded convolutions and batch norm, at half the paper's width (7.8 M parameters).
It stands for the custom U-Net "with a higher initial resolution" of "Breast Cancer Tumor
Segmentation" (Devpost), which gives no layers; that resolution is the input side in the model's
preprocessor_config.json, nothing in here.
"""

from collections.abc import Sequence

from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from busdemo.zoo.architectures.blocks import (
    WIDTHS,
    build_encoder,
    decode,
    double_convolution,
    encode,
    transposed_convolution,
    upward_widths,
)


class WideUNet(nn.Module, PyTorchModelHubMixin):
    """Logits (B, 1, H, W) for images (B, in_channels, H, W); H and W multiples of 2^(levels - 1).

    Args:
        in_channels: channels of the input image.
        channels: width of each level, from the finest to the bottleneck.
    """

    def __init__(self, in_channels: int = 1, channels: Sequence[int] = WIDTHS) -> None:
        super().__init__()
        upwards = upward_widths(channels)
        self.encoder = build_encoder(in_channels, channels)
        self.up = nn.ModuleList(transposed_convolution(deep, skip) for deep, skip in upwards)
        self.decoder = nn.ModuleList(double_convolution(2 * skip, skip) for _, skip in upwards)
        self.head = nn.Conv2d(channels[0], 1, kernel_size=1)

    def forward(self, image: Tensor) -> Tensor:
        """Logits (B, 1, H, W) of an image batch (B, in_channels, H, W)."""
        maps = encode(self.encoder, image)
        logits: Tensor = self.head(decode(maps, self.up, self.decoder))
        return logits
