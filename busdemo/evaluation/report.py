"""A model's test results: computed, then written to its card; no number there is typed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from busdemo.evaluation.datasets import read_index
from busdemo.evaluation.run_files import Run
from busdemo.evaluation.runs import Sweep, false_alarms, lesion_dice, sweep_both, sweep_run
from busdemo.evaluation.statistics import Interval
from busdemo.imaging import printed
from busdemo.inference.segmenter import SegmenterPool
from busdemo.inference.two_stage import open_two_stage
from busdemo.zoo.cards import (
    ALL_SETS,
    LEAST_GROUPS,
    Card,
    TestResult,
    read_cards,
    read_facts,
    write_card,
)

RESULTS = "<!-- results: computed by `busdemo evaluate` -->", "<!-- /results -->"
"""Marks: what stands between them is generated and replaced."""

Results = list[dict[str, Any]]

METRICS = {
    "lesion_dice": "mean Dice over images with a lesion",
    "false_alarms": "false alarms",
    "two_stage_lesion_dice": "mean Dice over images with a lesion, in two stages",
    "two_stage_false_alarms": "false alarms, in two stages",
    "map50": "mAP@50 over images with a lesion",
    "map50_95": "mAP@50:95 over images with a lesion",
    "map50_with_normals": "mAP@50 over all images",
    "map50_95_with_normals": "mAP@50:95 over all images",
    "found": "images with a lesion in which one is found",
    "false_boxes": "normal images with a box",
}
"""What the metrics on a card are called in the Hub's index of results."""


def evaluate_cards(
    model_ids: Sequence[str], weights: Path, data: Path, *, onnx: Path | None = None
) -> dict[str, Results]:
    """Run models over the test split of `data`; their cards' results are written and returned.

    At each card's frozen threshold and native size: mean Dice over images with a lesion and the
    false-alarm rate on normal ones, per data set and over all, with 95 % bootstrap intervals; both
    also in two stages where there is a detector, the zoo's or the one in the file `onnx`. Raises
    UnusableModel when a model cannot run, KeyError for an unknown id.
    """
    pool = SegmenterPool(read_cards(weights))
    staged = open_two_stage(pool, weights, onnx)
    cases = read_index(data, "test")
    direct, two_stage = sweep_both(pool, None if staged.problem else staged, model_ids, cases)
    return {
        model_id: _write_results(pool.cards[model_id], sweep, two_stage.get(model_id))
        for model_id, sweep in direct.items()
    }


def fill_cards(model_ids: Sequence[str], weights: Path, run: Run) -> dict[str, Results]:
    """As `evaluate_cards`, from the rows of a run over the test split: nothing is predicted anew.

    Raises KeyError for an unknown id, ValueError with one sentence where the run lacks a model or
    has it by other weights or at another threshold; then no card is changed.
    """
    cards = {card.id: card for card in read_cards(weights)}
    stages = set(run.rows["stages"])
    sweeps = {
        model_id: [sweep_run(cards[model_id], run, "test", number) for number in sorted(stages)]
        for model_id in model_ids
    }
    return {model_id: _write_results(cards[model_id], *found) for model_id, found in sweeps.items()}


def _write_results(card: Card, sweep: Sweep, staged: Sweep | None = None) -> Results:
    measured = {
        "lesion_dice": lesion_dice(sweep, card.stop),
        "false_alarms": false_alarms(sweep, card.stop),
    }
    if staged is not None:
        measured |= {
            "two_stage_lesion_dice": lesion_dice(staged, card.stop),
            "two_stage_false_alarms": false_alarms(staged, card.stop),
        }
    results = list_results(measured)
    write_results(card, results, tabulate_results(results), "image-segmentation")
    return results


def list_results(measured: Mapping[str, Mapping[str, Interval]]) -> Results:
    """Intervals by metric and data set as a card keeps them."""
    return [
        {"dataset": dataset, "metric": metric, **_rounded(interval)}
        for metric, by_dataset in measured.items()
        for dataset, interval in by_dataset.items()
    ]


def write_results(card: Card, results: Results, table: str, task: str) -> None:
    """Put results into a card: its facts, the Hub's index of them, and the table in its text."""
    readme = card.folder / "README.md"
    header, text = read_facts(readme)
    header["busdemo"]["results"] = results
    header["model-index"] = [{"name": card.name, "results": _index(results, task)}]
    write_card(readme, header, insert(text, table, RESULTS))


def tabulate_results(results: Results) -> str:
    """The results as a Markdown table, one row a data set."""
    by_key = {(r["dataset"], r["metric"]): r for r in results}
    names = list(dict.fromkeys(r["dataset"] for r in results))
    staged = any(metric == "two_stage_lesion_dice" for _, metric in by_key)
    lines = [
        "| test split | mean lesion Dice (95 % interval) | images with a lesion (patients) "
        "| false alarms on normal images (95 % interval) | normal images (patients) |"
        + (" in two stages: Dice | false alarms |" if staged else ""),
        "|---" * (7 if staged else 5) + "|",
    ]
    for name in [n for n in names if n != ALL_SETS] + [ALL_SETS]:
        dice, alarms, dice_staged, alarms_staged = (
            by_key.get((name, prefix + metric))
            for prefix in ("", "two_stage_")
            for metric in ("lesion_dice", "false_alarms")
        )
        row = [_cells(dice, _dice), _cells(alarms, _alarms)]
        if staged:
            row += [_cell(dice_staged, _dice), _cell(alarms_staged, _alarms)]
        lines.append(f"| {name} | {' | '.join(row)} |")
    return "\n".join(lines)


def tabulate_cards(cards: Sequence[Card]) -> str:
    """The zoo as a Markdown table, one row a model, for the project's README."""
    rows = [("model", "starts from", "parameters", "Dice (95 %)", "false alarms")]
    rows += [
        (
            f"[{card.name}](weights/{card.id}/README.md)",
            str(card.facts.get("start", "–")) if card.problem is None else "cannot run yet",
            f"{card.parameters / 1e6:.1f} M" if card.problem is None else "–",
            _tell_dice(card.result("lesion_dice")),
            _tell_share(card.result("false_alarms")),
        )
        for card in cards
    ]
    tested = [found.n for card in cards if (found := card.result("lesion_dice"))]
    note = (
        f"Mean Dice over {max(tested, default=0)} test images with a lesion, at native size, with "
        "its 95 % interval over patients; false alarms: normal test images with at least one pixel "
        "marked."
    )
    return f"{tabulate(rows)}\n\n{note}"


def tabulate_test_sets(cards: Sequence[Card]) -> str:
    """Every model's frozen threshold and Dice on each test set, as a Markdown table."""
    names = dict.fromkeys(r.dataset for c in cards for r in c.results if r.metric == "lesion_dice")
    rows = [("model", "frozen threshold", *names)]
    for card in cards:
        dice = [_tell_dice(card.result("lesion_dice", name)) for name in names]
        rows.append((card.name, f"{card.threshold:.3f}" if card.problem is None else "–", *dice))
    return tabulate(rows)


def tabulate(rows: Sequence[Sequence[str]]) -> str:
    """Rows, the first of them the head, as a Markdown table."""
    head, *body = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([head, "|---" * len(rows[0]) + "|", *body])


def insert(text: str, block: str, marks: tuple[str, str]) -> str:
    """The text with `block` between the marks; they are added at its end when it has none."""
    begin, end = marks
    marked = f"{begin}\n{block}\n{end}"
    if begin not in text:
        return f"{text.rstrip()}\n\n{marked}\n"
    before, rest = text.split(begin, 1)
    return before + marked + rest.split(end, 1)[1]


def _tell_dice(result: TestResult | None) -> str:
    if result is None:
        return "–"
    interval = f" ({result.low:.3f}–{result.high:.3f})" if result.groups >= LEAST_GROUPS else ""
    return f"{result.value:.3f}{interval}"


def _tell_share(result: TestResult | None) -> str:
    return "–" if result is None else f"{printed.percent(result.value)} of {result.n}"


def _rounded(interval: Interval) -> dict[str, float | int]:
    return {k: round(v, 4) if isinstance(v, float) else v for k, v in asdict(interval).items()}


def _dice(result: dict[str, Any]) -> tuple[str, str]:
    return printed.share(result["value"]), f"{result['low']:.3f}–{result['high']:.3f}"


def _alarms(result: dict[str, Any]) -> tuple[str, str]:
    return printed.percent(result["value"]), printed.percents(result["low"], result["high"])


Shown = Callable[[dict[str, Any]], tuple[str, str]]
"""Prints a result: its value and its interval."""


def _cells(result: dict[str, Any] | None, show: Shown) -> str:
    if result is None:
        return "– | 0"
    return f"{_cell(result, show)} | {result['n']} ({result['groups']})"


def _cell(result: dict[str, Any] | None, show: Shown) -> str:
    if result is None:
        return "–"
    value, interval = show(result)
    # Fewer groups give no interval to speak of.
    return f"{value} ({interval})" if result["groups"] >= LEAST_GROUPS else value


def _index(results: Results, task: str) -> list[dict[str, Any]]:
    """The results in the Hub's model-index form."""
    return [
        {
            "task": {"type": task},
            "dataset": {"name": r["dataset"], "type": r["dataset"].lower(), "split": "test"},
            "metrics": [{"type": r["metric"], "name": METRICS[r["metric"]], "value": r["value"]}],
        }
        for r in results
    ]
