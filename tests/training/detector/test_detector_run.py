from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from tiny_world import TINY_DETECTOR, write_dataset

from busdemo.training.data import Samples
from busdemo.training.detector import run
from busdemo.training.detector.run import (
    AugmentedNumbers,
    freeze_stages,
    number_lesions,
    start_from_segmenter,
    train_detector,
)
from busdemo.training.recipe import Recipe
from busdemo.zoo.loading import build_network


def test_lesions_are_numbered_and_debris_is_not() -> None:
    mask = np.zeros((1, 32, 32), np.uint8)
    mask[0, 2:8, 2:8] = mask[0, 20:30, 20:30] = 255
    mask[0, 0, 31] = 255
    numbers = number_lesions(Samples(mask, mask, ("BUSI",))).masks
    assert sorted(np.unique(numbers).tolist()) == [0, 1, 2]
    assert (numbers > 0).sum() == 36 + 100


def test_augmentation_keeps_the_numbers_whole() -> None:
    mask = np.zeros((1, 64, 64), np.uint8)
    mask[0, 20:30, 10:25], mask[0, 35:50, 30:55] = 1, 2
    torch.manual_seed(0)
    image, numbers = AugmentedNumbers(Samples(mask, mask, ("BUSI",)), 32)[0]
    assert image.shape == numbers.shape == (1, 32, 32)
    assert image.dtype == torch.float32
    assert numbers.dtype == torch.uint8
    assert numbers.unique().tolist() == [0, 1, 2]


def test_the_encoder_starts_from_a_segmentation_networks(tmp_path: Path) -> None:
    config = {"encoder_name": "tu-test_efficientnet", "encoder_weights": None, "in_channels": 1}
    network = build_network({"_model_class": "Unet", **config})
    save_file(network.state_dict(), tmp_path / "model.safetensors")
    detector = build_network(TINY_DETECTOR)
    start_from_segmenter(detector, tmp_path / "model.safetensors")
    for key, value in network.encoder.state_dict().items():
        assert torch.equal(detector.encoder.state_dict()[key], value)


def test_the_first_stages_stay_as_they_are() -> None:
    network = build_network(run.CONFIG)
    freeze_stages(network, run.FROZEN_STAGES)
    learns = {k for k, p in network.named_parameters() if p.requires_grad}
    assert not any(
        k.startswith(("encoder.model.conv_stem", "encoder.model.blocks.2")) for k in learns
    )
    assert any(k.startswith("encoder.model.blocks.3") for k in learns)
    assert "score.weight" in learns


def test_training_leaves_curves_and_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [(f"{s}-{n}", "BUSI", s, "benign") for s in ("train", "val") for n in range(2)]
    data = write_dataset(tmp_path / "data", rows)
    monkeypatch.setattr(run, "CONFIG", TINY_DETECTOR)
    monkeypatch.setattr(run, "start_from_segmenter", lambda *_: None)
    recipe = Recipe(stages=((1, 32), (1, 64)), batch_size=2, phantoms=0)
    best = train_detector(data, tmp_path / "runs", weights=tmp_path, recipe=recipe)
    assert 0 <= best <= 1
    lines = (tmp_path / "runs" / "detector" / "curves.csv").read_text().splitlines()
    assert lines[0].startswith("epoch,side_px,train_loss,map50,map50_95,")
    assert len(lines) == 3
    assert (tmp_path / "runs" / "detector" / "best.safetensors").is_file()
