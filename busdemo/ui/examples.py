"""The shipped examples: six real scans, simulated ones, and the opening one's results at hand.

The opening example's levels are kept as files, so that the first paint waits for no model. They
count only for the very weights they were computed with, named by sha256 in `opening.json`.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from gradio.data_classes import FileData

from busdemo.annotations.annotation import Annotation, Provenance
from busdemo.imaging.images import read_scan
from busdemo.imaging.spacing import find_spacing
from busdemo.inference.presence import PresenceScore
from busdemo.inference.segmenter import SegmenterPool
from busdemo.inference.within import look_within
from busdemo.ui import text
from busdemo.ui.viewer.component import Given
from busdemo.ui.workspace import Workspace
from busdemo.views.pictures import encode_small_png
from busdemo.workflows.presence import add_presence, look_for_presence
from busdemo.workflows.segmenting import Segmentation, segment
from busdemo.zoo.cards import Card
from busdemo.zoo.presence import Evidence
from busdemo.zoo.shipped import find_shipped

EXAMPLES = find_shipped("examples")
"""Where the examples are; the environment variable BUSDEMO_EXAMPLES moves them."""

_OPENING = "opening.json"
_OWN_PICTURES = ("image", "mask")


@dataclass(frozen=True)
class Example:
    """One scan with its ground truth: a data set's, or simulated with the exact mask."""

    id: str
    title: str
    description: str
    folder: Path
    simulated: bool = True
    mm_per_px: float | None = None
    readers: tuple[tuple[str, str], ...] = ()
    """Name and habit of each simulated reader, whose masks are readers/1.png and so on."""

    def reader_path(self, number: int) -> Path:
        """Where the mask of a reader is, counted from 1."""
        return self.folder / "readers" / f"{number}.png"


def read_examples(folder: Path = EXAMPLES) -> dict[str, Example]:
    """The examples by id, in the order the page shows them; the first opens the page."""
    entries = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    return {
        entry["id"]: Example(
            entry["id"],
            entry["title"],
            entry["description"],
            folder / entry["id"],
            entry["simulated"],
            entry.get("mm_per_px"),
            tuple((one["name"], one["note"]) for one in entry.get("readers", ())),
        )
        for entry in entries
    }


def open_example(example: Example, pool: SegmenterPool) -> Workspace:
    """A visitor's own workspace with the example, its mask and results that are at hand."""
    image = (example.folder / "image.png").read_bytes()
    truth, levels = _read_cached(example)
    side = example.mm_per_px or 0.0
    scan = read_scan(image, f"{example.id}.png")
    opening = _opening(example)
    kept = {
        model_id: Segmentation(
            pool.cards[model_id],
            levels[model_id],
            made["engine"],
            presence=_read_presence(pool.cards[model_id], made.get("presence")),
        )
        for model_id, made in opening["models"].items()
        if model_id in levels
        and model_id in pool.cards
        and pool.cards[model_id].sha256 == made["sha256"]
    }
    pictures = {model_id: _file(example.folder / f"{model_id}.png") for model_id in kept}
    return Workspace(
        scan=replace(scan, spacing=find_spacing(side, side, "the data set's table")),
        title=example.title,
        example=example.id,
        simulated=example.simulated,
        # The same at building time and on page load, so that the load is an update of what the
        # visitor already has under the hand.
        case=f"example-{example.id}",
        reference=truth,
        segmentations=kept,
        readers=tuple(
            Given(
                name=name,
                note=f"{text.SIMULATED_READER} {habit}",
                mask=_file(example.reader_path(number)),
            )
            for number, (name, habit) in enumerate(example.readers, start=1)
        ),
        pictures=pictures
        | {
            "image": _file(example.folder / "image.png"),
            "reference": _file(example.folder / "mask.png"),
        },
    )


def write_opening(folder: Path, pool: SegmenterPool) -> None:
    """Run every usable model over the first example and keep the results beside it."""
    example = next(iter(read_examples(folder).values()))
    (folder / _OPENING).unlink(missing_ok=True)
    workspace = open_example(example, pool)
    for path in folder.glob("*/*.png"):
        if path.stem not in _OWN_PICTURES:
            path.unlink()  # of models that may have left the zoo, of what opened the page before
    predictions, made = look_within(workspace.scan, pool.look_at), {}
    look = look_for_presence(workspace.scan, pool, predictions)
    for model_id, card in pool.cards.items():
        if model_id in pool.unavailable:
            continue
        result, _ = segment(workspace.scan, model_id, pool, predictions)
        (example.folder / f"{model_id}.png").write_bytes(encode_small_png(result.levels))
        judged = add_presence(result, look).presence
        presence = asdict(judged) if judged else None
        made[model_id] = {"sha256": card.sha256, "engine": result.engine, "presence": presence}
    content = {"example": example.id, "models": made}
    (folder / _OPENING).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    _read_cached.cache_clear()


def _read_presence(card: Card, kept: dict[str, Any] | None) -> PresenceScore | None:
    """What was judged, as long as the model's rule is that of then."""
    if kept is None or card.presence is None or card.presence.cut_off != kept["cut_off"]:
        return None
    score = PresenceScore(**{**kept, "evidence": Evidence(**kept["evidence"])})
    rule = card.presence
    is_same = (score.classifier, score.detector) == (rule.classifier, rule.detector)
    return score if is_same and rule.score(score.evidence) == score.value else None


def _opening(example: Example) -> dict[str, Any]:
    path = example.folder.parent / _OPENING
    content = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return content if content.get("example") == example.id else {"models": {}}


@lru_cache(maxsize=32)
def _read_cached(example: Example) -> tuple[Annotation, dict[str, np.ndarray]]:
    """The mask and the kept levels; read once, never changed."""
    folder = example.folder
    data = (folder / "mask.png").read_bytes()
    mask, sha256 = _grey(folder / "mask.png") > 0, (hashlib.sha256(data).hexdigest(),)
    if example.simulated:
        told = Provenance(how="Known from the simulation.", sha256=sha256)
        truth = Annotation("Exact outline", "simulated", mask, told)
    else:
        told = Provenance(how=text.RADIOLOGISTS_MASK, sha256=sha256)
        truth = Annotation("Radiologist", "person", mask, told)
    others = {path.stem: _grey(path) for path in folder.glob("*.png")}
    return truth, {k: v for k, v in others.items() if k not in _OWN_PICTURES}


def _grey(path: Path) -> np.ndarray:
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_UNCHANGED), np.uint8)


def _file(path: Path) -> FileData:
    return FileData(path=str(path), orig_name=path.name, mime_type="image/png")
