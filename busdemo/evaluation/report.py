"""A model's test results: computed, then written to its card; no number there is typed."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from busdemo.evaluation.datasets import read_index
from busdemo.evaluation.runs import Sweep, false_alarms, lesion_dice, sweep_models
from busdemo.evaluation.statistics import Interval
from busdemo.inference.segmenter import SegmenterPool
from busdemo.zoo.cards import (
    ALL_SETS,
    LEAST_GROUPS,
    Card,
    read_cards,
    read_facts,
    write_card,
)

RESULTS = "<!-- results: computed by `busdemo evaluate` -->", "<!-- /results -->"
MODELS = "<!-- models: written by `busdemo readme` -->", "<!-- /models -->"
"""Marks: what stands between them is generated and replaced."""

Results = list[dict[str, Any]]


def evaluate_cards(model_ids: Sequence[str], weights: Path, data: Path) -> dict[str, Results]:
    """Run models over the test split of `data`; their cards' results are written and returned.

    At each card's frozen threshold and native size: mean Dice over images with a lesion and the
    false-alarm rate on normal ones, per data set and over all, with 95 % bootstrap intervals.
    Raises UnusableModel when a model cannot run, KeyError for an unknown id.
    """
    pool = SegmenterPool(read_cards(weights))
    sweeps = sweep_models(pool, model_ids, read_index(data, "test"))
    return {
        model_id: _write_results(pool.cards[model_id], sweep) for model_id, sweep in sweeps.items()
    }


def _write_results(card: Card, sweep: Sweep) -> Results:
    measured = {
        "lesion_dice": lesion_dice(sweep, card.stop),
        "false_alarms": false_alarms(sweep, card.stop),
    }
    results: Results = [
        {"dataset": dataset, "metric": metric, **_rounded(interval)}
        for metric, by_dataset in measured.items()
        for dataset, interval in by_dataset.items()
    ]
    readme = card.folder / "README.md"
    header, text = read_facts(readme)
    header["busdemo"]["results"] = results
    header["model-index"] = [{"name": card.name, "results": _index(results)}]
    write_card(readme, header, insert(text, tabulate_results(results), RESULTS))
    return results


def tabulate_results(results: Results) -> str:
    """The results as a Markdown table, one row a data set."""
    by_key = {(r["dataset"], r["metric"]): r for r in results}
    names = list(dict.fromkeys(r["dataset"] for r in results))
    lines = [
        "| test split | mean lesion Dice (95 % interval) | images with a lesion (patients) "
        "| false alarms on normal images (95 % interval) | normal images (patients) |",
        "|---|---|---|---|---|",
    ]
    for name in [n for n in names if n != ALL_SETS] + [ALL_SETS]:
        dice, alarms = (by_key.get((name, m)) for m in ("lesion_dice", "false_alarms"))
        shown_dice = _cells(dice, "{value:.3f}", "{low:.3f}–{high:.3f}")
        shown_alarms = _cells(alarms, "{value:.0%}", "{low:.0%}–{high:.0%}")
        lines.append(f"| {name} | {shown_dice} | {shown_alarms} |")
    return "\n".join(lines)


def tabulate_cards(cards: Sequence[Card]) -> str:
    """The zoo as a Markdown table, one row a model, for the project's README."""
    names = list(
        dict.fromkeys(r.dataset for c in cards for r in c.results if r.dataset != ALL_SETS)
    )
    lines = [
        "| model | weights start from | parameters | frozen threshold | "
        + " | ".join(f"Dice {name}" for name in names)
        + " | Dice all sets (95 %) | false alarms |",
        "|---" * (len(names) + 6) + "|",
    ]
    for card in cards:
        per_set = [card.result("lesion_dice", name) for name in names]
        overall, alarms = card.result("lesion_dice"), card.result("false_alarms")
        runs = card.problem is None
        cells = [
            f"[{card.name}](weights/{card.id}/README.md)",
            str(card.facts.get("start", "–")) if runs else "cannot run yet",
            f"{card.parameters / 1e6:.1f} M" if runs else "–",
            f"{card.threshold:.3f}" if runs else "–",
            *("–" if r is None else f"{r.value:.3f}" for r in per_set),
            "–"
            if overall is None
            else f"{overall.value:.3f} ({overall.low:.3f}–{overall.high:.3f})",
            "–" if alarms is None else f"{alarms.value:.0%} of {alarms.n}",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    note = (
        "Dice: mean over test images with a lesion, at native size. False alarms: share of normal"
    )
    return "\n".join([*lines, "", f"{note} test images with at least one pixel marked."])


def insert(text: str, block: str, marks: tuple[str, str]) -> str:
    """The text with `block` between the marks; they are added at its end when it has none."""
    begin, end = marks
    marked = f"{begin}\n{block}\n{end}"
    if begin not in text:
        return f"{text.rstrip()}\n\n{marked}\n"
    before, rest = text.split(begin, 1)
    return before + marked + rest.split(end, 1)[1]


def _rounded(interval: Interval) -> dict[str, float | int]:
    return {k: round(v, 4) if isinstance(v, float) else v for k, v in asdict(interval).items()}


def _cells(result: dict[str, Any] | None, value: str, interval: str) -> str:
    if result is None:
        return "– | 0"
    # Fewer groups give no interval to speak of.
    pattern = f"{value} ({interval})" if result["groups"] >= LEAST_GROUPS else value
    return f"{pattern.format(**result)} | {result['n']} ({result['groups']})"


def _index(results: Results) -> list[dict[str, Any]]:
    """The results in the Hub's model-index form."""
    names = {"lesion_dice": "mean Dice over images with a lesion", "false_alarms": "false alarms"}
    return [
        {
            "task": {"type": "image-segmentation"},
            "dataset": {"name": r["dataset"], "type": r["dataset"].lower(), "split": "test"},
            "metrics": [{"type": r["metric"], "name": names[r["metric"]], "value": r["value"]}],
        }
        for r in results
    ]
