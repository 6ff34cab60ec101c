"""Test results on cards, taken from runs."""

from pathlib import Path

import numpy as np
import pytest
from small_runs import run_of_card
from tiny_world import add_model

from busdemo.cli import main
from busdemo.evaluation.report import fill_cards
from busdemo.zoo.cards import Card, read_card


@pytest.fixture
def card(weights: Path) -> Card:
    return read_card(add_model(weights, "weak"))


def test_a_cards_results_are_the_means_of_a_runs_rows(card: Card, weights: Path) -> None:
    run = run_of_card(card, "test")
    fill_cards(["weak"], weights, run)
    filled = read_card(card.folder)
    for stages, prefix in ((1, ""), (2, "two_stage_")):
        rows = run.rows[run.rows["stages"] == stages]
        lesions, normals = rows[rows["lesion_px"] > 0], rows[rows["lesion_px"] == 0]
        dice, alarms = (filled.result(prefix + m) for m in ("lesion_dice", "false_alarms"))
        assert dice is not None
        assert alarms is not None
        assert (dice.n, alarms.n) == (len(lesions), len(normals))
        assert dice.value == pytest.approx(lesions["dice"].mean(), abs=1e-4)
        assert alarms.value == pytest.approx(np.mean(normals["fp"] > 0), abs=1e-4)
    text = (card.folder / "README.md").read_text()
    assert f"| all sets | {filled.result('lesion_dice').value:.3f} (" in text  # type: ignore[union-attr]


def test_a_run_by_other_weights_changes_no_card(card: Card, weights: Path) -> None:
    add_model(weights, "strong")
    run = run_of_card(card, "test")
    before = (card.folder / "README.md").read_text()
    with pytest.raises(ValueError, match="does not hold strong in one stage on the test split"):
        fill_cards(["weak", "strong"], weights, run)
    run.receipt["models"]["weak"]["sha256"] = "1" * 64
    with pytest.raises(ValueError, match="has another weak than the zoo"):
        fill_cards(["weak"], weights, run)
    assert (card.folder / "README.md").read_text() == before


@pytest.mark.parametrize(
    ("words", "sentence", "status"),
    [
        (["none"], "Unknown model 'none'; known: all, unet, ", 2),
        (["unet"], "There is no rows.parquet at 'RUN': it is no run.", 1),
    ],
)
def test_the_command_refuses_in_one_sentence(
    words: list[str], sentence: str, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", *words, "--from", "RUN"]) == status
    assert sentence in capsys.readouterr().err
