"""What holds for every network of the zoo, smp's and our own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from safetensors.torch import save
from tiny_networks import OURS, SMPS, U_SHAPED, build_settled, logits_of, parameters
from torch import nn

from busdemo.inference.engines import TorchEngine
from busdemo.inference.segmenter import Segmenter
from busdemo.training.recipe import NETWORKS
from busdemo.zoo.architectures import ARCHITECTURES
from busdemo.zoo.architectures.unet3_plus import UNet3Plus
from busdemo.zoo.cards import Preprocessing
from busdemo.zoo.loading import build_network

every_network = pytest.mark.parametrize("config", {**OURS, **SMPS}.values(), ids=[*OURS, *SMPS])
every_one_of_ours = pytest.mark.parametrize("config", OURS.values(), ids=OURS)


@every_network
def test_logits_are_finite_and_have_the_images_size(config: dict[str, Any]) -> None:
    logits = logits_of(build_settled(config), torch.randn(2, 1, 64, 96))
    assert logits.shape == (2, 1, 64, 96)
    assert logits.isfinite().all()
    assert logits.std() > 0


@every_network
def test_a_saved_network_comes_back_the_same(config: dict[str, Any], tmp_path: Path) -> None:
    network = build_settled(config)
    network.save_pretrained(tmp_path)  # type: ignore[operator]
    again = type(network).from_pretrained(tmp_path).eval()  # type: ignore[attr-defined]
    image = torch.randn(1, 1, 64, 64)
    assert torch.equal(logits_of(again, image), logits_of(network, image))
    assert not list(tmp_path.glob("*.bin"))


@every_network
def test_an_image_of_any_size_gets_a_map_of_its_own_size(config: dict[str, Any]) -> None:
    preprocessing = Preprocessing((96, 64), (0.3,), (0.2,), "letterbox")
    segmenter = Segmenter(TorchEngine(build_settled(config)), preprocessing)
    rng = np.random.default_rng(3)
    for shape in ((37, 90), (90, 37), (1, 1), (3, 200), (200, 300)):
        probabilities = segmenter.predict(rng.integers(0, 256, shape, np.uint8))
        assert probabilities.shape == shape
        assert probabilities.dtype == np.float32
        assert np.isfinite(probabilities).all()
        assert 0 <= probabilities.min() <= probabilities.max() <= 1


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::torch.jit.TracerWarning")
@every_network
def test_it_exports_to_onnx_with_the_same_probabilities(
    config: dict[str, Any], tmp_path: Path
) -> None:
    """Opset 17 needs torch's TorchScript exporter: the newer one writes 18 and cannot go back."""
    network, path = build_settled(config), tmp_path / "network.onnx"
    image = torch.randn(1, 1, 256, 256)
    torch.onnx.export(network, (image,), path, opset_version=17, dynamo=False)
    exported = onnx.load(path)
    onnx.checker.check_model(exported)
    assert [(entry.domain, entry.version) for entry in exported.opset_import] == [("", 17)]
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    given = torch.from_numpy(session.run(None, {session.get_inputs()[0].name: image.numpy()})[0])
    logits = logits_of(network, image)
    assert given.shape == (1, 1, 256, 256)
    # Untrained logits hardly vary: stretched to what a trained network answers, 0 to 1.
    mean, deviation = logits.mean(), logits.std() / 2
    ours, theirs = (torch.sigmoid((one - mean) / deviation) for one in (logits, given))
    assert (ours - theirs).abs().max() <= 1e-3


@every_one_of_ours
def test_every_parameter_takes_part(config: dict[str, Any]) -> None:
    torch.manual_seed(5)
    network = build_network(config)
    image = torch.randn(2, 1, 64, 64)
    outputs = network.side_outputs(image) if isinstance(network, UNet3Plus) else [network(image)]
    loss = torch.stack([(output * torch.randn_like(output)).sum() for output in outputs]).sum()
    gradients = torch.autograd.grad(loss, list(network.parameters()), allow_unused=True)
    idle = [
        name
        for (name, _), gradient in zip(network.named_parameters(), gradients, strict=True)
        if gradient is None or not gradient.any()
    ]
    assert idle == []


@every_one_of_ours
def test_bfloat16_training_in_channels_last_gives_finite_gradients(config: dict[str, Any]) -> None:
    torch.manual_seed(5)
    network = build_network(config).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    image = torch.randn(2, 1, 64, 64).contiguous(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16):
        logits = network(image)
    logits.float().square().mean().backward()
    assert all(p.grad.isfinite().all() for p in network.parameters() if p.grad is not None)


@pytest.mark.parametrize("model_id", NETWORKS)
def test_the_shipped_network_fits_16_megabytes(model_id: str) -> None:
    network = build_network(NETWORKS[model_id])
    state = {k: v.half() if v.is_floating_point() else v for k, v in network.state_dict().items()}
    assert len(save(state)) <= 16_000_000
    assert round(parameters(network) / 1e6, 1) <= 7.9


def test_the_networks_on_equal_terms_are_100_megabytes_together() -> None:
    with torch.device("meta"):
        states = [build_network(config).state_dict() for config in NETWORKS.values()]
    values = sum(value.numel() for state in states for value in state.values())
    assert 2 * values <= 100_000_000  # float16


@pytest.mark.parametrize(
    ("name", "millions"),
    [
        ("WideUNet", 7.76),
        ("SEUNet", 7.82),
        ("UNet3Plus", 6.75),
        ("AttentionUNet", 7.94),
        ("DeepAttentionUNet", 7.85),
        ("SpatialAttentionUNet", 7.94),
        ("TransUNet", 7.83),
    ],
)
def test_defaults_have_the_parameters_their_file_says(name: str, millions: float) -> None:
    with torch.device("meta"):
        assert round(parameters(build(name)) / 1e6, 2) == millions


def build(name: str) -> nn.Module:
    """An architecture as its file has it: all of its values have defaults."""
    network: Callable[[], nn.Module] = ARCHITECTURES[name]  # type: ignore[assignment]
    return network()


@pytest.mark.parametrize("name", U_SHAPED)
def test_all_encoders_are_one_and_the_same(name: str) -> None:
    """Training starts them from one set of weights; extras must not change a key."""

    def encoder(network_name: str) -> dict[str, torch.Size]:
        with torch.device("meta"):
            state = build(network_name).get_submodule("encoder").state_dict()
        return {key: value.shape for key, value in state.items()}

    assert encoder(name) == encoder("AttentionUNet")
    assert len(encoder(name)) == 5 * 2 * 6


def test_every_class_stands_under_its_own_name() -> None:
    assert len(ARCHITECTURES) == 8
    assert all(name == network.__name__ for name, network in ARCHITECTURES.items())
