from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_world import TINY_DETECTOR, write_dataset

from busdemo.training.data import Samples
from busdemo.training.detector import run
from busdemo.training.detector.outlining import Outlining, marking_loss
from busdemo.training.detector.run import (
    MakeNumbers,
    Phase,
    freeze_stages,
    number_lesions,
    start_from_segmenter,
    train_detector,
)
from busdemo.training.recipe import Recipe
from busdemo.zoo.architectures.lesion_detector import LesionDetector
from busdemo.zoo.loading import build_network


def test_lesions_are_numbered_and_debris_is_not() -> None:
    mask = np.zeros((1, 32, 32), np.uint8)
    mask[0, 2:8, 2:8] = mask[0, 20:30, 20:30] = 255
    mask[0, 0, 31] = 255
    numbers = number_lesions(Samples(mask, mask, ("BUSI",), ("benign",))).masks
    assert sorted(np.unique(numbers).tolist()) == [0, 1, 2]
    assert (numbers > 0).sum() == 36 + 100


def test_augmentation_keeps_the_numbers_whole() -> None:
    mask = np.zeros((1, 64, 64), np.uint8)
    mask[0, 20:30, 10:25], mask[0, 35:50, 30:55] = 1, 2
    torch.manual_seed(0)
    image, numbers = MakeNumbers(Samples(mask, mask, ("BUSI",), ("benign",)), 32)(0)
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
    for key, value in network.get_submodule("encoder").state_dict().items():
        assert torch.equal(detector.get_submodule("encoder").state_dict()[key], value)


def test_the_first_stages_stay_as_they_are() -> None:
    network = build_network(run.CONFIG)
    freeze_stages(network, 0)
    assert all(p.requires_grad for p in network.parameters())
    freeze_stages(network, 3)
    learns = {k for k, p in network.named_parameters() if p.requires_grad}
    assert not any(
        k.startswith(("encoder.model.conv_stem", "encoder.model.blocks.2")) for k in learns
    )
    assert any(k.startswith("encoder.model.blocks.3") for k in learns)
    assert "score.weight" in learns


def test_each_phase_starts_from_the_best_weights_of_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [(f"{s}-{n}", "BUSI", s, "benign") for s in ("train", "val") for n in range(2)]
    data = write_dataset(tmp_path / "data", rows)
    monkeypatch.setattr(run, "CONFIG", TINY_DETECTOR)
    monkeypatch.setattr(run, "start_from_segmenter", lambda *_: None)
    first = Recipe(stages=((1, 32), (1, 64)), batch_size=2, phantoms=0)
    idle = Recipe(stages=((1, 64),), batch_size=2, peak_learning_rate=1e-12, phantoms=0)
    phases = (Phase(first, outlined=False), Phase(idle))
    best = train_detector(data, tmp_path / "runs", weights=tmp_path, phases=phases)
    assert 0 <= best <= 1
    folders = [run.phase_folder(tmp_path / "runs", number) for number in (1, 2)]
    lines = [(folder / "curves.csv").read_text().splitlines() for folder in folders]
    assert lines[0][0].startswith("epoch,side_px,train_loss,map50,map50_95,")
    assert [len(each) for each in lines] == [3, 2]
    before, after = (load_file(folder / "best.safetensors") for folder in folders)
    assert set(before) == set(after)  # the second head is dropped
    assert torch.allclose(before["score.weight"], after["score.weight"], atol=1e-9)
    assert not torch.equal(before["score.weight"], torch.zeros_like(before["score.weight"]))


def test_the_second_head_is_told_by_the_same_map_and_only_while_training() -> None:
    detector = build_network(TINY_DETECTOR)
    assert isinstance(detector, LesionDetector)
    outlining = Outlining(detector)
    image = torch.rand(2, 1, 64, 96)
    boxes, marked = outlining(image)
    assert boxes.shape == (2, 5, 8, 12)
    assert marked.shape == (2, 1, 32, 48)
    marked.sum().backward()
    assert detector.smooth[0].weight.grad is not None
    assert detector.score.weight.grad is None
    outlining.eval()
    assert torch.equal(outlining(image), detector(image))


def test_what_is_marked_well_costs_less() -> None:
    numbered = torch.zeros(1, 1, 32, 32, dtype=torch.uint8)
    numbered[..., 8:16, 8:20] = 2
    right = torch.full((1, 1, 16, 16), -9.0)
    right[..., 4:8, 4:10] = 9
    assert marking_loss(right, numbered) < 0.01
    assert marking_loss(-right, numbered) > 1
