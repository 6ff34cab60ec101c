"""Heads that only training needs."""

from typing import Any

from torch import Tensor, nn


class Guided(nn.Module):
    """A network with heads that only training needs; in evaluation mode it is the network alone."""

    network: nn.Module


class Presence(Guided):
    """A network whose encoder is also told whether an image shows a lesion at all.

    A linear layer over the means of the deepest map, as smp's auxiliary head. `weight` is that of
    its loss beside the mask's.
    """

    def __init__(self, network: nn.Module, weight: float) -> None:
        super().__init__()
        self.network = network
        self.weight = weight
        self.head = nn.Linear(network.encoder.out_channels[-1], 1)  # type: ignore[index, union-attr, arg-type]
        self._deepest: Tensor | None = None
        network.encoder.register_forward_hook(self._keep)  # type: ignore[union-attr]

    def forward(self, image: Tensor) -> Tensor | list[Tensor]:
        """Logits (B, 1, H, W); in training mode also the logit (B, 1) of a lesion being there."""
        logits: Tensor = self.network(image)
        return [logits, self._judge()] if self.training else logits

    def judge(self, image: Tensor) -> Tensor:
        """The logit (B, 1) of a lesion being there."""
        self.network(image)
        return self._judge()

    def _judge(self) -> Tensor:
        assert self._deepest is not None  # noqa: S101
        deepest, self._deepest = self._deepest, None
        logits: Tensor = self.head(deepest.float().mean((2, 3)))
        return logits

    def _keep(self, _encoder: nn.Module, _inputs: Any, maps: list[Tensor]) -> None:
        self._deepest = maps[-1]


def supervise(network: nn.Module, presence: float) -> nn.Module:
    """The network with a presence head, whose loss weighs `presence`; as it is where that is 0."""
    return Presence(network, presence) if presence else network


def unsupervised(network: nn.Module) -> nn.Module:
    """The network that ships."""
    return network.network if isinstance(network, Guided) else network
