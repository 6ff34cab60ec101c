"""Deep supervision: networks that are also told on the way how well they do. Training only."""

import segmentation_models_pytorch as smp
import torch
from torch import Tensor, nn
from torch.nn import functional

from busdemo.zoo.architectures.unet3_plus import UNet3Plus


class Guided(nn.Module):
    """A network with heads that only training needs; in evaluation mode it is the network alone."""

    network: nn.Module


class Supervised(Guided):
    """A U-Net++ or U-Net3+ with its side outputs.

    U-Net3+ (arXiv 2004.08790) brings its heads along. smp's U-Net++ has none: every node of its
    finest row (arXiv 1807.10165, figure 1c) gets a 1x1 convolution here, dropped after training.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.heads = nn.ModuleDict()
        if isinstance(network, smp.UnetPlusPlus):
            finest = network.decoder.depth - 1
            for name in (f"x_{node}_{finest}" for node in range(1, finest + 1)):
                channels = network.decoder.blocks[name].conv2[0].out_channels
                self.heads[name] = nn.Conv2d(channels, 1, kernel_size=1)

    def forward(self, image: Tensor) -> Tensor | list[Tensor]:
        """Logits (B, 1, H, W); in training mode several of them, the network's own first."""
        if not self.training:
            logits: Tensor = self.network(image)
            return logits
        if isinstance(self.network, UNet3Plus):
            return self.network.side_outputs(image)
        return self._nested_outputs(image)

    def _nested_outputs(self, image: Tensor) -> list[Tensor]:
        maps: dict[str, Tensor] = {}

        def keep(name: str, output: Tensor) -> None:
            maps[name] = output

        blocks = self.network.decoder.blocks  # type: ignore[union-attr]
        hooks = [
            blocks[name].register_forward_hook(lambda _m, _i, out, name=name: keep(name, out))  # type: ignore[index, union-attr]
            for name in self.heads
        ]
        try:
            main = self.network(image)
        finally:
            for hook in hooks:
                hook.remove()
        sides = (head(maps[name]) for name, head in self.heads.items())
        size = image.shape[-2:]
        return [main, *(functional.interpolate(s, size, mode="bilinear") for s in sides)]


def supervise(network: nn.Module) -> nn.Module:
    """The network with its side outputs where its paper trains with them, else as it is."""
    return Supervised(network) if isinstance(network, smp.UnetPlusPlus | UNet3Plus) else network


def unsupervised(network: nn.Module) -> nn.Module:
    """The network that ships."""
    return network.network if isinstance(network, Guided) else network


def outputs_of(answer: Tensor | list[Tensor]) -> list[Tensor]:
    """One or several logits maps as a list."""
    return [answer] if isinstance(answer, torch.Tensor) else answer
