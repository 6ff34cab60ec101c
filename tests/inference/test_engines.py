import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_world import TINY, TINY_DETECTOR
from torch import nn

from busdemo.inference import engines
from busdemo.inference.engines import (
    OpenVinoEngine,
    TorchEngine,
    build_engine,
    fold_batch_norms,
)
from busdemo.zoo.cards import Preprocessing
from busdemo.zoo.files import NotNow, UnusableModel
from busdemo.zoo.loading import build_network

SETTINGS = Preprocessing((64, 48), (0.3,), (0.2,), "stretch")
IMAGE = np.random.default_rng(0).normal(size=(1, 1, 48, 64)).astype(np.float32)


@pytest.fixture
def network() -> nn.Module:
    torch.manual_seed(3)
    return build_network(TINY).eval()


def test_pytorch_computes_a_network_that_asks_for_nothing_else(network: nn.Module) -> None:
    engine = build_engine(network, SETTINGS)
    assert engine.name.startswith("torch ")
    with torch.no_grad():
        expected = network(torch.from_numpy(IMAGE)).numpy()
    assert np.allclose(engine.run(IMAGE), expected, atol=1e-5)


def test_openvino_gives_the_same_probabilities(network: nn.Module) -> None:
    pytest.importorskip("openvino", reason="OpenVINO comes with the extra `fast`")
    engine = build_engine(network, SETTINGS, "openvino")
    assert isinstance(engine, OpenVinoEngine)
    assert engine.name.startswith("openvino ")
    eager, other = (1 / (1 + np.exp(-e.run(IMAGE))) for e in (TorchEngine(network), engine))
    assert np.abs(eager - other).max() < 1e-3
    assert not np.shares_memory(engine.run(IMAGE), engine.run(-IMAGE))


def test_openvino_converts_without_telemetry_and_without_a_fork(tmp_path: Path) -> None:
    pytest.importorskip("openvino", reason="OpenVINO comes with the extra `fast`")
    script = """
import os, sys
os.register_at_fork(before=lambda: print("forked", flush=True))
import torch
from busdemo.inference.engines import OpenVinoEngine
OpenVinoEngine(torch.nn.Conv2d(1, 1, 3), (1, 1, 8, 8))
print(sys.modules["openvino_telemetry"])
"""
    elsewhere = {name: value for name, value in os.environ.items() if name != "CI"}
    elsewhere |= {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", script], env=elsewhere, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["None"]


def test_a_conversion_is_kept_and_read_again(
    network: nn.Module, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    openvino = pytest.importorskip("openvino", reason="OpenVINO comes with the extra `fast`")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first = build_engine(network, SETTINGS, "openvino", sha256="abc").run(IMAGE)
    kept = sorted(path.suffix for path in engines.conversions_folder().iterdir())
    assert kept == [".bin", ".xml"]

    conversions = []
    convert = openvino.convert_model

    def counted(*arguments: object, **options: object) -> object:
        conversions.append(1)
        return convert(*arguments, **options)

    monkeypatch.setattr(openvino, "convert_model", counted)
    again = build_engine(network, SETTINGS, "openvino", sha256="abc").run(IMAGE)
    assert not conversions
    assert np.array_equal(first, again)

    next(engines.conversions_folder().glob("*.xml")).write_text("<net")
    mended = build_engine(network, SETTINGS, "openvino", sha256="abc").run(IMAGE)
    assert conversions == [1]
    assert np.array_equal(first, mended)


def test_a_cache_that_cannot_be_written_is_done_without(
    network: nn.Module, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("openvino", reason="OpenVINO comes with the extra `fast`")
    (tmp_path / "busdemo").write_text("a file where the folder should be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert isinstance(build_engine(network, SETTINGS, "openvino", sha256="abc"), OpenVinoEngine)


def test_openvino_leaves_other_sizes_to_pytorch(network: nn.Module) -> None:
    pytest.importorskip("openvino", reason="OpenVINO comes with the extra `fast`")
    larger = np.pad(IMAGE, ((0, 0), (0, 0), (0, 16), (0, 32)))
    found = build_engine(network, SETTINGS, "openvino").run(larger)
    assert np.array_equal(found, TorchEngine(network).run(larger))


def test_without_openvino_pytorch_takes_over(
    network: nn.Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines.importlib.util, "find_spec", lambda _: None)
    assert isinstance(build_engine(network, SETTINGS, "openvino"), TorchEngine)


def test_a_network_openvino_cannot_convert_runs_in_pytorch(
    network: nn.Module, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Refusing:
        def __init__(self, *_: object) -> None:
            raise RuntimeError("no such operation")

    monkeypatch.setattr(engines, "OpenVinoEngine", Refusing)
    monkeypatch.setitem(sys.modules, "openvino", sys)  # as good as installed
    monkeypatch.setattr(engines.importlib.util, "find_spec", lambda _: object())
    assert isinstance(build_engine(network, SETTINGS, "openvino"), TorchEngine)
    assert "PyTorch computes it: no such operation" in caplog.text


def test_a_size_the_network_cannot_take_is_one_sentence(network: nn.Module) -> None:
    with pytest.raises(UnusableModel, match="cannot compute a 63x47 input"):
        TorchEngine(network).run(IMAGE[..., 1:, 1:])


def test_openvino_answers_again_after_it_ran_out_of_memory(
    network: nn.Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("openvino", reason="OpenVINO comes with the extra `fast`")

    class Full:
        def infer(self, _: object) -> object:
            raise RuntimeError("Exception from src/inference: Failed to allocate 9 bytes of memory")

    engine = OpenVinoEngine(network, IMAGE.shape)
    before = engine.run(IMAGE)
    monkeypatch.setattr(engine._requests, "mine", Full())
    with pytest.raises(NotNow, match="memory did not suffice"):
        engine.run(IMAGE)
    assert np.array_equal(engine.run(IMAGE), before)


def test_several_threads_ask_openvino_at_once_and_get_what_one_gets(network: nn.Module) -> None:
    pytest.importorskip("openvino", reason="OpenVINO comes with the extra `fast`")
    alone, together = (OpenVinoEngine(network, IMAGE.shape, streams=n) for n in (1, 3))
    images = [IMAGE * np.float32(n / 10) for n in range(24)]
    with ThreadPoolExecutor(3) as threads:
        answers = list(threads.map(together.run, images))
    for image, answer in zip(images, answers, strict=True):
        assert np.array_equal(answer, alone.run(image))


def test_folded_batch_norms_leave_the_answer_as_it_is() -> None:
    torch.manual_seed(0)
    detector = build_network(TINY_DETECTOR)
    for module in detector.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.uniform_(-0.5, 0.5)  # type: ignore[union-attr, operator]
            module.running_var.uniform_(0.5, 2)  # type: ignore[union-attr, operator]
    detector.eval()
    image = torch.rand(1, 1, 64, 96)
    with torch.inference_mode():
        before = detector(image)
        folded = fold_batch_norms(detector)
        assert torch.allclose(folded(image), before, rtol=1e-4, atol=1e-4)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in folded.modules())
