import json
from pathlib import Path

import numpy as np
import pytest
from tiny_world import add_model, write_dataset

from busdemo.evaluation.datasets import read_index
from busdemo.imaging.masks import binarize, quantize
from busdemo.imaging.post_processing import NO_POST_PROCESSING, PostProcessing
from busdemo.inference.segmenter import SegmenterPool
from busdemo.scoring.overlap import score_overlap
from busdemo.training.processing import (
    CANDIDATES,
    PROCESSING,
    Trial,
    choose_trial,
    freeze_processing,
    try_candidates,
)
from busdemo.zoo.cards import read_card, read_cards, read_facts

ROWS = [
    ("a", "BUSI", "val", "benign"),
    ("b", "BUSI", "val", "malignant"),
    ("c", "BUSI", "val", "normal"),
    ("d", "BUSI", "test", "benign"),
]


def test_the_plainest_of_those_near_the_best_dice_with_the_fewest_false_alarms_is_chosen() -> None:
    plain, fill = Trial(NO_POST_PROCESSING, 0.7995, 0.4), PostProcessing(fill_holes=True)
    filled, dropped = Trial(fill, 0.8, 0.2), Trial(PostProcessing(smallest_px=50), 0.7999, 0.2)
    silent = Trial(PostProcessing(smallest_px=500), 0.79, 0.0)
    assert choose_trial([plain, filled, dropped, silent]) == filled
    assert choose_trial(
        [Trial(NO_POST_PROCESSING, 0.8, np.nan), Trial(fill, 0.8, np.nan)]
    ).steps == (NO_POST_PROCESSING)


def test_the_choice_is_made_on_validation_and_stands_in_the_settings_and_on_the_card(
    weights: Path, tmp_path: Path
) -> None:
    add_model(weights, "small")
    data = write_dataset(tmp_path / "data", ROWS)
    (steps,) = freeze_processing(["small"], data, weights).values()
    card = read_card(weights / "small")
    assert card.problem is None
    assert card.post_processing == steps
    kept = json.loads((weights / "small" / "preprocessor_config.json").read_text())
    assert kept["threshold"] == 0.5
    before = read_facts(weights / "small" / "README.md")[1]
    assert before.count(PROCESSING[0]) == 1
    assert "## Post-processing" in before
    freeze_processing(["small"], data, weights)
    assert read_facts(weights / "small" / "README.md")[1] == before


def test_a_trials_dice_is_the_mean_over_lesion_images_of_the_processed_masks(
    weights: Path, tmp_path: Path
) -> None:
    add_model(weights, "small")
    cases = read_index(write_dataset(tmp_path / "data", ROWS), "val")
    pool = SegmenterPool(read_cards(weights))
    trials = try_candidates(pool, ["small"], cases)["small"]
    assert tuple(trial.steps for trial in trials) == CANDIDATES
    for trial in trials[::4]:
        dice = []
        for case in cases[:2]:
            image, reference = case.read()
            mask = trial.steps.apply(binarize(quantize(pool.predict("small", image)), 100))
            dice.append(score_overlap(mask, reference).dice)
        assert trial.dice == pytest.approx(np.mean(dice))
        assert 0 <= trial.alarms <= 1
