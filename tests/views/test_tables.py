import math
from pathlib import Path
from typing import Any

import pytest

from busdemo.views.tables import (
    DICE,
    FALSE_ALARMS,
    find_front,
    format_result,
    list_rows,
    list_sets,
    select_measured,
    tabulate_results,
    tabulate_zoo,
)
from busdemo.zoo.cards import WEIGHTS, Card, TestResult, read_cards


def result(
    value: float, dataset: str = "all sets", metric: str = "lesion_dice", groups: int = 20
) -> TestResult:
    return TestResult(dataset, metric, value, value - 0.03, value + 0.02, 100, groups)


def card(card_id: str, *results: TestResult, **settings: Any) -> Card:
    return Card(id=card_id, folder=Path("nowhere"), name=card_id, results=results, **settings)


def test_the_table_holds_the_cards_numbers_and_the_times_measured_here() -> None:
    cards = read_cards()
    table = tabulate_zoo(cards, {"unet": 12.5}, {})
    rows = list_rows(table)
    assert list(rows) == [card.id for card in cards]
    assert rows["unet"]["ms"] == 12.5
    for card in cards:
        row = rows[card.id]
        assert row["name"] == card.name
        assert row["family"] == card.family
        for dataset in list_sets(table):
            found = card.result("lesion_dice", dataset)
            assert found is None or row[f"dice {dataset}"] == found.value
        found = card.result("false_alarms")
        assert found is None or row[FALSE_ALARMS] == found.value
        weights = WEIGHTS / card.id / "model.safetensors"
        if weights.is_file():
            assert row["size_mb"] == pytest.approx(weights.stat().st_size / 1e6)
        if card.parameters and not card.members:
            assert row["parameters"] == card.parameters


def test_a_recipe_counts_the_sums_over_its_members() -> None:
    one = card("one", parameters=3, facts={"gflops": 1.5})
    two = card("two", parameters=4, facts={"gflops": 2})
    both = card("both", members=("one", "two"))
    with_unknown = card("half", members=("one", "gone"))
    rows = list_rows(tabulate_zoo([one, two, both, with_unknown], {}, {}))
    assert (rows["both"]["parameters"], rows["both"]["gflops"]) == (7, 3.5)
    assert math.isnan(rows["both"]["size_mb"])  # no weights lie there


def test_what_a_card_does_not_know_is_unknown() -> None:
    broken = card("broken", problem="It is broken.", facts={"year": "soon", "gflops": "many"})
    rows = list_rows(tabulate_zoo([broken], {}, {"broken": "It is broken."}))
    row = rows["broken"]
    numbers = ("year", "parameters", "gflops", "size_mb", "ms", DICE, FALSE_ALARMS)
    assert all(math.isnan(row[column]) for column in numbers)
    assert format_result(row, DICE) == ("–", "")
    assert row["problem"] == "It is broken."


def test_an_empty_zoo_is_an_empty_table() -> None:
    table = tabulate_zoo([], {}, {})
    assert len(table) == 0
    assert find_front(table) == []
    assert list_sets(table) == ["all sets"]


def test_results_are_written_with_their_interval() -> None:
    alarms = result(0.29, metric="false_alarms")
    rows = list_rows(tabulate_zoo([card("one", result(0.81), alarms)], {}, {}))
    assert format_result(rows["one"], DICE) == ("0.81", "(0.78–0.83)")
    assert format_result(rows["one"], FALSE_ALARMS) == ("29 %", "(26–31 %)")


def test_too_few_patients_give_no_interval() -> None:
    rows = list_rows(tabulate_zoo([card("one", result(0.8, groups=4))], {}, {}))
    assert format_result(rows["one"], DICE) == ("0.80", "")


def test_sets_are_listed_with_all_of_them_first() -> None:
    results = [result(0.8, name) for name in ("BUSI", "all sets", "BrEaST")]
    assert list_sets(tabulate_zoo([card("one", *results)], {}, {})) == [
        *("all sets", "BrEaST", "BUSI"),
    ]


def test_a_cards_results_are_tabulated_with_all_sets_last() -> None:
    results = tabulate_results(
        [result(0.8), result(0.7, "BUSI"), result(0.3, "BUSI", "false_alarms", groups=3)]
    )
    rows = list_rows(results)
    assert list(rows) == ["BUSI", "all sets"]
    assert format_result(rows["BUSI"], "dice") == ("0.70", "(0.67–0.72)")
    assert format_result(rows["BUSI"], FALSE_ALARMS) == ("30 %", "")
    assert math.isnan(rows["all sets"][FALSE_ALARMS])
    assert tabulate_results([]).empty


def test_the_front_are_models_no_other_equals_in_both() -> None:
    dice = {"fast": 0.7, "slow": 0.9, "beaten": 0.8, "middle": 0.85, "same": 0.85, "broken": 1.0}
    ms = {"fast": 5, "slow": 90, "beaten": 60, "middle": 20, "same": 30, "broken": 1}
    cards = [card(name, result(value)) for name, value in dice.items()]
    cards += [card("untested"), card("untimed", result(0.99))]
    table = tabulate_zoo(cards, ms | {"untested": 1}, {"broken": "It cannot run."})
    assert find_front(table) == ["fast", "middle", "slow"]
    assert set(select_measured(table).index) == {"fast", "slow", "beaten", "middle", "same"}
