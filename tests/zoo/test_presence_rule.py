"""A model's rule of presence: its numbers, its cut-off, what is read of it."""

import json
from pathlib import Path

import pytest
from tiny_world import add_model

from busdemo.zoo.cards import read_card
from busdemo.zoo.presence import (
    NUMBERS,
    STEPS,
    Evidence,
    PresenceRule,
    PresenceWorth,
    read_cut_off,
    read_worth,
    write_worth,
)

RULE = PresenceRule((0.5, -1.0, -2.0, 3.0, 0.1), 0.7, 0.58, "c" * 64, "d" * 64)
SURE = Evidence(0.99, 0.01, 0.02, 0.9, 0.05)
EMPTY = Evidence(0.0025, 0.97, 0.96, 0.0, 0.0)


def write_rule(folder: Path, **changes: object) -> None:
    path, card = folder / "preprocessor_config.json", read_card(folder)
    kept = RULE.as_settings(card.sha256, card.stop) | changes
    path.write_text(json.dumps(json.loads(path.read_text()) | {"presence": kept}))


def test_what_speaks_for_a_lesion_raises_the_score_and_nothing_marked_is_no_infinity() -> None:
    assert 0 < RULE.score(EMPTY) < RULE.score(SURE) < 1


def test_a_card_has_the_rule_of_its_own_weights_and_threshold_only(weights: Path) -> None:
    folder = add_model(weights, "small")
    assert read_card(folder).presence is None
    write_rule(folder)
    assert read_card(folder).presence == RULE
    write_rule(folder, stop=101)
    assert read_card(folder).presence is None
    write_rule(folder, sha256="0" * 64)
    assert read_card(folder).presence is None
    assert read_card(folder).problem is None


@pytest.mark.parametrize(
    "changes",
    [{"cut_off": 1.0}, {"bias": float("nan")}, {"weights": {}}, {"weights": 3}, {"cut_off": "x"}],
)
def test_a_rule_that_cannot_be_is_named_as_the_cards_problem(
    weights: Path, changes: dict[str, object]
) -> None:
    folder = add_model(weights, "small")
    write_rule(folder, **changes)
    assert str(read_card(folder).problem).startswith("Its card cannot be read")


@pytest.mark.parametrize("value", ["", "1", "-0.1", "nan", "a lot", None])
def test_a_cut_off_is_none_or_a_share(value: object) -> None:
    with pytest.raises(ValueError, match=r"The cut-off of presence is none, or from 0 to 0\.99"):
        read_cut_off(value)


def test_the_worth_is_read_as_it_was_written_for_the_same_weights_only(tmp_path: Path) -> None:
    falling = tuple(round(1 - step / STEPS, 2) for step in range(STEPS))
    worth = PresenceWorth(9, 4, falling, falling, falling, ((0.2, 0.1, 5), (0.8, 0.9, 8)), 0.1)
    write_worth(tmp_path, worth, "abc", 100)
    assert read_worth(tmp_path, "abc", 100) == worth
    assert worth.at(0.58) == (0.42, 0.42, 0.42)
    assert read_worth(tmp_path, "abc", 101) is None
    assert read_worth(tmp_path / "nowhere", "abc", 100) is None


def test_the_features_keep_the_order_of_the_names() -> None:
    plain = dict(zip(NUMBERS, SURE.features(), strict=True))
    assert (plain["normal"], plain["normal_without_mask"], plain["box"]) == (0.01, 0.02, 0.9)
