import copy

import pytest
import torch
from torch import nn

from busdemo.training.supervision import Supervised, outputs_of, supervise, unsupervised
from busdemo.zoo.loading import build_network

NESTED = {
    "_model_class": "UnetPlusPlus",
    "encoder_name": "tu-tf_efficientnet_lite0",
    "decoder_channels": [16, 8, 8, 4, 4],
    "in_channels": 1,
    "classes": 1,
}
FULL_SCALE = {"_model_class": "UNet3Plus", "in_channels": 1, "channels": [4, 8, 8, 8, 8]}
PLAIN = {"_model_class": "AttentionUNet", "in_channels": 1, "channels": [4, 8]}
IMAGE = torch.rand(2, 1, 64, 64, generator=torch.Generator().manual_seed(0))


@pytest.fixture(params=[NESTED, FULL_SCALE], ids=["U-Net++", "U-Net3+"])
def network(request: pytest.FixtureRequest) -> nn.Module:
    torch.manual_seed(0)
    return build_network(request.param)


def test_in_training_every_output_has_the_images_size_and_a_gradient(network: nn.Module) -> None:
    supervised = supervise(network).train()
    outputs = outputs_of(supervised(IMAGE))
    assert len(outputs) == (4 if network.__class__.__name__ == "UnetPlusPlus" else 5)
    assert all(output.shape == (2, 1, 64, 64) for output in outputs)
    for output in outputs:
        supervised.zero_grad()
        output.square().mean().backward(retain_graph=True)
        reached = [p for p in network.parameters() if p.grad is not None and p.grad.any()]
        assert reached
    for head in supervised.heads.values():
        head.zero_grad()


def test_in_evaluation_it_is_the_network_alone(network: nn.Module) -> None:
    supervised = supervise(network).eval()
    with torch.no_grad():
        assert torch.equal(supervised(IMAGE), network.eval()(IMAGE))


def test_side_outputs_differ_from_the_main_one(network: nn.Module) -> None:
    main, *sides = outputs_of(supervise(network).train()(IMAGE))
    assert all(not torch.allclose(main, side) for side in sides)


def test_what_ships_holds_no_side_heads_of_ours(network: nn.Module) -> None:
    keys = set(build_keys(network))
    supervised = copy.deepcopy(supervise(network))
    assert set(build_keys(unsupervised(supervised))) == keys


def test_a_copy_supervises_with_its_own_weights() -> None:
    first = supervise(build_network(NESTED)).train()
    second = copy.deepcopy(first)
    with torch.no_grad():
        for parameter in second.parameters():
            parameter.mul_(0.5)
    assert not torch.allclose(outputs_of(first(IMAGE))[1], outputs_of(second(IMAGE))[1])


def test_other_networks_are_left_as_they_are() -> None:
    network = build_network(PLAIN)
    assert supervise(network) is network
    assert unsupervised(network) is network
    assert not isinstance(network, Supervised)


def build_keys(network: nn.Module) -> list[str]:
    return list(network.state_dict())
