"""Blueprints: what is drawn is what the configuration says, for every network of the zoo."""

import json
from typing import Any

import pytest
from torch import Tensor, nn

from busdemo.zoo.architectures import ARCHITECTURES
from busdemo.zoo.blueprint import Blueprint, Gate
from busdemo.zoo.cards import WEIGHTS, read_cards
from busdemo.zoo.files import UnusableModel
from busdemo.zoo.structure import read_blueprint

LITE = {"encoder_name": "tu-tf_efficientnet_lite0", "in_channels": 1, "classes": 1}
WIDTHS = [4, 8, 16, 24]
SHIPPED = sorted(card.id for card in read_cards() if not card.members)


def channels(blueprint: Blueprint, role: str) -> list[int]:
    return [block.channels for block in blueprint.blocks if block.role == role]


def way_down(blueprint: Blueprint) -> list[int]:
    return channels(blueprint, "encoder") + channels(blueprint, "bottleneck")


@pytest.mark.parametrize("model_id", SHIPPED)
def test_a_shipped_network_is_drawn_from_input_to_output(model_id: str) -> None:
    config = json.loads((WEIGHTS / model_id / "config.json").read_text())
    blueprint = read_blueprint(config, 96)
    first, last = blueprint.blocks[0], blueprint.blocks[-1]
    assert (first.role, first.channels, first.side_px) == ("input", 1, 96)
    assert (last.role, last.channels, last.side_px) == ("head", 1, 96)
    assert [block.role for block in blueprint.blocks].count("bottleneck") == 1
    fed = {link.target for link in blueprint.links}
    used = {link.source for link in blueprint.links}
    assert fed == set(range(1, len(blueprint.blocks)))
    assert used == set(range(len(blueprint.blocks) - 1))
    assert all(link.source < link.target for link in blueprint.links)
    if "channels" in config and config["_model_class"] in ARCHITECTURES:
        assert way_down(blueprint) == config["channels"]
    if config["_model_class"] == "Unet":
        assert channels(blueprint, "decoder") == config["decoder_channels"]


@pytest.mark.parametrize(
    "name", ["AttentionUNet", "DeepAttentionUNet", "SEUNet", "SpatialAttentionUNet", "WideUNet"]
)
def test_a_change_of_the_configured_widths_changes_the_drawing(name: str) -> None:
    blueprint = read_blueprint({"_model_class": name, "channels": WIDTHS}, 64)
    assert way_down(blueprint) == WIDTHS
    assert channels(blueprint, "decoder") == WIDTHS[-2::-1]
    sides = [block.side_px for block in blueprint.blocks]
    assert sides == [64, 64, 32, 16, 8, 16, 32, 64, 64]
    links = {(link.source, link.target) for link in blueprint.skips}
    assert links == {(3, 5), (2, 6), (1, 7)}


def test_gates_stand_on_the_skips_and_are_led_by_the_block_below() -> None:
    blueprint = read_blueprint({"_model_class": "AttentionUNet", "channels": WIDTHS}, 64)
    gates = {(link.source, link.target): link.gates for link in blueprint.links if link.gates}
    assert gates == {
        (3, 5): (Gate("places", (3, 4)),),
        (2, 6): (Gate("places", (2, 5)),),
        (1, 7): (Gate("places", (1, 6)),),
    }


def test_blocks_that_weigh_their_own_map_say_so() -> None:
    squeezed = read_blueprint({"_model_class": "SEUNet", "channels": WIDTHS}, 64)
    assert all(block.weighed == ("channels",) for block in squeezed.blocks[1:-1])
    assert not any(link.gates for link in squeezed.links)
    spatial = read_blueprint({"_model_class": "SpatialAttentionUNet", "channels": WIDTHS}, 64)
    weighed = {block.role for block in spatial.blocks if block.weighed}
    assert weighed == {"decoder"}


def test_a_plain_network_has_neither_gates_nor_weighing() -> None:
    blueprint = read_blueprint({"_model_class": "WideUNet", "channels": WIDTHS}, 64)
    assert not any(link.gates for link in blueprint.links)
    assert not any(block.weighed or block.branches for block in blueprint.blocks)


def test_full_scale_skips_reach_every_decoder_block() -> None:
    blueprint = read_blueprint({"_model_class": "UNet3Plus", "channels": WIDTHS}, 64)
    into = dict.fromkeys(range(5, 8), 0)
    for link in blueprint.links:
        if link.target in into:
            into[link.target] += 1
    assert set(into.values()) == {len(WIDTHS)}
    assert not any(block.branches for block in blueprint.blocks)


def test_dense_nodes_of_the_nested_network_are_all_there() -> None:
    config = LITE | {"_model_class": "UnetPlusPlus", "decoder_channels": [64, 48, 32, 24, 16]}
    blueprint = read_blueprint(config, 64)
    assert len(channels(blueprint, "decoder")) == 4 + 3 + 2 + 1 + 1
    assert way_down(blueprint) == [16, 24, 40, 112, 320]


def test_parallel_branches_are_told_by_kernel_and_rate() -> None:
    blueprint = read_blueprint(LITE | {"_model_class": "DeepLabV3"}, 64)
    (joined,) = (block for block in blueprint.blocks if block.branches)
    rates = [f"3 × 3, rate {rate}" for rate in (12, 24, 36)]
    assert joined.branches == ("1 × 1", *rates, "mean of the map")


def test_transformer_layers_are_counted() -> None:
    blueprint = read_blueprint({"_model_class": "TransUNet", "layers": 3}, 64)
    assert [b.attention_layers for b in blueprint.blocks if b.attention_layers] == [3]
    mixed = read_blueprint(
        {"_model_class": "Segformer", "encoder_name": "mit_b0", "in_channels": 1, "classes": 1}, 64
    )
    assert [b.attention_layers for b in mixed.blocks if b.attention_layers] == [2, 2, 2, 2]


def test_parameters_and_operations_are_counted() -> None:
    blueprint = read_blueprint({"_model_class": "WideUNet", "channels": [4]}, 32)
    weights = {"first": 1 * 4 * 9, "second": 4 * 4 * 9, "head": 4}
    assert blueprint.parameters == sum(weights.values()) + 2 * 2 * 4 + 1
    assert blueprint.gflops == pytest.approx(2 * 32 * 32 * sum(weights.values()) / 1e9)


def test_a_network_nobody_foresaw_is_a_row_of_its_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    class Plain(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = nn.Conv2d(1, 6, 3, padding=1)
            self.halve = nn.Conv2d(6, 5, 3, stride=2, padding=1)
            self.grow = nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(5, 3, 1))
            self.last = nn.Conv2d(3, 1, 1)

        def forward(self, image: Tensor) -> Tensor:
            out: Tensor = self.last(self.grow(self.halve(self.first(image))))
            return out

    monkeypatch.setitem(ARCHITECTURES, "Plain", Plain)
    blueprint = read_blueprint({"_model_class": "Plain"}, 32)
    found = [(block.name, block.channels, block.side_px) for block in blueprint.blocks]
    assert found == [
        ("input", 1, 32),
        ("first", 6, 32),
        ("halve", 5, 16),
        ("grow", 3, 32),
        ("last", 1, 32),
    ]


@pytest.mark.parametrize(
    "config",
    [
        {"_model_class": "Nothing"},
        {"_model_class": "AttentionUNet", "channels": "wide"},
        {"_model_class": "AttentionUNet", "in_channels": -1},
    ],
)
def test_what_cannot_be_built_is_refused_in_one_sentence(config: dict[str, Any]) -> None:
    with pytest.raises(UnusableModel):
        read_blueprint(config, 64)


def test_a_size_the_network_cannot_take_is_refused() -> None:
    with pytest.raises(UnusableModel, match="30 px"):
        read_blueprint({"_model_class": "AttentionUNet", "channels": WIDTHS}, 30)
