"""Several trainings, one after another: what is done stays, a failure does not stop the rest."""

import json
import math
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from busdemo.evaluation.whole_files import replace_file
from busdemo.training.classifier.export import train_and_export_classifier
from busdemo.training.classifier.plan import CLASS_TRAININGS
from busdemo.training.detector.export import train_and_export_detector
from busdemo.training.detector.run import DETECTOR
from busdemo.training.distillation import TEACHER
from busdemo.training.export import export_run, freeze_recipe
from busdemo.training.keeping import claim
from busdemo.training.loop import CURVES, OutOfTime
from busdemo.training.plan import RESULTS_ALONE, TRAININGS, Training
from busdemo.training.processing import freeze_processing
from busdemo.training.recipe import NETWORKS, RECIPES_OVER
from busdemo.training.train import train_network
from busdemo.zoo.cards import WEIGHTS, Card, read_cards

OTHER_TASKS: dict[str, Callable[..., float]] = {
    **{name: partial(train_and_export_classifier, model_id=name) for name in CLASS_TRAININGS},
    DETECTOR: train_and_export_detector,
}
"""What does not mark lesions, by id, with what trains it and puts it in the zoo."""

WHOLE = [*NETWORKS, *RECIPES_OVER, *(name for name in TRAININGS if name not in NETWORKS)]
"""The plan and the recipes, each after what it needs."""

EXPORTED = "exported.json"
"""In a run's folder: the sha256 of the weights that were exported from it."""


def train_models(
    model_ids: Sequence[str],
    data: Path,
    runs: Path,
    *,
    weights: Path = WEIGHTS,
    workers: int = 0,
    until: float = math.inf,
) -> dict[str, str]:
    """Do trainings of the plan and export them, freeze recipes; the failures, id to reason.

    Stopped at any time, the same call goes on where it was: a network already exported from its
    finished run is skipped, a half-trained one resumes at its last epoch, and one that another
    process trains is left to it; what needs one of these that is not done waits for another call.
    What is not for the zoo is exported to `runs/weights`. After
    `until`, a time of `time.monotonic`, no epoch begins.
    """
    failures = {}
    for model_id in model_ids:
        if waits := _needs(model_id, model_ids, runs, weights):
            print(f"{model_id}: waits for {', '.join(waits)}.", flush=True)
            continue
        try:
            if model_id in OTHER_TASKS:
                train = OTHER_TASKS[model_id]
                threshold = train(data, runs, weights=weights, workers=workers)
                print(f"{model_id}: threshold frozen at {threshold:.3f}.", flush=True)
                continue  # post-processing is for masks
            if model_id in TRAININGS:
                _train_planned(TRAININGS[model_id], data, runs, weights, (workers, until))
            else:
                _freeze(model_id, freeze_recipe(model_id, data, runs, weights), data, weights)
        except OutOfTime as told:
            print(f"{model_id}: {told}", flush=True)
            break
        except Exception as error:  # hours of other networks must not be lost with one
            failures[model_id] = f"{type(error).__name__}: {error}"
            print(f"{model_id}: {failures[model_id]}", flush=True)
    return failures


def list_plan(runs: Path) -> list[str]:
    """One line a training of the plan: id, role, and how far it is in the folder `runs`."""
    lines = []
    for training in TRAININGS.values():
        folder = runs / training.id
        state = "to do"
        if (folder / EXPORTED).is_file():
            state = "exported"
        elif (folder / CURVES).is_file():
            done = len((folder / CURVES).read_text().splitlines()) - 1
            state = f"{done} of {training.recipe.epochs} epochs"
        lines.append(f"{training.id:28} {training.role:9} {state}")
    return lines


def _needs(model_id: str, queue: Sequence[str], runs: Path, weights: Path) -> list[str]:
    """What of the queue must be exported first: the members of a recipe, or of the teacher."""
    training = TRAININGS.get(model_id)
    recipe = TEACHER if training and training.recipe.distilled else model_id
    return [
        member
        for member in RECIPES_OVER.get(recipe, ())
        if member in queue and member in TRAININGS and not _is_exported(member, runs, weights)
    ]


def _train_planned(
    training: Training, data: Path, runs: Path, weights: Path, terms: tuple[int, float]
) -> None:
    """Train and export one, unless that is done or another process is at it."""
    place = runs / "weights" if training.role in RESULTS_ALONE else weights
    workers, until = terms
    with claim(runs / training.id) as mine:
        if not mine:
            print(f"{training.id}: another process trains it.", flush=True)
        elif _is_exported(training.id, runs, place):
            print(f"{training.id}: is done.", flush=True)
        else:
            best = train_network(
                training, data, runs, weights=weights, workers=workers, until=until
            )
            print(f"{training.id}: validation Dice {best:.3f}.", flush=True)
            _freeze(training.id, export_run(training, data, runs, place), data, place)
            note = json.dumps({"sha256": _card(training.id, place).sha256})
            replace_file(runs / training.id / EXPORTED, lambda path: path.write_text(note))


def _freeze(model_id: str, threshold: float, data: Path, weights: Path) -> None:
    print(f"{model_id}: threshold frozen at {threshold:.3f}.", flush=True)
    steps = freeze_processing([model_id], data, weights)[model_id]
    print(f"{model_id}: post-processing frozen as {steps}.", flush=True)


def _is_exported(model_id: str, runs: Path, weights: Path) -> bool:
    note = runs / model_id / EXPORTED
    if not note.is_file():
        return False
    return bool(json.loads(note.read_text())["sha256"] == _card(model_id, weights).sha256)


def _card(model_id: str, weights: Path) -> Card:
    return next(card for card in read_cards(weights) if card.id == model_id)
