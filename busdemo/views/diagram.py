"""A network's blueprint as an SVG drawing: map sizes from top to bottom, the way to the right.

`shapes` has the pieces and says where their colours come from. Every word is escaped.
"""

import html
from collections.abc import Sequence
from typing import Literal

from busdemo.views.shapes import (
    ACCENT,
    CARD,
    HEIGHT,
    SMALL,
    Point,
    Way,
    draw_badge,
    draw_box,
    draw_gate,
    draw_rect,
    draw_text,
    draw_way,
    lead,
    write_svg,
)
from busdemo.zoo.blueprint import Block, Blueprint, Link, Role

COLUMN, ROW, WIDTH = 64, 62, 46
"""Steps between blocks and the width of a block, in units of the drawing."""

_LEFT, _TOP = 92, 46
_ROLES: dict[Role, str] = {
    "input": "Image",
    "encoder": "Encoder",
    "bottleneck": "Bottleneck",
    "decoder": "Decoder",
    "head": "Output",
}
_FILLS: dict[Role, float] = {
    "input": 0, "encoder": 0.16, "bottleneck": 1, "decoder": 0.05, "head": 0
}  # fmt: skip
"""How much of the accent is in a block."""

Symbol = Literal["skip", "gate", "channels", "places", "attention", "branches"]
"""What a key explains: the links, gates and marks of a drawing."""


def draw_blueprint(blueprint: Blueprint, name: str) -> str:
    """The drawing of a network called `name`: one SVG element with title and description."""
    plan = Plan(blueprint)
    ways = {link: plan.way(link) for link in blueprint.links}
    links = sorted(ways, key=lambda link: (plan.is_main(link), link.source))
    parts = [
        *(_draw_row(side_px, plan) for side_px in plan.sides),
        *(draw_way(ways[link], main=plan.is_main(link)) for link in links),
        *(_draw_gates(link, ways[link], plan) for link in links),
        *(_draw_branches(index, plan) for index in range(len(blueprint.blocks))),
        *(_draw_block(block, plan.at[i]) for i, block in enumerate(blueprint.blocks)),
    ]
    return write_svg(plan.width, plan.height, f"Structure of {name}", describe(blueprint), parts)


def draw_recipe(members: Sequence[str], name: str) -> str:
    """The drawing of a recipe: the members, side by side, and the mean of their maps."""
    width, step = 12 + 8 * max(map(len, members)), HEIGHT + 12
    height = step * len(members) - 12
    left, middle, narrow = 104.0, 16 + height / 2, 54
    right = left + width
    mean = (right + 86, middle)
    parts = [draw_box((36, middle), narrow, "image", 0)]
    for index, member in enumerate(members):
        y = 16 + HEIGHT / 2 + index * step
        parts.append(draw_way(lead((63, middle), (left, y)), main=True))
        parts.append(draw_way(lead((right, y), (mean[0] - 24, middle)), main=True))
        parts.append(draw_box((left + width / 2, y), width, member, 0.16))
    parts.append(draw_way(Way(((mean[0] + 24, middle), (mean[0] + 64, middle))), main=True))
    parts.append(draw_box((mean[0] + 64 + narrow / 2, middle), narrow, "map", 0))
    parts.append(f'<circle cx="{mean[0]:g}" cy="{middle:g}" r="24" style="fill:{ACCENT}"/>')
    parts.append(draw_text(mean, "mean", fill=CARD))
    words = f"Every member runs on the image: {', '.join(members)}. Their maps are averaged."
    return write_svg(mean[0] + 64 + narrow + 4, height + 32, f"Structure of {name}", words, parts)


def list_symbols(blueprint: Blueprint) -> list[Symbol]:
    """The symbols in a network's drawing that need a word of explanation."""
    blocks, links = blueprint.blocks, blueprint.links
    shown: dict[Symbol, bool] = {
        "skip": bool(blueprint.skips),
        "gate": any(link.gates for link in links),
        "channels": any("channels" in block.weighed for block in blocks),
        "places": any("places" in block.weighed for block in blocks),
        "attention": any(block.attention_layers for block in blocks),
        "branches": any(block.branches for block in blocks),
    }
    return [symbol for symbol, there in shown.items() if there]


def draw_symbol(symbol: Symbol) -> str:
    """One symbol of a drawing, small, for its key."""
    shapes = {
        "skip": draw_way(Way(((1, 9), (23, 9))), main=False),
        "gate": draw_gate((12, 9)),
        "channels": draw_badge("channels", (12, 9)),
        "places": draw_badge("places", (12, 9)),
        "attention": "".join(draw_rect((11 + 3 * n, 11 - 3 * n), 14, 8, 0.16) for n in (2, 1, 0)),
        "branches": "".join(draw_rect((12, 3 + 6 * n), 18, 4, 0.16) for n in range(3)),
    }
    return (
        '<svg viewBox="0 0 24 18" width="24" height="18" aria-hidden="true" focusable="false">'
        f"{shapes[symbol]}</svg>"
    )


def describe(blueprint: Blueprint) -> str:
    """The drawing in words: channels and sides along the network, and its links."""
    image = blueprint.blocks[0]
    words = [f"Image of {image.side_px} × {image.side_px} px."]
    for role in ("encoder", "bottleneck", "decoder"):
        blocks = [block for block in blueprint.blocks if block.role == role]
        maps = ", ".join(f"{block.channels} channels at {block.side_px} px" for block in blocks)
        if maps:
            words.append(f"{_ROLES[role]}: {maps}.")
    gated = sum(bool(link.gates) for link in blueprint.links)
    words.append(f"Skip connections: {len(blueprint.skips)}. Gates: {gated}.")
    return " ".join(words)


class Plan:
    """Where everything stands: a block's row is its map's size, its column the way to it."""

    def __init__(self, blueprint: Blueprint) -> None:
        self.blueprint = blueprint
        self.sides = sorted({block.side_px for block in blueprint.blocks}, reverse=True)
        self.cells: list[tuple[int, int]] = []
        for index, block in enumerate(blueprint.blocks):
            self.cells.append(self._find_cell(index, block))
        self.at: list[Point] = [
            (_LEFT + column * COLUMN + WIDTH / 2, self.row_y(row)) for column, row in self.cells
        ]
        self.width = _LEFT + max(column for column, _ in self.cells) * COLUMN + WIDTH + 12
        self.height = self.row_y(len(self.sides) - 1) + HEIGHT / 2 + 26

    def _find_cell(self, index: int, block: Block) -> tuple[int, int]:
        """One column after the last block it is made from, branches having one of their own."""
        sources = [link.source for link in self.blueprint.links if link.target == index]
        column = max((self.cells[source][0] + 1 for source in sources), default=0)
        column += bool(block.branches)
        row = self.sides.index(block.side_px)
        while (column, row) in self.cells:
            column += 1
        return column, row

    def row_y(self, row: int) -> float:
        """The middle of a row."""
        return _TOP + row * ROW + HEIGHT / 2

    def is_main(self, link: Link) -> bool:
        """Is it part of the longest way through, not a skip over blocks?"""
        steps = self.cells[link.target][0] - self.cells[link.source][0]
        return steps == 1 + bool(self.blueprint.blocks[link.target].branches)

    def way(self, link: Link) -> Way:
        """From the side of one block to the side of another, around those in between."""
        (x1, y1), (x2, y2) = self.at[link.source], self.at[link.target]
        half_width, half_height = WIDTH / 2, HEIGHT / 2
        if self.blueprint.blocks[link.target].branches:
            x2 -= COLUMN
        if y1 == y2:
            between = self._count_between(link)
            if not between:
                return Way(((x1 + half_width, y1), (x2 - half_width, y2)))
            top, rise = y1 - half_height, 6 + 8 * between
            x1, x2 = x1 + 10, x2 - 2 - 4 * between
            return Way(((x1, top), (x1 + 14, top - rise), (x2 - 14, top - rise), (x2, top)))
        adjacent = self.cells[link.target][0] - self.cells[link.source][0] == 1
        if y2 > y1 and adjacent:
            end = (x2 - half_width, y2)
            return Way(((x1, y1 + half_height), (x1, y2 - 4), (x1 + 4, y2), end))
        start, across = (x1 + half_width, y1), 0.75 * (x2 - x1)
        if y2 > y1:
            bend = (x2, y2 - half_height - 0.55 * (y2 - y1))
            return Way((start, (x1 + across, y1), bend, (x2, y2 - half_height)))
        bend = (x2, y2 + half_height + 0.45 * (y1 - y2))
        return Way((start, (x1 + across, y1), bend, (x2, y2 + half_height)))

    def _count_between(self, link: Link) -> int:
        (first, row), (last, _) = self.cells[link.source], self.cells[link.target]
        return sum(row == other and first < column < last for column, other in self.cells)


def _draw_row(side_px: int, plan: Plan) -> str:
    y = plan.row_y(plan.sides.index(side_px))
    return (
        f'<path d="M{_LEFT - 12} {y:g}H{plan.width - 8:g}" stroke="currentColor" '
        'stroke-opacity=".14" stroke-dasharray="1 5" stroke-linecap="round"/>'
        f'<text x="{_LEFT - 20}" y="{y + 4:g}" text-anchor="end" font-size="{SMALL}" '
        f'fill="currentColor" fill-opacity=".72">{side_px} × {side_px}</text>'
    )


def _draw_gates(link: Link, way: Way, plan: Plan) -> str:
    parts = []
    for index, gate in enumerate(link.gates):
        straight = len(way.points) == 2
        length = abs(way.points[-1][0] - way.points[0][0])
        x, y = way.at(1 - (18 + 16 * index) / max(length, 40) if straight else 0.8)
        for controller in gate.controllers:
            if controller != link.source:
                from_x, from_y = plan.at[controller]
                from_y += HEIGHT / 2 if from_y < y else -HEIGHT / 2
                parts.append(
                    f'<path d="M{from_x:g} {from_y:g}L{x:g} {y:g}" stroke-width="1.5" '
                    f'stroke-dasharray="1 4" stroke-linecap="round" style="stroke:{ACCENT}"/>'
                )
        parts.append(draw_gate((x, y)))
    return "".join(parts)


def _draw_branches(index: int, plan: Plan) -> str:
    """Parallel branches in the column before their block, one above the other."""
    block, (x, y) = plan.blueprint.blocks[index], plan.at[index]
    left, parts = x - COLUMN, []
    for n, branch in enumerate(block.branches):
        at = (left, y + 14 * (n - (len(block.branches) - 1) / 2))
        end = Way(((left + 20, at[1]), (x - WIDTH / 2, y)))
        parts.append(draw_way(end, main=False))
        parts.append(f"<g><title>{html.escape(branch)}</title>{draw_rect(at, 40, 10, 0.16)}</g>")
    return "".join(parts)


def _draw_block(block: Block, at: Point) -> str:
    x, y = at
    behind = [
        draw_rect((x + 3 * n, y - 3 * n), WIDTH, HEIGHT, 0.16)
        for n in range(min(block.attention_layers, 6) - 1, 0, -1)
    ]
    parts = [*behind, draw_box(at, WIDTH, str(block.channels), _FILLS[block.role])]
    if block.role in ("input", "head"):
        word = "image" if block.role == "input" else "map"
        parts.append(draw_text((x, y - HEIGHT / 2 - 12), word, size=SMALL, weight=400))
    if block.attention_layers:
        parts.append(
            draw_text(
                (x - 11, y - HEIGHT / 2 - 9 - 3 * (len(behind) > 1) * (len(behind) - 1)),
                f"× {block.attention_layers}",
                size=SMALL,
                weight=400,
            )
        )
    corner = (x + WIDTH / 2 - 3, y - HEIGHT / 2 + 1)
    for n, weighed in enumerate(block.weighed):
        parts.append(draw_badge(weighed, (corner[0] - 15 * n, corner[1])))
    title = (
        f"{_ROLES[block.role]} ({block.name}): {block.channels} "
        f"{'channel' if block.channels == 1 else 'channels'}, {block.side_px} × {block.side_px} px"
    )
    if block.convolutions:
        title += f", convolutions: {block.convolutions}"
    if block.attention_layers:
        title += f", transformer layers: {block.attention_layers}"
    return f"<g><title>{html.escape(title)}</title>{''.join(parts)}</g>"
