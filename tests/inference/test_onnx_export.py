"""A network as a file for a visitor's own device."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from tiny_networks import OURS, SMPS, build_settled
from tiny_world import add_model

from busdemo.inference import onnx_export
from busdemo.inference.onnx_export import export_network, exports_folder, find_device_model
from busdemo.inference.segmenter import load_segmenter
from busdemo.zoo.cards import Card, read_cards
from busdemo.zoo.files import UnusableModel

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning"),
]

every_network = pytest.mark.parametrize("config", {**OURS, **SMPS}.values(), ids=[*OURS, *SMPS])


@pytest.fixture
def card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Card:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    add_model(tmp_path / "weights", "one")
    return read_cards(tmp_path / "weights")[0]


def run(data: bytes, image: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(["logits"], {"image": image})[0])


@every_network
def test_every_network_becomes_a_file_that_gives_its_logits(config: dict[str, Any]) -> None:
    network = build_settled(config).half().float()  # as weights lie in the zoo
    image = np.random.default_rng(1).normal(size=(1, 1, 64, 96)).astype(np.float32)
    data = export_network(network, (1, 1, 64, 96))
    with torch.no_grad():
        expected = network(torch.from_numpy(image)).numpy()
    spread = expected.std()
    assert np.abs(run(data, image) - expected).max() < 1e-3 * spread
    assert [(one.domain, one.version) for one in onnx.load_from_string(data).opset_import] == [
        ("", 17)
    ]


def test_weights_are_stored_as_float16_only_where_that_loses_nothing() -> None:
    exact, inexact = torch.nn.Linear(64, 64, bias=False), torch.nn.Linear(64, 64, bias=False)
    torch.nn.init.constant_(exact.weight, 0.5)
    torch.nn.init.constant_(inexact.weight, 0.1)
    data = export_network(torch.nn.Sequential(exact, inexact).eval(), (1, 1, 8, 64))
    kinds = sorted(one.data_type for one in onnx.load_from_string(data).graph.initializer)
    assert kinds == sorted([onnx.TensorProto.FLOAT16, onnx.TensorProto.FLOAT])


def test_a_file_is_made_once_and_kept_under_its_sha256(
    card: Card, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = find_device_model(card)
    assert first.path.is_relative_to(exports_folder())
    data = first.path.read_bytes()
    assert first.sha256 == hashlib.sha256(data).hexdigest()
    assert first.size == len(data)
    monkeypatch.delattr(onnx_export, "export_network")
    assert find_device_model(card) == first


def test_a_file_that_was_changed_is_made_again(card: Card) -> None:
    first = find_device_model(card)
    whole = first.path.read_bytes()
    first.path.write_bytes(whole[:-1])
    assert find_device_model(card) == first
    assert first.path.read_bytes() == whole


def test_it_answers_as_the_page_does(card: Card) -> None:
    segmenter = load_segmenter(card)
    scan = np.random.default_rng(2).integers(0, 256, (50, 70), np.uint8)
    pixels, _ = segmenter.prepare(scan)
    given = run(find_device_model(card).path.read_bytes(), pixels)
    assert np.allclose(given, segmenter.engine.run(pixels), atol=1e-5)


def test_a_model_that_cannot_run_says_why(card: Card) -> None:
    (card.folder / "model.safetensors").write_bytes(b"")
    with pytest.raises(UnusableModel, match="not the ones the card names"):
        find_device_model(card)


def test_a_full_disk_is_told_in_one_sentence(card: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(onnx_export.tempfile, "mkstemp", refuse)
    with pytest.raises(UnusableModel, match=r"no room here .*: No space left on device"):
        find_device_model(card)
