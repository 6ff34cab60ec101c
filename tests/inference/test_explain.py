"""Grad-CAM against the grad-cam package and formulas; gates against what the network does."""

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_networks import OURS, SMPS, build_settled
from tiny_world import add_model, add_recipe, draw_scan
from torch import Tensor, nn

from busdemo.inference.explain import (
    class_target,
    explain_gates,
    explain_mask,
    grad_cam,
    mask_target,
    read_gates,
)
from busdemo.inference.heat_maps import NotExplained
from busdemo.inference.layers import default_layer, list_gates, list_layers
from busdemo.inference.segmenter import SegmenterPool
from busdemo.zoo.cards import read_card, read_cards
from busdemo.zoo.structure import read_blueprint

PIXELS = np.random.default_rng(3).normal(size=(1, 1, 64, 64)).astype(np.float32)


class Linear(nn.Module):
    """Two channels that are the image and its negative; the classes weigh their means."""

    def __init__(self) -> None:
        super().__init__()
        self.split = nn.Conv2d(1, 2, 1, bias=False)
        self.split.weight.data = torch.tensor([1.0, -1.0]).reshape(2, 1, 1, 1)
        self.weigh = nn.Linear(2, 2, bias=False)
        self.weigh.weight.data = torch.tensor([[3.0, 0.0], [0.0, 5.0]])

    def forward(self, image: Tensor) -> Tensor:
        logits: Tensor = self.weigh(self.split(image).mean((2, 3)))
        return logits


def test_a_class_is_explained_by_the_channels_that_raise_it() -> None:
    bright = grad_cam(Linear(), PIXELS, "split", class_target(0))
    dark = grad_cam(Linear(), PIXELS, "split", class_target(1))
    image = PIXELS[0, 0]
    assert np.allclose(bright, np.maximum(image, 0) / image.max(), atol=1e-6)
    assert np.allclose(dark, np.maximum(-image, 0) / -image.min(), atol=1e-6)
    assert bright.dtype == np.float32


@pytest.mark.parametrize("layer", ["encoder.0", "encoder.3", "encoder.4", "decoder.1", "decoder.3"])
def test_grad_cam_agrees_with_the_grad_cam_package(layer: str) -> None:
    package = pytest.importorskip("pytorch_grad_cam")
    from pytorch_grad_cam.utils.model_targets import SemanticSegmentationTarget

    network = build_settled(OURS["AttentionUNet"])
    image = torch.from_numpy(PIXELS)
    with torch.no_grad():
        marked = network(image)[0, 0].sigmoid().numpy() >= 0.5
    with package.GradCAM(network, [network.get_submodule(layer)]) as oracle:
        theirs = oracle(image, [SemanticSegmentationTarget(0, marked.astype(np.float32))])[0]
    ours = grad_cam(network, PIXELS, layer, mask_target(0.5))
    # The package also stretches the lowest value to 0.
    stretched = (ours - ours.min()) / (ours.max() - ours.min())
    assert theirs.max() > 0.9
    assert np.allclose(stretched, theirs, atol=1e-4)


@pytest.mark.parametrize("name", [*OURS, *SMPS])
def test_every_layer_of_every_network_gives_a_map_or_says_why_not(name: str) -> None:
    config = (OURS | SMPS)[name]
    network = build_settled(config)
    layers = [b for b in read_blueprint(config, 64).blocks if b.role not in ("input", "head")]
    maps = []
    for block in layers:
        with suppress(NotExplained):  # nothing in this random layer speaks for the answer
            maps.append(grad_cam(network, PIXELS, block.name, mask_target(0.2)))
    assert len(maps) >= len(layers) / 2
    for heat in maps:
        assert heat.shape == (64, 64)
        assert 0 <= heat.min() <= heat.max() <= 1


def test_gates_show_the_factors_that_the_network_multiplies_by() -> None:
    network = build_settled(OURS["AttentionUNet"])
    seen: dict[str, Tensor] = {}
    for name, gate in list_gates(network).items():
        gate.register_forward_hook(
            lambda _, inputs, output, name=name: seen.update({name: output / inputs[1]})
        )
    gates = read_gates(network, PIXELS)
    assert list(gates) == ["gates.0", "gates.1", "gates.2", "gates.3"]
    for name, factors in gates.items():
        expected = seen[name][0].nanmean(0).numpy()
        known = np.isfinite(expected)
        assert known.any()
        assert np.allclose(factors[known], expected[known], atol=1e-4)


def test_spatial_attention_counts_as_gates() -> None:
    gates = read_gates(build_settled(OURS["SpatialAttentionUNet"]), PIXELS)
    assert len(gates) == 8
    assert all(0 <= values.min() <= values.max() <= 1 for values in gates.values())


@pytest.fixture
def pool(weights: Path) -> SegmenterPool:
    for index, model_id in enumerate(("a", "b")):
        add_model(weights, model_id, seed=index)
    add_recipe(weights, "mean", ["a", "b"])
    return SegmenterPool(read_cards(weights))


def test_a_heat_map_has_the_images_own_size(pool: SegmenterPool) -> None:
    image, _ = draw_scan()
    heat = explain_mask(pool, "a", image)
    assert heat.values.shape == image.shape
    assert heat.values.dtype == np.float32
    assert 0 <= heat.values.min() <= heat.values.max() <= 1
    assert heat.layer == default_layer(list_layers(pool.cards["a"])) == "encoder.1"
    assert explain_mask(pool, "a", image, "decoder.0").layer == "decoder.0"


def test_gates_have_the_images_own_size_and_the_finest_comes_first(pool: SegmenterPool) -> None:
    image, _ = draw_scan()
    (gate,) = explain_gates(pool, "a", image)
    assert gate.layer == "gates.0"
    assert gate.values.shape == image.shape
    assert 0 <= gate.values.min() <= gate.values.max() <= 1


def test_explaining_does_not_change_the_answer(pool: SegmenterPool) -> None:
    image, _ = draw_scan()
    before = pool.predict("a", image)
    explain_mask(pool, "a", image)
    explain_gates(pool, "a", image)
    assert np.array_equal(pool.predict("a", image), before)


def test_a_recipe_names_its_members(pool: SegmenterPool) -> None:
    for ask in (explain_mask, explain_gates):
        with pytest.raises(NotExplained, match=r"recipe .* members: a, b\."):
            ask(pool, "mean", draw_scan()[0])


def test_an_unknown_layer_is_refused_with_those_there_are(pool: SegmenterPool) -> None:
    with pytest.raises(NotExplained, match=r"no layer 'nonsense'; it has encoder\.0, encoder\.1, "):
        explain_mask(pool, "a", draw_scan()[0], "nonsense")


def test_an_empty_mask_has_nothing_to_explain() -> None:
    silent = nn.Sequential(nn.Conv2d(1, 1, 1))
    nn.init.constant_(silent[0].get_parameter("bias"), -100)
    with pytest.raises(NotExplained, match="Nothing is marked"):
        grad_cam(silent, PIXELS, "0", mask_target(0.5))


def test_a_network_without_gates_says_so(weights: Path) -> None:
    plain = {"_model_class": "WideUNet", "in_channels": 1, "channels": [4, 8]}
    add_model(weights, "plain", config=plain)
    pool = SegmenterPool(read_cards(weights))
    with pytest.raises(NotExplained, match="Plain has no attention gates"):
        explain_gates(pool, "plain", draw_scan()[0])


def test_a_model_that_cannot_run_says_why(weights: Path) -> None:
    (add_model(weights, "bare") / "model.safetensors").unlink()
    pool = SegmenterPool([read_card(weights / "bare")])
    with pytest.raises(ValueError, match="no weights"):
        explain_mask(pool, "bare", draw_scan()[0])
