"""A network's blueprint: the traced blocks, reduced to those that a person would draw."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any, get_args

from torch import nn

from busdemo.zoo.blueprint import Block, Blueprint, Gate, Link, Role, Weighed
from busdemo.zoo.files import UnusableModel
from busdemo.zoo.loading import build_network
from busdemo.zoo.tracing import Traced, trace_network

Blocks = dict[int, Traced]
"""The blocks that are left, by the index the trace gave them, in the order they ran."""


def read_blueprint(config: dict[str, Any], side_px: int) -> Blueprint:
    """The blueprint of the network of a config.json for a square input of `side_px`.

    The network is built without weights and run once on a tensor without contents, so no image is
    computed. Raises UnusableModel when it cannot be built or run at this size.
    """
    network = build_network(config).to("meta")
    try:
        return _read(network, int(config.get("in_channels", 1)), side_px)
    except Exception as error:  # networks differ, and one of another make must not break a page
        raise UnusableModel(f"Its structure cannot be read at {side_px} px.") from error


def _read(network: nn.Module, in_channels: int, side_px: int) -> Blueprint:
    trace = trace_network(network, in_channels, side_px)
    blocks, branches = reduce_blocks(trace.blocks, trace.outputs)
    at = {index: place for place, index in enumerate(blocks)}
    roles = _roles(blocks, trace.outputs)
    weighed = {index: _weighed(index, blocks) for index in blocks}
    drawn = [
        Block(
            name=block.name,
            role=roles[index],
            channels=block.channels,
            side_px=block.side_px,
            convolutions=_count(block, "convolution"),
            attention_layers=_count(block, "attention"),
            weighed=weighed[index][0],
            branches=branches.get(index, ()),
        )
        for index, block in blocks.items()
    ]
    links = [
        Link(at[source], at[index], _place(gates[weighed[source][1] :], at))
        for index, block in blocks.items()
        for source, gates in block.sources.items()
    ]
    parameters = sum(parameter.numel() for parameter in network.parameters())
    return Blueprint(tuple(drawn), tuple(links), parameters, trace.flops / 1e9)


def reduce_blocks(
    traced: list[Traced], outputs: set[int]
) -> tuple[Blocks, dict[int, tuple[str, ...]]]:
    """Leave out what only leads from one block to another; also, what parallel branches do.

    Left out are blocks that do not reach the output, those that only adapt a map for the block
    that joins it with others, and those that go on with a join's own map.
    """
    blocks = {i: replace(block, sources={**block.sources}) for i, block in enumerate(traced)}
    _drop_unused(blocks, outputs)
    branches = _find_branches(blocks)
    # The last first: what leads to a join may itself be led to.
    for index in sorted(blocks, reverse=True):
        if index == 0 or index in outputs or len(blocks[index].sources) != 1:
            continue
        block, (source,) = blocks[index], blocks[index].sources
        if source != 0 and _adapts(block, blocks[source], _consumers(index, blocks).values()):
            _bypass(index, source, blocks)
        elif _goes_on(index, blocks):
            into = blocks[source]
            into.channels, into.operations = block.channels, into.operations + block.operations
            _bypass(index, source, blocks)
    return blocks, branches


def _consumers(index: int, blocks: Blocks) -> Blocks:
    return {i: block for i, block in blocks.items() if index in block.sources}


def _find_branches(blocks: Blocks) -> dict[int, tuple[str, ...]]:
    """By the join they lead to: blocks of one source that lead nowhere else, at its size."""
    found: dict[tuple[int, int], list[str]] = {}
    for index, block in blocks.items():
        consumers = _consumers(index, blocks)
        if len(block.sources) == len(consumers) == 1 and not block.is_feature:
            (source,), (join,) = block.sources, consumers
            if blocks[source].side_px == block.side_px == blocks[join].side_px:
                found.setdefault((source, join), []).append(_describe(block))
    return {join: tuple(words) for (_, join), words in found.items() if len(words) > 1}


def _drop_unused(blocks: Blocks, outputs: set[int]) -> None:
    reached = set(outputs) | {0}
    for index in sorted(blocks, reverse=True):
        if index in reached:
            reached |= set(blocks[index].sources)
    for index in sorted(blocks, reverse=True):
        if index not in reached:
            _replace_controller(index, set(blocks[index].sources), blocks)
            del blocks[index]


def _adapts(block: Traced, source: Traced, consumers: Collection[Traced]) -> bool:
    """Does it only change channels or size of one map for joins or attention?"""
    if block.is_feature or _count(block, "attention"):
        return False
    joins = all(len(c.sources) > 1 for c in consumers)
    attends = all(_count(c, "attention") for c in consumers)
    for_joins = joins and (
        block.side_px == source.side_px or all(c.side_px == block.side_px for c in consumers)
    )
    return for_joins or (attends and block.side_px == source.side_px)


def _goes_on(index: int, blocks: Blocks) -> bool:
    """Is it a further step of the join before it, at the same size?"""
    block, (source,) = blocks[index], blocks[index].sources
    before = blocks[source]
    return (
        len(before.sources) > 1
        and len(_consumers(source, blocks)) == 1
        and before.side_px == block.side_px
        and not before.is_feature
        and not _count(block, "attention") + _count(before, "attention")
    )


def _bypass(index: int, source: int, blocks: Blocks) -> None:
    """Link what used a block to what the block was made from."""
    before = blocks.pop(index).sources[source]
    for other in blocks.values():
        if index in other.sources:
            gates = before + other.sources.pop(index)
            other.sources[source] = max(gates, other.sources.get(source, ()), key=len)
    _replace_controller(index, {source}, blocks)


def _replace_controller(index: int, others: set[int], blocks: Blocks) -> None:
    for block in blocks.values():
        for source, gates in block.sources.items():
            block.sources[source] = tuple(
                Gate(gate.weighed, tuple(sorted({*gate.controllers, *others} - {index})))
                if index in gate.controllers
                else gate
                for gate in gates
            )


def _weighed(index: int, blocks: Blocks) -> tuple[tuple[Weighed, ...], int]:
    """What a block weighs of its own map, and how many gates on all its links that makes."""
    leaving = [other.sources[index] for other in _consumers(index, blocks).values()]
    kinds = {operation.kind for operation in blocks[index].operations}
    own: list[Weighed] = [kind for kind in get_args(Weighed) if kind in kinds]
    common = 0
    for gates in zip(*leaving, strict=False):
        if not all(gate == Gate(gates[0].weighed, (index,)) for gate in gates):
            break
        own.append(gates[0].weighed)
        common += 1
    return tuple(dict.fromkeys(own)), common


def _place(gates: Iterable[Gate], at: dict[int, int]) -> tuple[Gate, ...]:
    """Gates in terms of the blocks that are left."""
    return tuple(
        replace(gate, controllers=tuple(at[i] for i in gate.controllers if i in at))
        for gate in gates
    )


def _roles(blocks: Blocks, outputs: set[int]) -> dict[int, Role]:
    """The last of the smallest maps is the bottleneck; before it lies the encoder."""
    inner = {i: b for i, b in blocks.items() if i != 0 and i not in outputs}
    deepest = min((b.side_px for b in inner.values()), default=0)
    bottom = max((i for i, b in inner.items() if b.side_px == deepest), default=0)
    roles: dict[int, Role] = {
        i: "bottleneck" if i == bottom else "encoder" if i < bottom else "decoder" for i in inner
    }
    return {0: "input", **roles, **dict.fromkeys(outputs, "head")}


def _count(block: Traced, kind: str) -> int:
    return sum(operation.kind == kind for operation in block.operations)


def _describe(block: Traced) -> str:
    """A branch in words: "3 × 3, rate 12", or the mean over the whole map."""
    if _count(block, "mean"):
        return "mean of the map"
    reaches = [o.reach for o in block.operations if o.kind == "convolution"]
    kernel, rate = max(reaches, key=lambda reach: reach[0] * reach[1], default=(1, 1))
    return f"{kernel} × {kernel}" + (f", rate {rate}" if rate > 1 else "")
