"""What a network looks like from outside: blocks, what flows between them, gates. No torch."""

from dataclasses import dataclass
from typing import Literal

Role = Literal["input", "encoder", "bottleneck", "decoder", "head"]
Weighed = Literal["channels", "places"]


@dataclass(frozen=True)
class Block:
    """One block and the map it gives: `channels` at `side_px` by `side_px` for a square input."""

    name: str
    role: Role
    channels: int
    side_px: int
    convolutions: int = 0
    attention_layers: int = 0
    """Layers of a transformer in it."""
    weighed: tuple[Weighed, ...] = ()
    """What of its own map it multiplies by factors in [0, 1] that it computes from that map."""
    branches: tuple[str, ...] = ()
    """What its parallel branches over one map do, where it has some ("3 × 3, rate 12")."""


@dataclass(frozen=True)
class Gate:
    """Factors in [0, 1] on what a link carries, computed by `controllers` (indices of blocks)."""

    weighed: Weighed
    controllers: tuple[int, ...]


@dataclass(frozen=True)
class Link:
    """The map of block `source` goes into block `target`, perhaps through gates."""

    source: int
    target: int
    gates: tuple[Gate, ...] = ()


@dataclass(frozen=True)
class Blueprint:
    """A network's blocks in the order they run, and the links between them.

    Block 0 is the input. `parameters` is a count; `gflops` counts 10^9 operations for one input
    of the traced size, a multiplication and an addition as two.
    """

    blocks: tuple[Block, ...]
    links: tuple[Link, ...]
    parameters: int
    gflops: float

    @property
    def skips(self) -> tuple[Link, ...]:
        """Links that leave the encoder beside the way through the bottleneck."""
        return tuple(
            link
            for link in self.links
            if self.blocks[link.source].role == "encoder"
            and self.blocks[link.target].role == "decoder"
        )
