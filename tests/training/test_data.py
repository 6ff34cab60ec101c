from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from tiny_world import draw_scan, write_dataset

from busdemo.evaluation.datasets import read_index
from busdemo.training.data import (
    PHANTOMS,
    MakeSample,
    Samples,
    cut_lesion_free,
    draw_weights,
    join,
    load_batches,
    read_samples,
    resize,
    simulate_samples,
    soften,
)
from busdemo.training.drawing import Epoch
from busdemo.training.recipe import Recipe

ROWS = [("a", "A", "train", "benign"), ("b", "B", "train", "normal")]


def numbered(*datasets: str, side_px: int = 32) -> Samples:
    """Images all of one grey each, 0, 1, 2, ..., with empty masks."""
    greys = np.arange(len(datasets), dtype=np.uint8)[:, None, None]
    images = np.broadcast_to(greys, (len(datasets), side_px, side_px)).copy()
    return Samples(images, np.zeros_like(images), datasets, ("benign",) * len(datasets))


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


def test_a_sample_is_a_pair_of_tensors_and_augmented_anew_each_time() -> None:
    image, mask = draw_scan(2, (48, 48))
    samples = Samples(image[None], mask[None] * np.uint8(255), ("A",), ("benign",))
    make = MakeSample(samples, Recipe(strong_augmentation=True, border=0.02), 32)
    readings = [make(0) for _ in range(2)]
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
    recipe = Recipe(stages=((12, 16),))
    loaders = [load_batches(samples, Epoch(recipe, number)) for number in range(12)]
    drawn = np.concatenate([loader.dataset.order for loader in loaders])  # type: ignore[attr-defined]
    assert len(drawn) == 12 * 4112
    # 16 images of weight 1/2 among 4096 of weight 1/8: one draw in 65 (in 257 if all were equal).
    expected = 1 / 65
    share = np.mean(drawn >= 4096)
    assert abs(share - expected) < 4 * np.sqrt(expected / len(drawn))


def test_balanced_cells_are_drawn_by_the_root_of_the_size_of_set_and_class() -> None:
    labels = ("benign",) * 16 + ("normal",) * 4
    samples = replace(numbered(*"A" * 20, side_px=1), labels=labels)
    weights = np.array(draw_weights(samples, Recipe(balance="cells")))
    assert weights[:16].sum() == pytest.approx(4)
    assert weights[16:].sum() == pytest.approx(2)
    small = draw_weights(samples, Recipe(balance="small sets"))
    assert small == [20**-0.5] * 20  # classes keep their shares


def test_a_piece_without_the_lesion_lies_beside_it_and_is_not_a_sliver() -> None:
    rows, columns = np.mgrid[:100, :100].astype(np.uint8)
    mask = np.zeros((100, 100), np.uint8)
    mask[10:40, 30:60] = 255
    lefts = set()
    for seed in range(20):
        torch.manual_seed(seed)
        piece, empty = cut_lesion_free(rows, mask)
        torch.manual_seed(seed)
        across, _ = cut_lesion_free(columns, mask)
        assert piece.shape == empty.shape == (60, 90)
        assert not empty.any()
        assert piece.min() == 40  # all that lies below the lesion
        lefts.add(int(across.min()))
    assert len(lefts) > 5


@pytest.mark.parametrize("lesion", [slice(0, 0), slice(30, 70)])
def test_without_a_lesion_or_room_beside_it_nothing_is_cut(lesion: slice) -> None:
    image, mask = np.ones((2, 100, 100), np.uint8)
    mask[:] = 0
    mask[lesion, lesion] = 255
    assert cut_lesion_free(image, mask) == (image, mask)


def test_a_soft_border_keeps_the_lesion_and_what_is_far_from_it() -> None:
    mask = torch.zeros(1, 64, 64)
    mask[:, 20:44, 20:44] = 1
    soft = soften(mask, 1.5)
    assert torch.equal(soft[:, 26:38, 26:38], torch.ones(1, 12, 12))
    assert float(soft[:, :12].max()) == 0
    assert 0 < float(soft[0, 32, 19]) < 0.5 < float(soft[0, 32, 20]) < 1
    assert soften(mask, 0) is mask


def test_an_epoch_has_whole_batches_only_and_as_many_images_as_are_real() -> None:
    samples = join(numbered(*"AAAAABBBBB"), numbered(PHANTOMS))
    recipe = Recipe(stages=((1, 16),), batch_size=4)
    batches = list(load_batches(samples, Epoch(recipe)))
    assert len(batches) == 2
    assert all(image.shape == mask.shape == (4, 1, 16, 16) for image, mask in batches)


def test_resizing_averages_areas_as_opencv_does() -> None:
    pixels = np.random.default_rng(0).random((60, 60)).astype(np.float32)
    for side_px in (60, 30, 20, 12):
        expected = cv2.resize(pixels, (side_px, side_px), interpolation=cv2.INTER_AREA)
        found = resize(torch.from_numpy(pixels)[None, None], side_px)
        assert np.allclose(found[0, 0].numpy(), expected, atol=1e-6)
