"""Recipes scored on parts of train and val they were not trained on; the test split stays shut.

Every pair of variant and fold has a folder of its own and is done once: what is finished is
skipped, what was begun goes on at its last epoch, and what another process holds is left to it.
"""

import csv
import fcntl
import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from busdemo.evaluation.datasets import Case, read_index
from busdemo.inference.memory import keep_freed_memory
from busdemo.training.data import Samples, join, read_samples, simulate_samples
from busdemo.training.folds import Fold, make_folds
from busdemo.training.loop import (
    BEST,
    STATE,
    OutOfTime,
    Run,
    replace_file,
)
from busdemo.training.pretrained import start_encoder
from busdemo.training.segmenting import SEGMENTING, score_images, summarise
from busdemo.training.train import widen_depthwise_convolutions
from busdemo.training.variants import Variant
from busdemo.zoo.cards import WEIGHTS
from busdemo.zoo.loading import build_network

_README = """# Recipes on folds

Written by `busdemo crossvalidate`; the same command goes on here. Run it twice for two processes
(each with OMP_NUM_THREADS=1 on two cores): they share the folds among them. It may be stopped at
any time; at most the epoch under way is lost. A folder `VARIANT/FOLD` holds:

- `plan.json`: recipe, network and a digest of what is held out; another plan is refused
- `state.safetensors`: all a begun training goes on from; gone when it is finished
- `curves.csv`: one row an epoch
- `best.safetensors`: the last epoch's averaged weights, a U-Net's
- `images.csv`: the scores of every image held out; `row.json`: their means

`busdemo crossvalidate --report docs/experiments` writes page and table from what is finished.
"""

STORED_PX = 256
"""The side images are kept at: crops of them are enlarged less than at the networks' side."""

PLAN, ROW, IMAGES = "plan.json", "row.json", "images.csv"
"""In a fold's folder: what it is, its result, and its result for each image."""


def cross_validate(
    variants: Sequence[Variant], data: Path, folder: Path, *, until: float = math.inf
) -> None:
    """Train and score all variants on fold after fold, so that they can be compared at any time.

    `folder` keeps everything, a folder for each variant. `until` is a time of `time.monotonic`:
    the epoch under way is finished, the rest is left for the next call. Raises FileNotFoundError
    when `data` holds no index, ValueError when a folder was begun with another recipe.
    """
    keep_freed_memory()
    cases = read_index(data, "train", "val")
    folder.mkdir(parents=True, exist_ok=True)
    replace_file(folder / "README.md", lambda path: path.write_text(_README))
    for fold in make_folds(cases):
        for variant in variants:
            place = folder / variant.name / fold.name
            with claim(place) as mine:
                if not mine or (place / ROW).is_file():
                    continue
                try:
                    _train_fold(variant, fold, cases, place, until)
                except OutOfTime as told:
                    print(f"{variant.name}, {fold.name}: {told}", flush=True)
                    return


@contextmanager
def claim(place: Path) -> Iterator[bool]:
    """The folder, made where it is missing, for this process alone; False when another has it.

    The system gives it back when the process ends, however it ends.
    """
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def read_rows(folder: Path) -> list[dict[str, Any]]:
    """The results of all finished folds, by variant and fold."""
    return [json.loads(path.read_text()) for path in sorted(folder.glob(f"*/*/{ROW}"))]


def _train_fold(
    variant: Variant, fold: Fold, cases: Sequence[Case], place: Path, until: float
) -> None:
    held = [cases[i] for i in fold.held]
    _check_plan(variant, held, place)
    samples = _read(tuple(cases), variant.recipe.phantoms, variant.recipe.seed)
    print(f"{variant.name}, {fold.name}", flush=True)
    torch.manual_seed(variant.recipe.seed)
    network = build_network(variant.config)
    start_encoder(network, variant.config, WEIGHTS)
    widen_depthwise_convolutions(network)
    run = Run(network, variant.recipe, place, task=SEGMENTING)
    kept = torch.cat([torch.from_numpy(fold.kept), torch.arange(len(cases), len(samples.datasets))])
    run.train(samples.take(kept.numpy()), None, until=until)
    network.load_state_dict(load_file(place / BEST))
    _write_results(variant, fold.name, held, run, samples.take(fold.held))
    (place / STATE).unlink()


def _write_results(
    variant: Variant, fold: str, held: Sequence[Case], run: Run[Samples], samples: Samples
) -> None:
    """One row for the fold, and one for each of its images."""
    side = variant.recipe.final_side_px
    plain, mirrored = (
        score_images(run.network, samples, side, run.device, mirrored=mirrored)
        for mirrored in (False, True)
    )
    names = (
        "id",
        "dataset",
        "label",
        "group",
        "dice",
        "marked",
        "dice_mirrored",
        "marked_mirrored",
    )
    with (run.folder / IMAGES).open("w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(names)
        for case, one, two in zip(held, plain, mirrored, strict=True):
            numbers = [f"{value:.5f}" for value in (*one, *two)]
            rows.writerow([case.id, case.dataset, case.label, case.group, *numbers])
    row: dict[str, Any] = {
        "variant": variant.name,
        "fold": fold,
        "seed": variant.recipe.seed,
        "epochs": variant.recipe.epochs,
        "side_px": side,
        "lesions": sum(not case.is_normal for case in held),
        "normals": sum(case.is_normal for case in held),
        "seconds": sum(one["seconds"] for one in run.rows),
    }
    scores = summarise(plain, samples.datasets)
    also = summarise(mirrored, samples.datasets)
    row |= {name: round(value, 4) for name, value in scores.items() if not math.isnan(value)}
    row |= {f"{name}_mirrored": round(also[name], 4) for name in ("dice", "false_alarms")}
    replace_file(run.folder / ROW, lambda path: path.write_text(json.dumps(row, indent=1) + "\n"))
    print(f"{variant.name}, {fold}: lesion Dice {row['dice']:.4f}", flush=True)


def _check_plan(variant: Variant, held: Sequence[Case], place: Path) -> None:
    """Note what the folder is for; refuse one that was begun for something else."""
    ids = hashlib.sha256("\n".join(case.id for case in held).encode()).hexdigest()
    about = {"recipe": asdict(variant.recipe), "network": variant.config, "held": ids}
    plan = json.loads(json.dumps(about))
    if not (place / PLAN).is_file():
        replace_file(place / PLAN, lambda path: path.write_text(json.dumps(plan, indent=1) + "\n"))
    elif json.loads((place / PLAN).read_text()) != plan:
        raise ValueError(f"{place} was begun with another recipe, network or fold: move it away.")


@lru_cache(maxsize=1)
def _read(cases: tuple[Case, ...], phantoms: int, seed: int) -> Samples:
    """The cases in their order, then the phantoms."""
    return join(read_samples(cases, STORED_PX), simulate_samples(phantoms, STORED_PX, seed))
