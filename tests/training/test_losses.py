import math

import pytest
import torch
from monai.losses.dice import DiceLoss
from torch.nn import functional

from busdemo.training.losses import dice_bce_loss


def test_a_right_and_certain_answer_costs_nothing() -> None:
    mask = (torch.rand(3, 1, 16, 16) > 0.7).float()
    assert float(dice_bce_loss(40 * (2 * mask - 1), mask)) == pytest.approx(0, abs=1e-6)


def test_a_normal_image_costs_nothing_when_left_empty() -> None:
    empty = torch.zeros(2, 1, 16, 16)
    assert float(dice_bce_loss(empty - 40, empty)) == pytest.approx(0, abs=1e-6)


def test_an_undecided_answer_costs_what_the_formula_says() -> None:
    """Logit 0 is probability one half: ln 2 of cross-entropy, Dice from three plain sums."""
    mask = torch.zeros(1, 1, 10, 10)
    mask[..., :4] = 1
    smooth = 0.1
    expected = math.log(2) + 1 - (2 * 20 + smooth) / (50 + 40 + smooth)
    assert float(dice_bce_loss(torch.zeros(1, 1, 10, 10), mask)) == pytest.approx(expected)


def test_it_is_monais_dice_loss_and_torchs_cross_entropy() -> None:
    torch.manual_seed(0)
    logits, mask = torch.randn(4, 1, 20, 20), (torch.rand(4, 1, 20, 20) > 0.6).float()
    smooth = 400 / 1000
    dice = DiceLoss(sigmoid=True, smooth_nr=smooth, smooth_dr=smooth)(logits, mask)
    expected = dice + functional.binary_cross_entropy_with_logits(logits, mask)
    assert float(dice_bce_loss(logits, mask)) == pytest.approx(float(expected), rel=1e-5)


def test_every_image_counts_alike_however_small_its_lesion() -> None:
    """Dice of the batch as one picture would be ruled by the large lesion."""
    mask = torch.zeros(2, 1, 50, 50)
    mask[0, 0, :40] = 1
    mask[1, 0, 25:29, 25:29] = 1
    missed = 40 * (2 * mask - 1)
    missed[1] = -40
    small_missed = float(dice_bce_loss(missed, mask)) - 40 * 16 / mask.numel()
    assert small_missed == pytest.approx(0.5 * (1 - 2.5 / (16 + 2.5)), rel=1e-3)


def test_its_gradient_is_that_of_its_values() -> None:
    torch.manual_seed(1)
    logits = torch.randn(2, 1, 3, 4, dtype=torch.float64, requires_grad=True)
    mask = torch.rand(2, 1, 3, 4, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda x: dice_bce_loss(x, mask), (logits,))


def test_the_gradient_pushes_every_pixel_towards_its_truth() -> None:
    mask = torch.zeros(1, 1, 8, 8)
    mask[..., 2:5, 2:5] = 1
    logits = torch.zeros(1, 1, 8, 8, requires_grad=True)
    (gradient,) = torch.autograd.grad(dice_bce_loss(logits, mask), logits)
    assert torch.equal(gradient < 0, mask == 1)
