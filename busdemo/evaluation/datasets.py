"""Data sets on disk, as lists of cases."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from busdemo.imaging.arrays import GreyImage, Mask

Split = Literal["train", "val", "test"]


@dataclass(frozen=True)
class Case:
    """One image of a data set with the place of its files.

    `label` is its class in the set, `group` its patient, case or cluster of near-duplicates.
    """

    id: str
    dataset: str
    split: Split
    label: str
    group: str
    image_path: Path
    mask_path: Path

    @property
    def is_normal(self) -> bool:
        """True where the set says there is no lesion."""
        return self.label == "normal"

    def read(self) -> tuple[GreyImage, Mask]:
        """The image (H, W) uint8 and the ground truth (H, W) bool."""
        return _read_grey(self.image_path), _read_grey(self.mask_path) > 0


def read_index(folder: Path, *splits: Split) -> list[Case]:
    """The cases of a folder with `index.csv`, `images/` and `masks/`, in the index's order.

    All splits when none is named. Raises FileNotFoundError with a plain sentence when the folder
    holds no index.
    """
    index = folder / "index.csv"
    if not index.is_file():
        raise FileNotFoundError(f"There is no index.csv in {folder}.")
    with index.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    return [
        Case(
            id=row["id"],
            dataset=row["dataset"],
            split=row["split"],  # type: ignore[arg-type]
            label=row["label"],
            group=row.get("group") or row["id"],
            image_path=folder / "images" / f"{row['id']}.webp",
            mask_path=folder / "masks" / f"{row['id']}.png",
        )
        for row in rows
        if not splits or row["split"] in splits
    ]


def _read_grey(path: Path) -> GreyImage:
    image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if image is None:
        raise ValueError(f"{path.name} cannot be read.")
    return np.asarray(image, np.uint8)
