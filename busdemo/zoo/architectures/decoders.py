"""Ways back up from an encoder's maps to the image's size: what networks on equal terms differ in.

A decoder is built from the channels of the maps an encoder hands out, the image first (`inputs`,
each map half as large as the one before), and from its own widths, the deepest first. It turns a
list of these maps into one map (B, widths[-1], H, W).
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import zip_longest

import torch
from torch import Tensor, nn
from torch.nn import functional

from busdemo.zoo.architectures.attention import (
    AttentionGate,
    SpatialAttention,
    SqueezeExcitation,
    TransformerLayer,
)
from busdemo.zoo.architectures.blocks import double_convolution
from busdemo.zoo.architectures.full_scale import FullScaleNode

Extra = Callable[..., nn.Module]


class SkipDecoder(nn.Module):
    """A U-Net's: nearest neighbour up, the skip beside it, two convolutions; smp's, step by step.

    Ronneberger et al., arXiv 1505.04597. The last step has no skip but with a `stem`.

    Args:
        inputs: channels of the encoder's maps, the image first.
        widths: channels after each step, the deepest first.
        gate: makes what a skip passes through, from its channels and those of the map below.
        after: makes what follows a step, from its width.
        dropout: share of the channels of every encoder map that training leaves out.
        stem: channels of two convolutions of the image at full size, the skip of the last step.
    """

    def __init__(
        self,
        inputs: Sequence[int],
        widths: Sequence[int],
        *,
        gate: Extra | None = None,
        after: Extra | None = None,
        dropout: float = 0.0,
        stem: int = 0,
    ) -> None:
        super().__init__()
        image, *maps = inputs
        skips = [*maps[-2::-1], stem]
        below = [maps[-1], *widths[:-1]]
        self.stem = double_convolution(image, stem) if stem else None
        self.dropout = nn.Dropout2d(dropout)
        self.gates = nn.ModuleList(
            gate(skip, under) if gate and skip else nn.Identity()
            for skip, under in zip(skips, below, strict=True)
        )
        self.blocks = nn.ModuleList(
            nn.Sequential(
                *double_convolution(under + skip, width), *([after(width)] if after else [])
            )
            for under, skip, width in zip(below, skips, widths, strict=True)
        )

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        """See the module."""
        x: Tensor
        image, *others = maps
        *skips, x = (self.dropout(one) for one in others)
        finest = [] if self.stem is None else [self.stem(image)]
        for block, gate, skip in zip_longest(self.blocks, self.gates, [*skips[::-1], *finest]):
            x = functional.interpolate(x, scale_factor=2.0)
            if skip is not None:
                passed = skip if isinstance(gate, nn.Identity) else gate(x, skip)
                x = torch.cat([x, passed], dim=1)
            x = block(x)
        return x


class FullScaleDecoder(nn.Module):
    """U-Net 3+'s: every level sees all scales, each through a convolution to `branch` channels.

    Huang et al., arXiv 2004.08790, from half the image's size down; a plain step of a U-Net leads
    from there to the whole size. Deep supervision and the classification-guided module are left
    out: networks on equal terms are trained alike.
    """

    def __init__(self, inputs: Sequence[int], widths: Sequence[int], branch: int = 16) -> None:
        super().__init__()
        maps = inputs[1:]
        fused = branch * len(maps)
        self.nodes = nn.ModuleList(
            FullScaleNode(level, [*maps[: level + 1], *[fused] * below, maps[-1]], branch)
            for below, level in enumerate(reversed(range(len(maps) - 1)))
        )
        self.last = double_convolution(fused, widths[-1])

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        """See the module."""
        levels = list(maps[1:])
        for level, node in zip(reversed(range(len(levels) - 1)), self.nodes, strict=True):
            levels[level] = node(levels)
        x: Tensor = self.last(functional.interpolate(levels[0], scale_factor=2.0))
        return x


class TransformerDecoder(nn.Module):
    """A U-Net's behind a transformer that relates all places of the deepest map, as in TransUNet.

    Chen et al., arXiv 2102.04306, whose decoder has the same steps; the deepest map here is a 32nd
    of the image's side instead of a 16th. `grid` is the side of the learned position embedding,
    that of a 256x256 image; other sizes interpolate it.
    """

    def __init__(
        self,
        inputs: Sequence[int],
        widths: Sequence[int],
        hidden: int = 192,
        layers: int = 4,
        grid: int = 8,
    ) -> None:
        super().__init__()
        self.embed = nn.Conv2d(inputs[-1], hidden, kernel_size=1)
        self.position = nn.Parameter(0.02 * torch.randn(1, hidden, grid, grid))
        self.transformer = nn.Sequential(
            *(TransformerLayer(hidden) for _ in range(layers)), nn.LayerNorm(hidden)
        )
        self.up = SkipDecoder([*inputs[:-1], hidden], widths)

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        """See the module."""
        x: Tensor = self.up([*maps[:-1], self._attend(maps[-1])])
        return x

    def _attend(self, x: Tensor) -> Tensor:
        x = self.embed(x)
        position: Tensor = self.position
        if position.shape[2:] != x.shape[2:]:
            position = functional.interpolate(position, x.shape[2:], mode="bilinear")
        tokens = self.transformer((x + position).flatten(2).transpose(1, 2))
        attended: Tensor = tokens.transpose(1, 2).unflatten(2, x.shape[2:])
        return attended


DECODERS: dict[str, Extra] = {
    "plain": SkipDecoder,
    "attention-gates": partial(SkipDecoder, gate=AttentionGate),
    "deep-attention": partial(SkipDecoder, gate=AttentionGate, dropout=0.1),
    "spatial-attention": partial(
        SkipDecoder, gate=AttentionGate, after=lambda _: SpatialAttention()
    ),
    "squeeze-excitation": partial(SkipDecoder, after=partial(SqueezeExcitation, reduction=4)),
    "full-resolution": partial(SkipDecoder, stem=16),
    "full-scale": FullScaleDecoder,
    "transformer": TransformerDecoder,
}
"""By the word `decoder` of a config.json has for them."""
