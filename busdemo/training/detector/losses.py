"""What the detector is told: where a lesion's box is, and how well it has drawn it."""

import torch
from torch import Tensor
from torch.nn import functional
from torchvision.ops import box_iou, generalized_box_iou_loss

from busdemo.zoo.architectures.lesion_detector import STRIDE_PX

CENTRE_SHARE = 0.5
"""Places in this middle part of a box, of its width and height, learn to draw it."""

BACKGROUND_WEIGHT, FOCUS = 0.75, 2.0
"""Alpha and gamma of arXiv 2008.13367, equation 2, for places without a lesion."""

BOX_WEIGHT = 2.0


def detection_loss(output: Tensor, numbered: Tensor) -> Tensor:
    """Varifocal loss of the scores + `BOX_WEIGHT` times GIoU loss of the boxes; a scalar.

    `output` is (B, 5, h, w) float32 from `LesionDetector`, `numbered` (B, 1, H, W) uint8 with 0
    for background and 1, 2, ... for the lesions. A place's score should be the IoU its own box
    has with its lesion (arXiv 2008.13367); GIoU is Rezatofighi et al., arXiv 1902.09630.
    """
    boxes = decode_boxes(output)
    scores = output[:, 0].flatten(1)
    targets = torch.zeros_like(scores)
    losses = []
    for image in range(len(output)):
        lesions = boxes_of_numbers(numbered[image, 0]).to(output.device)
        places, which = assign_places(lesions, (output.shape[2], output.shape[3]))
        if not len(places):
            continue
        drawn, wanted = boxes[image, places], lesions[which]
        losses.append(generalized_box_iou_loss(drawn, wanted))
        targets[image, places] = box_iou(drawn.detach(), wanted).diagonal()
    count = max(1, sum(map(len, losses)))
    box_loss = torch.cat(losses).sum() / count if losses else output.sum() * 0
    return varifocal_loss(scores, targets) / count + BOX_WEIGHT * box_loss


def varifocal_loss(scores: Tensor, targets: Tensor) -> Tensor:
    """Summed varifocal loss (arXiv 2008.13367, equation 2) of logits, targets in [0, 1]."""
    entropy = functional.binary_cross_entropy_with_logits(scores, targets, reduction="none")
    background = BACKGROUND_WEIGHT * scores.detach().sigmoid() ** FOCUS
    return (torch.where(targets > 0, targets, background) * entropy).sum()


def decode_boxes(output: Tensor) -> Tensor:
    """Boxes (B, h * w, 4) left, top, right, bottom in input px from the network's output."""
    height, width = output.shape[2:]
    y, x = torch.meshgrid(
        *((torch.arange(n, device=output.device) + 0.5) * STRIDE_PX for n in (height, width)),
        indexing="ij",
    )
    left, top, right, bottom = output[:, 1:].unbind(1)
    return torch.stack([x - left, y - top, x + right, y + bottom], dim=-1).flatten(1, 2)


def assign_places(lesions: Tensor, size_hw: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Which places of a map (h, w) learn which of the lesions (N, 4): two index lists.

    Those in the middle part of a box, and the one nearest to its middle however small it is. Where
    two boxes want one place, the smaller has it.
    """
    height, width = size_hw
    index = torch.arange(height * width, device=lesions.device)
    points = torch.stack([index % width, index // width], dim=1).float().add(0.5).mul(STRIDE_PX)
    owner = torch.full_like(index, -1)
    middles = (lesions[:, :2] + lesions[:, 2:]) / 2
    sizes = lesions[:, 2:] - lesions[:, :2]
    for number in torch.argsort(sizes.prod(1), descending=True):
        reach = (sizes[number] * CENTRE_SHARE / 2).clamp(min=STRIDE_PX / 2)
        inside = ((points - middles[number]).abs() <= reach).all(1)
        owner[inside] = number
    places = torch.nonzero(owner >= 0).flatten()
    return places, owner[places]


def boxes_of_numbers(numbered: Tensor) -> Tensor:
    """Boxes (N, 4) float32 around the numbers of a map (H, W) uint8, 0 for background."""
    boxes = []
    for number in range(1, int(numbered.max()) + 1):
        if not (numbered == number).any():
            continue
        y, x = torch.nonzero(numbered == number, as_tuple=True)
        boxes.append(torch.stack([x.min(), y.min(), x.max() + 1, y.max() + 1]))
    return torch.stack(boxes).float() if boxes else torch.zeros(0, 4)
