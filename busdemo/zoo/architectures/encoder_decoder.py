"""One encoder under any decoder: networks that differ in the decoder alone.

Beside them stand smp's with the same encoder: U-Net, U-Net++, DeepLabV3 and SegFormer's decoder.
"""

from collections.abc import Sequence

from huggingface_hub import PyTorchModelHubMixin
from segmentation_models_pytorch.base.initialization import initialize_decoder, initialize_head
from segmentation_models_pytorch.encoders import get_encoder
from torch import Tensor, nn

from busdemo.zoo.architectures.decoders import DECODERS

WIDTHS = (128, 96, 64, 32, 16)
"""Channels after each step up, the deepest first."""


class EncoderDecoder(nn.Module, PyTorchModelHubMixin):
    """Logits (B, 1, H, W) for images (B, in_channels, H, W); H and W multiples of 32.

    Everything but the encoder starts as smp starts its decoders.

    Args:
        encoder_name: smp's word for it, such as "tu-tf_efficientnet_lite0".
        decoder: a word of `DECODERS`.
        in_channels: channels of the input image.
        decoder_channels: width after each step up, the deepest first.
    """

    def __init__(
        self,
        encoder_name: str,
        decoder: str,
        in_channels: int = 1,
        decoder_channels: Sequence[int] = WIDTHS,
    ) -> None:
        super().__init__()
        if decoder not in DECODERS:
            raise ValueError(f"unknown decoder {decoder!r}; known: {', '.join(DECODERS)}")
        self.encoder = get_encoder(encoder_name, in_channels=in_channels, depth=5, weights=None)
        inputs = self.encoder.out_channels
        self.decoder = DECODERS[decoder](inputs, tuple(decoder_channels))
        self.head = nn.Conv2d(decoder_channels[-1], 1, kernel_size=3, padding=1)
        initialize_decoder(self.decoder)
        initialize_head(self.head)

    def forward(self, image: Tensor) -> Tensor:
        """Logits (B, 1, H, W) of an image batch (B, in_channels, H, W)."""
        logits: Tensor = self.head(self.decoder(self.encoder(image)))
        return logits
