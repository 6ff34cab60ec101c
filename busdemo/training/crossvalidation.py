"""Recipes scored on parts of train and val they were not trained on; the test split stays shut.

Every pair of variant and fold has a folder of its own and is done once: what is finished is
skipped, what was begun goes on at its last epoch, and what another process holds is left to it.
"""

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

from busdemo.evaluation.datasets import Case, read_index
from busdemo.evaluation.whole_files import replace_file
from busdemo.inference.memory import keep_freed_memory
from busdemo.training.data import STORED_PX, Samples, join, read_samples, simulate_samples
from busdemo.training.folds import Fold, make_folds
from busdemo.training.keeping import claim
from busdemo.training.loop import (
    STATE,
    OutOfTime,
    TrainingRun,
)
from busdemo.training.pretrained import start_encoder
from busdemo.training.recipe import Recipe
from busdemo.training.segmenting import SEGMENTING, judge_images, score_images, summarise
from busdemo.training.supervision import Presence, supervise
from busdemo.training.train import widen_depthwise_convolutions
from busdemo.training.variants import Variant
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

PLAN, ROW, IMAGES = "plan.json", "row.json", "images.csv"
"""In a fold's folder: what it is, its result, and its result for each image."""

HEAD = "presence.safetensors"
"""In a fold's folder, where the recipe has one: the presence head."""


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
    start_encoder(network, variant.config)
    widen_depthwise_convolutions(network)
    taught = supervise(network, variant.recipe.presence)
    run = TrainingRun(taught, variant.recipe, place, task=SEGMENTING)
    kept = torch.cat([torch.from_numpy(fold.kept), torch.arange(len(cases), len(samples.datasets))])
    run.train(samples.take(kept.numpy()), None, until=until)
    _write_results(variant, fold.name, held, run, samples.take(fold.held))
    (place / STATE).unlink()


def _write_results(
    variant: Variant, fold: str, held: Sequence[Case], run: TrainingRun[Samples], samples: Samples
) -> None:
    """One row for the fold, and one for each of its images, by the last epoch's average."""
    side, network = variant.recipe.final_side_px, run.average.module
    plain, mirrored = (
        score_images(network, samples, side, run.device, mirrored=mirrored)
        for mirrored in (False, True)
    )
    columns: dict[str, Any] = {
        name: [getattr(case, name) for case in held] for name in ("id", "dataset", "label", "group")
    }
    columns |= {"dice": plain[:, 0], "marked": plain[:, 1]}
    columns |= {"dice_mirrored": mirrored[:, 0], "marked_mirrored": mirrored[:, 1]}
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
    also = summarise(mirrored, samples.datasets)
    scores = summarise(plain, samples.datasets)
    scores |= {f"{name}_mirrored": also[name] for name in ("dice", "false_alarms")}
    if isinstance(network, Presence):
        columns["presence"] = judge_images(network, samples, side, run.device)
        scores["presence_auc"] = _area(columns["presence"], np.isnan(plain[:, 0]))
        replace_file(run.folder / HEAD, lambda path: save_file(network.head.state_dict(), path))
    row |= {name: round(value, 4) for name, value in scores.items() if not math.isnan(value)}
    frame = pd.DataFrame(columns)
    frame.to_csv(run.folder / IMAGES, index=False, float_format="%.5f", lineterminator="\n")
    replace_file(run.folder / ROW, lambda path: path.write_text(json.dumps(row, indent=1) + "\n"))
    print(f"{variant.name}, {fold}: lesion Dice {row['dice']:.4f}", flush=True)


def _area(scores: NDArray[np.float64], normal: NDArray[np.bool_]) -> float:
    """The share of pairs of a lesion and a normal image in which the lesion's scores higher, equal
    scores counting half (the area under the ROC curve); nan where there are no pairs."""
    if normal.all() or not normal.any():
        return math.nan
    differences = scores[~normal][:, None] - scores[normal][None]
    return float(((np.sign(differences) + 1) / 2).mean())


def _check_plan(variant: Variant, held: Sequence[Case], place: Path) -> None:
    """Note what the folder is for; refuse one that was begun for something else."""
    ids = hashlib.sha256("\n".join(case.id for case in held).encode()).hexdigest()
    about = {"recipe": asdict(variant.recipe), "network": variant.config, "held": ids}
    plan = json.loads(json.dumps(about))
    kept = place / PLAN
    if not kept.is_file():
        replace_file(kept, lambda path: path.write_text(json.dumps(plan, indent=1) + "\n"))
        return
    found = json.loads(kept.read_text())
    # A choice that recipes did not have yet stands at what was done without it, its default.
    found["recipe"] = json.loads(json.dumps(asdict(Recipe()))) | found["recipe"]
    if found != plan:
        raise ValueError(f"{place} was begun with another recipe, network or fold: move it away.")


@lru_cache(maxsize=1)
def _read(cases: tuple[Case, ...], phantoms: int, seed: int) -> Samples:
    """The cases in their order, then the phantoms."""
    return join(read_samples(cases, STORED_PX), simulate_samples(phantoms, STORED_PX, seed))
