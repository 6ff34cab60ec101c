"""What several commands about training ask for: where the data and the states are, for how long."""

import argparse
from pathlib import Path

STATE = Path.home() / "busdemo-training"
"""Where trainings keep their state: beside no checkout, so that it outlives each."""


def add_data(parser: argparse.ArgumentParser) -> None:
    """`--data`, a folder with an index."""
    parser.add_argument(
        "--data",
        type=Path,
        default=Path("../shared/data"),
        metavar="DIR",
        help="index.csv, images/ and masks/ (default: %(default)s)",
    )


def add_runs(parser: argparse.ArgumentParser) -> None:
    """`--runs`, the folder of the zoo's trainings."""
    parser.add_argument(
        "--runs",
        type=Path,
        default=STATE / "runs",
        metavar="DIR",
        help="where `busdemo train` keeps its state (default: %(default)s)",
    )


def add_hours(parser: argparse.ArgumentParser) -> None:
    """`--hours`, a limit of time."""
    parser.add_argument(
        "--hours", type=float, default=float("inf"), help="begin no epoch after this long"
    )
