from collections import Counter
from itertools import pairwise

import pytest
import torch
from monai.networks.nets.attentionunet import AttentionBlock, AttentionUnet
from torch import nn

from busdemo.zoo.architectures.attention import AttentionGate
from busdemo.zoo.architectures.attention_unet import AttentionUNet

WIDTHS = (4, 8, 16)


def randomise(network: nn.Module) -> None:
    """Random normalisation too: fresh batch norms are all alike and would hide a swap."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            assert module.running_mean is not None
            assert module.running_var is not None
            nn.init.uniform_(module.weight, 0.5, 2)
            nn.init.normal_(module.bias)
            nn.init.normal_(module.running_mean)
            nn.init.uniform_(module.running_var, 0.5, 2)


@pytest.mark.parametrize("size", [(16, 16), (32, 48), (4, 4)])
@pytest.mark.parametrize("channels", [1, 3])
def test_logits_have_the_images_size_and_one_channel(size: tuple[int, int], channels: int) -> None:
    network = AttentionUNet(in_channels=channels, channels=WIDTHS).eval()
    with torch.inference_mode():
        assert network(torch.rand(2, channels, *size)).shape == (2, 1, *size)


def test_the_gate_is_monais_attention_block() -> None:
    torch.manual_seed(4)
    ours = AttentionGate(8)
    theirs = AttentionBlock(spatial_dims=2, f_int=4, f_g=8, f_l=8)
    randomise(ours)
    values = list(ours.state_dict().values())  # both list gating, skip, psi in this order
    names = [key for key in theirs.state_dict() if not key.endswith("conv.bias")]
    loaded = theirs.load_state_dict(dict(zip(names, values, strict=True)), strict=False)
    # Their biases before a batch norm do nothing that its own shift does not.
    assert all(key.endswith("conv.bias") for key in loaded.missing_keys)
    for key, value in theirs.state_dict().items():
        if key.endswith("conv.bias"):
            value.zero_()
    gating, skip = torch.randn(2, 8, 12, 10), torch.randn(2, 8, 12, 10)
    with torch.inference_mode():
        assert torch.allclose(
            ours.eval()(gating, skip), theirs.eval()(gating, skip), rtol=1e-5, atol=1e-6
        )


def test_attention_coefficients_weigh_the_skip_from_none_to_all() -> None:
    gate = AttentionGate(6).eval()
    gating, skip = torch.randn(2, 6, 5, 7), torch.randn(2, 6, 5, 7)
    with torch.inference_mode():
        coefficients = gate.coefficients(gating, skip)
        assert coefficients.shape == (2, 1, 5, 7)
        assert 0 <= float(coefficients.min()) <= float(coefficients.max()) <= 1
        assert torch.allclose(gate(gating, skip), skip * coefficients)


def kernels(network: nn.Module) -> Counter[tuple[int, ...]]:
    """Shapes of all convolution kernels, (outputs, inputs, height, width)."""
    shapes: Counter[tuple[int, ...]] = Counter()
    for module in network.modules():
        if isinstance(module, nn.ConvTranspose2d):
            inputs, outputs, *kernel = module.weight.shape
            shapes[(outputs, inputs, *kernel)] += 1
        elif isinstance(module, nn.Conv2d):
            shapes[tuple(module.weight.shape)] += 1
    return shapes


@pytest.mark.parametrize("widths", [WIDTHS, (32, 64, 128, 256, 512)])
def test_its_convolutions_are_those_of_monais_attention_unet(widths: tuple[int, ...]) -> None:
    theirs = AttentionUnet(
        spatial_dims=2, in_channels=1, out_channels=1, channels=widths, strides=[2] * len(widths)
    )
    assert kernels(AttentionUNet(1, widths)) == kernels(theirs)


def test_the_released_widths_have_7_9_million_parameters() -> None:
    count = sum(parameter.numel() for parameter in AttentionUNet().parameters())
    assert round(count / 1e6, 1) == 7.9


def test_levels_halve_the_picture_and_follow_the_widths() -> None:
    network = AttentionUNet(1, WIDTHS)
    seen: list[tuple[int, ...]] = []
    for block in network.encoder:
        block.register_forward_hook(lambda _m, _i, output: seen.append(tuple(output.shape[1:])))
    network(torch.zeros(1, 1, 32, 24))
    assert [shape[0] for shape in seen] == list(WIDTHS)
    assert all(b[1:] == (a[1] // 2, a[2] // 2) for a, b in pairwise(seen))
