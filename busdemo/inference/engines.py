"""What computes a network: PyTorch as it is, or OpenVINO where a card asks for it and it is there.

A card's fact `engine: openvino` is written by `tests/benchmarks/engines.py` where OpenVINO was at
least 1.5 times faster and agreed with PyTorch. It comes with the extra `fast`.
"""

import importlib.util
import threading
import warnings
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from busdemo.zoo.cards import Preprocessing
from busdemo.zoo.loading import UnusableModel

FloatArray = NDArray[np.float32]

_CPU = f"float32 {torch.backends.cpu.get_cpu_capability()}"


class Engine(Protocol):
    """A network ready to run; `name` goes into receipts, engines differ in the last bits."""

    name: str

    def run(self, image: FloatArray) -> FloatArray:
        """Logits (1, 1, h, w) of a normalised image (1, C, h, w), both float32.

        Raises UnusableModel when the network cannot take this size.
        """


class TorchEngine:
    """Eager PyTorch in float32, channels last."""

    name = f"torch {torch.__version__.split('+')[0]} {_CPU}"

    def __init__(self, network: nn.Module) -> None:
        self.network = network

    def run(self, image: FloatArray) -> FloatArray:
        """See `Engine.run`."""
        pixels = torch.from_numpy(image).contiguous(memory_format=torch.channels_last)
        try:
            with torch.inference_mode():
                logits: FloatArray = self.network(pixels).numpy()
        except (RuntimeError, IndexError, AssertionError) as error:
            height, width = image.shape[2:]
            raise UnusableModel(f"It cannot compute a {width}x{height} input.") from error
        return logits


class OpenVinoEngine:
    """OpenVINO in float32 for one input size; its bfloat16 would differ by more than 1e-3.

    Building it takes some seconds. Raises ImportError where OpenVINO is not installed, and its
    own errors where it cannot convert the network.
    """

    def __init__(self, network: nn.Module, shape: tuple[int, int, int, int]) -> None:
        import openvino  # noqa: PLC0415  (an extra, and slow to import)

        self.name = f"openvino {openvino.__version__.split('-')[0]} {_CPU}"
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of torch's tracer, about sizes that are fixed here
            model = openvino.convert_model(
                network, example_input=torch.zeros(shape), input=list(shape)
            )
        settings: dict[str, Any] = {
            "INFERENCE_PRECISION_HINT": "f32",
            "INFERENCE_NUM_THREADS": torch.get_num_threads(),
            "NUM_STREAMS": 1,
        }
        self._compiled = openvino.Core().compile_model(model, "CPU", settings)
        self._lock = threading.Lock()  # a compiled model answers one question at a time

    def run(self, image: FloatArray) -> FloatArray:
        """See `Engine.run`."""
        with self._lock:
            return np.array(self._compiled([np.ascontiguousarray(image)])[0])


def build_engine(network: nn.Module, preprocessing: Preprocessing, wanted: str = "") -> Engine:
    """The `wanted` engine where it is installed and can convert the network, otherwise PyTorch."""
    if wanted == "openvino" and importlib.util.find_spec("openvino"):
        width, height = preprocessing.input_wh
        try:
            return OpenVinoEngine(network, (1, preprocessing.channels, height, width))
        except Exception as error:  # whatever the converter dislikes, the network still runs
            warnings.warn(f"OpenVINO cannot convert the network: {error}", stacklevel=2)
    return TorchEngine(network)
