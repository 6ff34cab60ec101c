"""Every network the zoo can hold, our own at tiny widths, smp's as the recipe book has them."""

from collections import Counter
from typing import Any

import torch
from torch import Tensor, nn

from busdemo.training.recipe import NETWORKS
from busdemo.zoo.architectures import ARCHITECTURES
from busdemo.zoo.architectures.decoders import DECODERS
from busdemo.zoo.loading import build_network

WIDTHS = (32, 64, 128, 256, 512)
TINY: dict[str, Any] = {"in_channels": 1, "channels": [4, 6, 8, 10, 12]}
TINY_TRANSFORMER: dict[str, Any] = {
    "in_channels": 1,
    "stem": 4,
    "hidden": 64,
    "layers": 2,
    "decoder_channels": [12, 10, 8, 6, 4],
}
OURS = {
    name: {
        "_model_class": name,
        **(TINY_TRANSFORMER if name == "TransUNet" else TINY),
        **({"reduction": 2} if name == "SEUNet" else {}),  # a single unit may never answer
    }
    for name in ARCHITECTURES
    if name != "EncoderDecoder"
}
DECODED = {
    decoder: {
        "_model_class": "EncoderDecoder",
        "encoder_name": "tu-test_efficientnet",
        "decoder": decoder,
        "decoder_channels": [32, 32, 24, 24, 16],
    }
    for decoder in DECODERS
}
OURS |= DECODED
SMPS = {
    config["_model_class"]: config
    for config in NETWORKS.values()
    if config["_model_class"] not in ARCHITECTURES
}
U_SHAPED = [name for name in ARCHITECTURES if name not in ("TransUNet", "EncoderDecoder")]


def build_settled(config: dict[str, Any]) -> nn.Module:
    """The network as after training: no two normalisations alike, their statistics the data's."""
    torch.manual_seed(7)
    network = build_network(config)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d | nn.GroupNorm | nn.LayerNorm):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.2)
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None  # the mean over all passes, so one is enough
    with torch.no_grad():
        network(torch.randn(4, 1, 64, 64))
    return network.eval()


def logits_of(network: nn.Module, image: Tensor) -> Tensor:
    with torch.inference_mode():
        logits: Tensor = network(image)
    return logits


def kernels(network: nn.Module) -> Counter[tuple[int, ...]]:
    return Counter(
        tuple(module.weight.shape)
        for module in network.modules()
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d)
    )


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())
