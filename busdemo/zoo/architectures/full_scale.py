"""Decoder levels that see all scales of a network at once, as U-Net 3+ has them.

Huang et al., "UNet 3+: A Full-Scale Connected UNet for Medical Image Segmentation", arXiv
2004.08790.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from busdemo.zoo.architectures.blocks import convolution


class FullScaleNode(nn.Module):
    """A decoder level: one branch for each scale, brought to the level's own, then fused.

    Args:
        level: which one, 0 being the finest.
        widths: channels of the map that each level offers, the finest first.
        branch: channels of each branch.
    """

    def __init__(self, level: int, widths: Sequence[int], branch: int) -> None:
        super().__init__()
        self.level = level
        self.branches = nn.ModuleList(
            EnlargingConvolution(width, branch, 2 ** max(0, i - level))
            for i, width in enumerate(widths)
        )
        self.fuse = convolution(branch * len(widths), branch * len(widths))

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        """Maps (B, widths[i], H / 2^i, W / 2^i) -> (B, branches * branch, H / 2^level, …)."""
        scaled = (
            functional.max_pool2d(x, 2 ** (self.level - i)) if i < self.level else x
            for i, x in enumerate(maps)
        )
        parts = [branch(x) for branch, x in zip(self.branches, scaled, strict=True)]
        fused: Tensor = self.fuse(torch.cat(parts, dim=1))
        return fused


class EnlargingConvolution(nn.Sequential):
    """Bilinear enlargement, 3x3 convolution, batch norm, ReLU: (B, C, H, W) -> (B, C', fH, fW).

    Once trained, enlargement and convolution are computed as the products of small matrices that
    they are together: the same numbers but for rounding, without the large map between them, which
    took two thirds of the network's time.
    """

    def __init__(self, inputs: int, outputs: int, factor: int) -> None:
        super().__init__(*convolution(inputs, outputs))
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        first, *others = self
        # Drawings and operation counts, made on the device "meta", show the paper's operations.
        if self.factor == 1 or self.training or x.is_meta:
            x = first(enlarge(x, self.factor))
        else:
            x = _convolve_enlarged(x, first.get_parameter("weight"), self.factor)
        for module in others:
            x = module(x)
        return x


def _convolve_enlarged(x: Tensor, weight: Tensor, factor: int) -> Tensor:
    """A 3x3 convolution, zeros around, of `x` (B, C, h, w) enlarged: (B, C', factor * h, …).

    Each of the nine taps first brings the small map to the output's channels; its enlargement,
    shifted by the tap, is a matrix for the columns and one for the rows.
    """
    outputs, inputs = weight.shape[:2]
    height, width = x.shape[2:]
    taps = weight.permute(0, 2, 3, 1).reshape(-1, inputs, 1, 1)
    y = functional.conv2d(x, taps).view(-1, outputs, 3, 3, height, width)
    y = y.permute(0, 1, 2, 4, 3, 5).reshape(-1, outputs, 3 * height, 3 * width)
    return _enlarging(height, factor, x) @ (y @ _enlarging(width, factor, x).T)


def _enlarging(size: int, factor: int, like: Tensor) -> Tensor:
    """The matrix (factor * size, 3 * size) of a linear enlargement, shifted by -1, 0 and 1."""
    identity = torch.eye(size, dtype=like.dtype, device=like.device)[None]
    rows = functional.interpolate(identity, scale_factor=factor, mode="linear")[0].T
    padded = functional.pad(rows, (0, 0, 1, 1))
    return torch.cat([padded[tap : tap + factor * size] for tap in range(3)], dim=1)


def enlarge(x: Tensor, factor: int) -> Tensor:
    """Bilinear: (B, C, h, w) -> (B, C, factor * h, factor * w)."""
    if factor == 1:
        return x
    return functional.interpolate(x, scale_factor=factor, mode="bilinear")
