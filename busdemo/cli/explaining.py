"""The commands about what a model looked at and when to look again."""

import argparse
import json
import sys
from pathlib import Path

from busdemo.cli.reading import add_scan_options, read_scan_options
from busdemo.cli.use import Commands


def add_explaining(commands: Commands) -> None:
    """Their grammar."""
    explain = commands.add_parser("explain", help="heat maps of what a model looked at")
    explain.add_argument("image", type=Path, metavar="IMAGE")
    explain.add_argument("--model", default="unet", help="a model's id (default: unet)")
    explain.add_argument(
        "--layer", default="", help="of Grad-CAM (default: the bottleneck); explain.json lists all"
    )
    add_scan_options(explain)
    explain.add_argument("--out", type=Path, required=True, metavar="DIR")
    explain.set_defaults(run=_explain)

    referral = commands.add_parser(
        "referral", help="choose models' look-again cut-offs on val, test them, write referral.json"
    )
    referral.add_argument("model", nargs="+", metavar="MODEL", help="ids, or: all")
    referral.add_argument(
        "--val",
        type=Path,
        required=True,
        metavar="RUN",
        help="made by: busdemo evaluate --data DIR --split val --models MODEL --out RUN",
    )
    referral.add_argument(
        "--test", type=Path, default=None, metavar="RUN", help="default: the shipped run"
    )
    referral.set_defaults(run=_referral)


def _explain(options: argparse.Namespace) -> int:
    from busdemo.imaging.images import read_scan
    from busdemo.inference.segmenter import SegmenterPool
    from busdemo.workflows.explanations import write_explanations
    from busdemo.zoo.cards import read_cards

    pool = SegmenterPool(read_cards())
    if options.model not in pool.cards:
        print(f"Unknown model {options.model!r}; known: {', '.join(pool.cards)}.", file=sys.stderr)
        return 2
    try:
        scan = read_scan(options.image.read_bytes(), options.image.name, read_scan_options(options))
        prefix = options.out / f"{options.image.stem}-{options.model}"
        facts = write_explanations(scan, pool, options.model, layer=options.layer, prefix=prefix)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(facts, indent=2))
    return 0


def _referral(options: argparse.Namespace) -> int:
    from busdemo.evaluation.referral import write_referral
    from busdemo.evaluation.run_files import read_run
    from busdemo.workflows.benchmarking import SHIPPED_RUN
    from busdemo.zoo.cards import read_cards

    cards = {card.id: card for card in read_cards()}
    wanted = list(cards) if options.model == ["all"] else options.model
    if unknown := [model for model in wanted if model not in cards]:
        print(f"Unknown model {unknown[0]!r}; known: {', '.join(cards)}.", file=sys.stderr)
        return 2
    try:
        val, test = (read_run(path) for path in (options.val, options.test or SHIPPED_RUN))
        for model in wanted:
            print(write_referral(cards[model], val, test), flush=True)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0
