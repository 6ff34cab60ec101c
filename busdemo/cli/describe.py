"""Describing the lesion of a mask, and checking the words against radiologists."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from busdemo.cli.reading import (
    add_mask_options,
    add_scan_options,
    read_mask_options,
    read_scan_options,
)
from busdemo.cli.use import Commands

if TYPE_CHECKING:
    from busdemo.annotations.annotation import Annotation
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
    add_scan_options(describe)
    add_mask_options(describe)
    describe.add_argument("--json", action="store_true", help="print everything as JSON")
    describe.set_defaults(run=_describe)


def _describe(options: argparse.Namespace) -> int:
    from busdemo.annotations.annotation import tell
    from busdemo.imaging.images import read_scan
    from busdemo.workflows.describing import describe_annotation, report, write_report

    if not options.mask and not options.model:
        print("Name an outline with --mask, a model with --model, or both.", file=sys.stderr)
        return 2
    try:
        scan = read_scan(options.image.read_bytes(), options.image.name, read_scan_options(options))
        outlines = _read_outlines(options, scan)
    except (OSError, ValueError) as error:  # UnreadableImage and UnusableModel are ValueErrors
        print(error, file=sys.stderr)
        return 1
    if options.json:
        told = {name: describe_annotation(scan, one) for name, one in outlines.items()}
        print(json.dumps(told, indent=2))
        return 0
    if scan.notes:
        print(f"{scan.name}: {'; '.join(scan.notes)}.\n")
    for name, one in outlines.items():
        print(f"{name.capitalize()}, {one.annotator}: {tell(one.provenance)}")
        made = report(scan.pixels, one.mask, mm_per_px=scan.spacing_mm, aspect=scan.aspect)
        print(f"{write_report(name, made)}\n")
    return 0


def _read_outlines(options: argparse.Namespace, scan: "Scan") -> "dict[str, Annotation]":
    """The prediction and the reference, as far as they are asked for; ValueError."""
    from busdemo.imaging.masks import stop_of
    from busdemo.inference.segmenter import SegmenterPool
    from busdemo.workflows.comparing import ask_models
    from busdemo.workflows.segmenting import read_reference
    from busdemo.zoo.cards import read_cards

    found = {}
    if options.model:
        stop = None if options.threshold is None else stop_of(options.threshold)
        pool = SegmenterPool(read_cards())
        (found["prediction"],) = ask_models(scan, [options.model], pool, stop=stop)
    if options.mask:
        files = [(path.name, path.read_bytes()) for path in options.mask]
        found["reference"] = read_reference(files, scan, read_mask_options(options))
    return found


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
