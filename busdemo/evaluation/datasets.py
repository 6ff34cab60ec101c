"""Data sets on disk, as lists of cases."""

import csv
import hashlib
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from busdemo.annotations.names import bare_name, mask_keys
from busdemo.imaging.arrays import GreyImage, Mask

Split = Literal["train", "val", "test"]

MOST_SKIPPED = 0.1
"""Share of a set's images that may be left out before a command says so first and fails."""


@dataclass(frozen=True)
class Case:
    """One image of a data set with the place of its files.

    `label` is its class in the set, `group` its patient, case or cluster of near-duplicates.
    BI-RADS and device are "", the side of a pixel nan, where the set does not give them.
    """

    id: str
    dataset: str
    split: str
    label: str
    group: str
    image_path: Path
    mask_path: Path
    birads: str = ""
    device: str = ""
    mm_per_px: float = math.nan
    invert: bool = False
    """Exchange lesion and background of its mask."""

    @property
    def is_normal(self) -> bool:
        """True where the set says there is no lesion."""
        return self.label == "normal"

    def files(self) -> tuple[Path, ...]:
        """What it is read from: the image's file first."""
        return self.image_path, self.mask_path

    def read(self) -> tuple[GreyImage, Mask]:
        """The image (H, W) uint8 and the ground truth (H, W) bool.

        Raises ValueError with one sentence when a file cannot be read or their sizes differ.
        """
        image, mask = _read_grey(self.image_path), _read_grey(self.mask_path) > 0
        if image.shape != mask.shape:
            (h, w), (mask_h, mask_w) = image.shape, mask.shape
            raise ValueError(f"The mask is {mask_w}x{mask_h} px, its image {w}x{h} px.")
        return image, mask != self.invert


@dataclass(frozen=True)
class Skipped:
    """What of a data set is left out, and why in one sentence."""

    id: str
    why: str
    split: str = ""


def warn_of_skipped(skipped: int, images: int) -> str:
    """A sentence where nothing, or less than nine tenths, of a set is left; otherwise empty.

    Numbers over what is left would be taken for numbers of the set.
    """
    if skipped == images:
        return "Nothing was computed: none of the images can be used."
    if skipped > MOST_SKIPPED * images:
        return f"{skipped:,} of {images:,} images are left out: this is not the whole set."
    return ""


@dataclass(frozen=True)
class Dataset:
    """The cases of a folder or of one split of it, and what was left out of them.

    `sha256` stands for what the cases say and for their files' names and sizes.
    """

    name: str
    split: str
    cases: tuple[Case, ...]
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    """What was found, one sentence each."""

    @property
    def sha256(self) -> str:
        """Hexadecimal; differs when a case is added, left out, relabelled, or its files change."""
        digest = hashlib.sha256()
        for case in self.cases:
            facts = (case.id, case.dataset, case.split, case.label, case.group, case.birads)
            files = [(path.name, path.stat().st_size) for path in case.files() if path.is_file()]
            digest.update(repr((*facts, case.device, case.mm_per_px, files)).encode())
            digest.update(b"inverted" * case.invert)
        return digest.hexdigest()


def read_index(folder: Path, *splits: Split) -> list[Case]:
    """The cases of a folder with `index.csv`, `images/` and `masks/`, in the index's order.

    All splits when none is named. Raises FileNotFoundError with a plain sentence when the folder
    holds no index.
    """
    index = folder / "index.csv"
    if not index.is_file():
        raise FileNotFoundError(f"There is no index.csv in {folder}.")
    with index.open(newline="", encoding="utf-8-sig") as lines:
        rows = list(csv.DictReader(lines))
    images, masks = _list_named(folder / "images"), _list_named(folder / "masks")
    return [
        Case(
            id=row["id"],
            dataset=row["dataset"],
            split=row["split"],
            label=row["label"],
            group=row.get("group") or row["id"],
            image_path=images.get(
                bare_name(f"{row['id']}.png"), folder / f"images/{row['id']}.webp"
            ),
            mask_path=masks.get(bare_name(f"{row['id']}.png"), folder / f"masks/{row['id']}.png"),
            birads=row.get("birads") or "",
            device=row.get("device") or "",
            mm_per_px=10 * float(row.get("pixel_size_cm") or "nan"),
        )
        for row in rows
        if not splits or row["split"] in splits
    ]


def _list_named(folder: Path) -> dict[str, Path]:
    """The files of a folder by the shortest name they go by; those of their own name first."""
    files = sorted(path for path in folder.glob("*") if path.is_file())
    shortest = {mask_keys(path.name)[-1]: path for path in files}
    return shortest | {bare_name(path.name): path for path in files}


def _read_grey(path: Path) -> GreyImage:
    image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if image is None:
        raise ValueError(f"{path.name} cannot be read.")
    return np.asarray(image, np.uint8)
