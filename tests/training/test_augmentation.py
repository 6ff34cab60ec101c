import numpy as np
import torch
from torch import Tensor
from torchvision import tv_tensors

from busdemo.training.augmentation import RandomGamma, augment, build_augmentation

SIDE = 64


def shape_as_image_and_mask() -> tuple[Tensor, Tensor]:
    """A bright asymmetric shape on black, and the same shape as its mask."""
    mask = torch.zeros(1, SIDE, SIDE)
    mask[:, 20:44, 16:30] = 1
    mask[:, 34:44, 30:50] = 1
    return mask * 0.9, mask


def test_image_and_mask_move_together() -> None:
    augmentation = build_augmentation()
    for seed in range(60):
        torch.manual_seed(seed)
        image, mask = augment(augmentation, *shape_as_image_and_mask())
        shown, lesion = image > image.max() / 2, mask > 0.5
        # Blur and noise may move the shape's edge by a pixel, a transform of its own would not.
        shared = float((shown & lesion).sum() / (shown | lesion).sum())
        assert shared > 0.85, seed


def test_the_shape_does_move() -> None:
    augmentation = build_augmentation()
    image, mask = shape_as_image_and_mask()
    places = set()
    for seed in range(8):
        torch.manual_seed(seed)
        moved = augment(augmentation, image, mask)[1]
        columns = torch.nonzero(moved[0] > 0.5)[:, 1].float().mean()
        places.add(round(float(columns), 1))
    assert len(places) > 5


def test_sizes_types_and_ranges_stay() -> None:
    augmentation = build_augmentation()
    for seed in range(20):
        torch.manual_seed(seed)
        image, mask = augment(augmentation, torch.rand(1, SIDE, SIDE), torch.ones(1, SIDE, SIDE))
        for tensor in (image, mask):
            assert type(tensor) is Tensor
            assert tensor.dtype == torch.float32
            assert tensor.shape == (1, SIDE, SIDE)
            assert 0 <= float(tensor.min()) <= float(tensor.max()) <= 1


def test_the_same_seed_gives_the_same_sample_and_another_seed_another() -> None:
    augmentation = build_augmentation()
    sample = torch.rand(1, SIDE, SIDE), torch.zeros(1, SIDE, SIDE)
    images = []
    for seed in (5, 5, 6):
        torch.manual_seed(seed)
        images.append(augment(augmentation, *sample)[0])
    assert torch.equal(images[0], images[1])
    assert not torch.equal(images[0], images[2])


def test_the_transducer_stays_on_top() -> None:
    """Bright above, dark below: no rotation of the recipe turns that over."""
    ramp = torch.linspace(1, 0, SIDE)[None, :, None].repeat(1, 1, SIDE)
    augmentation = build_augmentation()
    for seed in range(30):
        torch.manual_seed(seed)
        image, _ = augment(augmentation, ramp, ramp)
        middle = image[0, :, SIDE // 4 : -SIDE // 4]
        assert middle[8 : SIDE // 2].mean() > middle[SIDE // 2 : -8].mean()


def test_gamma_raises_the_image_to_one_power_and_leaves_the_mask() -> None:
    image, mask = torch.rand(1, 9, 9), torch.rand(1, 9, 9)
    powers = []
    for seed in range(40):
        torch.manual_seed(seed)
        changed, kept = RandomGamma(0.5, 2)(tv_tensors.Image(image), tv_tensors.Mask(mask))
        power = float(torch.log(changed[0, 4, 4]) / torch.log(image[0, 4, 4]))
        assert np.allclose(changed, image**power, atol=1e-4)
        assert torch.equal(kept, mask)
        powers.append(power)
    assert 0.5 <= min(powers) < 0.7
    assert 1.7 < max(powers) <= 2
