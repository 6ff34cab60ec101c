"""SE U-Net: a plain U-Net that weighs its channels after every double convolution.

Our definition of the "SUNet" (squeeze-and-excitation U-Net) of "Ultrasound-Based Breast Cancer
Detection Using a Segmentation-Guided Deep Learning Framework", which gives no layers: the U-Net of
arXiv 1505.04597 at half its width, with the blocks of Hu et al., "Squeeze-and-Excitation
Networks", arXiv 1709.01507, reduction 16 (7.8 M parameters).
"""

from collections.abc import Sequence

from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from busdemo.zoo.architectures.attention import SqueezeExcitation
from busdemo.zoo.architectures.blocks import (
    WIDTHS,
    build_encoder,
    decode,
    double_convolution,
    encode,
    transposed_convolution,
    upward_widths,
)


class SEUNet(nn.Module, PyTorchModelHubMixin):
    """Logits (B, 1, H, W) for images (B, in_channels, H, W); H and W multiples of 2^(levels - 1).

    Args:
        in_channels: channels of the input image.
        channels: width of each level, from the finest to the bottleneck.
        reduction: channels of a level for each unit of its squeezed description.
    """

    def __init__(
        self, in_channels: int = 1, channels: Sequence[int] = WIDTHS, reduction: int = 16
    ) -> None:
        super().__init__()
        upwards = upward_widths(channels)
        self.encoder = build_encoder(in_channels, channels)
        self.encoder_excitations = nn.ModuleList(
            SqueezeExcitation(width, reduction) for width in channels
        )
        self.up = nn.ModuleList(transposed_convolution(deep, skip) for deep, skip in upwards)
        self.decoder = nn.ModuleList(double_convolution(2 * skip, skip) for _, skip in upwards)
        self.decoder_excitations = nn.ModuleList(
            SqueezeExcitation(skip, reduction) for _, skip in upwards
        )
        self.head = nn.Conv2d(channels[0], 1, kernel_size=1)

    def forward(self, image: Tensor) -> Tensor:
        """Logits (B, 1, H, W) of an image batch (B, in_channels, H, W)."""
        maps = encode(self.encoder, image, self.encoder_excitations)
        x = decode(maps, self.up, self.decoder, after=self.decoder_excitations)
        logits: Tensor = self.head(x)
        return logits
