import math

import numpy as np
import pytest
import torch
from tiny_world import draw_scan
from torch import Tensor, nn

from busdemo.training.data import Samples
from busdemo.training.recipe import MEAN, STANDARD_DEVIATION
from busdemo.training.segmenting import evaluate, forward, score_images


def tiny_samples(first_seed: int = 0, count: int = 6) -> Samples:
    drawn = [draw_scan(first_seed + i, (32, 32), normal=i % 3 == 2) for i in range(count)]
    masks = np.stack([mask * np.uint8(255) for _, mask in drawn])
    names = tuple("AB"[i % 2] for i in range(count))
    return Samples(np.stack([image for image, _ in drawn]), masks, names, names)


class Constant(nn.Module):
    def __init__(self, logit: float) -> None:
        super().__init__()
        self.logit = logit

    def forward(self, image: Tensor) -> Tensor:
        return torch.full_like(image, self.logit)


def test_an_answer_of_everything_scores_the_dice_of_the_lesions_shares() -> None:
    samples = tiny_samples(count=40)  # more than one batch
    scores = evaluate(Constant(1.0), samples, 32, "cpu")
    shares = samples.masks.mean(axis=(1, 2)) / 255
    dice: dict[str, list[float]] = {"A": [], "B": []}
    for name, share in zip(samples.datasets, shares, strict=True):
        if share:
            dice[name].append(2 * share / (1 + share))
    assert scores["dice_A"] == pytest.approx(np.mean(dice["A"]), rel=1e-5)
    assert scores["dice_B"] == pytest.approx(np.mean(dice["B"]), rel=1e-5)
    assert scores["mean_dice"] == pytest.approx((scores["dice_A"] + scores["dice_B"]) / 2)
    assert scores["false_alarms"] == 1


def test_an_answer_of_nothing_misses_all_and_alarms_nobody() -> None:
    scores = evaluate(Constant(-1.0), tiny_samples(), 32, "cpu")
    assert (scores["mean_dice"], scores["false_alarms"]) == (0, 0)


def test_without_normal_images_false_alarms_are_undefined() -> None:
    samples = tiny_samples(count=2)
    assert math.isnan(evaluate(Constant(1.0), samples, 32, "cpu")["false_alarms"])


def test_the_network_sees_normalised_images() -> None:
    seen: list[Tensor] = []

    class Spy(nn.Module):
        def forward(self, image: Tensor) -> Tensor:
            seen.append(image)
            return image

    forward(Spy(), torch.full((1, 1, 4, 4), MEAN + STANDARD_DEVIATION), "cpu")
    assert torch.allclose(seen[0], torch.ones(1, 1, 4, 4), atol=1e-5)


class Left(nn.Module):
    """Marks the left half, whatever it sees."""

    def forward(self, image: Tensor) -> Tensor:
        logits = torch.full_like(image, -1.0)
        logits[..., : image.shape[-1] // 2] = 3.0
        return logits


def test_a_mirrored_answer_is_the_mean_of_both_views() -> None:
    samples = tiny_samples(count=2)
    once = score_images(Left(), samples, 32, "cpu")
    both = score_images(Left(), samples, 32, "cpu", mirrored=True)
    assert once[:, 1].tolist() == [0.5, 0.5]
    assert both[:, 1].tolist() == [1, 1]  # the mean of .95 and .27 is above the threshold


def test_few_marked_pixels_are_an_alarm_but_no_large_one() -> None:
    class Speck(nn.Module):
        def forward(self, image: Tensor) -> Tensor:
            logits = torch.full_like(image, -1.0)
            logits[..., 0, 0] = 1.0
            return logits

    samples = tiny_samples(count=3)
    scores = evaluate(Speck(), samples, 32, "cpu")
    assert (scores["false_alarms"], scores["large_alarms"]) == (1, 0)
