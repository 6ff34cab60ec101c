from pathlib import Path

import numpy as np
import pytest
from tiny_world import add_model, add_recipe, write_dataset

from busdemo.evaluation.datasets import read_index
from busdemo.imaging.masks import STOPS
from busdemo.training.data import STORED_PX, read_samples
from busdemo.training.distillation import distil, mix
from busdemo.zoo.files import UnusableModel


def test_a_lesion_is_part_truth_part_teacher_and_a_normal_image_stays_empty() -> None:
    masks = np.zeros((2, 2, 2), np.uint8)
    masks[0, 0] = 255
    levels = np.full((2, 2, 2), STOPS - 1, np.uint8)
    levels[0, 0, 0] = 0
    assert mix(masks, levels, 0.4).tolist() == [[[153, 255], [102, 102]], [[0, 0], [0, 0]]]
    assert mix(masks, levels, 0.0).tolist() == masks.tolist()


def test_the_teacher_is_asked_once_and_its_answers_are_kept(
    tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write_dataset(tmp_path / "data", [(n, "A", "train", "benign") for n in "abc"])
    for seed, model_id in enumerate(("first", "second")):
        add_model(weights, model_id, seed=seed)
    add_recipe(weights, "ensemble", ("first", "second"))
    cases = read_index(data, "train")
    samples = read_samples(cases, STORED_PX)
    cache = tmp_path / "cache"
    taught = distil(samples, cases, 0.5, weights=weights, cache=cache)
    assert not np.array_equal(taught.masks, samples.masks)
    assert np.array_equal(taught.images, samples.images)
    monkeypatch.setattr("busdemo.inference.segmenter.SegmenterPool.predict", None)
    again = distil(samples, cases, 0.5, weights=weights, cache=cache)
    assert np.array_equal(again.masks, taught.masks)


def test_without_its_teacher_nothing_is_distilled(tmp_path: Path, weights: Path) -> None:
    data = write_dataset(tmp_path / "data", [("a", "A", "train", "benign")])
    add_model(weights, "first")
    add_recipe(weights, "ensemble", ("first", "lost"))
    cases = read_index(data, "train")
    with pytest.raises(UnusableModel, match="lost"):
        distil(read_samples(cases, STORED_PX), cases, 0.5, weights=weights, cache=tmp_path)
