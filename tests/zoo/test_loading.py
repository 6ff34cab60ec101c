import hashlib
import json
import pickle
import socket
from pathlib import Path
from typing import Any, NoReturn

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_world import add_model

from busdemo.zoo.architectures.attention_unet import AttentionUNet
from busdemo.zoo.cards import read_card
from busdemo.zoo.files import UnusableModel
from busdemo.zoo.loading import SMP_CLASSES, build_network, load_network

SMALL_UNET = {
    "_model_class": "Unet",
    "encoder_name": "tu-resnet18",
    "encoder_depth": 3,
    "encoder_weights": "imagenet",
    "decoder_channels": [8, 8, 8],
    "in_channels": 1,
    "classes": 1,
    "channels": [8, 8, 8, 8],
}


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("a network connection was asked for")

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def replace_weights(folder: Path, content: bytes) -> str:
    """The sha256 of the new weights, as a card would then name it."""
    (folder / "model.safetensors").write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def problem_of(folder: Path, sha256: str) -> str:
    with pytest.raises(UnusableModel) as caught:
        load_network(folder, sha256)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert str(folder.parent) not in sentence
    return sentence


def test_a_loaded_network_holds_the_half_precision_weights_as_float32(
    weights: Path,
) -> None:
    folder = add_model(weights, "small")
    network = load_network(folder, read_card(folder).sha256)
    stored = load_file(folder / "model.safetensors")
    state = network.state_dict()
    assert not network.training
    assert set(state) == set(stored)
    assert stored["head.weight"].dtype == torch.float16
    for key, value in state.items():
        assert value.dtype == (torch.float32 if value.is_floating_point() else torch.int64)
        assert torch.equal(value, stored[key].to(value.dtype))


def test_a_folder_loads_through_hugging_faces_own_door_too(weights: Path) -> None:
    folder = add_model(weights, "small")
    ours = load_network(folder, read_card(folder).sha256)
    theirs = AttentionUNet.from_pretrained(folder).eval()
    image = torch.rand(1, 1, 16, 16)
    with torch.inference_mode():
        assert torch.allclose(ours(image), theirs(image), atol=1e-5)


def test_other_weights_than_the_cards_are_refused(weights: Path) -> None:
    folder = add_model(weights, "small")
    sentence = problem_of(folder, "0" * 64)
    assert "not the ones the card names" in sentence
    assert read_card(folder).sha256[:12] in sentence


def test_missing_weights_are_refused(weights: Path) -> None:
    folder = add_model(weights, "small")
    (folder / "model.safetensors").unlink()
    assert "no weights" in problem_of(folder, "")


@pytest.mark.parametrize("kept", [0, 4, 200, -1])
def test_truncated_weights_are_refused(weights: Path, kept: int) -> None:
    folder = add_model(weights, "small")
    digest = replace_weights(folder, (folder / "model.safetensors").read_bytes()[:kept])
    assert "truncated or not safetensors" in problem_of(folder, digest)


class Trap:
    sprung = False

    def __reduce__(self) -> tuple[Any, ...]:
        return setattr, (Trap, "sprung", True)


def test_a_pickle_named_safetensors_is_refused_and_never_run(weights: Path, tmp_path: Path) -> None:
    folder = add_model(weights, "small")
    torch.save({"head.weight": Trap()}, tmp_path / "weights.pt")
    for content in ((tmp_path / "weights.pt").read_bytes(), pickle.dumps(Trap())):
        digest = replace_weights(folder, content)
        assert "not safetensors" in problem_of(folder, digest)
    assert not Trap.sprung


@pytest.mark.parametrize("change", ["shape", "missing", "extra"])
def test_weights_of_another_network_are_refused(weights: Path, change: str) -> None:
    folder = add_model(weights, "small")
    state = load_file(folder / "model.safetensors")
    if change == "missing":
        del state["head.bias"]
    else:
        state["head.bias" if change == "shape" else "more"] = torch.zeros(2)
    save_file(state, folder / "model.safetensors")
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    assert "do not fit the network" in problem_of(folder, digest)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"_model_class": "Transformer"}, "unknown network class 'Transformer'"),
        ({"_model_class": ["Unet"]}, "unknown network class"),
        ({"_model_class": "__builtins__"}, "unknown network class"),
        ({}, "unknown network class"),
        ([], "no settings"),
        ({"_model_class": "AttentionUNet", "colour": 1, "age": 2}, "unknown keys: age, colour"),
        ({**SMALL_UNET, "colour": 1}, "unknown keys: colour"),
        ({"_model_class": "AttentionUNet", "channels": "wide"}, "does not build a network"),
        ({**SMALL_UNET, "encoder_name": "tu-resnet-0"}, "does not build a network"),
    ],
)
def test_a_config_that_builds_nothing_is_refused(weights: Path, config: object, words: str) -> None:
    folder = add_model(weights, "small")
    (folder / "config.json").write_text(json.dumps(config))
    assert words in problem_of(folder, read_card(folder).sha256)


def test_pretrained_encoders_are_never_fetched() -> None:
    """The config asks for them, and the fixture above refuses every connection."""
    network = build_network(SMALL_UNET).eval()
    with torch.inference_mode():
        assert network(torch.zeros(1, 1, 32, 64)).shape == (1, 1, 32, 64)


def test_channels_is_a_key_of_timm_encoders_only() -> None:
    with pytest.raises(UnusableModel, match="unknown keys: channels"):
        build_network({**SMALL_UNET, "encoder_name": "resnet18"})


def test_every_listed_class_is_one_of_smp() -> None:
    import segmentation_models_pytorch as smp

    assert all(issubclass(getattr(smp, name), torch.nn.Module) for name in SMP_CLASSES)
