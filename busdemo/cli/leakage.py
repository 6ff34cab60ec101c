"""The commands about what was seen in training: hashes, audit, and the cost of other protocols."""

import argparse
import json
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

    audit = commands.add_parser(
        "audit", help="find near copies in a data set and across its splits, write a safe split"
    )
    audit.add_argument("folder", type=Path, metavar="DIR", help="a data set, or any pictures")
    audit.add_argument("--json", action="store_true", help="print everything found as JSON")
    audit.add_argument(
        "--write", type=Path, metavar="FILE", help="write a split that divides no group, as CSV"
    )
    audit.add_argument("--seed", type=int, default=0, help="of the split (default: 0)")
    audit.set_defaults(run=_audit)

    protocols = commands.add_parser(
        "protocols",
        help="compute what papers' protocols need beyond a run: networks trained under two "
        "splits, models on crops of the ground truth",
    )
    protocols.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="index.csv, images/ and masks/"
    )
    protocols.add_argument(
        "--crops-only", action="store_true", help="leave out training, which takes half an hour"
    )
    protocols.set_defaults(run=_protocols)


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


def _audit(options: argparse.Namespace) -> int:
    from busdemo.evaluation.audit import audit_folder, tell_audit, write_split
    from busdemo.evaluation.datasets import warn_of_skipped
    from busdemo.evaluation.leakage import catalogue_path
    from busdemo.imaging.copies import read_catalogue

    try:
        audit = audit_folder(options.folder, read_catalogue(catalogue_path()).scale)
        sizes = write_split(audit, options.write, options.seed) if options.write else {}
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    skipped = len(audit.skipped)
    if warning := warn_of_skipped(skipped, len(audit.pictures) + skipped):
        print(warning, file=sys.stderr)
    if options.json:
        print(json.dumps(audit.tabulate(), indent=1))
    else:
        print("\n".join(tell_audit(audit)))
    if sizes:
        told = ", ".join(f"{split} {number:,}" for split, number in sizes.items())
        print(f"Written: {options.write} ({told} images).", file=sys.stderr)
    return 1 if warning else 0


def _protocols(options: argparse.Namespace) -> int:
    from busdemo.evaluation.crops import TRUE_CROPS, segment_papers_crops
    from busdemo.evaluation.split_effect import SPLIT_PAIR
    from busdemo.zoo.files import UnusableModel

    try:
        segment_papers_crops(options.data).to_parquet(TRUE_CROPS, index=False)
        if not options.crops_only:
            from busdemo.training.split_pair import train_pairs

            train_pairs(options.data).to_parquet(SPLIT_PAIR, index=False)
    except (UnusableModel, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print("Written beside the models; the Benchmark tab shows the table.")
    return 0
