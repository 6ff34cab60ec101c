"""Presence: what is asked of classifier and detector, once an image, and when it is not known."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny_world import CLASSIFIER_CONFIG, add_classifier, add_detector, add_model, draw_scan

from busdemo.imaging.masks import quantize
from busdemo.inference.presence import PresenceJudge, open_judge
from busdemo.inference.segmenter import SegmenterPool
from busdemo.zoo.architectures.lesion_classifier import build_classifier
from busdemo.zoo.cards import read_card, read_cards
from busdemo.zoo.presence import PresenceRule


@pytest.fixture(scope="module")
def state() -> dict[str, torch.Tensor]:
    torch.manual_seed(2)
    return {k: v.contiguous() for k, v in build_classifier(CLASSIFIER_CONFIG).state_dict().items()}


@pytest.fixture
def open_world(weights: Path, state: dict[str, torch.Tensor]) -> Callable[..., PresenceJudge]:
    add_model(weights, "unet")
    add_model(weights, "other", seed=1)
    add_classifier(weights, state)
    add_detector(weights)

    def open_with_rule(**changes: str) -> PresenceJudge:
        known = {name: read_card(weights / name).sha256 for name in ("classifier", "detector")}
        rule = PresenceRule((0.1, 0.2, -0.3, 0.4, 0.05), 0.1, 0.5, **(known | changes))
        path, card = weights / "unet" / "preprocessor_config.json", read_card(weights / "unet")
        settings = json.loads(path.read_text())
        settings["presence"] = rule.as_settings(card.sha256, card.stop)
        path.write_text(json.dumps(settings))
        return open_judge(SegmenterPool(read_cards(weights)))

    return open_with_rule


def test_the_score_is_the_rules_of_what_the_networks_say(
    open_world: Callable[..., PresenceJudge],
) -> None:
    judge, (image, _) = open_world(), draw_scan()
    found = judge.look_at(image).judge("unet")
    assert found is not None
    levels, classifier = quantize(judge.pool.predict("unet", image)), judge.classifier.get()
    evidence = found.evidence
    assert evidence.top == pytest.approx((levels.max() + 0.5) / 200)
    assert evidence.share == pytest.approx((levels >= 100).mean())
    assert evidence.normal == pytest.approx(classifier.classify_levels(image, levels).normal)
    emptied = classifier.classify_levels(image, np.zeros_like(levels))
    assert evidence.normal_without_mask == pytest.approx(emptied.normal)
    assert evidence.box == judge.staged.detector().propose(image).scores.max()
    rule = judge.pool.cards["unet"].presence
    assert rule is not None
    assert found.value == rule.score(evidence)
    assert found.withholds(1.0)
    assert not found.withholds(0.0)


def test_classifier_and_detector_look_once_however_many_models_are_judged(
    open_world: Callable[..., PresenceJudge], monkeypatch: pytest.MonkeyPatch
) -> None:
    judge, (image, _) = open_world(), draw_scan()
    asked, find = [], judge.staged.find_best_score

    def counted(one: Any) -> Any:
        asked.append(1)
        return find(one)

    monkeypatch.setattr(judge.staged, "find_best_score", counted)
    look = judge.look_at(image)
    assert look.judge("unet") == look.judge("unet")
    assert asked == [1]


def test_without_a_rule_or_with_another_classifier_or_detector_presence_is_unknown(
    open_world: Callable[..., PresenceJudge],
) -> None:
    image, _ = draw_scan()
    judge = open_world()
    assert judge.look_at(image).judge("other") is None
    assert "No rule" in judge.find_problem(judge.pool.cards["other"])
    for changes in ({"classifier": "0" * 64}, {"detector": "0" * 64}):
        assert open_world(**changes).look_at(image).judge("unet") is None
