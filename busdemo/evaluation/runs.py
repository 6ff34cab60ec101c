"""A model over a whole split, at every threshold at once and at each image's native size."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from busdemo.evaluation.datasets import Case
from busdemo.evaluation.run_files import Run
from busdemo.evaluation.statistics import Interval, bootstrap_mean
from busdemo.imaging.arrays import GreyImage, ProbabilityMap
from busdemo.imaging.masks import STOPS, quantize
from busdemo.inference.segmenter import SegmenterPool
from busdemo.inference.two_stage import Predicts, TwoStage
from busdemo.scoring.overlap import sweep_counts
from busdemo.zoo.cards import ALL_SETS, Card


@dataclass(frozen=True, eq=False)
class Sweep:
    """Pixel counts of one model over cases: `counts` is (N, 199, 3) int64, TP, FP, FN by stop.

    `groups` names each image's patient, case or cluster; images of one group are not independent.
    Empty: every image stands for itself.
    """

    datasets: tuple[str, ...]
    counts: NDArray[np.int64]
    groups: tuple[str, ...] = ()

    @property
    def has_lesion(self) -> NDArray[np.bool_]:
        """(N,) True where the ground truth holds a lesion pixel."""
        return np.asarray(self.counts[:, 0, 0] + self.counts[:, 0, 2] > 0)

    @property
    def dice(self) -> NDArray[np.float64]:
        """(N, 199) Dice of each image at each stop, nan where both masks are empty."""
        tp, fp, fn = (self.counts[..., i].astype(np.float64) for i in range(3))
        with np.errstate(invalid="ignore"):
            return np.asarray(2 * tp / (2 * tp + fp + fn))


class Predictor(Protocol):
    """Anything that gives an image (H, W) uint8 its probabilities (H, W) float32."""

    def predict(self, image: GreyImage, /) -> ProbabilityMap:
        """The probability map of one image."""


def sweep_cases(predictor: Predictor, cases: Sequence[Case]) -> Sweep:
    """Run a model over cases, scoring at native size, with a progress bar."""
    counts = []
    for case in tqdm(cases, desc="cases", mininterval=5):
        image, mask = case.read()
        counts.append(sweep_counts(quantize(predictor.predict(image)), mask))
    return _sweep(cases, counts)


def sweep_models(
    pool: SegmenterPool, model_ids: Sequence[str], cases: Sequence[Case]
) -> dict[str, Sweep]:
    """Several models over the same cases, one pass; a recipe's members run once an image.

    Raises UnusableModel when one of them cannot run.
    """
    counts: dict[str, list[NDArray[np.int64]]] = {model_id: [] for model_id in model_ids}
    for case in tqdm(cases, desc="cases", mininterval=5):
        image, mask = case.read()
        predictions = pool.look_at(image)
        for model_id in model_ids:
            levels = quantize(predictions.predict(model_id))
            counts[model_id].append(sweep_counts(levels, mask))
    return {model_id: _sweep(cases, rows) for model_id, rows in counts.items()}


def sweep_both(
    pool: SegmenterPool,
    staged: TwoStage | None,
    model_ids: Sequence[str],
    cases: Sequence[Case],
) -> tuple[dict[str, Sweep], dict[str, Sweep]]:
    """Several models over the same cases in one stage, and in two behind a detector, in one pass.

    Two cases are computed at a time, each by half of the processor: that is faster than one after
    another by all of it. Without a detector the second is empty. Raises UnusableModel when a model
    cannot run.
    """

    def run(case: Case) -> list[dict[str, NDArray[np.int64]]]:
        image, mask = case.read()
        whole = pool.look_at(image)
        looks: list[Predicts] = [whole]
        if staged is not None:
            looks.append(staged.look_at(image, whole=whole))
        return [
            {m: sweep_counts(quantize(look.predict(m)), mask) for m in model_ids} for look in looks
        ]

    threads = torch.get_num_threads()
    torch.set_num_threads(max(1, threads // 2))
    try:
        with ThreadPoolExecutor(2) as workers:
            rows = list(tqdm(workers.map(run, cases), "cases", len(cases), mininterval=5))
    finally:
        torch.set_num_threads(threads)
    sweeps = [
        {m: _sweep(cases, [row[look][m] for row in rows]) for m in model_ids}
        for look in range(2 if staged is not None else 1)
    ]
    return sweeps[0], sweeps[1] if staged is not None else {}


def _sweep(cases: Sequence[Case], counts: Sequence[NDArray[np.int64]]) -> Sweep:
    return Sweep(
        datasets=tuple(case.dataset for case in cases),
        counts=np.stack(counts),
        groups=tuple(case.group for case in cases),
    )


def rows_of(card: Card, run: Run, split: str, stages: int = 1) -> pd.DataFrame:
    """A run's rows of a model on a split, made by the card's weights at its threshold.

    Raises ValueError with one sentence where the run holds none, or others.
    """
    rows = run.rows[(run.rows["model"] == card.id) & (run.rows["stages"] == stages)]
    if rows.empty or set(rows["split"]) != {split}:
        number = "one stage" if stages == 1 else "two stages"
        raise ValueError(f"The run does not hold {card.id} in {number} on the {split} split.")
    made_by = run.receipt["models"][card.id]
    if made_by["sha256"] != card.sha256 or set(rows["stop"]) != {card.stop}:
        raise ValueError(f"The run of the {split} split has another {card.id} than the zoo.")
    return rows


def sweep_run(card: Card, run: Run, split: str, stages: int = 1) -> Sweep:
    """The counts of a model that a run holds; errors as `rows_of`."""
    rows = rows_of(card, run, split, stages)
    counts = replace(run, rows=rows).counts()
    return Sweep(tuple(rows["dataset"]), counts, tuple(rows["group"]))


def choose_stop(sweep: Sweep) -> int:
    """The stop to freeze: best mean Dice over the images with a lesion, on validation data.

    Within 0.45 to 0.50, where visitors expect it, unless another threshold is better by more than
    0.005: the curve is flat, and a difference inside its noise is no reason to move. Images count
    alike; with sets counting alike, 37 images of one set would decide for 316 others.
    """
    curve = sweep.dice[sweep.has_lesion].mean(axis=0)
    expected = range(round(0.45 * STOPS), STOPS // 2 + 1)
    best = int(np.argmax(curve)) + 1
    usual = max(expected, key=lambda stop: float(curve[stop - 1]))
    return best if curve[best - 1] > curve[usual - 1] + 0.005 else usual


def lesion_dice(sweep: Sweep, stop: int) -> dict[str, Interval]:
    """Mean Dice over images with a lesion at a stop, per data set and over all of them."""
    return _by_dataset(sweep, sweep.dice[:, stop - 1], sweep.has_lesion)


def false_alarms(sweep: Sweep, stop: int) -> dict[str, Interval]:
    """Share of normal images with any pixel marked at a stop, per data set and over all of them."""
    alarm = sweep.counts[:, stop - 1, 1] > 0
    return _by_dataset(sweep, alarm.astype(np.float64), ~sweep.has_lesion)


def _by_dataset(
    sweep: Sweep, values: NDArray[np.float64], chosen: NDArray[np.bool_]
) -> dict[str, Interval]:
    names = np.array(sweep.datasets)
    parts = {str(name): chosen & (names == name) for name in sorted(set(sweep.datasets))}
    parts[ALL_SETS] = chosen
    groups = np.array(sweep.groups or range(len(sweep.datasets)))
    return {
        name: bootstrap_mean(values[part], groups[part].tolist())
        for name, part in parts.items()
        if part.any()
    }
