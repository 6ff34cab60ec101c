"""What makes each network of our own the one its paper describes."""

import math
from collections import Counter
from functools import partial

import pytest
import torch
from monai.networks.blocks.squeeze_and_excitation import ChannelSELayer
from monai.networks.nets.basic_unet import BasicUNet
from timm.layers import GroupNormAct, StdConv2d
from timm.layers.cbam import SpatialAttn
from timm.models.resnetv2 import ResNetV2
from tiny_networks import OURS, TINY, WIDTHS, build_settled, kernels, logits_of, parameters
from torch import Tensor, nn
from torch.nn import functional

from busdemo.zoo.architectures.attention import (
    AttentionGate,
    SpatialAttention,
    SqueezeExcitation,
    TransformerLayer,
)
from busdemo.zoo.architectures.attention_unet import AttentionUNet
from busdemo.zoo.architectures.deep_attention_unet import DeepAttentionUNet
from busdemo.zoo.architectures.full_scale import EnlargingConvolution
from busdemo.zoo.architectures.se_unet import SEUNet
from busdemo.zoo.architectures.spatial_attention_unet import SpatialAttentionUNet
from busdemo.zoo.architectures.transunet import TransUNet
from busdemo.zoo.architectures.unet3_plus import UNet3Plus
from busdemo.zoo.architectures.wide_unet import WideUNet


def test_wide_unets_convolutions_are_monais_but_for_the_last_step_up() -> None:
    theirs = BasicUNet(2, 1, 1, features=(*WIDTHS, 32), norm="batch", bias=False)
    ours = WideUNet()
    # MONAI's last step up keeps 64 channels, the paper's and ours halve them like all others.
    assert kernels(theirs) - kernels(ours) == Counter({(64, 64, 2, 2): 1, (32, 96, 3, 3): 1})
    assert kernels(ours) - kernels(theirs) == Counter({(64, 32, 2, 2): 1, (32, 64, 3, 3): 1})


@pytest.mark.parametrize("network", [AttentionUNet, DeepAttentionUNet, SpatialAttentionUNet])
def test_gates_of_a_whole_network_answer_from_none_to_all(network: type[nn.Module]) -> None:
    built = build_settled(OURS[network.__name__])
    gates = [module for module in built.modules() if isinstance(module, AttentionGate)]
    seen: list[Tensor] = []
    for gate in gates:
        gate.register_forward_hook(lambda gate, inputs, _: seen.append(gate.coefficients(*inputs)))
    logits_of(built, torch.randn(1, 1, 64, 64))
    assert [tuple(one.shape) for one in seen] == [(1, 1, side, side) for side in (8, 16, 32, 64)]
    assert all(0 <= one.min() < one.max() <= 1 for one in seen)


def test_squeeze_excitation_is_monais_channel_layer() -> None:
    torch.manual_seed(2)
    ours, theirs = SqueezeExcitation(32), ChannelSELayer(2, 32, r=16)
    theirs.fc.load_state_dict(ours.excite.state_dict())
    x = torch.randn(2, 32, 6, 9)
    with torch.inference_mode():
        factors = ours.factors(x)
        assert factors.shape == (2, 32, 1, 1)
        assert 0 <= float(factors.min()) < float(factors.max()) <= 1
        assert torch.allclose(ours(x), theirs(x), atol=1e-6)


def test_an_excitation_follows_every_double_convolution() -> None:
    network = build_settled(OURS["SEUNet"])
    assert isinstance(network, SEUNet)
    convolutions = [*network.encoder, *network.decoder]
    excitations = [*network.encoder_excitations, *network.decoder_excitations]
    order: list[nn.Module] = []
    for module in convolutions + excitations:
        module.register_forward_hook(lambda module, _i, _o: order.append(module))
    logits_of(network, torch.randn(1, 1, 32, 32))
    assert order[::2] == convolutions
    assert order[1::2] == excitations


def test_spatial_attention_is_timms_and_ends_every_decoder_block() -> None:
    network = build_settled(OURS["SpatialAttentionUNet"])
    assert isinstance(network, SpatialAttentionUNet)
    for block in network.decoder:
        ours, theirs = block[-1], SpatialAttn().eval()  # type: ignore[index]
        assert isinstance(ours, SpatialAttention)
        values = ours.state_dict().values()
        theirs.load_state_dict(dict(zip(theirs.state_dict(), values, strict=True)))
        x = torch.randn(2, 5, 12, 10)
        with torch.inference_mode():
            coefficients = ours.coefficients(x)
            assert coefficients.shape == (2, 1, 12, 10)
            assert 0 <= float(coefficients.min()) < float(coefficients.max()) <= 1
            assert torch.allclose(ours(x), theirs(x), atol=1e-6)


def test_without_its_spatial_attention_it_is_the_attention_unet() -> None:
    ours, plain = SpatialAttentionUNet(**TINY), AttentionUNet(**TINY)
    extra = set(ours.state_dict()) - set(plain.state_dict())
    assert set(plain.state_dict()) < set(ours.state_dict())
    assert all("weigh" in key for key in extra)


def test_dropout_leaves_out_whole_channels_of_every_encoder_level_in_training_only() -> None:
    torch.manual_seed(0)
    network = DeepAttentionUNet(1, WIDTHS[:3], dropout=0.5)
    image = torch.randn(1, 1, 32, 32)
    seen: list[tuple[Tensor, Tensor]] = []
    network.dropout.register_forward_hook(lambda _m, given, out: seen.append((given[0], out)))
    network.train()(image)
    assert len(seen) == 3
    for before, after in seen:
        kept = after.flatten(2).any(2)
        assert 0 < kept.float().mean() < 1
        assert torch.equal(after, 2 * before * kept[:, :, None, None])
    seen.clear()
    logits_of(network.eval(), image)
    assert all(torch.equal(before, after) for before, after in seen)


def test_deep_attention_unet_starts_from_hes_normal_distribution() -> None:
    torch.manual_seed(1)
    network = DeepAttentionUNet(1, (64, 128))
    state = network.state_dict()
    for kernel in (state["encoder.1.3.weight"], state["decoder.0.0.weight"]):
        deviation = math.sqrt(2 / kernel[0].numel())
        assert float(kernel.std()) == pytest.approx(deviation, rel=0.02)
        # Normal, not uniform: 4.6 % lie beyond two deviations, of a uniform one none.
        assert float((kernel.abs() > 2 * deviation).float().mean()) == pytest.approx(
            0.0455, abs=0.005
        )


@pytest.mark.parametrize("widths", [(4, 6, 8, 10, 12), WIDTHS])
def test_unet3_plus_decoder_has_the_papers_number_of_weights(widths: tuple[int, ...]) -> None:
    """Level i: 3 · 3 · ((Σ_{k<=i} d(encoder k) + Σ_{k>i} d(decoder k)) · f0 + (5 f0)²)."""
    with torch.device("meta"):
        network = UNet3Plus(1, widths)
    f0 = widths[0]
    decoder_widths = [5 * f0] * 4 + [widths[-1]]  # the deepest decoder map is the encoder's
    for level, node in zip((3, 2, 1, 0), network.decoder, strict=True):
        inputs = sum(widths[: level + 1]) + sum(decoder_widths[level + 1 :])
        found = sum(math.prod(shape) * n for shape, n in kernels(node).items())
        assert found == 9 * (inputs * f0 + (5 * f0) ** 2)
        assert kernels(node)[(5 * f0, 5 * f0, 3, 3)] == 1
        assert sum(kernels(node).values()) == 6


@pytest.mark.parametrize("factor", [2, 8])
def test_enlarging_and_convolving_at_once_changes_nothing(factor: int) -> None:
    torch.manual_seed(0)
    block = EnlargingConvolution(6, 5, factor).eval()
    nn.init.normal_(block[1].get_buffer("running_mean"))
    x = torch.randn(2, 6, 9, 7)
    large = functional.interpolate(x, scale_factor=factor, mode="bilinear")
    with torch.no_grad():
        expected = nn.Sequential(*block)(large)
        assert torch.allclose(block(x), expected, atol=1e-5)
        assert torch.equal(block.train()(x), nn.Sequential(*block)(large))


def test_unet3_plus_branches_meet_at_their_levels_size() -> None:
    network = UNet3Plus(**TINY).eval()
    met: dict[int, list[tuple[int, ...]]] = {}
    for level, node in zip((3, 2, 1, 0), network.decoder, strict=True):
        for branch in node.branches:  # type: ignore[union-attr]
            branch.register_forward_hook(
                lambda _m, inputs, output, level=level: met.setdefault(level, []).append(
                    (inputs[0].shape[1], *output.shape[2:])
                )
            )
    logits_of(network, torch.zeros(1, 1, 32, 64))
    encoder, fused = TINY["channels"], 5 * TINY["channels"][0]
    for level, shapes in met.items():
        widths = [*encoder[: level + 1], *[fused] * (3 - level), encoder[-1]]
        assert shapes == [(width, 32 >> level, 64 >> level) for width in widths]


def test_unet3_plus_has_five_side_outputs_and_answers_with_the_first() -> None:
    network = build_settled(OURS["UNet3Plus"])
    assert isinstance(network, UNet3Plus)
    image = torch.randn(2, 1, 32, 48)
    with torch.inference_mode():
        outputs = network.side_outputs(image)
    assert [tuple(output.shape) for output in outputs] == [(2, 1, 32, 48)] * 5
    assert torch.equal(outputs[0], logits_of(network, image))
    assert not any(torch.equal(outputs[0], other) for other in outputs[1:])


def test_branches_of_unet3_plus_can_be_narrowed() -> None:
    with torch.device("meta"):
        assert parameters(UNet3Plus(branch_channels=16)) < parameters(UNet3Plus()) - 1e6


@pytest.mark.parametrize("size", [(64, 64), (32, 96), (256, 256)])
def test_transunet_takes_any_multiple_of_16_and_tells_places_apart(size: tuple[int, int]) -> None:
    network = build_settled(OURS["TransUNet"])
    assert isinstance(network, TransUNet)
    image = torch.randn(1, 1, *size)
    before = logits_of(network, image)
    assert before.shape == (1, 1, *size)
    with torch.no_grad():
        network.position.zero_()
    assert not torch.allclose(logits_of(network, image), before)


def test_transunets_resnet_is_timms_with_the_same_weights() -> None:
    torch.manual_seed(3)
    ours = TransUNet(stem=8, hidden=64, layers=1).double().eval()
    theirs = ResNetV2(
        layers=[3, 4, 9],
        channels=(32, 64, 128),
        num_classes=0,
        in_chans=1,
        global_pool="",
        stem_chs=8,
        preact=False,
        conv_layer=partial(StdConv2d, eps=1e-5),
        norm_layer=lambda width, **keywords: GroupNormAct(width, math.gcd(32, width), **keywords),
    )
    theirs.double().eval()  # sixteen blocks add up float32's rounding
    stem = dict(zip(theirs.stem.state_dict(), ours.root.state_dict().values(), strict=True))
    theirs.stem.load_state_dict(stem)
    for stage, their_stage in zip(ours.stages, theirs.stages, strict=True):
        for block, their_block in zip(
            stage.children(), their_stage.get_submodule("blocks").children(), strict=True
        ):
            values = [
                value
                for name in ("shortcut", "residual")
                for value in block.get_submodule(name).state_dict().values()
            ]
            their_block.load_state_dict(dict(zip(their_block.state_dict(), values, strict=True)))
    image = torch.randn(2, 1, 64, 64, dtype=torch.float64)
    seen: list[Tensor] = []
    ours.stages[-1].register_forward_hook(lambda _m, _i, output: seen.append(output))
    logits_of(ours, image)
    with torch.inference_mode():
        assert torch.allclose(seen[0], theirs.forward_features(image))


def test_transformer_layer_is_torchs_pre_norm_encoder_layer() -> None:
    torch.manual_seed(4)
    ours = TransformerLayer(128).eval()
    theirs = nn.TransformerEncoderLayer(
        128, 2, 512, dropout=0, activation="gelu", batch_first=True, norm_first=True
    ).eval()
    pairs = {
        "norm1": ours.norm_attention,
        "self_attn.in_proj": ours.query_key_value,
        "self_attn.out_proj": ours.project,
        "norm2": ours.perceptron[0],
        "linear1": ours.perceptron[1],
        "linear2": ours.perceptron[3],
    }
    state: dict[str, Tensor] = {}
    for name, module in pairs.items():
        joint = "_" if name.endswith("in_proj") else "."
        state |= {f"{name}{joint}{key}": value for key, value in module.state_dict().items()}
    theirs.load_state_dict(state)
    tokens = torch.randn(2, 20, 128)
    with torch.inference_mode():
        assert torch.allclose(ours(tokens), theirs(tokens), rtol=1e-4, atol=1e-5)
