import numpy as np
import torch
from tiny_world import TINY_DETECTOR

from busdemo.inference.detector import read_places
from busdemo.training.detector.losses import decode_boxes
from busdemo.zoo.architectures.lesion_detector import LesionDetector
from busdemo.zoo.loading import build_network


def test_it_has_2_to_4_million_parameters() -> None:
    assert 2e6 < sum(p.numel() for p in LesionDetector().parameters()) < 4e6


def test_every_8th_pixel_has_a_score_and_a_box() -> None:
    network = build_network(TINY_DETECTOR).eval()
    with torch.inference_mode():
        output = network(torch.randn(2, 1, 96, 64))
    assert output.shape == (2, 5, 12, 8)
    assert torch.isfinite(output).all()
    assert (output[:, 1:] > 0).all()


def test_at_the_start_hardly_anything_is_a_lesion() -> None:
    with torch.inference_mode():
        output = build_network(TINY_DETECTOR).eval()(torch.zeros(1, 1, 64, 64))
    assert output[:, 0].sigmoid().max() < 0.1


def test_boxes_are_read_alike_in_training_and_after() -> None:
    output = torch.rand(1, 5, 3, 4) * 20
    found = read_places(output[0].numpy())
    assert np.allclose(found.boxes, decode_boxes(output)[0].numpy(), atol=1e-4)
    assert np.allclose(found.scores, output[0, 0].sigmoid().flatten().numpy(), atol=1e-6)


def test_a_place_counts_from_its_middle() -> None:
    output = torch.zeros(1, 5, 2, 2)
    output[0, 1:, 0, 1] = torch.tensor([1.0, 2.0, 3.0, 4.0])
    assert decode_boxes(output)[0, 1].tolist() == [11, 2, 15, 8]
