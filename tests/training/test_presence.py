"""Rules of presence: what they learn, where they cut, and that they are written down."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_world import (
    CLASSIFIER_CONFIG,
    add_classifier,
    add_detector,
    add_model,
    write_dataset,
)

from busdemo.cli import main
from busdemo.training.presence import (
    MOST_LOST,
    PRESENCE,
    Judged,
    choose_cut_off,
    fit_rule,
    freeze_presence,
    score_unseen,
    weigh,
)
from busdemo.training.presence_report import compare_heads, write_report
from busdemo.zoo.architectures.lesion_classifier import build_classifier
from busdemo.zoo.cards import read_card, read_facts
from busdemo.zoo.presence import read_worth

ROWS = [
    (f"{split}-{label}-{n}", "BUSI", split, label)
    for split in ("val", "test")
    for label in ("benign", "normal")
    for n in range(5)
]


def draw(n: int = 200, seed: int = 0) -> Judged:
    rng = np.random.default_rng(seed)
    lesion = rng.random(n) < 0.7
    features = rng.normal(size=(n, 5)) + 1.5 * lesion[:, None] * np.array([1, 0, -1, 1, 0])
    dice = np.where(lesion, rng.uniform(0.6, 0.9, n), np.nan)
    marked = lesion | (rng.random(n) < 0.5)
    return Judged(features, lesion, dice, lesion, marked, np.arange(n) % 5)


def test_a_rule_tells_lesions_from_normal_images_and_is_calibrated() -> None:
    rule, worth = fit_rule(draw())
    assert rule.weights[0] > 0.5
    assert rule.weights[2] < -0.5
    assert abs(rule.weights[1]) < 0.4
    assert worth.ece < 0.08
    assert sum(n for _, _, n in worth.reliability) == worth.lesions + worth.normals == 200


def test_the_cut_off_is_the_highest_that_costs_no_more_dice_than_allowed() -> None:
    rule, worth = fit_rule(draw())
    step = round(rule.cut_off * 100)
    assert 0 < step < 99
    assert worth.dice[step] >= worth.dice[0] - MOST_LOST > worth.dice[step + 1]
    assert worth.alarms[step] < worth.alarms[0]
    assert worth.sensitivity[0] == 1


def test_an_image_is_judged_by_a_rule_that_did_not_see_it() -> None:
    images = draw()
    before = score_unseen(images)
    first = images.parts == 0
    changed = replace(images, lesion=np.where(first, ~images.lesion, images.lesion))
    assert np.array_equal(score_unseen(changed)[first], before[first])
    assert not np.array_equal(score_unseen(changed)[~first], before[~first])


def test_nothing_is_withheld_at_the_lowest_cut_off_and_images_without_normals_can_be_weighed() -> (
    None
):
    images = draw()
    worth = weigh(images, np.full(200, 0.3))
    assert worth.dice[0] == worth.dice[30] == pytest.approx(np.nanmean(images.dice), abs=1e-6)
    assert worth.dice[31] == worth.alarms[31] == 0
    assert choose_cut_off(worth) == 0.3
    lesions = Judged(*(array[images.lesion] for array in vars(images).values()))
    assert np.isnan(weigh(lesions, np.full(len(lesions.lesion), 0.9)).alarms[0])


@pytest.fixture
def zoo(weights: Path) -> Path:
    torch.manual_seed(2)
    state = build_classifier(CLASSIFIER_CONFIG).state_dict()
    add_model(weights, "unet")
    add_model(weights, "other", seed=1)
    add_classifier(weights, {k: v.contiguous() for k, v in state.items()})
    add_detector(weights)
    return weights


def test_the_rule_stands_in_the_settings_and_on_the_card_and_test_is_judged_by_it_frozen(
    zoo: Path, tmp_path: Path
) -> None:
    data, state = write_dataset(tmp_path / "data", ROWS), tmp_path / "state"
    (frozen,) = freeze_presence(["other"], data, zoo, state).values()
    card = read_card(zoo / "other")
    assert (card.presence, card.problem) == (frozen[0], None)
    assert read_worth(card.folder, card.sha256, card.stop) == frozen[1]
    text = read_facts(card.folder / "README.md")[1]
    assert text.count(PRESENCE[0]) == 1
    kept = sorted(path.parent.name for path in state.glob("val/*/*.png"))
    assert len(kept) == 20  # of the model, and of the one whose masks the classifier sees
    again = freeze_presence(["other"], data, zoo, state)["other"]
    assert again == frozen
    assert read_facts(card.folder / "README.md")[1] == text

    settings = (card.folder / "preprocessor_config.json").read_text()
    write_report(["other"], data, zoo, state, tmp_path / "out", tmp_path / "folds")
    page = (tmp_path / "out" / "presence.md").read_text()
    assert "| Other | all sets |" in page
    assert "No fold of a recipe with a head is finished" in page
    assert (card.folder / "preprocessor_config.json").read_text() == settings
    assert json.loads(settings)["threshold"] == 0.5


def test_a_head_trained_with_the_network_is_cut_at_the_same_price(tmp_path: Path) -> None:
    fold = tmp_path / "presence" / "fold-1"
    fold.mkdir(parents=True)
    rows = ["id,dataset,label,group,dice,marked,presence"]
    rows += [f"l{n},A,benign,l{n},0.8,0.1,0.9" for n in range(3)]
    rows += ["n1,A,normal,n1,,0.1,0.2", "n2,A,normal,n2,,0.1,0.95"]
    (fold / "images.csv").write_text("\n".join(rows) + "\n")
    assert "| presence | fold-1 | 0.8000 | 0.8000 | 100.0 % | 50.0 % |" in compare_heads(tmp_path)


def test_an_unknown_model_is_told_in_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["presence", "nobody"]) == 2
    assert "Unknown model 'nobody'; known: all," in capsys.readouterr().err
