"""Which block's map flows into which block: a network is run once, on tensors without contents.

Every operation is watched: its result carries what its operands carried. A block is a module that
computes something and holds no list of modules; lists are opened. Names and source code play no
part, so that a change of a network changes what is found.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from math import isqrt
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from busdemo.zoo.blueprint import Gate, Weighed
from busdemo.zoo.torch_private import TorchDispatchMode

_WEIGHTED = {"convolution", "addmm", "mm", "bmm", "baddbmm"}
_ATTENTION = "scaled_dot_product", "softmax"


@dataclass(frozen=True)
class Carried:
    """A block's map on its way: `raw` until weights were applied to it, with the gates before."""

    block: int
    raw: bool = True
    gates: tuple[Gate, ...] = ()


@dataclass(frozen=True)
class Operation:
    """One operation that says what a block does; `reach` is kernel side and dilation."""

    kind: Literal["convolution", "attention", "mean", "channels", "places"]
    """The last two: its channels or its places were weighed by factors in [0, 1]."""
    reach: tuple[int, int] = (0, 0)


@dataclass
class Traced:
    """A block as found: what it gives, what it is made from and the operations in it."""

    name: str
    channels: int
    side_px: int
    sources: dict[int, tuple[Gate, ...]] = field(default_factory=dict)
    operations: list[Operation] = field(default_factory=list)
    is_feature: bool = False
    """One of the maps that an encoder hands out as a list."""


@dataclass
class Trace:
    """All blocks in the order they ran (the first is the input) and those that give the output."""

    blocks: list[Traced]
    outputs: set[int]
    flops: int


def trace_network(network: nn.Module, in_channels: int, side_px: int) -> Trace:
    """Run a network once on a square input of no contents; it must lie on the device "meta"."""
    image = torch.empty(1, in_channels, side_px, side_px, device="meta")
    watch = _Watch()
    watch.add("input", image, {})
    hooks = [hook for name, block in find_blocks(network) for hook in watch.attach(name, block)]
    try:
        with torch.no_grad(), FlopCounterMode(display=False) as counter, watch:
            output = network.eval()(image)
    finally:
        for hook in hooks:
            hook.remove()
    outputs = {carried.block for tensor in tensors_in(output) for carried in watch.carried(tensor)}
    return Trace(watch.blocks, outputs, counter.get_total_flops())


def find_blocks(network: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """The blocks of a network with their names: modules that hold no list of modules.

    The elements of a list called `encoder` are blocks whatever is in them, and so is an encoder
    that is no list: it hands out its maps as one.
    """
    for name, child in network.named_children():
        if name != "encoder":
            yield from _open(name, child)
        elif isinstance(child, nn.ModuleList):
            yield from ((f"{name}.{index}", block) for index, block in child.named_children())
        else:
            yield name, child


def _open(name: str, module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    if any(isinstance(part, nn.ModuleList | nn.ModuleDict) for part in module.modules()):
        for key, child in module.named_children():
            yield from _open(f"{name}.{key}", child)
    else:
        yield name, module


class _Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Follows maps through operations; `attach` cuts their way at the blocks."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.blocks: list[Traced] = []
        self._carried: dict[int, frozenset[Carried]] = {}
        self._factors: dict[int, frozenset[Carried]] = {}
        self._born: dict[int, int] = {}
        self._operations: list[Operation] = []
        self._kept: list[Tensor] = []  # an id means nothing once its tensor is gone

    def carried(self, tensor: Tensor) -> frozenset[Carried]:
        """The blocks' maps that a tensor was made from."""
        return self._carried.get(id(tensor), frozenset())

    def add(self, name: str, tensor: Tensor, sources: dict[int, tuple[Gate, ...]]) -> Traced:
        """A new block; from here on, its map carries only itself."""
        channels, side_px = _measure(tensor)
        block = Traced(name, channels, side_px, sources)
        self._carried[id(tensor)] = frozenset({Carried(len(self.blocks))})
        self._kept.append(tensor)
        self.blocks.append(block)
        return block

    def attach(self, name: str, module: nn.Module) -> Iterator[Any]:
        """Hooks that note a block when it has run."""
        started = [0]

        def start(*_: Any) -> None:
            started[0] = len(self._operations)

        def finish(_module: nn.Module, _inputs: Any, output: Any) -> None:
            if isinstance(output, Tensor):
                self._finish_block(name, output, started[0])
            else:
                self._finish_encoder(name, list(tensors_in(output)), started[0])

        yield module.register_forward_pre_hook(start)
        yield module.register_forward_hook(finish)

    def _finish_block(self, name: str, output: Tensor, start: int) -> None:
        carried = self.carried(output)
        if all(one.raw for one in carried):
            return  # no weights: a gate, a pooling, an upsampling or nothing at all
        block = self.add(name, output, _merge(carried))
        block.operations = self._operations[start:]

    def _finish_encoder(self, name: str, outputs: list[Tensor], start: int) -> None:
        maps = [t for t in outputs if t.numel() and not all(one.raw for one in self.carried(t))]
        source = next((one.block for t in maps for one in self.carried(t)), 0)
        # A pyramid: each map is computed from the one before.
        for index, tensor in enumerate(sorted(maps, key=lambda t: self._born[id(t)])):
            block = self.add(f"{name}.{index}", tensor, {source: ()})
            block.is_feature = True
            source, end = len(self.blocks) - 1, self._born[id(tensor)]
            block.operations = self._operations[start:end]
            start = end

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Compute, and let the result carry what the operands carried."""
        result = func(*args, **(kwargs or {}))
        name = str(func.overloadpacket.__name__).rstrip("_")
        operands = list(tensors_in(args))
        self._note(name, args)
        carried = self._combine(name, operands)
        factors = self._factors_of(name, operands)
        for tensor in tensors_in(result):
            self._carried[id(tensor)] = carried
            self._factors.pop(id(tensor), None)
            if factors is not None:
                self._factors[id(tensor)] = factors
            self._born[id(tensor)] = len(self._operations)
            self._kept.append(tensor)
        return result

    def _note(self, name: str, args: Any) -> None:
        if name == "convolution":
            self._operations.append(Operation("convolution", (args[1].shape[-1], args[5][0])))
        elif any(word in name for word in _ATTENTION):
            self._operations.append(Operation("attention"))
        elif name in ("mean", "adaptive_avg_pool2d"):
            self._operations.append(Operation("mean"))

    def _combine(self, name: str, operands: list[Tensor]) -> frozenset[Carried]:
        factors = [tensor for tensor in operands if id(tensor) in self._factors]
        contents = [tensor for tensor in operands if id(tensor) not in self._factors]
        if name == "mul" and len(factors) == 1 and len(contents) == 1:
            return self._weigh(contents[0], factors[0])
        together = frozenset(one for tensor in operands for one in self.carried(tensor))
        if name in _WEIGHTED or any(word in name for word in _ATTENTION):
            return frozenset(replace(one, raw=False) for one in together)
        return together

    def _weigh(self, content: Tensor, factor: Tensor) -> frozenset[Carried]:
        weighed: Weighed = "channels" if factor.shape[-2:].numel() == 1 else "places"
        controllers = {one.block for one in self._factors[id(factor)]}
        gate = Gate(weighed, tuple(sorted(controllers)))
        if any(not one.raw for one in self.carried(content)):
            self._operations.append(Operation(weighed))
        return frozenset(
            replace(one, gates=(*one.gates, gate)) if one.raw else one
            for one in self.carried(content)
        )

    def _factors_of(self, name: str, operands: list[Tensor]) -> frozenset[Carried] | None:
        """What a result of values in [0, 1] was computed from; None for any other result."""
        if name == "sigmoid":
            return self.carried(operands[0])
        if len(operands) == 1 and name not in _WEIGHTED:
            return self._factors.get(id(operands[0]))
        return None


def tensors_in(value: Any) -> Iterator[Tensor]:
    """The tensors of nested lists, tuples and mappings."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, dict):
        yield from tensors_in(list(value.values()))
    elif isinstance(value, Iterable) and not isinstance(value, str):
        for part in value:
            yield from tensors_in(part)


def _measure(tensor: Tensor) -> tuple[int, int]:
    """Channels and side of a map (B, C, H, W), or of square tokens (B, N, C)."""
    if tensor.ndim == 3:
        return tensor.shape[2], isqrt(tensor.shape[1])
    return tensor.shape[1], tensor.shape[-1]


def _merge(carried: Iterable[Carried]) -> dict[int, tuple[Gate, ...]]:
    """The sources of a block with the gates before them."""
    sources: dict[int, tuple[Gate, ...]] = {}
    for one in sorted(carried, key=lambda one: (one.block, len(one.gates))):
        sources[one.block] = one.gates
    return sources
