"""Describing the lesion of a mask, and checking the words against radiologists."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from busdemo.cli.use import Commands

if TYPE_CHECKING:
    from busdemo.imaging.arrays import Mask
    from busdemo.imaging.images import Scan


def add_describe(commands: Commands) -> None:
    """Its grammar."""
    describe = commands.add_parser(
        "describe", help="describe a lesion: words and numbers from an outline and the image"
    )
    describe.add_argument("image", type=Path, metavar="IMAGE")
    describe.add_argument(
        "--mask", nargs="+", type=Path, default=[], metavar="MASK", help="files of one outline"
    )
    describe.add_argument(
        "--model", metavar="ID", help="describe this model's prediction; with --mask, both"
    )
    describe.add_argument(
        "--threshold",
        type=float,
        metavar="T",
        help="0.005 to 0.995 (default: the model's frozen one)",
    )
    describe.add_argument("--json", action="store_true", help="print everything as JSON")
    describe.set_defaults(run=_describe)


def _describe(options: argparse.Namespace) -> int:
    from busdemo.imaging.images import read_scan
    from busdemo.workflows.describing import report, tabulate_report, write_report
    from busdemo.workflows.segmenting import read_reference

    if not options.mask and not options.model:
        print("Name an outline with --mask, a model with --model, or both.", file=sys.stderr)
        return 2
    reports = {}
    try:
        scan = read_scan(options.image.read_bytes(), options.image.name)
        spacing = scan.spacing_mm
        if options.model:
            reports["prediction"] = report(scan.pixels, _predict(options, scan), mm_per_px=spacing)
        if options.mask:
            files = [(path.name, path.read_bytes()) for path in options.mask]
            outline = read_reference(files, scan).mask
            reports["reference"] = report(scan.pixels, outline, mm_per_px=spacing)
    except (OSError, ValueError) as error:  # UnreadableImage and UnusableModel are ValueErrors
        print(error, file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps({name: tabulate_report(made) for name, made in reports.items()}, indent=2))
    else:
        print("\n\n".join(write_report(name, made) for name, made in reports.items()))
    return 0


def _predict(options: argparse.Namespace, scan: "Scan") -> "Mask":
    """The mask of the named model; ValueError with one sentence."""
    from busdemo.imaging.masks import stop_of
    from busdemo.inference.segmenter import SegmenterPool
    from busdemo.workflows.segmenting import segment
    from busdemo.zoo.cards import read_cards

    pool = SegmenterPool(read_cards())
    if options.model not in pool.cards:
        raise ValueError(f"Unknown model {options.model!r}; known: {', '.join(pool.cards)}.")
    stop = pool.cards[options.model].stop
    if options.threshold is not None:
        stop = stop_of(options.threshold)
    segmentation, _ = segment(scan, options.model, pool)
    return segmentation.card.post_processing.apply(segmentation.mask(stop))


def check_words(data: Path, model_id: str = "unet") -> int:
    """`busdemo evaluate words`: set the cut-offs, measure the agreement, write `words.json`."""
    from busdemo.evaluation.words import evaluate_words
    from busdemo.inference.segmenter import SegmenterPool
    from busdemo.zoo.cards import read_cards

    try:
        book = evaluate_words(data, SegmenterPool(read_cards()), model_id)
    except (OSError, ValueError, KeyError) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(book, indent=2))
    return 0
