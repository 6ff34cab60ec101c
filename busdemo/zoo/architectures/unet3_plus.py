"""U-Net 3+: every decoder level sees all scales of the network at once.

Huang et al., "UNet 3+: A Full-Scale Connected UNet for Medical Image Segmentation", arXiv
2004.08790, written from the paper at half its width (filters 32 to 512, 6.7 M parameters). A
decoder level takes max-pooled encoder maps from above, the encoder map beside it and bilinearly
enlarged decoder maps from below, each through a 3x3 convolution to as many channels as the first
level has; a further one fuses the five. Deep supervision: a 3x3 convolution to logits at each of
the five decoder levels. Left out: the classification-guided module, which needs a class for every
image.
"""

from collections.abc import Sequence

from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from busdemo.zoo.architectures.blocks import WIDTHS, build_encoder, encode
from busdemo.zoo.architectures.full_scale import FullScaleNode, enlarge


class UNet3Plus(nn.Module, PyTorchModelHubMixin):
    """Logits (B, 1, H, W) for images (B, in_channels, H, W); H and W multiples of 2^(levels - 1).

    Args:
        in_channels: channels of the input image.
        channels: width of each level, from the finest to the bottleneck.
        branch_channels: width of each branch of a decoder level; the paper's is `channels[0]`.
    """

    def __init__(
        self,
        in_channels: int = 1,
        channels: Sequence[int] = WIDTHS,
        branch_channels: int | None = None,
    ) -> None:
        super().__init__()
        branch = branch_channels or channels[0]
        fused = branch * len(channels)
        self.encoder = build_encoder(in_channels, channels)
        self.decoder = nn.ModuleList(
            FullScaleNode(level, [*channels[: level + 1], *[fused] * below, channels[-1]], branch)
            for below, level in enumerate(reversed(range(len(channels) - 1)))
        )
        """The deepest first, as they are computed."""
        self.heads = nn.ModuleList(
            nn.Conv2d(width, 1, kernel_size=3, padding=1)
            for width in [*[fused] * (len(channels) - 1), channels[-1]]
        )
        """The finest first, as `side_outputs` has them."""

    def forward(self, image: Tensor) -> Tensor:
        """Logits (B, 1, H, W) of an image batch (B, in_channels, H, W)."""
        logits: Tensor = self.heads[0](self._decode(image)[0])
        return logits

    def side_outputs(self, image: Tensor) -> list[Tensor]:
        """Every decoder level's logits, enlarged to (B, 1, H, W); the first is `forward`'s."""
        return [
            enlarge(head(x), 2**level)
            for level, (head, x) in enumerate(zip(self.heads, self._decode(image), strict=True))
        ]

    def _decode(self, image: Tensor) -> list[Tensor]:
        """The decoder's map of every level, the finest first; the deepest is the encoder's."""
        maps = encode(self.encoder, image)
        for level, node in zip(reversed(range(len(self.decoder))), self.decoder, strict=True):
            maps[level] = node(maps)  # in the place of the encoder's, which is no longer needed
        return maps
