"""A second head that marks lesion pixels while the detector is trained, and is dropped after."""

from torch import Tensor, nn
from torch.nn import functional

from busdemo.training.losses import dice_bce_loss
from busdemo.training.supervision import Guided
from busdemo.zoo.architectures.lesion_detector import STRIDE_PX, LesionDetector

FINER = 4
"""Pixels of the marked map to a side of one place of the detector's map."""


class Outlining(Guided):
    """A `LesionDetector` that is also told which pixels are lesion, from the map its boxes come of.

    A box is as exact as the border its map knows of: after He et al., "Mask R-CNN",
    arXiv 1703.06870, where a mask branch made the boxes better, too.
    """

    def __init__(self, network: LesionDetector) -> None:
        super().__init__()
        self.network: LesionDetector = network
        width = network.score.in_channels
        self.marking = nn.Sequential(
            nn.Conv2d(width, FINER * FINER, kernel_size=1), nn.PixelShuffle(FINER)
        )

    def forward(self, image: Tensor) -> Tensor | list[Tensor]:
        """The detector's output (B, 5, h, w); in training mode with logits (B, 1, 4h, 4w)."""
        if not self.training:
            output: Tensor = self.network(image)
            return output
        maps: list[Tensor] = []
        hook = self.network.smooth.register_forward_hook(lambda _m, _i, out: maps.append(out))
        try:
            output = self.network(image)
        finally:
            hook.remove()
        return [output, self.marking(maps[0]).float()]


def marking_loss(logits: Tensor, numbered: Tensor) -> Tensor:
    """Dice + cross-entropy of a map (B, 1, h, w) and lesions numbered from 1 (B, 1, H, W)."""
    lesion = (numbered > 0).float()
    side = STRIDE_PX // FINER
    return dice_bce_loss(logits, functional.avg_pool2d(lesion, side).to(logits.device))
