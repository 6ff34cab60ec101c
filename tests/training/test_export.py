import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_world import TINY, draw_scan, write_dataset

from busdemo.evaluation.datasets import read_index
from busdemo.evaluation.runs import lesion_dice, sweep_cases
from busdemo.inference.segmenter import load_segmenter
from busdemo.training.export import export_run
from busdemo.training.plan import Training
from busdemo.training.recipe import MEAN, STANDARD_DEVIATION, Recipe
from busdemo.zoo.cards import Preprocessing, read_card, read_facts, write_card
from busdemo.zoo.loading import build_network

TRAINING = Training("tiny", TINY, Recipe(stages=((1, 32), (2, 64))))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A finished run of a tiny network in `runs/tiny`, and a data set with a val split."""
    run = tmp_path / "runs" / "tiny"
    run.mkdir(parents=True)
    torch.manual_seed(2)
    save_file(build_network(TINY).state_dict(), run / "best.safetensors")
    (run / "curves.csv").write_text("epoch,mean_dice\n1,0.5\n")
    rows = [("a", "A", "val", "benign"), ("b", "B", "val", "normal"), ("c", "B", "val", "benign")]
    return write_dataset(tmp_path / "data", rows)


def test_an_exported_run_is_a_model_that_loads_and_predicts(data: Path, weights: Path) -> None:
    threshold = export_run(TRAINING, data, data.parent / "runs", weights, sides=(64,))
    card = read_card(weights / "tiny")
    assert card.problem is None
    assert card.threshold == threshold
    assert card.preprocessing == Preprocessing((64, 64), (MEAN,), (STANDARD_DEVIATION,), "stretch")
    assert card.parameters == sum(p.numel() for p in build_network(TINY).parameters())
    assert card.facts["recipe"]["stages"] == [[1, 32], [2, 64]]
    assert card.results == ()
    image, _ = draw_scan()
    assert load_segmenter(card).predict(image).shape == image.shape
    assert (weights / "tiny" / "curves.csv").read_text() == "epoch,mean_dice\n1,0.5\n"


def test_exported_weights_are_the_runs_in_half_precision(data: Path, weights: Path) -> None:
    export_run(TRAINING, data, data.parent / "runs", weights, sides=(64,))
    kept = load_file(weights / "tiny" / "model.safetensors")
    for key, value in load_file(data.parent / "runs" / "tiny" / "best.safetensors").items():
        assert torch.equal(kept[key], value.half() if value.is_floating_point() else value)
    settings = json.loads((weights / "tiny" / "preprocessor_config.json").read_text())
    assert settings["rescale_factor"] == 1 / 255
    assert json.loads((weights / "tiny" / "config.json").read_text()) == TINY


def test_a_card_that_is_there_keeps_its_text_and_loses_its_results(
    data: Path, weights: Path
) -> None:
    (weights / "tiny").mkdir()
    readme = weights / "tiny" / "README.md"
    text = "# Tiny\n\nWords — and limits.\n"
    ours = {"name": "Tiny", "family": "U-Net", "order": 4, "sha256": "old", "results": [1]}
    write_card(readme, {"license": "mit", "busdemo": ours}, text)
    export_run(TRAINING, data, data.parent / "runs", weights, sides=(64,))
    header, kept = read_facts(readme)
    assert kept.startswith(text)
    assert "Trained by `busdemo train tiny`: 3 epochs (1 at 32 px, then 2 at 64 px)" in kept
    assert "stretched to 64x64" in kept
    assert "Not tested yet" in kept
    export_run(TRAINING, data, data.parent / "runs", weights, sides=(64,))
    assert read_facts(readme)[1] == kept
    assert header["license"] == "mit"
    assert (header["busdemo"]["name"], header["busdemo"]["order"]) == ("Tiny", 4)
    assert header["busdemo"]["results"] == []
    assert read_card(weights / "tiny").problem is None


def test_the_input_side_that_is_best_on_validation_is_shipped(data: Path, weights: Path) -> None:
    runs, dice = data.parent / "runs", {}
    for side in (32, 64):
        export_run(TRAINING, data, runs, weights, sides=(side,))
        sweep = sweep_cases(load_segmenter(read_card(weights / "tiny")), read_index(data, "val"))
        dice[side] = lesion_dice(sweep, read_card(weights / "tiny").stop)["all sets"].value
    export_run(TRAINING, data, runs, weights, sides=(32, 64))
    chosen = read_card(weights / "tiny").preprocessing
    assert chosen is not None
    assert dice[chosen.input_wh[0]] == max(dice.values())
