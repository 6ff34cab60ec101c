"""What computes a network: PyTorch as it is, the one engine every network runs in."""

from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from busdemo.zoo.loading import UnusableModel

FloatArray = NDArray[np.float32]


class Engine(Protocol):
    """A network ready to run; `name` goes into receipts, engines differ in the last bits."""

    name: str

    def run(self, image: FloatArray) -> FloatArray:
        """Logits (1, 1, h, w) of a normalised image (1, C, h, w), both float32.

        Raises UnusableModel when the network cannot take this size.
        """


class TorchEngine:
    """Eager PyTorch in float32, channels last."""

    name = (
        f"torch {torch.__version__.split('+')[0]} float32 {torch.backends.cpu.get_cpu_capability()}"
    )

    def __init__(self, network: nn.Module) -> None:
        self._network = network

    def run(self, image: FloatArray) -> FloatArray:
        """See `Engine.run`."""
        pixels = torch.from_numpy(image).contiguous(memory_format=torch.channels_last)
        try:
            with torch.inference_mode():
                logits: FloatArray = self._network(pixels).numpy()
        except (RuntimeError, IndexError) as error:
            height, width = image.shape[2:]
            raise UnusableModel(f"It cannot compute a {width}x{height} input.") from error
        return logits
