"""Which models a run asks, by which weights, and the receipt that says so."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from busdemo import __version__
from busdemo.evaluation.datasets import Dataset
from busdemo.evaluation.measuring import Examiner, Program
from busdemo.evaluation.run_files import RUN_VERSION
from busdemo.inference.presence import open_judge
from busdemo.inference.segmenter import SegmenterPool
from busdemo.inference.two_stage import TwoStage, open_two_stage
from busdemo.scoring.agreement import TOLERANCE_PX
from busdemo.zoo.cards import WEIGHTS, Card, read_cards
from busdemo.zoo.files import UnusableModel
from busdemo.zoo.loading import SMP_CLASSES


@dataclass(frozen=True)
class Setup:
    """Models by id, in one stage and, with `two_stage`, behind a detector too.

    It can be sent to another machine, where `weights` (the zoo's folder) and `onnx` (a user's own
    detector) must lie at the same place. `sha256s` are the weights that must be found there. With
    `fast`, OpenVINO computes smp's networks where it is installed.
    """

    model_ids: tuple[str, ...]
    two_stage: bool = True
    weights: Path = WEIGHTS
    onnx: Path | None = None
    sha256s: Mapping[str, str] = field(default_factory=dict)
    fast: bool = True
    programs: tuple[Program, ...] = ()

    def build(self, workers: int = 1) -> Examiner:
        """The models, loaded, for so many threads at a time, each image by one.

        Raises UnusableModel when a model cannot run or has other weights.
        """
        pool = SegmenterPool(read_cards(self.weights))
        for model_id in self.model_ids:
            wanted = self.sha256s.get(model_id)
            if model_id not in pool.cards or wanted not in (None, pool.cards[model_id].sha256):
                raise UnusableModel(f"The model {model_id} here is not the one of the run.")
            load_model(pool, model_id, workers if self.fast else 0)
        staged = open_two_stage(pool, self.weights, self.onnx) if self.two_stage else None
        if staged:
            staged.detector()
        judge = open_judge(pool, staged=staged)
        return Examiner(pool, staged, self.model_ids, judge, self.programs)


def choose_setup(
    wanted: Sequence[str],
    *,
    two_stage: bool = True,
    weights: Path = WEIGHTS,
    onnx: Path | None = None,
    fast_workers: int = 0,
) -> tuple[Setup, Examiner, list[str]]:
    """What to run, loaded, and a sentence for each model and for the stage that is left out.

    With `fast_workers` threads, OpenVINO computes smp's networks where it is installed. `all` are
    all models that can run. Raises UnusableModel when a model that is named, a user's own detector,
    or every model cannot, KeyError with a sentence for an unknown id.
    """
    weights, onnx = weights.absolute(), onnx.absolute() if onnx else None
    pool = SegmenterPool(read_cards(weights))
    if unknown := [model_id for model_id in wanted if model_id not in {"all", *pool.cards}]:
        raise KeyError(f"Unknown model {unknown[0]!r}; known: all, {', '.join(pool.cards)}.")
    usable, notes = [], []
    for model_id in pool.cards if "all" in wanted else dict.fromkeys(wanted):
        try:
            load_model(pool, model_id, fast_workers)
            usable.append(model_id)
        except UnusableModel as error:
            if model_id in wanted:
                raise
            notes.append(f"Left out: {error}")
    if not usable:
        raise UnusableModel("There is no model in the zoo that can run.")
    staged = open_two_stage(pool, weights, onnx) if two_stage else None
    if staged is not None and onnx is None:
        staged.warm_up()
    if staged is not None and staged.problem:
        notes.append(f"In one stage only: {staged.problem}")
        staged = None
    sha256s = {model_id: pool.cards[model_id].sha256 for model_id in usable}
    fast = bool(fast_workers)
    setup = Setup(tuple(usable), staged is not None, weights, onnx, sha256s, fast)
    judge = open_judge(pool, staged=staged)
    return setup, Examiner(pool, staged, setup.model_ids, judge), notes


def load_model(pool: SegmenterPool, model_id: str, fast_workers: int = 0) -> None:
    """Load a model, or a recipe's members; UnusableModel with its id and the reason."""
    try:
        if reason := pool.problems.get(model_id):
            raise UnusableModel(reason)
        for member in pool.cards[model_id].members or (model_id,):
            pool.get(member)
            if fast_workers and _is_of_smp(pool.cards[member]):
                pool.speed_up(member, "openvino", fast_workers)
    except UnusableModel as error:
        raise UnusableModel(f"{model_id} cannot run. {error}") from error


def _is_of_smp(card: Card) -> bool:
    """Of the networks, those that OpenVINO computes about twice as fast as PyTorch."""
    config = json.loads((card.folder / "config.json").read_text())
    return config.get("_model_class") in SMP_CLASSES


def write_receipt(
    dataset: Dataset, examiner: Examiner | None, *, command: str, place: str, workers: int
) -> dict[str, Any]:
    """What a run says of itself; no path of this machine, JSON-ready.

    `place` is where it ran ("this machine", "a Ray cluster").
    """
    return {
        "version": RUN_VERSION,
        "busdemo": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command,
        "data": {
            "name": dataset.name,
            "split": dataset.split,
            "sha256": dataset.sha256,
            "cases": len(dataset.cases),
            "found": list(dataset.notes),
            "skipped": [{"id": one.id, "why": one.why} for one in dataset.skipped],
        },
        **describe_models(examiner),
        "nsd_tolerance_px": TOLERANCE_PX,
        "machine": {
            "place": place,
            "workers": workers,
            "cores": os.cpu_count(),
            "torch": torch.__version__.split("+")[0],
            "python": platform.python_version(),
        },
    }


def describe_models(examiner: Examiner | None) -> dict[str, Any]:
    """A receipt's words on models, detector and engine; without any, that there are none."""
    if examiner is None:
        return {"models": {}, "detector": None, "engine": ""}
    pool = examiner.pool
    return {
        "models": {model_id: _describe_model(pool, model_id) for model_id in examiner.model_ids}
        | {program.name: program.describe() for program in examiner.programs},
        "detector": _describe_detector(examiner.staged),
        "engine": " + ".join(dict.fromkeys(map(pool.engine, examiner.model_ids))),
    }


def _describe_model(pool: SegmenterPool, model_id: str) -> dict[str, Any]:
    card = pool.cards[model_id]
    return {
        "name": card.name,
        "family": card.family,
        "sha256": card.sha256,
        "threshold": card.threshold,
        "stop": card.stop,
        "post_processing": str(card.post_processing),
        "cut_off": card.presence.cut_off if card.presence else None,
        "parameters": card.parameters,
    }


def _describe_detector(staged: TwoStage | None) -> dict[str, Any] | None:
    if staged is None:
        return None
    detector = staged.detector()
    return {
        "name": detector.name,
        "sha256": detector.sha256,
        "cut_off": detector.tuning.cut_off,
        "padding": detector.tuning.padding,
    }
