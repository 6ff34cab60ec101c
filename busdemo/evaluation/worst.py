"""Single images of a run: where a model fails worst, and what the others did there."""

import numpy as np
import pandas as pd

from busdemo.evaluation.benchmark import Benchmark
from busdemo.evaluation.leaderboard import column_medians

_FACTS = ["id", "dataset", "label", "group"]


def list_worst(benchmark: Benchmark, key: str) -> pd.DataFrame:
    """Images with a lesion, the lowest Dice of the system first.

    Columns: id, dataset, label, group, lesion_share (of the image's area), dice, outcome, others
    (median Dice of the other systems; nan when alone).
    """
    place, lesions = benchmark.place(key), benchmark.lesions
    images = benchmark.images[lesions]
    others = np.delete(benchmark.lesion_dice, place, axis=1)
    frame = images[_FACTS].assign(
        lesion_share=images["lesion_px"] / (images["height"] * images["width"]),
        dice=benchmark.lesion_dice[:, place],
        outcome=benchmark.outcomes[lesions][:, place],
        others=column_medians(others.T),
    )
    frame = frame[frame["dice"].notna()]
    return frame.sort_values("dice", kind="stable").reset_index(drop=True)


def list_false_alarms(benchmark: Benchmark, key: str) -> pd.DataFrame:
    """Normal images in which the system marks anything, the largest share of the image first.

    Columns: id, dataset, label, group, marked (share of the image's area), others (how many other
    systems mark something, too), of (how many have seen it).
    """
    place, normal = benchmark.place(key), ~benchmark.lesions
    images = benchmark.images[normal]
    extra = benchmark.measured["fp"][normal]
    others = np.delete(extra, place, axis=1)
    frame = images[_FACTS].assign(
        marked=extra[:, place] / (images["height"] * images["width"]),
        others=(others > 0).sum(axis=1),
        of=np.isfinite(others).sum(axis=1),
    )
    frame = frame[frame["marked"] > 0]
    return frame.sort_values("marked", ascending=False, kind="stable").reset_index(drop=True)
