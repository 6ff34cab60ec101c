"""What the networks of our own are made of: convolutions, the way down and the way up."""

from collections.abc import Iterable, Sequence
from itertools import pairwise, repeat

import torch
from torch import Tensor, nn
from torch.nn import functional

WIDTHS = (32, 64, 128, 256, 512)
"""Channels of each level, from the finest to the bottleneck, of all our U-Nets.

With the same encoder in all of them, training can start each from the same weights.
"""


def convolution(inputs: int, outputs: int) -> nn.Sequential:
    """3x3 convolution, batch norm, ReLU: (B, inputs, H, W) -> (B, outputs, H, W)."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


def double_convolution(inputs: int, outputs: int) -> nn.Sequential:
    """Twice 3x3 convolution, batch norm, ReLU: (B, inputs, H, W) -> (B, outputs, H, W)."""
    return nn.Sequential(*convolution(inputs, outputs), *convolution(outputs, outputs))


def up_convolution(inputs: int, outputs: int) -> nn.Sequential:
    """Nearest neighbour, then 3x3 convolution: (B, inputs, H, W) -> (B, outputs, 2H, 2W)."""
    return nn.Sequential(nn.Upsample(scale_factor=2), *convolution(inputs, outputs))


def transposed_convolution(inputs: int, outputs: int) -> nn.ConvTranspose2d:
    """2x2 transposed convolution, stride 2: (B, inputs, H, W) -> (B, outputs, 2H, 2W)."""
    return nn.ConvTranspose2d(inputs, outputs, kernel_size=2, stride=2)


def build_encoder(in_channels: int, channels: Sequence[int]) -> nn.ModuleList:
    """A double convolution for each level; `encode` runs them."""
    return nn.ModuleList(double_convolution(a, b) for a, b in pairwise([in_channels, *channels]))


def encode(
    encoder: Iterable[nn.Module], image: Tensor, after: Iterable[nn.Module] | None = None
) -> list[Tensor]:
    """The map (B, channels, H / 2^level, W / 2^level) of each level, the finest first.

    2x2 max pooling stands between the levels; `after` holds a module to follow each of them.
    """
    maps: list[Tensor] = []
    for block, extra in zip(encoder, after or repeat(nn.Identity()), strict=False):
        maps.append(extra(block(functional.max_pool2d(maps[-1], 2) if maps else image)))
    return maps


def upward_widths(channels: Sequence[int]) -> list[tuple[int, int]]:
    """(channels from below, channels of the skip) of each step up, the deepest first."""
    return list(zip(channels[:0:-1], channels[-2::-1], strict=True))


def decode(
    maps: Sequence[Tensor],
    ups: Iterable[nn.Module],
    blocks: Iterable[nn.Module],
    *,
    gates: Iterable[nn.Module] | None = None,
    after: Iterable[nn.Module] | None = None,
) -> Tensor:
    """The finest map of the way up over an encoder's `maps`, (B, channels of level 0, H, W).

    Each step takes the map from below up and joins the skip; with `gates`, what its gate lets
    through of it. A block brings both to the skip's width; `after` holds a module to follow each.
    """
    *skips, x = maps
    no_gates, nothing = repeat(None), repeat(nn.Identity())
    steps = zip(ups, blocks, reversed(skips), gates or no_gates, after or nothing, strict=False)
    for up, block, skip, gate, extra in steps:
        x = up(x)
        x = extra(block(torch.cat([gate(x, skip) if gate else skip, x], dim=1)))
    return x
