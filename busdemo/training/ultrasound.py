"""What changes from one ultrasound scan to the next: each a random change of one image.

Every change takes an image and its mask, (1, S, S) float32 in [0, 1], draws its strength from
torch's generator, and gives both back. Only framing and cropping touch the mask.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as computing
from torchvision import tv_tensors
from torchvision.transforms import InterpolationMode, v2
from torchvision.transforms.v2 import functional

Pair = tuple[tv_tensors.Image, tv_tensors.Mask]


class Grey(nn.Module):
    """A change of grey values alone."""

    def __init__(self, change: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.change = change

    def forward(self, image: tv_tensors.Image, mask: tv_tensors.Mask) -> Pair:
        """The image changed, its values kept in [0, 1], and the mask as it is."""
        return tv_tensors.Image(self.change(image.as_subclass(Tensor)).clamp(0, 1)), mask


class Frame(nn.Module):
    """Bands of one grey over one or two sides, as a machine's surface leaves them; nothing of a
    lesion can be seen under them, so the mask ends there, too."""

    def forward(self, image: tv_tensors.Image, mask: tv_tensors.Mask) -> Pair:
        """Both with the bands."""
        shown = torch.ones_like(image.as_subclass(Tensor))
        for _ in range(1 + int(torch.rand(()) < 0.5)):
            band = max(1, int(between(0.03, 0.2) * shown.shape[-1]))
            place = slice(band) if torch.rand(()) < 0.5 else slice(-band, None)
            if torch.rand(()) < 0.5:
                shown[:, place] = 0
            else:
                shown[:, :, place] = 0
        grey = between(0, 0.15) if torch.rand(()) < 0.5 else 0.0
        return (
            tv_tensors.Image(image * shown + grey * (1 - shown)),
            tv_tensors.Mask(mask * shown),
        )


class Crop(nn.Module):
    """A part of the scan, 60 to 95 % of each side, enlarged to the whole."""

    def forward(self, image: tv_tensors.Image, mask: tv_tensors.Mask) -> Pair:
        """Both, cut alike."""
        height, width = image.shape[-2:]
        rows, columns = (int(between(0.6, 0.95) * length) for length in (height, width))
        top = int(torch.randint(height - rows + 1, ()))
        left = int(torch.randint(width - columns + 1, ()))
        moved = (
            functional.resized_crop(
                one, top, left, rows, columns, [height, width], InterpolationMode.BILINEAR
            )
            for one in (image.as_subclass(Tensor), mask.as_subclass(Tensor))
        )
        return tv_tensors.Image(next(moved)), tv_tensors.Mask(next(moved))


def shadow(image: Tensor) -> Tensor:
    """A darker beam that begins at some depth and widens below it."""
    depth, across = _depth(image), _depth(image.transpose(-1, -2)).transpose(-1, -2)
    start, place, tilt = between(0, 0.6), between(0.05, 0.95), between(-0.3, 0.3)
    below = (depth - start).clamp(min=0)
    width = between(0.03, 0.12) * (1 + 2 * below)
    beam = torch.exp(-(((across - place - tilt * below) / width) ** 4))
    return image * (1 - between(0.2, 0.85) * beam * (below / 0.05).clamp(max=1))


def haze(image: Tensor) -> Tensor:
    """Patches of bright fog over the tissue."""
    return image + between(0.1, 0.45) * _clouds(image, int(torch.randint(2, 7, ()))) * (1 - image)


def attenuate(image: Tensor) -> Tensor:
    """Another gain at every depth: what time-gain compensation did not or did too much."""
    knots = between(0.2, 0.8) * torch.randn(1, 1, 4)
    gain = computing.interpolate(knots, image.shape[-2], mode="linear", align_corners=True)
    return image * torch.exp(gain[0, :, :, None])


def speckle(image: Tensor) -> Tensor:
    """Noise that grows with the echo, in grains of one to four pixels."""
    side = int(image.shape[-1] / between(1, 4))
    grains = computing.interpolate(torch.randn(1, 1, side, side), image.shape[-2:], mode="bilinear")
    return image * (1 + between(0.1, 0.4) * grains[0])


def bend_greys(image: Tensor) -> Tensor:
    """A rising curve over grey values: another dynamic range or grey map."""
    steps = torch.rand(6) + 0.15
    curve = torch.cat([torch.zeros(1), steps.cumsum(0) / steps.sum()])
    place = image.clamp(0, 1) * (len(steps) - 1e-4)
    left = place.long()
    return curve[left] + (place - left) * (curve[left + 1] - curve[left])


def blur(image: Tensor) -> Tensor:
    """Out of focus."""
    blurred: Tensor = functional.gaussian_blur(image, [7, 7], [between(0.6, 2.0)] * 2)
    return blurred


def coarsen(image: Tensor) -> Tensor:
    """A third to two thirds of the resolution."""
    side = int(image.shape[-1] * between(0.33, 0.67))
    small = computing.interpolate(image[None], (side, side), mode="area")
    return computing.interpolate(small, image.shape[-2:], mode="bilinear")[0]


def add_noise(image: Tensor) -> Tensor:
    """Electronic noise, alike everywhere."""
    return image + between(0.02, 0.1) * torch.randn_like(image)


def build_one_change() -> v2.RandomChoice:
    """One change for each image, all alike in chance, of random strength.

    After TrivialAugment (Müller and Hutter 2021, arXiv 2103.10158), with changes of this modality.
    """
    greys = (shadow, haze, attenuate, speckle, bend_greys, blur, coarsen, add_noise)
    further = v2.RandomAffine(
        degrees=25, scale=(0.6, 1.5), shear=10, interpolation=InterpolationMode.BILINEAR
    )
    return v2.RandomChoice([*(Grey(change) for change in greys), Frame(), Crop(), further])


def between(low: float, high: float) -> float:
    """A number drawn uniformly from torch's generator."""
    return low + (high - low) * float(torch.rand(()))


def _depth(image: Tensor) -> Tensor:
    """0 at the first row, 1 at the last: (1, H, 1)."""
    return torch.linspace(0, 1, image.shape[-2])[None, :, None]


def _clouds(image: Tensor, patches: int) -> Tensor:
    coarse = torch.rand(1, 1, patches, patches)
    return computing.interpolate(coarse, image.shape[-2:], mode="bicubic")[0].clamp(0, 1)
