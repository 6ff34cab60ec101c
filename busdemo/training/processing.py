"""Every model's own post-processing: chosen from a short list on validation data, then frozen."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from busdemo.evaluation.datasets import Case, read_index
from busdemo.evaluation.report import insert
from busdemo.imaging import printed
from busdemo.imaging.masks import binarize, quantize
from busdemo.imaging.post_processing import NO_POST_PROCESSING, PostProcessing
from busdemo.inference.segmenter import SegmenterPool
from busdemo.scoring.overlap import score_overlap
from busdemo.zoo.cards import Card, read_cards, read_facts, write_card

CANDIDATES = (
    NO_POST_PROCESSING,
    PostProcessing(fill_holes=True),
    PostProcessing(smallest_px=50, fill_holes=True),
    PostProcessing(smallest_px=200, fill_holes=True),
    PostProcessing(smallest_px=500, fill_holes=True),
    PostProcessing(keep="largest", fill_holes=True),
    PostProcessing(smallest_px=200, fill_holes=True, smoothing_px=3),
    PostProcessing(smallest_px=200, fill_holes=True, opening_px=3, closing_px=3),
    PostProcessing(keep="largest", smallest_px=200, fill_holes=True, smoothing_px=3),
)
"""What is tried, from plain to involved."""

NOISE = 0.001
"""A mean Dice this close to the best one counts as equal to it."""

PROCESSING = "<!-- post-processing: written by `busdemo train` -->", "<!-- /post-processing -->"
"""Marks: what stands between them is generated and replaced."""


@dataclass(frozen=True)
class Trial:
    """What one candidate gave on validation images, at the frozen threshold and native size."""

    steps: PostProcessing
    dice: float
    """Mean over images with a lesion."""
    alarms: float
    """Share of normal images with any pixel marked; nan without such images."""


def freeze_processing(
    model_ids: Sequence[str], data: Path, weights: Path
) -> dict[str, PostProcessing]:
    """Choose and write the post-processing of models; one pass over the val split for all.

    Their thresholds must be frozen. Writes `preprocessor_config.json` and a part of the card.
    Raises UnusableModel when a model cannot run, KeyError for an unknown id.
    """
    pool = SegmenterPool(read_cards(weights))
    trials = try_candidates(pool, model_ids, read_index(data, "val"))
    chosen = {}
    for model_id, tried in trials.items():
        trial = choose_trial(tried)
        _write(pool.cards[model_id], trial, raw=tried[0])
        chosen[model_id] = trial.steps
    return chosen


def try_candidates(
    pool: SegmenterPool, model_ids: Sequence[str], cases: Sequence[Case]
) -> Mapping[str, list[Trial]]:
    """Every candidate on every model's masks of the cases, in the order of `CANDIDATES`."""
    shape = (len(cases), len(CANDIDATES))
    dice = {model_id: np.full(shape, np.nan) for model_id in model_ids}
    alarm = {model_id: np.full(shape, np.nan) for model_id in model_ids}
    for row, case in enumerate(tqdm(cases, desc="cases", mininterval=5)):
        image, reference = case.read()
        predictions = pool.look_at(image)
        for model_id in model_ids:
            levels = quantize(predictions.predict(model_id))
            mask = binarize(levels, pool.cards[model_id].stop)
            for column, steps in enumerate(CANDIDATES):
                processed = steps.apply(mask)
                if reference.any():
                    dice[model_id][row, column] = score_overlap(processed, reference).dice
                else:
                    alarm[model_id][row, column] = processed.any()
    return {
        model_id: [
            Trial(steps, value, rate)
            for steps, value, rate in zip(
                CANDIDATES, _means(dice[model_id]), _means(alarm[model_id]), strict=True
            )
        ]
        for model_id in model_ids
    }


def choose_trial(trials: Sequence[Trial]) -> Trial:
    """The one to freeze: of those within `NOISE` of the best Dice, the one with fewest alarms.

    Of equals the first, which is the plainest.
    """
    best = max(trial.dice for trial in trials)
    near = [trial for trial in trials if trial.dice >= best - NOISE]
    return min(near, key=lambda trial: 0.0 if np.isnan(trial.alarms) else trial.alarms)


def describe_trial(trial: Trial, raw: Trial) -> str:
    """The card's section, in Markdown."""
    chosen = "none" if trial.steps.is_none else f"`{trial.steps}`"
    lines = [
        "## Post-processing",
        "",
        f"Chosen on validation images among {len(CANDIDATES)} candidates, at the frozen threshold: "
        f"{chosen}.",
        "The test results on this card are of the raw mask.",
        "",
        "| validation | mean lesion Dice | false alarms on normal images |",
        "|---|---|---|",
    ]
    rows = [("raw", raw)] + ([] if trial.steps.is_none else [("processed", trial)])
    lines += [f"| {name} | {one.dice:.4f} | {printed.percent(one.alarms)} |" for name, one in rows]
    return "\n".join(lines)


def _write(card: Card, trial: Trial, raw: Trial) -> None:
    path = card.folder / "preprocessor_config.json"
    settings = json.loads(path.read_text()) | {"post_processing": trial.steps.as_settings()}
    path.write_text(json.dumps(settings, indent=2) + "\n")
    readme = card.folder / "README.md"
    header, text = read_facts(readme)
    write_card(readme, header, insert(text, describe_trial(trial, raw), PROCESSING))


def _means(values: NDArray[np.float64]) -> list[float]:
    """Of each column, over the rows that are not nan; nan where there are none."""
    kept = values[~np.isnan(values).any(axis=1)]
    return [float(mean) for mean in kept.mean(axis=0)] if len(kept) else [np.nan] * values.shape[1]
