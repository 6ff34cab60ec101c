"""When to look again: the cut-off, the curve, and what is written beside a card."""

import json
from pathlib import Path

import numpy as np
import pytest
from tiny_world import add_model, write_dataset

from busdemo.evaluation.datasets import read_index
from busdemo.evaluation.referral import (
    Doubts,
    choose_cutoff,
    judge_doubts,
    keep_least,
    measure_doubts,
    write_referral,
)
from busdemo.imaging.masks import quantize
from busdemo.inference.segmenter import SegmenterPool
from busdemo.scoring.uncertainty import measure_doubt
from busdemo.zoo.cards import read_card, read_cards
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
def data(tmp_path: Path) -> Path:
    rows = [
        (f"{split}{i}", "BUSI", split, "normal" if i == 0 else "benign")
        for split in ("val", "test")
        for i in range(6)
    ]
    return write_dataset(tmp_path / "data", rows)


def test_doubts_are_those_of_the_models_own_maps(weights: Path, data: Path) -> None:
    add_model(weights, "small")
    pool = SegmenterPool(read_cards(weights))
    cases = read_index(data, "val")
    found = measure_doubts(pool, "small", cases)
    stop = pool.cards["small"].stop
    alone = [measure_doubt(quantize(pool.predict("small", c.read()[0])), stop) for c in cases]
    assert found.doubt.tolist() == [doubt for doubt in alone if not np.isnan(doubt)]
    assert found.unmarked == sum(map(np.isnan, alone))


def test_a_referral_is_written_and_read_for_these_weights_only(weights: Path, data: Path) -> None:
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
    with pytest.raises(KeyError):
        write_referral("unknown", weights, data)
