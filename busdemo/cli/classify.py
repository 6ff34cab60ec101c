"""`busdemo classify`: normal, benign or malignant, in the terminal."""

import argparse
import json
import sys
from pathlib import Path

from busdemo.cli.reading import add_scan_options, read_scan_options
from busdemo.cli.use import Commands


def add_classify(commands: Commands) -> None:
    """Its grammar."""
    classify = commands.add_parser(
        "classify", help="probabilities of normal, benign and malignant (research only)"
    )
    classify.add_argument("images", nargs="+", type=Path, metavar="IMAGE")
    classify.add_argument(
        "--paint", action="store_true", help="also with burnt-in calipers and text painted out"
    )
    add_scan_options(classify)
    classify.set_defaults(run=_classify)


def _classify(options: argparse.Namespace) -> int:
    from busdemo.imaging.images import read_scan
    from busdemo.inference.segmenter import SegmenterPool
    from busdemo.workflows.classifying import classifier_of, tabulate_classification
    from busdemo.zoo.cards import read_cards

    pool = SegmenterPool(read_cards())
    slot = classifier_of(pool)
    if slot.problem:
        print(f"The classifier is switched off: {slot.problem}", file=sys.stderr)
        return 1
    print("Research only, not a diagnosis.", file=sys.stderr)
    failures = 0
    for path in options.images:
        try:
            scan = read_scan(path.read_bytes(), path.name, read_scan_options(options))
            row = tabulate_classification(scan.inside, slot, pool, paint=options.paint)
        except (OSError, ValueError) as error:
            failures += 1
            print(f"{path}: {error}", file=sys.stderr)
            continue
        about = {"image": str(path), "frame": scan.frame, "notes": list(scan.notes)}
        print(json.dumps({**about, **row}, ensure_ascii=False))
    return 1 if failures else 0
