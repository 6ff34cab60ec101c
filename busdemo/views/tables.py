"""The zoo as a table: a row a model, numbers from its card and from what was measured here."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from busdemo.imaging import printed
from busdemo.zoo.cards import ALL_SETS, LEAST_GROUPS, Card, TestResult

DICE = f"dice {ALL_SETS}"
FALSE_ALARMS = "false alarms"
TWO_STAGE = "two-stage"
"""The columns of the results over all test sets; the last is the Dice behind the detector."""

UNKNOWN = "–"

Row = Mapping[str, Any]
"""One row: values by column."""

_WORDS = ("name", "family", "paper", "start", "problem")
_NUMBERS = ("year", "parameters", "gflops", "size_mb", "ms")


def tabulate_zoo(
    cards: Sequence[Card], milliseconds: Mapping[str, float], problems: Mapping[str, str]
) -> pd.DataFrame:
    """One row a model, indexed by id, in the order of `cards`; NaN or "" where unknown.

    Columns: name, family, year, paper, start (where the weights started), problem; parameters,
    gflops and size_mb, of a recipe the sums over its members; ms (`milliseconds`, measured here);
    "dice <set>", "two-stage" and "false alarms", each with " low", " high" (NaN where too few
    patients give no interval), " n" (images) and " groups" (patients). A card is not trusted: what
    should be a number and is none becomes NaN.
    """
    by_id = {card.id: card for card in cards}
    rows = {
        card.id: _row(card, by_id)
        | {"ms": milliseconds.get(card.id), "problem": problems.get(card.id, "")}
        for card in cards
    }
    measured = list(dict.fromkeys(column for row in rows.values() for column in row))
    table = pd.DataFrame.from_dict(rows, orient="index", columns=None)
    table = table.reindex(columns=list(dict.fromkeys([*_WORDS, *_NUMBERS, *_dice(), *measured])))
    numbers = [column for column in table.columns if column not in _WORDS]
    table[numbers] = table[numbers].apply(pd.to_numeric, errors="coerce").astype(float)
    return table


def list_rows(table: pd.DataFrame) -> dict[str, Row]:
    """A table's rows as plain mappings, by what the table is indexed by."""
    rows = table.to_dict(orient="index")
    return {
        str(key): {str(column): value for column, value in row.items()} for key, row in rows.items()
    }


def list_sets(table: pd.DataFrame) -> list[str]:
    """The test sets that the table's models have results of, all of them together first."""
    counts = [column for column in table.columns if column.startswith("dice ")]
    sets = {column[5:-2] for column in counts if column.endswith(" n")} - {ALL_SETS}
    return [ALL_SETS, *sorted(sets, key=str.casefold)]


def select_measured(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of models that can run, were timed here and have a result over all test sets."""
    known = table["ms"].notna() & table[DICE].notna()
    return table[known & (table["problem"] == "")]


def find_front(table: pd.DataFrame) -> list[str]:
    """Ids of the measured models that no other equals in both Dice and speed, the fastest first.

    Dice is the mean over all sets, speed the milliseconds measured here.
    """
    front: list[str] = []
    best = float("-inf")
    ordered = select_measured(table).sort_values(["ms", DICE], ascending=[True, False])
    for model_id, value in ordered[DICE].items():
        if value > best:
            front.append(str(model_id))
            best = value
    return front


def tabulate_results(results: Sequence[TestResult]) -> pd.DataFrame:
    """One row a test set, all of them together last; columns as in `tabulate_zoo`, with " groups".

    The columns start with "dice" and "false alarms"; groups are patients, or what is known of them.
    """
    found = {(result.dataset, result.metric): result for result in results}
    sets = sorted({dataset for dataset, _ in found}, key=lambda name: (name == ALL_SETS, name))
    rows = {
        name: _columns("dice", found.get((name, "lesion_dice")))
        | _columns(FALSE_ALARMS, found.get((name, "false_alarms")))
        for name in sets
    }
    return pd.DataFrame.from_dict(rows, orient="index").astype(float)


def format_result(row: Row, column: str) -> tuple[str, str]:
    """A result and its interval, as far as they are known: ("0.81", "(0.78–0.84)").

    False alarms are a share of images and come in percent: ("29 %", "(14–41 %)").
    """
    value, low, high = (float(row.get(column + end, math.nan)) for end in ("", " low", " high"))
    if math.isnan(value):
        return UNKNOWN, ""
    if column == FALSE_ALARMS:
        ends = printed.percents(low, high)
        return printed.percent(value), f"({ends})" if ends else ""
    return f"{value:.2f}", "" if math.isnan(low) else f"({low:.2f}–{high:.2f})"


def _row(card: Card, by_id: Mapping[str, Card]) -> dict[str, Any]:
    parts = [by_id[member] for member in card.members if member in by_id] or [card]
    row: dict[str, Any] = {
        "name": card.name,
        "family": card.family,
        "year": card.facts.get("year"),
        "paper": str(card.facts.get("paper", "")),
        "start": str(card.facts.get("start", "")),
        "parameters": _sum(part.parameters or None for part in parts),
        "gflops": _sum(part.facts.get("gflops") for part in parts),
        "size_mb": _sum(_size_mb(part) for part in parts),
    }
    for result in card.results:
        if result.metric == "lesion_dice":
            row |= _columns(f"dice {result.dataset}", result)
    row |= _columns(TWO_STAGE, card.result("two_stage_lesion_dice"))
    return row | _columns(FALSE_ALARMS, card.result("false_alarms"))


def _columns(name: str, result: TestResult | None) -> dict[str, float]:
    ends = ("", " low", " high", " n", " groups")
    values: tuple[float, ...] = (math.nan,) * len(ends)
    if result is not None:
        enough = result.groups >= LEAST_GROUPS
        bounds = (result.low, result.high) if enough else (math.nan, math.nan)
        values = (result.value, *bounds, result.n, result.groups)
    return {name + end: value for end, value in zip(ends, values, strict=True)}


def _dice() -> list[str]:
    return list(_columns(DICE, None))


def _sum(values: Iterable[Any]) -> float | None:
    """The sum of all values; None where one of them is no number."""
    numbers = list(values)
    return sum(numbers) if all(isinstance(number, int | float) for number in numbers) else None


def _size_mb(card: Card) -> float | None:
    path = card.folder / "model.safetensors"
    told = card.facts.get("bytes")  # of weights that are on the Hub
    size = path.stat().st_size if path.is_file() else told if isinstance(told, int) else None
    return None if size is None else size / 1e6
