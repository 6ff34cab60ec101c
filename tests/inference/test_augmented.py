"""Test-time augmentation: which views, and mean and spread of their answers."""

import numpy as np
import torch
from tiny_world import draw_scan
from torch import Tensor, nn

from busdemo.inference.augmented import predict_views
from busdemo.inference.engines import TorchEngine
from busdemo.inference.segmenter import Segmenter
from busdemo.zoo.cards import Preprocessing

IMAGE, _ = draw_scan(size_wh=(64, 64))
PLAIN = Preprocessing((64, 64), (0.25,), (0.5,), "stretch")


class Echo(nn.Module):
    def forward(self, image: Tensor) -> Tensor:
        return image


class Ramp(nn.Module):
    """Answers with the column alone, whatever it is shown."""

    def forward(self, image: Tensor) -> Tensor:
        return torch.linspace(-2, 2, image.shape[3]).expand_as(image)


class OneSize(nn.Module):
    def forward(self, image: Tensor) -> Tensor:
        if image.shape[3] != 64:
            raise RuntimeError
        return image


def test_views_of_a_network_that_treats_pixels_alike_differ_by_the_resize_only() -> None:
    views = predict_views(Segmenter(TorchEngine(Echo()), PLAIN), IMAGE)
    assert views.names == ("as it is", "mirrored", "32 × 32 px", "96 × 96 px")
    assert views.mean.shape == views.deviation.shape == IMAGE.shape
    assert views.mean.dtype == views.deviation.dtype == np.float32
    two = predict_views(Segmenter(TorchEngine(OneSize()), PLAIN), IMAGE)
    assert two.names == ("as it is", "mirrored")
    assert np.allclose(two.deviation, 0, atol=1e-7)


def test_the_spread_is_the_standard_deviation_of_the_answers() -> None:
    model = Segmenter(TorchEngine(Ramp()), PLAIN)
    views = predict_views(model, IMAGE)
    as_it_is = model.predict(IMAGE)
    answers = [as_it_is, as_it_is[:, ::-1]]
    answers += [model.answer(IMAGE, wh).restore() for wh in ((32, 32), (96, 96))]
    assert np.allclose(views.mean, np.mean(answers, axis=0), atol=1e-6)
    assert np.allclose(views.deviation, np.std(answers, axis=0), atol=1e-6)
    assert views.deviation.max() > 0.2
