"""The command that tries recipes on folds of train and val."""

import argparse
import sys
from pathlib import Path
from time import monotonic

from busdemo.cli.use import Commands

STATE = Path.home() / "busdemo-training"
"""Where trainings keep their state: beside no checkout, so that it outlives each."""


def add_crossvalidate(commands: Commands) -> None:
    """Its grammar."""
    parser = commands.add_parser(
        "crossvalidate",
        help="try training recipes on folds of train and val; goes on where it was stopped",
    )
    parser.add_argument(
        "variants", nargs="*", metavar="RECIPE", help="names of recipes (default: all)"
    )
    parser.add_argument(
        "--data",
        type=Path,
        default=Path("../shared/data"),
        metavar="DIR",
        help="index.csv, images/ and masks/ (default: %(default)s)",
    )
    parser.add_argument(
        "--folds",
        type=Path,
        default=STATE / "folds",
        metavar="DIR",
        help="where states and results are kept (default: %(default)s)",
    )
    parser.add_argument(
        "--hours", type=float, default=float("inf"), help="begin no epoch after this long"
    )
    parser.add_argument(
        "--report",
        type=Path,
        metavar="DIR",
        help="train nothing; write page and table of what is finished into this folder",
    )
    parser.set_defaults(run=_crossvalidate)


def _crossvalidate(options: argparse.Namespace) -> int:
    from busdemo.training.crossvalidation import cross_validate
    from busdemo.training.fold_report import write_report
    from busdemo.training.variants import VARIANTS

    known = {variant.name: variant for variant in VARIANTS}
    if unknown := [name for name in options.variants if name not in known]:
        print(f"Unknown recipe {unknown[0]!r}; known: {', '.join(known)}.", file=sys.stderr)
        return 2
    try:
        if options.report:
            write_report(options.folds, options.report)
            return 0
        wanted = [known[name] for name in options.variants or known]
        until = monotonic() + 3600 * options.hours
        cross_validate(wanted, options.data, options.folds, until=until)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0
