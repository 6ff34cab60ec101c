"""The page and the table about recipes tried on folds, from what is finished."""

from collections.abc import Sequence
from dataclasses import asdict
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd

from busdemo.evaluation.statistics import Interval, bootstrap_mean
from busdemo.evaluation.whole_files import replace_file
from busdemo.imaging import printed
from busdemo.training.crossvalidation import IMAGES, read_rows
from busdemo.training.folds import FOLDS
from busdemo.training.segmenting import LARGE
from busdemo.training.variants import PLAIN, VARIANTS

NEAR = 0.005
"""Recipes whose Dice differs by less count as equal."""

PAGE, TABLE = "cross-validation.md", "cross-validation.csv"

_ABOUT = f"""# Recipes on folds of train and val

Written by `busdemo crossvalidate --report DIR`; every row is in [{TABLE}]({TABLE}).
The test split was not looked at.

Each recipe trains a U-Net that starts from ImageNet. Patients held out: on four fifths of the
patients of train and val, scored on the fifth, {FOLDS} times. A set held out: on three of the sets,
scored on the fourth. Scored are the last epoch's averaged weights at threshold 0.5 and the
network's own size, so that nothing is chosen on what is held out; figures at native size differ a
little. All recipes see the same folds in the same order, so that differences are of the same
images; patients are resampled for their intervals (95 %). There is one seed: a gain means
something where it stands above what another seed changes. The budget is short
({PLAIN.epochs} epochs at {PLAIN.final_side_px} px): what strong augmentation gives in a long
training may not show in it.

Dice is the mean over images with a lesion. Alarms are normal images with any pixel marked, and with
more than {100 * LARGE:g} % of the image marked. Mirrored: the mean of the probabilities of an image
and of its mirror image. Minutes are of a machine that did other work meanwhile.

## Recipes

"""


def write_report(folder: Path, out: Path) -> None:
    """Write page and table into `out` from the folds finished in `folder`.

    Raises ValueError when none is.
    """
    rows = read_rows(folder)
    if not rows:
        raise ValueError(f"No fold is finished in {folder}.")
    order = [variant.name for variant in VARIANTS]
    rows.sort(key=lambda row: (order.index(row["variant"]), row["fold"]))
    frame = pd.DataFrame(rows)
    images = _read_images(folder, frame)
    tables = [_tabulate(frame, images, kind) for kind in _TITLES]
    page = [_ABOUT + _list_recipes(), tables[0], _choose(frame), tables[1]]
    table = StringIO()
    frame.to_csv(table, index=False, lineterminator="\n")
    out.mkdir(parents=True, exist_ok=True)
    replace_file(out / TABLE, lambda path: path.write_text(table.getvalue()))
    replace_file(out / PAGE, lambda path: path.write_text("\n".join(page)))


def _read_images(folder: Path, frame: pd.DataFrame) -> pd.DataFrame:
    """One row an image, fold and variant."""
    parts = []
    for variant, fold in zip(frame["variant"], frame["fold"], strict=True):
        part = pd.read_csv(folder / variant / fold / IMAGES)
        parts.append(part.assign(variant=variant, fold=fold))
    return pd.concat(parts, ignore_index=True)


def _list_recipes() -> str:
    """One line a recipe: what it does that the first does not."""
    plain = asdict(PLAIN)
    lines = []
    for variant in VARIANTS:
        changed = {k: v for k, v in asdict(variant.recipe).items() if v != plain[k]}
        words = [f"{name.replace('_', ' ')}: {value}" for name, value in changed.items()]
        encoder = variant.encoder.removeprefix("tu-tf_")
        lines.append(f"- `{variant.name}`: {', '.join([encoder, *words])}\n")
    return "".join(lines)


def _choose(frame: pd.DataFrame) -> str:
    """What the rule takes, on the folds over patients that every recipe in the table has done."""
    rows = frame[frame["fold"].str.startswith("fold-")]
    if rows.empty:
        return ""
    done = rows.groupby("variant")["fold"].apply(set)
    shared = set.intersection(*done)
    if len(done) < 2 or not shared:
        return ""
    means = (
        rows[rows["fold"].isin(list(shared))].groupby("variant")[["dice", "false_alarms"]].mean()
    )
    near = means[means["dice"] >= means["dice"].max() - NEAR]
    number = "one fold" if len(shared) == 1 else f"{len(shared)} folds"
    return (
        f"Of the recipes within {NEAR:g} of the best Dice the one with the fewest alarms is taken: "
        f"on the {number} that all of these have done, `{near['false_alarms'].idxmin()}`.\n"
    )


_TITLES = {"fold-": "## Patients held out", "without-": "## A whole set held out"}
_PLANNED = {"fold-": FOLDS, "without-": 4}


def _tabulate(frame: pd.DataFrame, images: pd.DataFrame, kind: str) -> str:
    """One row a variant, over its folds of one kind."""
    rows = frame[frame["fold"].str.startswith(kind)]
    if rows.empty:
        return f"{_TITLES[kind]}\n\nNone is finished yet.\n"
    sets = sorted({f"dice_{name}" for name in images["dataset"]} & set(rows))
    heads = ["recipe", "folds", "Dice", "less or more than baseline, same folds"]
    heads += [name.removeprefix("dice_") for name in sets]
    heads += ["any alarm", "large alarm", "Dice mirrored", "minutes a fold"]
    lines = [heads, ["---"] * len(heads)]
    for name in rows["variant"].unique():
        own = rows[rows["variant"] == name]
        numbers = [own[column].mean() for column in ("dice", *sets)]
        alarms = [own[column].mean() for column in ("false_alarms", "large_alarms")]
        lines.append(
            [
                name,
                f"{len(own)} of {_PLANNED[kind]}",
                _dice(numbers[0]),
                _difference(images, name, own["fold"]),
                *(_dice(number) for number in numbers[1:]),
                *(printed.percent(share) for share in alarms),
                _dice(own["dice_mirrored"].mean()),
                f"{own['seconds'].mean() / 60:.0f}",
            ]
        )
    return "\n".join([_TITLES[kind], "", *(f"| {' | '.join(line)} |" for line in lines), ""])


def _difference(images: pd.DataFrame, name: str, folds: Sequence[str]) -> str:
    """Of a variant's Dice from the first variant's, over the lesion images of folds both have."""
    first = VARIANTS[0].name
    if name == first:
        return "–"
    part = images[images["fold"].isin(list(folds))].dropna(subset=["dice"])
    both = part[part["variant"] == name].merge(
        part[part["variant"] == first], on=["fold", "id"], suffixes=("", "_first")
    )
    if both.empty:
        return "–"
    gained = bootstrap_mean(both["dice"] - both["dice_first"], both["group"].to_list())
    return _signed(gained)


def _signed(interval: Interval) -> str:
    return f"{interval.value:+.3f} ({interval.low:+.3f} to {interval.high:+.3f})"


def _dice(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.3f}".removeprefix("0")
