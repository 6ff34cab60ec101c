"""Networks on equal terms: the encoder is one, and each decoder is what its name says."""

from typing import Any

import pytest
import segmentation_models_pytorch as smp
import torch
from tiny_networks import DECODED, build_settled, logits_of
from torch import Tensor, nn

from busdemo.zoo.architectures.attention import (
    AttentionGate,
    SpatialAttention,
    SqueezeExcitation,
    TransformerLayer,
)
from busdemo.zoo.architectures.decoders import DECODERS, SkipDecoder
from busdemo.zoo.architectures.encoder_decoder import EncoderDecoder
from busdemo.zoo.blueprint import Gate
from busdemo.zoo.files import UnusableModel
from busdemo.zoo.loading import build_network
from busdemo.zoo.structure import read_blueprint

LITE = "tu-tf_efficientnet_lite0"
EXTRAS = (AttentionGate, SpatialAttention, SqueezeExcitation, TransformerLayer)


def config(decoder: str, **more: Any) -> dict[str, Any]:
    return {"_model_class": "EncoderDecoder", "encoder_name": LITE, "decoder": decoder, **more}


def count(decoder: str, kind: type[nn.Module]) -> int:
    network = build_network(DECODED[decoder])
    return sum(isinstance(module, kind) for module in network.modules())


def test_the_plain_decoder_is_smps_unet_step_by_step() -> None:
    theirs = smp.Unet(
        LITE, encoder_weights=None, in_channels=1, decoder_channels=(32, 24, 16, 8, 8)
    )
    ours = EncoderDecoder(LITE, "plain", decoder_channels=(32, 24, 16, 8, 8))
    values = list(theirs.state_dict().values())
    state = dict(zip(ours.state_dict(), values, strict=True))
    ours.load_state_dict(state)
    image = torch.randn(2, 1, 64, 96)
    torch.testing.assert_close(logits_of(ours.eval(), image), logits_of(theirs.eval(), image))


@pytest.mark.parametrize("decoder", DECODERS)
def test_every_decoder_stands_over_the_same_encoder(decoder: str) -> None:
    with torch.device("meta"):
        ours = build_network(config(decoder)).encoder.state_dict()  # type: ignore[union-attr]
        theirs = smp.Unet(LITE, encoder_weights=None, in_channels=1).encoder.state_dict()
    assert {k: v.shape for k, v in ours.items()} == {k: v.shape for k, v in theirs.items()}


@pytest.mark.parametrize(
    ("decoder", "counts"),
    [
        ("plain", (0, 0, 0, 0)),
        ("attention-gates", (4, 0, 0, 0)),
        ("deep-attention", (4, 0, 0, 0)),
        ("spatial-attention", (4, 5, 0, 0)),
        ("squeeze-excitation", (0, 0, 5, 0)),
        ("full-resolution", (0, 0, 0, 0)),
        ("full-scale", (0, 0, 0, 0)),
        ("transformer", (0, 0, 0, 4)),
    ],
)
def test_a_decoder_holds_what_its_name_says(decoder: str, counts: tuple[int, ...]) -> None:
    assert tuple(count(decoder, kind) for kind in EXTRAS) == counts


def test_gates_stand_on_the_four_skips_and_are_led_by_the_map_below() -> None:
    blueprint = read_blueprint(config("attention-gates"), 64)
    skips = [link for link in blueprint.skips if link.gates]
    assert len(skips) == len(blueprint.skips) == 4
    for link in skips:
        (gate,) = link.gates
        assert gate == Gate("places", (link.source, link.target - 1))


def test_the_full_resolution_decoder_sees_the_image_itself() -> None:
    plain, stem = (DECODED[decoder] for decoder in ("plain", "full-resolution"))
    assert _reach_of_a_pixel(stem) < _reach_of_a_pixel(plain)
    decoder = build_network(stem).decoder
    assert isinstance(decoder, SkipDecoder)
    assert decoder.stem is not None


def _reach_of_a_pixel(config: dict[str, Any]) -> float:
    """How far apart, on average, the answer changes when a single pixel does; in pixels."""
    network = build_settled(config)
    image = torch.zeros(1, 1, 64, 64)
    touched = image.clone()
    touched[0, 0, 32, 32] = 5.0
    change = (logits_of(network, touched) - logits_of(network, image)).abs()[0, 0]
    rows = (torch.arange(64.0) - 32).square()
    distance = (rows[:, None] + rows[None]).sqrt()
    return float((change * distance).sum() / change.sum())


def test_every_level_of_the_full_scale_decoder_sees_all_five_scales() -> None:
    network = build_settled(DECODED["full-scale"])
    seen: list[int] = []
    for node in network.decoder.nodes:  # type: ignore[union-attr]
        node.register_forward_hook(lambda _m, inputs, _o: seen.append(len(inputs[0])))  # type: ignore[operator]
    logits_of(network, torch.zeros(1, 1, 64, 64))
    assert seen == [5, 5, 5, 5]


def test_the_transformer_relates_places_beyond_any_convolutions_reach() -> None:
    network = build_settled(DECODED["transformer"])
    maps = [torch.randn(1, width, 64 >> i, 64 >> i) for i, width in enumerate(_channels(network))]

    def corner(deepest: Tensor) -> Tensor:
        with torch.inference_mode():
            answer: Tensor = network.decoder([*maps[:-1], deepest])  # type: ignore[operator]
        return answer[0, :, :2, :2]

    moved = maps[-1].clone()
    moved[..., -1, -1] += 1
    assert not torch.allclose(corner(maps[-1]), corner(moved), atol=1e-5)
    before = corner(maps[-1])
    with torch.no_grad():
        network.decoder.position.zero_()  # type: ignore[union-attr, operator]
    assert not torch.allclose(corner(maps[-1]), before, atol=1e-5)


def _channels(network: nn.Module) -> list[int]:
    return list(network.encoder.out_channels)  # type: ignore[union-attr, arg-type]


def test_dropout_leaves_out_channels_in_training_alone() -> None:
    network = build_settled(DECODED["deep-attention"])
    image = torch.randn(1, 1, 64, 64)
    assert torch.equal(logits_of(network, image), logits_of(network, image))
    dropout = network.decoder.dropout  # type: ignore[union-attr]
    dropout.train()  # type: ignore[union-attr, operator]
    assert not torch.equal(logits_of(network, image), logits_of(network, image))


def test_an_unknown_decoder_is_refused_by_name() -> None:
    with pytest.raises(UnusableModel, match="unknown decoder 'sideways'; known: plain"):
        build_network(config("sideways"))
