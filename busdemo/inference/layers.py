"""A network's layers by name, and what came out of one of them while the network ran."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from threading import get_ident
from typing import Any

from torch import Tensor, nn

from busdemo.zoo.architectures.attention import AttentionGate, SpatialAttention
from busdemo.zoo.blueprint import Block
from busdemo.zoo.cards import Card
from busdemo.zoo.structure import read_blueprint
from busdemo.zoo.tracing import find_blocks, tensors_in

Gate = AttentionGate | SpatialAttention
"""Modules that weigh places of a map by factors in [0, 1], their `coefficients`."""


def list_layers(card: Card) -> tuple[Block, ...]:
    """The blocks of a network in the order they run, without its input and its head.

    They are those that the Models tab draws. Raises UnusableModel when the structure cannot be
    read.
    """
    side_px = max(card.preprocessing.input_wh) if card.preprocessing else 256
    return _read_layers(card.folder, card.sha256, side_px)


@lru_cache(maxsize=64)
def _read_layers(folder: Path, _sha256: str, side_px: int) -> tuple[Block, ...]:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    blocks = read_blueprint(config, side_px).blocks
    return tuple(block for block in blocks if block.role not in ("input", "head"))


def default_layer(layers: tuple[Block, ...]) -> str:
    """The bottleneck: the deepest map, where Grad-CAM is usually taken (Selvaraju et al. 2017)."""
    return next((b.name for b in layers if b.role == "bottleneck"), layers[-1].name)


def list_gates(network: nn.Module) -> dict[str, Gate]:
    """The attention gates of a network by name, in the order they run; empty when it has none."""
    return {name: module for name, module in network.named_modules() if isinstance(module, Gate)}


@contextmanager
def watch(module: nn.Module, see: Callable[[Any, Any], None]) -> Iterator[None]:
    """Let `see(inputs, output)` look on whenever this thread runs the module.

    Other threads may run the same network meanwhile; theirs is none of its business.
    """
    owner = get_ident()

    def look(_: nn.Module, inputs: Any, output: Any) -> None:
        if get_ident() == owner:
            see(inputs, output)

    handle = module.register_forward_hook(look)
    try:
        yield
    finally:
        handle.remove()


@contextmanager
def catch_layer(network: nn.Module, name: str) -> Iterator[list[Tensor]]:
    """A list that holds the layer's map, as its block's name says, once the network has run.

    The map is (1, C, h, w) or (1, N, C) float32, with its gradient.

    Names are those of `list_layers`, or of any module. Raises KeyError for a name it lacks.
    """
    blocks = dict(find_blocks(network))
    owner, _, index = name.rpartition(".")
    # An encoder that hands out its maps as one list: "encoder.2" is the third it computed.
    from_list = name not in blocks and owner in blocks and index.isdigit()
    modules = dict(network.named_modules()) | blocks
    module = blocks[owner] if from_list else modules[name]
    caught: list[Tensor] = []

    def see(_: Any, output: Any) -> None:
        maps = [t for t in tensors_in(output) if t.numel() and t.grad_fn is not None]
        caught[:] = maps[int(index) :][:1] if from_list else maps[:1]

    with watch(module, see):
        yield caught
