from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor
from torchvision import tv_tensors

from busdemo.training import ultrasound
from busdemo.training.ultrasound import Crop, Frame, build_one_change

SIDE = 64
CHANGES = (
    ultrasound.shadow,
    ultrasound.haze,
    ultrasound.attenuate,
    ultrasound.speckle,
    ultrasound.bend_greys,
    ultrasound.blur,
    ultrasound.coarsen,
    ultrasound.add_noise,
)


def tissue() -> Tensor:
    return torch.rand(1, SIDE, SIDE, generator=torch.Generator().manual_seed(1)) * 0.6 + 0.2


def several(change: Callable[[Tensor], Tensor], image: Tensor, count: int = 20) -> list[Tensor]:
    found = []
    for seed in range(count):
        torch.manual_seed(seed)
        found.append(change(image))
    return found


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_keeps_the_size_and_is_another_each_time(
    change: Callable[[Tensor], Tensor],
) -> None:
    changed = several(change, tissue())
    assert all(one.shape == (1, SIDE, SIDE) and one.isfinite().all() for one in changed)
    assert len({float(one.std()) for one in changed}) > 10


def test_a_shadow_darkens_a_beam_and_never_brightens() -> None:
    flat = torch.ones(1, SIDE, SIDE)
    for shadowed in several(ultrasound.shadow, flat):
        assert float(shadowed.max()) <= 1
        assert float((shadowed < 0.9).float().mean()) < 0.7
        assert float(shadowed[0, 0].min()) > 0.9  # it begins below the transducer


def test_haze_only_brightens_and_gain_is_one_factor_a_row() -> None:
    image = tissue()
    assert all(bool((one >= image).all()) for one in several(ultrasound.haze, image))
    for changed in several(ultrasound.attenuate, image):
        factors = changed / image
        assert torch.allclose(factors, factors[..., :1].expand_as(factors), rtol=1e-4)


def test_a_grey_curve_keeps_black_white_and_the_order_of_greys() -> None:
    ramp = torch.linspace(0, 1, SIDE)[None, None].repeat(1, SIDE, 1)
    for changed in several(ultrasound.bend_greys, ramp):
        row = changed[0, 0]
        assert bool((row.diff() > 0).all())
        assert float(row[0]) == 0
        assert float(row[-1]) == pytest.approx(1, abs=1e-3)


def test_speckle_grows_with_the_echo() -> None:
    dark, bright = (
        np.std([float(one[0, 5, 5]) for one in several(ultrasound.speckle, image, 60)])
        for image in (torch.full((1, SIDE, SIDE), 0.1), torch.full((1, SIDE, SIDE), 0.8))
    )
    assert bright > 4 * dark > 0


def test_a_lesion_under_a_frame_is_none() -> None:
    image, mask = tv_tensors.Image(tissue()), tv_tensors.Mask(torch.ones(1, SIDE, SIDE))
    for seed in range(20):
        torch.manual_seed(seed)
        framed, seen = Frame()(image, mask)
        hidden = seen == 0
        assert 0.01 < float(hidden.float().mean()) < 0.4
        assert len(framed[hidden].unique()) == 1
        assert torch.equal(framed[~hidden], image[~hidden])


def test_a_crop_enlarges_image_and_mask_alike() -> None:
    image = tissue()
    for seed in range(20):
        torch.manual_seed(seed)
        cut, mask = Crop()(tv_tensors.Image(image), tv_tensors.Mask(image))
        assert cut.shape == (1, SIDE, SIDE)
        assert torch.equal(cut.as_subclass(Tensor), mask.as_subclass(Tensor))
        assert not torch.equal(cut.as_subclass(Tensor), image)


def test_one_change_leaves_the_mask_of_most_images_where_it_is() -> None:
    change = build_one_change()
    mask = torch.zeros(1, SIDE, SIDE)
    mask[:, 20:40, 20:40] = 1
    kept = 0
    for seed in range(110):
        torch.manual_seed(seed)
        image, moved = change(tv_tensors.Image(tissue()), tv_tensors.Mask(mask))
        assert image.shape == moved.shape == (1, SIDE, SIDE)
        assert not torch.equal(image.as_subclass(Tensor), tissue())
        kept += bool(torch.equal(moved.as_subclass(Tensor), mask))
    assert 60 < kept < 110  # eight of eleven change greys alone
