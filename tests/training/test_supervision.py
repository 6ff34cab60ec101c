import copy

import numpy as np
import pytest
import torch
from torch import nn

from busdemo.training.data import Samples
from busdemo.training.segmenting import judge_images, supervised_loss
from busdemo.training.supervision import Presence, supervise, unsupervised
from busdemo.zoo.loading import build_network

CONFIG = {
    "_model_class": "Unet",
    "encoder_name": "tu-test_efficientnet",
    "decoder_channels": [16, 8, 8, 4, 4],
    "in_channels": 1,
    "classes": 1,
}
IMAGE = torch.rand(2, 1, 64, 64, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def network() -> nn.Module:
    torch.manual_seed(0)
    return build_network(CONFIG)


def test_without_weight_there_is_no_head(network: nn.Module) -> None:
    assert supervise(network, 0) is network
    assert unsupervised(network) is network


def test_in_training_the_head_teaches_the_encoder(network: nn.Module) -> None:
    supervised = supervise(network, 0.5).train()
    _, judged = supervised(IMAGE)
    assert judged.shape == (2, 1)
    judged.sum().backward()
    reached = {name.split(".")[0] for name, p in network.named_parameters() if p.grad is not None}
    assert reached == {"encoder"}


def test_in_evaluation_it_is_the_network_alone(network: nn.Module) -> None:
    supervised = supervise(network, 0.5).eval()
    with torch.no_grad():
        assert torch.equal(supervised(IMAGE), network(IMAGE))
    assert unsupervised(supervised) is network


def test_presence_adds_its_weighted_loss_and_sees_what_is_left_of_a_lesion(
    network: nn.Module,
) -> None:
    mask = torch.zeros(2, 1, 64, 64)
    mask[0, :, 20:40, 20:40] = 1
    losses = []
    for weight in (1e-9, 1.0, 2.0):
        supervised = Presence(network, weight)
        nn.init.zeros_(supervised.head.weight)
        nn.init.constant_(supervised.head.bias, 30.0)  # sure of a lesion everywhere
        torch.manual_seed(0)
        losses.append(float(supervised_loss(supervised.train(), (IMAGE, mask), "cpu").detach()))
    assert losses[1] - losses[0] == pytest.approx(15, rel=0.02)  # wrong of one image of two
    assert losses[2] - losses[0] == pytest.approx(30, rel=0.02)


def test_a_copy_judges_by_its_own_encoder(network: nn.Module) -> None:
    first = Presence(network, 1.0).eval()
    second = copy.deepcopy(first)
    with torch.no_grad():
        for parameter in second.network.encoder.parameters():  # type: ignore[union-attr]
            parameter.mul_(0)
        assert not torch.equal(first.judge(IMAGE), second.judge(IMAGE))
    images = (IMAGE[:, 0] * 255).byte().numpy()
    samples = Samples(images, np.zeros_like(images), ("A", "A"), ("normal", "normal"))
    found = judge_images(first, samples, 64, "cpu")
    assert found.shape == (2,)
    assert ((found > 0) & (found < 1)).all()
