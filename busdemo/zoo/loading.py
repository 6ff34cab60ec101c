"""From a folder in Hugging Face layout to a network in memory. Safetensors only, never pickle."""

import hashlib
import inspect
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import segmentation_models_pytorch as smp
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from busdemo.zoo.architectures import ARCHITECTURES, OTHER_TASKS
from busdemo.zoo.failures import explain
from busdemo.zoo.files import WEIGHTS_FILE, UnusableModel

SMP_CLASSES = (
    "Unet",
    "UnetPlusPlus",
    "MAnet",
    "Linknet",
    "FPN",
    "PSPNet",
    "DeepLabV3",
    "DeepLabV3Plus",
    "PAN",
    "UPerNet",
    "Segformer",
)
"""The smp networks a config.json may name."""


def build_network(config: dict[str, Any]) -> nn.Module:
    """An untrained network from the contents of a config.json.

    `_model_class` names the class; every other key is an argument of it. Pretrained encoders are
    never fetched: `encoder_weights` is always None, otherwise smp goes online even for a local
    folder (smp issue 957). Raises UnusableModel for an unknown class, key or value.
    """
    if not isinstance(config, dict):
        raise UnusableModel("config.json holds no settings of a network.")
    arguments = {key: value for key, value in config.items() if key != "_model_class"}
    name = str(config.get("_model_class"))
    ours = {**ARCHITECTURES, **OTHER_TASKS}
    if name in ours:
        builder: Callable[..., nn.Module] = ours[name]
    elif name in SMP_CLASSES:
        builder = getattr(smp, name)
        arguments["encoder_weights"] = None
    else:
        raise UnusableModel(f"config.json names the unknown network class {name!r}.")
    encoder = str(arguments.get("encoder_name", ""))
    if not re.fullmatch(r"[\w.-]*", encoder):
        # timm would take "tu-hf-hub:ORG/NAME" or "tu-local-dir:PATH" as a place to fetch from.
        raise UnusableModel(f"config.json names the unknown encoder {encoder!r}.")
    unknown = sorted(set(arguments) - _known_keys(builder, arguments))
    if unknown:
        raise UnusableModel(f"config.json has unknown keys: {', '.join(unknown)}.")
    try:
        return builder(**arguments)
    except Exception as error:
        raise explain(error, f"config.json does not build a network: {error}.") from error


def load_network(folder: Path, sha256: str, weights: Path | None = None) -> nn.Module:
    """The trained network of a folder, float32, in evaluation mode.

    `weights` is its safetensors file where that is not in the folder.

    Raises UnusableModel when the weights are missing, are not the ones the card names by
    `sha256` (hex), are truncated, or do not fit the network; NotNow when memory was wanting.
    """
    network = build_network(json.loads((folder / "config.json").read_text()))
    return load_weights(network, weights or folder / WEIGHTS_FILE, sha256)


def load_weights(network: nn.Module, weights: Path, sha256: str) -> nn.Module:
    """The network with the weights of a file, float32, in evaluation mode; as `load_network`."""
    if not weights.is_file():
        raise UnusableModel("There are no weights in its folder.")
    with weights.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise UnusableModel(
            f"The weights are not the ones the card names (sha256 {found[:12]}…, "
            f"not {sha256[:12]}…)."
        )
    try:
        state = load_file(weights)
    except SafetensorError as error:
        raise UnusableModel("The weights file is truncated or not safetensors.") from error
    try:
        network.load_state_dict(
            {k: v.float() if v.is_floating_point() else v for k, v in state.items()}
        )
    except RuntimeError as error:
        raise explain(error, "The weights do not fit the network in config.json.") from error
    return network.eval().to(memory_format=torch.channels_last)


def _known_keys(builder: Callable[..., nn.Module], arguments: dict[str, Any]) -> set[str]:
    parameters = inspect.signature(builder).parameters.values()
    known = {p.name for p in parameters if p.kind is not inspect.Parameter.VAR_KEYWORD}
    if str(arguments.get("encoder_name", "")).startswith("tu-"):
        known |= {"channels"}  # timm's ResNets take their widths here
    return known
