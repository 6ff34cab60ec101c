"""The classifier's samples, features and linear layer."""

from pathlib import Path

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from busdemo.training.classifier import run
from busdemo.training.classifier.calibration import calibrate
from busdemo.training.classifier.degrading import Degrading
from busdemo.training.classifier.features import Features
from busdemo.training.classifier.samples import ClassSamples, cell_weights
from busdemo.zoo.architectures.lesion_classifier import pool_maps


def draw_features(count: int = 400) -> Features:
    generator = torch.Generator().manual_seed(3)
    labels = torch.randint(0, 3, (count,), generator=generator)
    values = torch.randn(count, 5, generator=generator) * torch.tensor([1, 9, 0.1, 1, 1]) + 4
    values[:, :3] += 1.5 * torch.eye(3)[labels] * torch.tensor([1, 9, 0.1])
    return Features(values, labels, torch.ones(count))


def test_a_map_is_averaged_over_the_image_and_over_the_mask() -> None:
    one = torch.arange(8.0).reshape(1, 2, 2, 2)
    mask = torch.zeros(1, 1, 4, 4)
    mask[..., :2, 2:] = 0.5
    pooled = pool_maps([one], mask)
    assert pooled[0].tolist() == [1.5, 5.5, 1.0, 5.0, 0.125, 0.5]


def test_with_an_empty_mask_its_half_is_exactly_zero() -> None:
    pooled = pool_maps([torch.randn(2, 3, 4, 4)], torch.zeros(2, 1, 16, 16))
    assert not pooled[:, 3:].any()


def test_the_layer_is_scikit_learns_logistic_regression() -> None:
    features = draw_features()
    recipe = run.ClassifierRecipe(smoothing=0.0)
    run.RECIPE, before = recipe, run.RECIPE
    try:
        head, _ = run.fit_head(features, 0.01, steps=300)
    finally:
        run.RECIPE = before
    values = features.values.numpy().astype(float)
    standard = (values - values.mean(0)) / values.std(0, ddof=1)
    theirs = LogisticRegression(C=1 / (0.01 * len(values)), max_iter=2000, tol=1e-8)
    expected = theirs.fit(standard, features.labels.numpy()).predict_proba(standard)
    with torch.no_grad():
        found = torch.softmax(head(features.values), 1).numpy()
    assert np.abs(found - expected).max() < 0.02


def test_the_best_weight_decay_on_validation_is_taken() -> None:
    features = draw_features()
    head, rows = run.choose_head(features, features, features, [0.01, 100.0])
    assert rows[0]["score"] > 0.6
    assert run.score_head(head, features)["score"] == max(
        run.score_head(run.fit_head(features, decay)[0], features)["score"]
        for decay in (0.01, 100.0)
    )


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
