"""The command that compares people and models on one image."""

import argparse
import sys
from pathlib import Path
from typing import Any

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
        case = _build_case(options)
        written = write_files(case, options.report)
    except (OSError, ValueError, UnusableModel) as error:
        print(error, file=sys.stderr)
        return 1
    print(tell_case(case))
    print(f"Written: {', '.join(str(path) for path in written)}")
    return 0


def _build_case(options: argparse.Namespace) -> Any:
    from busdemo.annotations.files import read_annotations
    from busdemo.imaging.images import read_scan
    from busdemo.imaging.masks import stop_of
    from busdemo.imaging.post_processing import PostProcessing
    from busdemo.imaging.spacing import read_spacing
    from busdemo.scoring.agreement import TOLERANCE_PX
    from busdemo.workflows.comparing import ask_models, compare_annotations

    scan = read_scan(options.image.read_bytes(), options.image.name)
    stop = None if options.threshold is None else stop_of(options.threshold)
    steps = options.post_processing
    processing = None if steps is None else PostProcessing.parse(steps)
    spacing = None if options.mm_per_px is None else read_spacing(options.mm_per_px)
    files = [(path.name, path.read_bytes()) for path in options.masks]
    annotations = read_annotations(files, scan) if files else []
    if options.models:
        pool, models = _pick_models(options.models)
        annotations += ask_models(scan, models, pool, stop=stop, post_processing=processing)
    return compare_annotations(
        scan,
        annotations,
        reference=options.reference,
        ways=dict.fromkeys(options.consensus),
        tolerance_px=TOLERANCE_PX if options.tolerance is None else options.tolerance,
        mm_per_px=spacing,
    )


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
