"""When to look again: the cut-off, the curve, and what is written beside a card."""

import json
from pathlib import Path

import numpy as np
import pytest
from small_runs import run_of_card
from tiny_world import add_model

from busdemo.cli import main
from busdemo.evaluation.referral import (
    Doubts,
    choose_cutoff,
    judge_doubts,
    keep_least,
    read_doubts,
    write_referral,
)
from busdemo.scoring.uncertainty import measure_doubt
from busdemo.zoo.cards import Card, read_card
from busdemo.zoo.referral import SHARES, read_referral


def doubts_of(doubt: list[float], agrees: list[bool]) -> Doubts:
    dice = np.where(agrees, 0.9, 0.2)
    groups = tuple(str(i) for i in range(len(doubt)))
    return Doubts(np.array(doubt), dice, np.array(agrees), groups, 0, 0)


def test_the_cutoff_parts_masks_that_agree_from_those_that_do_not() -> None:
    split = doubts_of([0.1, 0.2, 0.3, 0.6, 0.7], [True, True, True, False, False])
    assert choose_cutoff(split) == 0.6
    mixed = doubts_of([0.1, 0.2, 0.3, 0.4], [True, False, True, False])
    assert choose_cutoff(mixed) == 0.4  # of two that are equally good, the one that refers less


@pytest.mark.parametrize("agrees", [[True, True], [False, False]])
def test_a_cutoff_needs_both_kinds(agrees: list[bool]) -> None:
    with pytest.raises(ValueError, match="needs masks that agree and masks that do not"):
        choose_cutoff(doubts_of([0.1, 0.2], agrees))


def test_the_curve_takes_out_the_highest_first() -> None:
    dice = np.linspace(1, 0, 20)
    curve = keep_least(dice, 1 - dice)
    for share, kept in zip(SHARES, curve, strict=True):
        assert kept == pytest.approx(dice[: round(20 * (1 - share))].mean())
    assert keep_least(dice, -dice) == curve
    assert keep_least(dice, dice)[10] < curve[0] < curve[10]


def test_a_perfect_doubt_keeps_as_much_as_knowing_the_truth() -> None:
    split = doubts_of([0.1, 0.2, 0.3, 0.6, 0.7], [True, True, True, False, False])
    referral = judge_doubts(split, split)
    assert referral.kept == referral.ideal
    assert referral.test["referred"] == referral.test["bad"] == referral.test["bad_referred"] == 2
    assert referral.test["kept_dice"] == pytest.approx(0.9)
    assert referral.all_dice == pytest.approx((3 * 0.9 + 2 * 0.2) / 5)


@pytest.fixture
def card(weights: Path) -> Card:
    return read_card(add_model(weights, "weak"))


def test_doubts_are_those_of_the_maps_behind_a_runs_rows(card: Card) -> None:
    run = run_of_card(card, "val")
    found = read_doubts(card, run, "val")
    rows = run.rows[run.rows["stages"] == 1]
    marked = rows[rows["tp"] + rows["fp"] > 0]
    histograms = marked["lesion_histogram"] + marked["background_histogram"]
    levels = [np.repeat(np.arange(200, dtype=np.uint8), counts) for counts in histograms]
    assert found.doubt.tolist() == [measure_doubt(one[None], card.stop) for one in levels]
    assert found.dice.tolist() == marked["dice"].tolist()
    assert found.agrees.tolist() == (marked["iou"] >= 0.5).tolist()
    assert found.unmarked == len(rows) - len(marked)
    assert found.missed == ((rows["tp"] + rows["fp"] == 0) & (rows["lesion_px"] > 0)).sum()


def test_a_cutoff_comes_from_the_val_run_and_is_tested_on_the_other(card: Card) -> None:
    val, test = run_of_card(card, "val", seed=1), run_of_card(card, "test", seed=2)
    write_referral(card, val, test)
    referral = read_referral(card)
    assert referral is not None
    assert referral.cutoff == choose_cutoff(read_doubts(card, val, "val"))
    assert referral.test["marked"] == len(read_doubts(card, test, "test").doubt)


def test_a_run_of_another_split_or_of_other_weights_is_refused(card: Card) -> None:
    test = run_of_card(card, "test")
    with pytest.raises(ValueError, match="does not hold weak in one stage on the val split"):
        write_referral(card, test, test)
    val = run_of_card(card, "val")
    val.receipt["models"]["weak"]["sha256"] = "1" * 64
    with pytest.raises(ValueError, match="has another weak than the zoo"):
        write_referral(card, val, test)
    assert read_referral(card) is None


def test_a_referral_is_written_and_read_for_these_weights_only(weights: Path) -> None:
    folder = add_model(weights, "small")
    assert read_referral(read_card(folder)) is None
    path = folder / "referral.json"
    split = doubts_of([0.1, 0.7], [True, False])
    content = judge_doubts(split, split)
    card = read_card(folder)
    written = {"sha256": card.sha256, "stop": card.stop, **vars(content)}
    path.write_text(json.dumps(written))
    assert read_referral(card) == content
    path.write_text(json.dumps(written | {"sha256": "0" * 64}))
    assert read_referral(card) is None
    path.write_text("{")
    assert read_referral(card) is None


@pytest.mark.parametrize(
    ("words", "sentence", "status"),
    [
        (["none", "--val", "RUN"], "Unknown model 'none'; known: unet, ", 2),
        (["unet", "--val", "RUN"], "There is no rows.parquet at 'RUN': it is no run.", 1),
        (["unet", "--val", "weights/benchmark"], "does not hold unet in one stage on the val", 1),
    ],
)
def test_the_command_refuses_in_one_sentence(
    words: list[str], sentence: str, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["referral", *words]) == status
    assert sentence in capsys.readouterr().err
