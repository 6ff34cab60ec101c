"""What weighs a map: gates on skips, factors of places and of channels, self-attention."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class AttentionGate(nn.Module):
    """Additive gate: the decoder's signal decides, per pixel, how much of the skip passes.

    Oktay et al., arXiv 1804.03999. The intermediate width is half the skip's. `coefficients` gives
    the map in [0, 1] itself.

    Args:
        channels: of the skip.
        gating: channels of the decoder's signal, where they are others.
    """

    def __init__(self, channels: int, gating: int | None = None) -> None:
        super().__init__()
        between = max(1, channels // 2)
        self.gating = nn.Sequential(
            nn.Conv2d(gating or channels, between, 1, bias=False), nn.BatchNorm2d(between)
        )
        self.skip = nn.Sequential(
            nn.Conv2d(channels, between, 1, bias=False), nn.BatchNorm2d(between)
        )
        self.psi = nn.Sequential(nn.Conv2d(between, 1, 1, bias=False), nn.BatchNorm2d(1))

    def coefficients(self, gating: Tensor, skip: Tensor) -> Tensor:
        """Attention coefficients (B, 1, H, W) in [0, 1] of signal and skip, (B, channels, H, W)."""
        return torch.sigmoid(self.psi(functional.relu(self.gating(gating) + self.skip(skip))))

    def forward(self, gating: Tensor, skip: Tensor) -> Tensor:
        """The skip (B, channels, H, W), weighted by the coefficients."""
        return skip * self.coefficients(gating, skip)


class SqueezeExcitation(nn.Module):
    """Weighs each channel by a factor in [0, 1] that depends on the means of all channels."""

    def __init__(self, channels: int, reduction: int = 16) -> None:
        super().__init__()
        between = max(1, channels // reduction)
        self.excite = nn.Sequential(
            nn.Linear(channels, between),
            nn.ReLU(inplace=True),
            nn.Linear(between, channels),
            nn.Sigmoid(),
        )

    def factors(self, x: Tensor) -> Tensor:
        """Factors (B, channels, 1, 1) in [0, 1] of a map (B, channels, H, W)."""
        weights: Tensor = self.excite(x.mean((2, 3)))
        return weights[:, :, None, None]

    def forward(self, x: Tensor) -> Tensor:
        """The map (B, channels, H, W), weighted by its factors."""
        return x * self.factors(x)


class SpatialAttention(nn.Module):
    """Weighs each pixel by a factor in [0, 1], from the mean and maximum over channels around it.

    `coefficients` gives the map itself.
    """

    def __init__(self) -> None:
        super().__init__()
        self.weigh = nn.Sequential(nn.Conv2d(2, 1, 7, padding=3, bias=False), nn.BatchNorm2d(1))

    def coefficients(self, x: Tensor) -> Tensor:
        """Attention coefficients (B, 1, H, W) in [0, 1] of a map (B, channels, H, W)."""
        summary = torch.cat([x.mean(1, keepdim=True), x.amax(1, keepdim=True)], dim=1)
        return torch.sigmoid(self.weigh(summary))

    def forward(self, x: Tensor) -> Tensor:
        """The map (B, channels, H, W), weighted by the coefficients."""
        return x * self.coefficients(x)


class TransformerLayer(nn.Module):
    """Self-attention (64 channels a head) and a perceptron, behind layer norms, with shortcuts."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.heads = max(1, hidden // 64)
        self.norm_attention = nn.LayerNorm(hidden)
        self.query_key_value = nn.Linear(hidden, 3 * hidden)
        self.project = nn.Linear(hidden, hidden)
        self.perceptron = nn.Sequential(
            nn.LayerNorm(hidden),
            nn.Linear(hidden, 4 * hidden),
            nn.GELU(),
            nn.Linear(4 * hidden, hidden),
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens (B, N, hidden) -> (B, N, hidden)."""
        tokens = tokens + self.project(self._attention(self.norm_attention(tokens)))
        result: Tensor = tokens + self.perceptron(tokens)
        return result

    def _attention(self, tokens: Tensor) -> Tensor:
        split = self.query_key_value(tokens).unflatten(2, (3, self.heads, -1))
        query, key, value = split.permute(2, 0, 3, 1, 4).unbind(0)  # each (B, heads, N, width)
        weighted = functional.scaled_dot_product_attention(query, key, value)
        return weighted.transpose(1, 2).flatten(2)
