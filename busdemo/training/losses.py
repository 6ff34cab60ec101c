"""The loss of the recipe: Dice + binary cross-entropy."""

import torch
from torch import Tensor
from torch.nn import functional

NORMAL_WEIGHT = 0.25
"""Weight of a normal image's Dice term. At 1, the network bought fewer false alarms (68 % of the
normal validation images down to 23 %) with missed lesions where most images are normal (BUS-UCLM
Dice .47 down to .38)."""


def dice_bce_loss(logits: Tensor, mask: Tensor) -> Tensor:
    """Mean over the batch of binary cross-entropy + soft Dice loss; a scalar.

    Both are (B, 1, H, W), the mask in [0, 1]. Soft Dice (Milletari et al. 2016, with plain sums
    in the denominator) is taken image by image, because that is how it is scored, with one pixel
    in a thousand added above and below, so that a normal image costs nothing when left empty.
    """
    cross_entropy = functional.binary_cross_entropy_with_logits(logits, mask)
    probability = torch.sigmoid(logits)
    dims = (1, 2, 3)
    smooth = mask[0].numel() / 1000
    lesion = mask.sum(dims)
    overlap = 2 * (probability * mask).sum(dims) + smooth
    dice = overlap / (probability.sum(dims) + lesion + smooth)
    weight = torch.where(lesion > 0, 1.0, NORMAL_WEIGHT)
    return cross_entropy + (weight * (1 - dice)).mean()
