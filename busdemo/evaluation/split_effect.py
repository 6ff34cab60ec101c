"""What the pair of small networks shows: images split at random against patients, and best epochs.

The table is the one `training.split_pair.train_pairs` writes: a row an image, split and epoch.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from busdemo.evaluation.statistics import Interval, bootstrap_mean
from busdemo.zoo.cards import WEIGHTS

SPLIT_PAIR = WEIGHTS / "split-pair.parquet"
"""The table that comes with the zoo."""


def read_split_pair(path: Path = SPLIT_PAIR) -> pd.DataFrame | None:
    """The table, with a column `dice` for images with a lesion; None where there is none."""
    if not path.is_file():
        return None
    table = pd.read_parquet(path)
    lesions = table[table["tp"] + table["fn"] > 0]
    return lesions.assign(
        dice=2 * lesions["tp"] / (2 * lesions["tp"] + lesions["fp"] + lesions["fn"])
    )


def compare_splits(lesions: pd.DataFrame) -> tuple[float, float, Interval]:
    """Mean Dice after the last epoch under each split, and the mean difference with its interval.

    The same images under both; patients are resampled.
    """
    last = lesions[lesions["epoch"] == lesions["epoch"].max()]
    wide = last.pivot_table(index=["group", "id"], columns="split_by", values="dice").dropna()
    difference = wide["image"] - wide["patient"]
    groups = wide.index.get_level_values("group").tolist()
    interval = bootstrap_mean(difference.to_numpy(), groups)
    return float(wide["image"].mean()), float(wide["patient"].mean()), interval


def compare_epochs(lesions: pd.DataFrame, split_by: str = "patient") -> tuple[float, float]:
    """Mean Dice at the best epoch of each part, and at the epoch chosen on half of its patients
    and scored on the other half, both ways; means over images."""
    chosen = lesions[lesions["split_by"] == split_by]
    best: list[float] = []
    honest: list[float] = []
    for _, part in chosen.groupby("fold"):
        names = sorted(part["group"].unique())
        half = part["group"].isin(names[::2])
        best += part[part["epoch"] == _best_epoch(part)]["dice"].tolist()
        for here, there in ((half, ~half), (~half, half)):
            epoch = _best_epoch(part[here] if here.any() else part)
            honest += part[there & (part["epoch"] == epoch)]["dice"].tolist()
    return float(np.mean(best)), float(np.mean(honest))


def tell_effects(lesions: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Rows for the table of protocols, without system and claim."""
    name = str(lesions["dataset"].iloc[0])
    image, patient, difference = compare_splits(lesions)
    epochs = int(lesions["epoch"].max())
    yield {
        "convention": f"Images of {name} split at random, not patients",
        "value under it": image,
        "honest value": patient,
        "what it hides": (
            "Other images of the tested patients were trained on. Ten small networks, five a "
            f"split, one recipe, the same {difference.n} lesion images of "
            f"{difference.groups} patients: {difference.value:+.3f} (95 % interval "
            f"{difference.low:+.3f} to {difference.high:+.3f}, patients resampled)."
        ),
    }
    best, honest = compare_epochs(lesions)
    yield {
        "convention": "Best epoch chosen on the test images",
        "value under it": best,
        "honest value": honest,
        "what it hides": (
            f"Of {epochs} epochs the best on the very images that are reported: noise is taken for "
            "skill. Honest: the epoch chosen on half of the held-out patients, scored on the other "
            "half. The same networks, split by patient."
        ),
    }


def _best_epoch(part: pd.DataFrame) -> int:
    means = part.groupby("epoch")["dice"].mean()
    return int(means.index.to_numpy()[means.to_numpy().argmax()])
