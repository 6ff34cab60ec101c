"""The commands about what was seen in training: the catalogue of hashes."""

import argparse
import sys
from pathlib import Path

from busdemo.cli.use import Commands


def add_leakage(commands: Commands) -> None:
    """Their grammar."""
    hashes = commands.add_parser(
        "hashes", help="hash every image of the train and val splits, for the look-up of uploads"
    )
    hashes.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="index.csv, images/ and masks/"
    )
    hashes.add_argument(
        "--out", type=Path, metavar="FILE", help="default: training-hashes.npz beside the models"
    )
    hashes.set_defaults(run=_hashes)


def _hashes(options: argparse.Namespace) -> int:
    from busdemo.evaluation.datasets import read_index
    from busdemo.evaluation.leakage import build_catalogue, catalogue_path

    path = options.out or catalogue_path()
    try:
        cases = read_index(options.data, "train", "val")
        if not any(case.split == "train" for case in cases):
            raise ValueError(f"{options.data} holds no image of a train split.")
        catalogue = build_catalogue(cases)
        catalogue.write(path)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{len(catalogue):,} hashes in {path}, {path.stat().st_size / 1000:.0f} kB.")
    return 0
