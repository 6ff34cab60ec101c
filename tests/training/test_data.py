from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from tiny_world import draw_scan, write_dataset

from busdemo.evaluation.datasets import read_index
from busdemo.training.data import (
    PHANTOMS,
    AugmentedSamples,
    Samples,
    join,
    load_batches,
    read_samples,
    resize,
    simulate_samples,
)

ROWS = [("a", "A", "train", "benign"), ("b", "B", "train", "normal")]


def numbered(*datasets: str, side_px: int = 32) -> Samples:
    """Images all of one grey each, 0, 1, 2, ..., with empty masks."""
    greys = np.arange(len(datasets), dtype=np.uint8)[:, None, None]
    images = np.broadcast_to(greys, (len(datasets), side_px, side_px)).copy()
    return Samples(images, np.zeros_like(images), datasets)


def test_cases_are_stretched_to_a_square_and_keep_their_lesion_share(tmp_path: Path) -> None:
    cases = read_index(write_dataset(tmp_path / "data", ROWS))
    samples = read_samples(cases, 32)
    assert samples.images.shape == samples.masks.shape == (2, 32, 32)
    assert samples.images.dtype == samples.masks.dtype == np.uint8
    assert samples.datasets == ("A", "B")
    for index, seed in enumerate((0, 1)):
        image, mask = draw_scan(seed, normal=index == 1)
        assert abs(samples.images[index].mean() - image.mean()) < 0.5
        assert samples.masks[index].mean() / 255 == pytest.approx(mask.mean(), abs=1e-3)


def test_phantoms_are_the_same_for_the_same_seed() -> None:
    first, again, other = (simulate_samples(1, 32, seed) for seed in (3, 3, 4))
    assert first.datasets == (PHANTOMS,)
    assert first.images.shape == (1, 32, 32)
    assert np.array_equal(first.images, again.images)
    assert np.array_equal(first.masks, again.masks)
    assert not np.array_equal(first.images, other.images)


def test_no_phantoms_are_no_samples() -> None:
    nothing = simulate_samples(0, 32, 1)
    assert nothing.datasets == ()
    assert nothing.images.shape == (0, 32, 32)
    real = numbered("A")
    assert join(real, nothing) is real


def test_joined_samples_keep_their_order_and_phantoms_lengthen_no_epoch() -> None:
    joined = join(numbered("A", "B"), numbered(PHANTOMS, PHANTOMS, PHANTOMS))
    assert joined.datasets == ("A", "B", PHANTOMS, PHANTOMS, PHANTOMS)
    assert joined.images[:, 0, 0].tolist() == [0, 1, 0, 1, 2]
    assert len(joined.masks) == 5
    assert joined.epoch_length == 2


def test_an_augmented_sample_is_a_pair_of_tensors_and_new_at_every_reading() -> None:
    image, mask = draw_scan(2, (48, 48))
    samples = Samples(image[None], mask[None] * np.uint8(255), ("A",))
    augmented = AugmentedSamples(samples, 32)
    assert len(augmented) == 1
    readings = [augmented[0] for _ in range(2)]
    for pair in readings:
        for tensor in pair:
            assert tensor.shape == (1, 32, 32)
            assert tensor.dtype == torch.float32
            assert 0 <= float(tensor.min()) <= float(tensor.max()) <= 1
    assert not torch.equal(readings[0][0], readings[1][0])
    assert np.array_equal(samples.images[0], image)


def test_small_sets_are_drawn_more_often_by_the_fourth_root_of_their_size() -> None:
    sizes = {"large": 4096, "small": 16}
    samples = numbered(*(name for name, size in sizes.items() for _ in range(size)), side_px=1)
    torch.manual_seed(0)
    sampler = load_batches(samples, 1, 8, 0).sampler
    drawn = np.concatenate([list(sampler) for _ in range(12)])
    assert len(drawn) == 12 * 4112
    # 16 images of weight 1/2 among 4096 of weight 1/8: one draw in 65 (in 257 if all were equal).
    expected = 1 / 65
    share = np.mean(drawn >= 4096)
    assert abs(share - expected) < 4 * np.sqrt(expected / len(drawn))


def test_an_epoch_has_whole_batches_only_and_as_many_images_as_are_real() -> None:
    samples = join(numbered(*"AAAAABBBBB"), numbered(PHANTOMS))
    batches = list(load_batches(samples, 16, 4, 0))
    assert len(batches) == 2
    assert all(image.shape == mask.shape == (4, 1, 16, 16) for image, mask in batches)


def test_resizing_averages_areas_as_opencv_does() -> None:
    pixels = np.random.default_rng(0).random((60, 60)).astype(np.float32)
    for side_px in (60, 30, 20, 12):
        expected = cv2.resize(pixels, (side_px, side_px), interpolation=cv2.INTER_AREA)
        found = resize(torch.from_numpy(pixels)[None, None], side_px)
        assert np.allclose(found[0, 0].numpy(), expected, atol=1e-6)
