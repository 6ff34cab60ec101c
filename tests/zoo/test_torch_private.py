"""What torch does not promise to keep still does what it is used for."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from busdemo.zoo.failures import explain
from busdemo.zoo.files import NotNow
from busdemo.zoo.torch_private import TorchDispatchMode, change_class, computes_bfloat16


def test_every_operation_can_be_watched_on_tensors_without_contents() -> None:
    seen = []

    class Watch(TorchDispatchMode):
        def __torch_dispatch__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            seen.append(str(func.overloadpacket.__name__))
            return func(*args, **(kwargs or {}))

    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Sigmoid()).to("meta")
    with torch.no_grad(), Watch():
        answer = network(torch.empty(1, 1, 8, 8, device="meta"))
    assert seen[-2:] == ["convolution", "sigmoid"]
    assert answer.shape == (1, 2, 6, 6)


def test_a_processor_says_whether_it_computes_bfloat16() -> None:
    assert computes_bfloat16() in (True, False)


def test_a_module_of_a_derived_class_keeps_its_weights_and_its_name() -> None:
    def derive(convolution: type[nn.Module]) -> type[nn.Module]:
        class Doubled(convolution):  # type: ignore[misc, valid-type]
            def forward(self, image: Tensor) -> Tensor:
                answer: Tensor = 2 * super().forward(image)
                return answer

        return Doubled

    network, image = nn.Sequential(nn.Conv2d(1, 2, 3)), torch.rand(1, 1, 8, 8)
    before, names = network(image), list(network.state_dict())
    change_class(network[0], derive)
    assert torch.equal(network(image), 2 * before)
    assert list(network.state_dict()) == names


def test_it_is_understood_when_it_gets_no_memory() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**60, dtype=torch.uint8)
    assert isinstance(explain(caught.value, "It cannot run."), NotNow)


def test_a_missing_operator_is_told_from_that() -> None:
    network = nn.Conv2d(1, 1, 3).to("meta")
    with pytest.raises(NotImplementedError) as caught:
        network(torch.empty(1, 1, 8, 8, device="meta")).numpy(force=True)
    assert not isinstance(explain(caught.value, "It cannot run."), NotNow)
