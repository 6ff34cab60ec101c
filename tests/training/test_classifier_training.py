"""The classifier's samples, its two looks, and its training."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tiny_world import add_model, write_dataset
from torch import Tensor
from torchvision.transforms import v2

from busdemo.imaging.marks import find_marks
from busdemo.training.classifier import run
from busdemo.training.classifier.calibration import calibrate
from busdemo.training.classifier.degrading import Degrading
from busdemo.training.classifier.plan import CLASS_TRAININGS, ClassTraining
from busdemo.training.classifier.samples import ClassSamples, cell_weights
from busdemo.training.classifier.task import MakeClass, score_classes
from busdemo.training.classifier.transfers import measure_class_transfers
from busdemo.training.queue import train_models
from busdemo.training.recipe import Recipe
from busdemo.training.transfers import PAGE, write_transfers
from busdemo.zoo.architectures.lesion_classifier import frame_mask, look_twice, pool_maps


def test_a_map_is_averaged_over_the_image_and_over_the_mask() -> None:
    one = torch.arange(8.0).reshape(1, 2, 2, 2)
    mask = torch.zeros(1, 1, 4, 4)
    mask[..., :2, 2:] = 0.5
    pooled = pool_maps([one], mask)
    assert pooled[0].tolist() == [1.5, 5.5, 1.0, 5.0, 0.125, 0.5]


def test_with_an_empty_mask_its_half_is_exactly_zero() -> None:
    pooled = pool_maps([torch.randn(2, 3, 4, 4)], torch.zeros(2, 1, 16, 16))
    assert not pooled[:, 3:].any()


def test_a_close_up_frames_the_mask_with_tissue_around_it() -> None:
    y, x = np.mgrid[:128, :128] + 0.5
    disc = torch.from_numpy(np.hypot(x - 80, y - 48) <= 20).float()[None]
    frame = frame_mask(disc)[0].tolist()
    middle_x, middle_y, half = (80 / 64 - 1, 48 / 64 - 1, 1.7 * 20 / 64)
    assert frame == pytest.approx([middle_x, middle_y, half], abs=0.02)
    looks = look_twice(torch.stack([disc, disc], dim=1))
    assert looks.shape == (2, 2, 64, 64)
    whole, close = looks[:, 1]
    assert float(close.mean()) == pytest.approx(np.pi / 4 / 1.7**2, abs=0.01)
    assert close.mean() > 3 * whole.mean()


def test_without_a_mask_the_close_up_is_the_whole_again() -> None:
    image = torch.rand(2, 1, 64, 64)
    faint = torch.full_like(image, 0.2)
    faint[1] = 0
    first, second = look_twice(torch.cat([image, faint], dim=1)).chunk(2)
    assert torch.allclose(first, second, atol=1e-6)


def test_a_close_up_is_no_closer_than_an_eighth_of_the_image_on_either_side() -> None:
    mask = torch.zeros(1, 64, 64)
    mask[0, 30, 30] = 1
    assert frame_mask(mask)[0].tolist() == pytest.approx([-0.047, -0.047, 0.25], abs=1e-3)


def test_classes_are_scored_as_over_all_images() -> None:
    labels = np.array([0, 1, 1, 2])
    chances = np.array([[0.8, 0.1, 0.1], [0.1, 0.7, 0.2], [0.1, 0.3, 0.6], [0.1, 0.2, 0.7]])
    scores = score_classes(chances, labels)
    assert scores["accuracy"] == 0.75
    assert scores["auc"] == 1.0
    assert scores["score"] == 0.875


def test_training_leaves_curves_and_weights_with_and_without_the_mask(
    tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = ("normal", "benign", "malignant", "benign")
    rows = [(f"{s}-{n}", "BUSI", s, labels[n]) for s in ("train", "val") for n in range(4)]
    data = write_dataset(tmp_path / "data", rows)
    add_model(weights, "unet")
    monkeypatch.setattr(run, "start_from_segmenter", lambda network, _: network.state_dict())
    recipe = Recipe(stages=((1, 64), (1, 128)), batch_size=2, phantoms=0)
    training = ClassTraining(recipe=recipe)
    best = run.train_classifier(training, data, tmp_path / "runs", weights=weights)
    assert 0 <= best <= 1
    folder = tmp_path / "runs" / "classifier"
    lines = (folder / "curves.csv").read_text().splitlines()
    assert lines[0].startswith("epoch,side_px,train_loss,accuracy,macro_f1,auc,score,accuracy_em")
    assert len(lines) == 3
    head = load_file(folder / "best.safetensors")["head.weight"]
    assert bool(head.any())  # it started from zeros


def test_small_classes_of_small_sets_count_more() -> None:
    labels = np.array([0, 0, 0, 0, 1])
    empty = np.zeros((5, 2, 2), np.uint8)
    weights = cell_weights(ClassSamples(empty, empty, labels, ("BUSI",) * 5))
    assert weights == [0.5, 0.5, 0.5, 0.5, 1.0]


def test_a_mask_made_worse_stays_a_soft_mask_and_is_emptied_for_a_share() -> None:
    torch.manual_seed(1)
    mask, other = torch.zeros(1, 32, 32), torch.zeros(1, 32, 32)
    mask[:, 8:20, 8:20] = 0.9
    worse: list[Tensor] = [Degrading()(mask, other) for _ in range(200)]
    assert all(float(one.min()) >= 0 and float(one.max()) <= 1 for one in worse)
    empty = sum(not one.any() for one in worse)
    assert 19 < empty < 61
    assert not Degrading(emptied=1)(mask, other).any()
    assert Degrading(emptied=0, false_alarm=1)(other, mask).any()


def test_validation_settles_temperature_and_threshold_and_writes_the_curve(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 200)
    logits = rng.normal(0, 1, (200, 3)) + 6 * np.eye(3)[labels] * (rng.random((200, 1)) < 0.7)
    found = calibrate(logits, labels, tmp_path / "operating.csv")
    assert found.after <= found.before
    rows = (tmp_path / "operating.csv").read_text().splitlines()
    assert len(rows) == 200
    assert float(rows[found.stop].split(",")[1]) >= 0.95


def test_a_classifier_without_a_set_sees_masks_of_a_network_without_it_and_is_asked_about_it(
    tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = ("normal", "benign", "malignant", "benign")
    rows = [
        (f"{name}-{split}-{n}", name, split, labels[n])
        for name in ("BUSI", "BrEaST")
        for split in ("train", "val")
        for n in range(4)
    ]
    data, runs = write_dataset(tmp_path / "data", rows), tmp_path / "runs"
    add_model(runs / "weights", "unet-without-BUSI")
    monkeypatch.setattr(run, "start_from_segmenter", lambda network, _: network.state_dict())
    recipe = Recipe(stages=((1, 64),), batch_size=2, phantoms=0, strong_augmentation=True)
    training = replace(CLASS_TRAININGS["classifier-without-BUSI"], recipe=recipe)
    monkeypatch.setitem(CLASS_TRAININGS, training.id, training)
    assert train_models([training.id], data, runs, weights=weights) == {}
    assert not list(weights.iterdir())
    card = (runs / "weights" / training.id / "README.md").read_text().replace("\n", " ")
    assert "mask_from: unet-without-BUSI" in card
    assert "BrEaST 2 benign" in card.replace("1 normal, ", "")
    assert "BUSI 2 benign" not in card.replace("1 normal, ", "")
    assert "painted out of half" in card
    (transfer,) = measure_class_transfers(data, runs)
    assert transfer.left_out == "BUSI"
    assert transfer.figures["accuracy"].n == 8
    assert transfer.largest_class == 0.5
    assert set(transfer.figures) == {"auc", "accuracy", "sensitivity", "specificity"}
    write_transfers([], [transfer], tmp_path / "out")
    page = (tmp_path / "out" / PAGE).read_text()
    assert "| BUSI | 8 | 8 | ." in page


def test_calipers_are_painted_out_of_some_images_in_training() -> None:
    image = np.full((1, 320, 320), 40, np.uint8)
    for x, y in ((100, 120), (220, 180)):
        cv2.line(image[0], (x - 5, y), (x + 5, y), 255, 1)
        cv2.line(image[0], (x, y - 5), (x, y + 5), 255, 1)
    samples = ClassSamples(image, np.zeros_like(image), np.array([1]), ("BUSI",))
    assert find_marks(image[0]).calipers == 2
    make = MakeClass(samples, Recipe(strong_augmentation=True), 320)
    make._augmentation = v2.Compose([v2.Identity()])
    torch.manual_seed(0)
    brightest = {round(float(make(0)[0].max()), 1) for _ in range(20)}
    assert brightest == {0.2, 1.0}
    plain = MakeClass(samples, Recipe(), 320)
    plain._augmentation = v2.Compose([v2.Identity()])
    assert {round(float(plain(0)[0].max()), 1) for _ in range(20)} == {1.0}
