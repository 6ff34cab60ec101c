"""The commands about parts of train and val: recipes on folds, sets left out."""

import argparse
import sys
from pathlib import Path
from time import monotonic

from busdemo.cli.training_options import STATE, add_data, add_hours, add_runs
from busdemo.cli.use import Commands


def add_crossvalidate(commands: Commands) -> None:
    """Their grammar."""
    parser = commands.add_parser(
        "crossvalidate",
        help="try training recipes on folds of train and val; goes on where it was stopped",
    )
    parser.add_argument(
        "variants", nargs="*", metavar="RECIPE", help="names of recipes (default: all)"
    )
    add_data(parser)
    parser.add_argument(
        "--folds",
        type=Path,
        default=STATE / "folds",
        metavar="DIR",
        help="where states and results are kept (default: %(default)s)",
    )
    add_hours(parser)
    parser.add_argument(
        "--report",
        type=Path,
        metavar="DIR",
        help="train nothing; write page and table of what is finished into this folder",
    )
    parser.set_defaults(run=_crossvalidate)

    transfers = commands.add_parser(
        "transfers",
        help="test the trainings that leave a set out on that set, write page and table",
    )
    add_data(transfers)
    add_runs(transfers)
    transfers.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="the folder for page and table"
    )
    transfers.set_defaults(run=_transfers)


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


def _transfers(options: argparse.Namespace) -> int:
    from busdemo.training.classifier.transfers import measure_class_transfers
    from busdemo.training.transfers import measure_transfers, write_transfers
    from busdemo.zoo.cards import WEIGHTS
    from busdemo.zoo.files import UnusableModel

    try:
        transfers = measure_transfers(options.data, options.runs, WEIGHTS)
        classifiers = measure_class_transfers(options.data, options.runs)
        write_transfers(transfers, classifiers, options.out)
    except (OSError, ValueError, UnusableModel) as error:
        print(error, file=sys.stderr)
        return 1
    return 0
