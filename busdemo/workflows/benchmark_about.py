"""Which run is shown: when, by whom, on what. A receipt is not trusted: its words are escaped."""

from collections.abc import Mapping
from typing import Any

from busdemo.workflows.benchmark_markup import esc
from busdemo.workflows.benchmarking import OpenRun

_LONGEST, _NAMED = 200, 6


def describe_run(opened: OpenRun, title: str) -> str:
    """Two paragraphs of HTML: models, images and groups; the command and the version behind."""
    board, receipt = opened.whole, opened.whole.receipt
    lesions, images = int(board.lesions.sum()), len(board.images)
    models = len({system.model for system in board.systems})
    ways = {1: "in one stage", 2: "in two stages"}
    stages = " and ".join(ways[number] for number in opened.stages)
    sets = board.datasets[:_NAMED] + ["…"] * (len(board.datasets) > _NAMED)
    names = ", ".join(sorted(set(board.images["split"]) - {""})[:_NAMED])
    splits = f" of the {esc(names)} split" if names else ""
    when = _cut(receipt.get("created"))[:10]
    return (
        f"<p><b>{esc(title)}</b>{f', made on {esc(when)}' if when else ''}: "
        f"{_count(models, 'model')} {stages} on {_count(images, 'image')}{splits} "
        f"({lesions:,} with a lesion, {images - lesions:,} normal) from "
        f"{_count(board.images['group'].nunique(), 'patient or group', 'patients or groups')} in "
        f"{esc(', '.join(sets))}.</p>"
        f'<p class="bd-quiet">{_tell_origin(receipt)}</p>'
    )


def _tell_origin(receipt: Mapping[str, Any]) -> str:
    """The command, the version and the images that were skipped, as far as they are known."""
    data = receipt.get("data")
    skipped = data.get("skipped") if isinstance(data, Mapping) else None
    parts = [f"<code>{esc(_cut(receipt.get('command')))}</code>", "busdemo"]
    parts[1] += f" {esc(_cut(receipt.get('busdemo')))}"
    if receipt.get("engine"):
        engines = dict.fromkeys(_cut(receipt["engine"]).split(" + "))
        parts.append(esc(" + ".join(engines)))
    if isinstance(skipped, list):
        parts.append(f"{_count(len(skipped), 'image')} skipped")
    return " · ".join(parts)


def _count(number: int, word: str, many: str = "") -> str:
    return f"{number:,} {word if number == 1 else many or word + 's'}"


def _cut(value: object) -> str:
    return "" if value is None else str(value)[:_LONGEST]
