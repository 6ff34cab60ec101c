"""What computes a network: PyTorch as it is, or OpenVINO where a card asks for it and it is there.

A card's fact `engine: openvino` is written by `tests/benchmarks/engines.py` where OpenVINO was at
least 1.5 times faster and agreed with PyTorch. It comes with the extra `fast`. What it made of a
network is kept in the user's cache folder: converting takes seconds, reading that a moment.
"""

import importlib
import importlib.util
import logging
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from busdemo.imaging.arrays import FloatArray
from busdemo.imaging.quiet import hushed
from busdemo.zoo.cards import Preprocessing
from busdemo.zoo.failures import explain

log = logging.getLogger(__name__)

_CPU = f"float32 {torch.backends.cpu.get_cpu_capability()}"


class Engine(Protocol):
    """A network ready to run; `name` goes into receipts, engines differ in the last bits."""

    name: str
    network: nn.Module

    def run(self, image: FloatArray) -> FloatArray:
        """Logits (1, 1, h, w) of a normalised image (1, C, h, w), both float32.

        Raises UnusableModel when the network cannot take this size, NotNow when memory was wanting.
        """


class TorchEngine:
    """Eager PyTorch in float32, channels last."""

    name = f"torch {torch.__version__.split('+')[0]} {_CPU}"

    def __init__(self, network: nn.Module) -> None:
        self.network = network

    def run(self, image: FloatArray) -> FloatArray:
        """(1, 1 or 3, h, w) float32 in, (1, 1, h, w) float32 out; see `Engine.run`."""
        pixels = torch.from_numpy(image).contiguous(memory_format=torch.channels_last)
        with computing(image.shape), torch.inference_mode():
            logits: FloatArray = self.network(pixels).numpy()
        return logits


@contextmanager
def computing(shape: tuple[int, ...]) -> Iterator[None]:
    """Whatever a network raises over an input (1, C, h, w) becomes UnusableModel or NotNow."""
    try:
        yield
    except (RuntimeError, IndexError, AssertionError, MemoryError) as error:
        height, width = shape[2:]
        raise explain(error, f"It cannot compute a {width}x{height} input.") from error


def fold_batch_norms(network: nn.Module) -> nn.Module:
    """The same network in evaluation mode, each batch norm folded into the convolution before it.

    For networks whose batch norms are defined right behind the convolutions they follow, as our
    detector's are; activations that timm builds into a batch norm stay. The network is changed.
    """
    for parent in list(network.modules()):
        for (name, first), (following, second) in pairwise(list(parent.named_children())):
            if isinstance(first, nn.Conv2d) and isinstance(second, nn.BatchNorm2d):
                setattr(parent, name, fuse_conv_bn_eval(first, second))
                setattr(parent, following, nn.Sequential(*second.children()))
    return network


class OpenVinoEngine:
    """OpenVINO in float32 for one input size; its bfloat16 would differ by more than 1e-3.

    It answers one question by all of PyTorch's threads; with `streams`, that many at a time by one
    thread each. Other sizes are computed by PyTorch. Converting takes some seconds, and is kept on
    disk under the weights' `sha256` where one is given. Raises ImportError where OpenVINO is not
    installed, and its own errors where it cannot convert the network.
    """

    def __init__(
        self,
        network: nn.Module,
        shape: tuple[int, int, int, int],
        sha256: str = "",
        streams: int = 0,
    ) -> None:
        openvino = import_openvino()
        self.network = network
        self.name = f"openvino {openvino.__version__.split('-')[0]} {_CPU}"
        self._shape = shape
        settings: dict[str, Any] = {
            "INFERENCE_PRECISION_HINT": "f32",
            "INFERENCE_NUM_THREADS": streams or torch.get_num_threads(),
            "NUM_STREAMS": streams or 1,
        }
        model = _read_or_convert(network, shape, sha256)
        self._compiled = openvino.Core().compile_model(model, "CPU", settings)
        self._requests = threading.local()  # each thread asks by a request of its own
        # OpenVINO's first answer in a process sets up its bindings; two at once wait for ever.
        self.run(np.zeros(shape, np.float32))

    def run(self, image: FloatArray) -> FloatArray:
        """(1, 1 or 3, h, w) float32 in, (1, 1, h, w) float32 out; see `Engine.run`."""
        if image.shape != self._shape:
            return TorchEngine(self.network).run(image)
        if not hasattr(self._requests, "mine"):
            self._requests.mine = self._compiled.create_infer_request()
        request = self._requests.__dict__.pop("mine")  # one that failed is not asked again
        with computing(image.shape):
            answer = np.array(request.infer([np.ascontiguousarray(image)])[0])
        self._requests.mine = request
        return answer


def build_engine(
    network: nn.Module,
    preprocessing: Preprocessing,
    wanted: str = "",
    sha256: str = "",
    streams: int = 0,
) -> Engine:
    """The `wanted` engine where it is installed and can convert the network, otherwise PyTorch.

    `sha256` is the weights', under which a conversion is kept; `streams` as in `OpenVinoEngine`.
    """
    if wanted == "openvino" and importlib.util.find_spec("openvino"):
        width, height = preprocessing.input_wh
        try:
            shape = (1, preprocessing.channels, height, width)
            return OpenVinoEngine(network, shape, sha256, streams)
        except Exception as error:  # whatever the converter dislikes, the network still runs
            log.warning("OpenVINO cannot convert the network, PyTorch computes it: %s", error)
    return TorchEngine(network)


def import_openvino() -> Any:
    """OpenVINO, an extra and slow to import, without its telemetry. Raises ImportError without it.

    Its telemetry tells Google of every conversion, and forks the process to do so: while another
    thread multiplies matrices, that fork waits for OpenBLAS's threads for ever, with Python's lock.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    return importlib.import_module("openvino")


def conversions_folder() -> Path:
    """Where conversions are kept: `busdemo/openvino` in XDG_CACHE_HOME, usually ~/.cache."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "busdemo" / "openvino"


def _read_or_convert(network: nn.Module, shape: tuple[int, ...], sha256: str) -> Any:
    openvino = import_openvino()
    size = "x".join(map(str, shape))
    kept = conversions_folder() / f"{sha256}-{size}-{openvino.__version__.split('-')[0]}.xml"
    if sha256 and kept.is_file():
        try:
            return openvino.Core().read_model(kept)
        except RuntimeError:  # damaged: made again
            kept.unlink(missing_ok=True)
    with torch.no_grad(), hushed():  # torch's tracer warns of sizes that are fixed here
        model = openvino.convert_model(network, example_input=torch.zeros(shape), input=list(shape))
    if sha256:
        _keep(model, kept)
    return model


def _keep(model: Any, place: Path) -> None:
    """Save a conversion whole or not at all; where there is no room for it, it is not kept."""
    openvino = import_openvino()
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent) as folder:
            made = Path(folder) / place.name
            openvino.save_model(model, made, compress_to_fp16=False)
            # The description last: where it stands, the weights it names stand too.
            made.with_suffix(".bin").replace(place.with_suffix(".bin"))
            made.replace(place)
    except (OSError, RuntimeError):
        return
