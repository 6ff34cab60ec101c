"""The command that compares people and models on one image."""

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from busdemo.cli.reading import (
    add_mask_options,
    add_scan_options,
    read_mask_options,
    read_scan_options,
)

if TYPE_CHECKING:
    from busdemo.annotations.annotation import Annotation
    from busdemo.imaging.images import Scan
    from busdemo.workflows.comparing import ComparedImage
    from busdemo.workflows.labels import Group

CONSENSUS = ("majority", "union", "intersection", "staple")
"""The ways to a consensus, as `busdemo.scoring.consensus` has them."""


def add_comparing(commands: Any) -> None:
    """Its grammar."""
    compare = commands.add_parser(
        "compare", help="compare masks of one image with each other and with models"
    )
    compare.add_argument("image", type=Path, metavar="IMAGE")
    compare.add_argument(
        "masks", nargs="*", type=Path, metavar="MASK", help="each one person's, called as its file"
    )
    compare.add_argument(
        "--models", nargs="+", default=[], metavar="MODEL", help="ids of the zoo, or all"
    )
    compare.add_argument(
        "--consensus", nargs="+", default=[], choices=CONSENSUS, help="of the people's masks"
    )
    compare.add_argument(
        "--reference", default="", metavar="NAME", help="an annotator's name (default: the first)"
    )
    compare.add_argument("--threshold", type=float, metavar="T", help="default: the frozen ones")
    compare.add_argument("--post-processing", metavar="STEPS", help="such as largest,fill")
    compare.add_argument("--tolerance", type=float, metavar="PX", help="of the NSD (default: 2)")
    compare.add_argument("--mm-per-px", metavar="MM", help="default: as the image's file says")
    add_scan_options(compare)
    add_mask_options(compare)
    compare.add_argument(
        "--report",
        type=Path,
        required=True,
        metavar="OUT.html",
        help="written with OUT.json (every number), OUT.csv (Dice) and OUT.svg (outlines) beside",
    )
    compare.set_defaults(run=_compare)


def _compare(options: argparse.Namespace) -> int:
    from busdemo.workflows.comparison_report import tell_case, write_files
    from busdemo.zoo.files import UnusableModel

    try:
        cases = _build_cases(options)
        for place, case in enumerate(cases):
            written = write_files(case, options.report, plainly=not place)
            print(tell_case(case))
            print(f"Written: {', '.join(str(path) for path in written)}")
    except (OSError, ValueError, UnusableModel) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _build_cases(options: argparse.Namespace) -> "list[ComparedImage]":
    """One comparison, or one for each label where files mark several things."""
    from busdemo.annotations.files import read_annotations
    from busdemo.imaging.images import read_scan
    from busdemo.workflows.comparing import ask_models
    from busdemo.workflows.labels import group_by_label

    scan = read_scan(options.image.read_bytes(), options.image.name, read_scan_options(options))
    files = [(path.name, path.read_bytes()) for path in options.masks]
    wanted = replace(read_mask_options(options), label=None)
    people = read_annotations(files, scan, wanted) if files else []
    asked, marking = [], _marking(options)
    if options.models:
        pool, models = _pick_models(options.models)
        asked = ask_models(scan, models, pool, **marking)
    groups = group_by_label(people, wanted=options.label or "", others=len(asked))
    return [_compare_group(scan, group, asked, options) for group in groups]


def _marking(options: argparse.Namespace) -> dict[str, Any]:
    from busdemo.imaging.masks import stop_of
    from busdemo.imaging.post_processing import PostProcessing

    steps = options.post_processing
    return {
        "stop": None if options.threshold is None else stop_of(options.threshold),
        "post_processing": None if steps is None else PostProcessing.parse(steps),
    }


def _compare_group(
    scan: "Scan", group: "Group", asked: "list[Annotation]", options: argparse.Namespace
) -> "ComparedImage":
    from busdemo.imaging.spacing import read_spacing
    from busdemo.scoring.agreement import TOLERANCE_PX
    from busdemo.workflows.comparing import compare_annotations

    case = compare_annotations(
        scan,
        [*group.annotations, *asked],
        reference=options.reference,
        ways=dict.fromkeys(options.consensus),
        tolerance_px=TOLERANCE_PX if options.tolerance is None else options.tolerance,
        mm_per_px=None if options.mm_per_px is None else read_spacing(options.mm_per_px),
    )
    return replace(case, label=group.label, notes=group.notes)


def _pick_models(wanted: list[str]) -> tuple[Any, list[str]]:
    """The pool and the models to run; `all` leaves out those that cannot run, and says so."""
    from busdemo.inference.segmenter import SegmenterPool
    from busdemo.zoo.cards import read_cards

    pool = SegmenterPool(read_cards())
    if wanted != ["all"]:
        return pool, wanted
    for model_id, problem in pool.problems.items():
        print(f"{model_id} is left out: {problem}", file=sys.stderr)
    return pool, [model_id for model_id in pool.cards if model_id not in pool.problems]
