"""A detector of lesions: EfficientNet-Lite0, a small feature pyramid, a head without anchors.

Our own definition from published parts (3.4 M parameters): encoder of Liu, "EfficientNet-Lite"
(2020); pyramid of Lin et al., "Feature Pyramid Networks", arXiv 1612.03144; every place of the map
says how far the four sides of its box are, as in Tian et al., "FCOS", arXiv 1904.01355; its score
is the overlap the box is expected to have, as in Zhang et al., "VarifocalNet", arXiv 2008.13367.
"""

import math
from typing import cast

import torch
from huggingface_hub import PyTorchModelHubMixin
from segmentation_models_pytorch.encoders import get_encoder
from torch import Tensor, nn
from torch.nn import functional

STRIDE_PX = 8
"""Input pixels from one place of the map to the next."""

_LEVELS = (3, 4, 5)
"""Of the encoder's maps, those at strides 8, 16 and 32."""


class LesionDetector(nn.Module, PyTorchModelHubMixin):
    """Scores and boxes (B, 5, H/8, W/8) for images (B, in_channels, H, W); H and W multiples of 32.

    Channel 0 is the logit of the score, channels 1 to 4 are the distances to the left, top, right
    and bottom side of the box in input px, from the middle of the place.

    Args:
        encoder_name: an encoder of segmentation-models-pytorch with maps down to stride 32.
        in_channels: channels of the input image.
        width: channels of the pyramid and the head.
    """

    def __init__(
        self,
        encoder_name: str = "tu-tf_efficientnet_lite0",
        in_channels: int = 1,
        width: int = 96,
    ) -> None:
        super().__init__()
        self.encoder = get_encoder(encoder_name, in_channels=in_channels, depth=5, weights=None)
        channels = [self.encoder.out_channels[level] for level in _LEVELS]
        self.lateral = nn.ModuleList(nn.Conv2d(c, width, kernel_size=1) for c in channels)
        self.smooth = _convolution(width)
        self.score_tower = nn.Sequential(_convolution(width), _convolution(width))
        self.box_tower = nn.Sequential(_convolution(width), _convolution(width))
        self.score = nn.Conv2d(width, 1, kernel_size=3, padding=1)
        self.sides = nn.Conv2d(width, 4, kernel_size=3, padding=1)
        # At the start: hardly anything is a lesion (Lin et al., arXiv 1708.02002), 32 px large.
        nn.init.constant_(cast(Tensor, self.score.bias), -math.log(99))
        nn.init.constant_(cast(Tensor, self.sides.bias), math.log(4))

    def forward(self, image: Tensor) -> Tensor:
        """Scores and boxes (B, 5, H/8, W/8) of an image batch (B, in_channels, H, W)."""
        maps = self.encoder(image)
        fine, middle, deep = (
            lateral(maps[level]) for lateral, level in zip(self.lateral, _LEVELS, strict=True)
        )
        x = self.smooth(fine + _enlarge(middle + _enlarge(deep)))
        # The limit keeps a float finite: 8 px times e^5 is more than any input's side.
        sides = STRIDE_PX * self.sides(self.box_tower(x)).float().clamp(-5, 5).exp()
        return torch.cat([self.score(self.score_tower(x)).float(), sides], dim=1)


def _convolution(width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(width, width, kernel_size=3, padding=1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
    )


def _enlarge(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")
