"""Several trainings, one after another: what is done stays, a failure does not stop the rest."""

import json
from collections.abc import Sequence
from pathlib import Path

from busdemo.training.classifier.export import train_and_export_classifier
from busdemo.training.detector.export import train_and_export_detector
from busdemo.training.detector.run import DETECTOR
from busdemo.training.export import export_run, freeze_recipe
from busdemo.training.processing import freeze_processing
from busdemo.training.recipe import NETWORKS
from busdemo.training.train import train_network
from busdemo.zoo.cards import WEIGHTS, Card, read_cards

OTHER_TASKS = {"classifier": train_and_export_classifier, DETECTOR: train_and_export_detector}
"""What does not mark lesions, by id, with what trains it and puts it in the zoo."""

EXPORTED = "exported.json"
"""In a run's folder: the sha256 of the weights that were exported from it."""


def train_models(
    model_ids: Sequence[str],
    data: Path,
    runs: Path,
    *,
    weights: Path = WEIGHTS,
    workers: int = 0,
) -> dict[str, str]:
    """Train and export networks, freeze recipes; the failures, id to reason.

    Stopped at any time, the same call goes on where it was: a network already exported from its
    finished run is skipped, a half-trained one resumes at its last epoch.
    """
    failures = {}
    for model_id in model_ids:
        try:
            if model_id in OTHER_TASKS:
                train = OTHER_TASKS[model_id]
                threshold = train(data, runs, weights=weights, workers=workers)
                print(f"{model_id}: threshold frozen at {threshold:.3f}.", flush=True)
                continue  # post-processing is for masks
            if model_id not in NETWORKS:
                threshold = freeze_recipe(model_id, data, weights)
            elif _is_exported(model_id, runs, weights):
                print(f"{model_id}: is done.")
                continue
            else:
                best = train_network(model_id, data, runs, weights=weights, workers=workers)
                print(f"{model_id}: validation Dice {best:.3f}.", flush=True)
                threshold = export_run(model_id, data, runs, weights)
                note = {"sha256": _card(model_id, weights).sha256}
                (runs / model_id / EXPORTED).write_text(json.dumps(note))
            print(f"{model_id}: threshold frozen at {threshold:.3f}.", flush=True)
            steps = freeze_processing([model_id], data, weights)[model_id]
            print(f"{model_id}: post-processing frozen as {steps}.", flush=True)
        except Exception as error:  # hours of other networks must not be lost with one
            failures[model_id] = f"{type(error).__name__}: {error}"
            print(f"{model_id}: {failures[model_id]}", flush=True)
    return failures


def _is_exported(model_id: str, runs: Path, weights: Path) -> bool:
    note = runs / model_id / EXPORTED
    if not note.is_file():
        return False
    return bool(json.loads(note.read_text())["sha256"] == _card(model_id, weights).sha256)


def _card(model_id: str, weights: Path) -> Card:
    return next(card for card in read_cards(weights) if card.id == model_id)
