import xml.etree.ElementTree as ET

import pytest

from busdemo.views.diagram import (
    Plan,
    Symbol,
    describe,
    draw_blueprint,
    draw_recipe,
    draw_symbol,
    list_symbols,
)
from busdemo.zoo.blueprint import Block, Blueprint, Gate, Link

EVIL = '<script>alert("1")</script>&'

BLOCKS = (
    Block("input", "input", 1, 64),
    Block("encoder.0", "encoder", 8, 64, convolutions=2, weighed=("channels", "places")),
    Block("encoder.1", "encoder", 16, 32, attention_layers=2),
    Block(EVIL, "bottleneck", 24, 16, branches=("1 × 1", EVIL)),
    Block("decoder.0", "decoder", 16, 32),
    Block("decoder.1", "decoder", 8, 64),
    Block("head", "head", 1, 64),
)
LINKS = (
    *(Link(index, index + 1) for index in range(6)),
    Link(2, 4, (Gate("places", (3,)),)),
    Link(1, 5),
    Link(1, 4),
)
BLUEPRINT = Blueprint(BLOCKS, LINKS, 1000, 0.5)


def parse(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314


def words(svg: str) -> list[str]:
    return [element.text or "" for element in parse(svg).iter() if element.tag == "text"]


def test_every_block_is_drawn_with_its_channels_and_every_size_has_a_row() -> None:
    shown = words(draw_blueprint(BLUEPRINT, "Net"))
    for block in BLOCKS:
        assert str(block.channels) in shown
    assert shown.count("64 × 64") == shown.count("32 × 32") == shown.count("16 × 16") == 1
    assert "× 2" in shown  # transformer layers


def test_the_drawing_is_named_and_described() -> None:
    svg = parse(draw_blueprint(BLUEPRINT, "Net"))
    assert svg.get("role") == "img"
    assert svg.findtext("title") == "Structure of Net"
    assert svg.findtext("desc") == describe(BLUEPRINT)
    for part in ("8 channels at 64 px, 16 channels at 32 px", "24 channels at 16 px"):
        assert part in describe(BLUEPRINT)
    assert "Skip connections: 3. Gates: 1." in describe(BLUEPRINT)


def test_nothing_from_a_network_or_its_name_becomes_markup() -> None:
    svg = draw_blueprint(BLUEPRINT, EVIL)
    tags = {element.tag for element in parse(svg).iter()}
    assert tags == {"svg", "title", "desc", "path", "text", "rect", "circle", "g"}
    assert "<script" not in svg
    assert "<script" not in draw_recipe([EVIL, "other"], EVIL)
    assert EVIL in words(draw_recipe([EVIL, "other"], EVIL))


def test_the_colours_are_the_pages_own() -> None:
    svg = draw_blueprint(BLUEPRINT, "Net") + draw_recipe(["a", "b"], "Pair")
    assert "#" not in svg
    assert "currentColor" in svg


def test_blocks_do_not_lie_on_each_other() -> None:
    twins = (*BLOCKS[:3], Block("twin", "encoder", 16, 32), *BLOCKS[3:])
    links = (Link(0, 1), Link(1, 2), Link(1, 3), Link(2, 4), Link(3, 4))
    plan = Plan(Blueprint(twins, links, 0, 0))
    assert len(set(plan.cells)) == len(twins)
    assert plan.cells[3][0] > plan.cells[2][0]


def test_the_key_lists_what_is_in_the_drawing_and_no_more() -> None:
    assert list_symbols(BLUEPRINT) == [
        *("skip", "gate", "channels", "places", "attention", "branches"),
    ]
    plain = Blueprint(BLOCKS[:1], (), 0, 0)
    assert list_symbols(plain) == []


@pytest.mark.parametrize("symbol", ["skip", "gate", "channels", "places", "attention", "branches"])
def test_symbols_are_pictures_beside_their_words(symbol: Symbol) -> None:
    assert parse(draw_symbol(symbol)).get("aria-hidden") == "true"
