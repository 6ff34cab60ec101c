"""The catalogue of hashes of the images that models were made with."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from busdemo.evaluation.datasets import Case
from busdemo.imaging.copies import Catalogue
from busdemo.imaging.hashes import Scale, hash_image
from busdemo.zoo.cards import WEIGHTS

CATALOGUE = "training-hashes.npz"
"""The catalogue's file, beside the models' folders."""


def build_catalogue(cases: Sequence[Case], scale: Scale | None = None) -> Catalogue:
    """The hashes of cases' images; on the scale of those of the train split, if none is given."""
    if scale is None:
        scale = Scale.of(case.read()[0] for case in cases if case.split == "train")
    hashes = [hash_image(case.read()[0], scale) for case in tqdm(cases, "hashing", mininterval=5)]
    return Catalogue(
        np.stack(hashes),
        scale,
        datasets=tuple(case.dataset for case in cases),
        splits=tuple(case.split for case in cases),
    )


def catalogue_path(weights: Path = WEIGHTS) -> Path:
    """Where the catalogue that goes with a zoo lies."""
    return weights / CATALOGUE
