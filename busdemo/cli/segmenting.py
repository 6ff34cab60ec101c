"""`busdemo segment`: masks, pictures and numbers of images, of folders and of data sets."""

import argparse
import itertools
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from busdemo.cli.reading import (
    add_mask_options,
    add_scan_options,
    read_mask_options,
    read_scan_options,
)
from busdemo.cli.use import Commands, add_detector_option

if TYPE_CHECKING:
    from busdemo.annotations.annotation import Annotation
    from busdemo.evaluation.readers.files import FileCase
    from busdemo.evaluation.readers.inputs import Inputs
    from busdemo.imaging.images import Scan
    from busdemo.workflows.segmenting import Choice


def add_segmenting(commands: Commands) -> None:
    """Its grammar."""
    segment = commands.add_parser("segment", help="segment images, score them against masks")
    segment.add_argument(
        "images", nargs="+", type=Path, metavar="IMAGE", help="image files, or one folder"
    )
    segment.add_argument(
        "--mask",
        nargs="+",
        type=Path,
        default=[],
        metavar="MASK",
        help="one mask for every image, several files of one image's mask, or a folder of masks",
    )
    segment.add_argument("--model", default="unet", help="a model's id, or all (default: unet)")
    segment.add_argument(
        "--threshold",
        type=float,
        metavar="T",
        help="0.005 to 0.995 (default: the model's frozen one)",
    )
    segment.add_argument(
        "--process",
        metavar="STEPS",
        help="none, or any of largest, above=N, fill, open=N, close=N, smooth=N with commas "
        "between (default: the model's own, chosen on validation data)",
    )
    segment.add_argument(
        "--presence",
        metavar="C",
        help="cut-off under which a mask is withheld: none, or up to 0.99 (default: the model's)",
    )
    segment.add_argument(
        "--mm-per-px", metavar="MM", help="side of a pixel in mm; lesions are then also in mm"
    )
    segment.add_argument(
        "--two-stage", action="store_true", help="find the lesions first, segment each in a crop"
    )
    add_scan_options(segment)
    add_mask_options(segment)
    add_detector_option(segment)
    segment.add_argument("--out", type=Path, required=True, metavar="DIR")
    segment.set_defaults(run=_segment)


def _segment(options: argparse.Namespace) -> int:
    from tqdm import tqdm

    from busdemo.evaluation.readers.inputs import find_inputs
    from busdemo.inference.segmenter import SegmenterPool
    from busdemo.inference.two_stage import open_two_stage
    from busdemo.inference.within import look_within
    from busdemo.workflows.presence import add_presence, look_for_presence, tell_presence
    from busdemo.workflows.segmenting import segment, tell_scores, write_results, write_table
    from busdemo.zoo.cards import read_cards

    pool = SegmenterPool(read_cards())
    try:
        staged = open_two_stage(pool, onnx=options.detector) if options.two_stage else None
        if staged:
            staged.detector()
        choice, inputs = _read_choice(options), find_inputs(options.images, options.mask)
        models = _pick_models(options.model, list(pool.cards), pool.problems)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    incomplete = _tell_inputs(inputs)
    rows, lesions, failures = [], [], 0
    names = _distinct_names([case.id for case in inputs.cases])
    files = zip(inputs.cases, names, strict=True)
    for case, name in tqdm(list(files), desc="segmenting", unit="image", disable=len(names) < 2):
        image = case.image_path
        try:
            scan, reference = _read(case, options)
        except (OSError, ValueError) as error:
            failures += 1
            tqdm.write(f"{image}: {error}", file=sys.stderr)
            continue
        predictions = look_within(scan, staged.look_at if staged else pool.look_at)
        look = look_for_presence(scan, pool, predictions)
        for model in models:
            try:
                result, probabilities = segment(scan, model, pool, predictions)
                result = add_presence(result, look)
                prefix = options.out / f"{name}-{model}"
                row, found = write_results(
                    scan, result, probabilities, reference=reference, choice=choice, prefix=prefix
                )
                if result.presence and row["withheld"]:
                    told = tell_presence(result.presence, float(row["cut_off"] or 0))
                    tqdm.write(f"{image}: {model}: {told}")
                rows.append({"image": str(image), **row})
                if reference is not None:
                    tqdm.write(f"{scan.name}: {pool.cards[model].name}: {tell_scores(row)}")
                lesions += [{"image": str(image), **lesion} for lesion in found]
            except (OSError, ValueError) as error:
                failures += 1
                tqdm.write(f"{image}: {model}: {error}", file=sys.stderr)
    if rows:
        write_table(rows, options.out / "results.csv")
        write_table(lesions, options.out / "lesions.csv")
    return 1 if failures or incomplete else 0


def _read_choice(options: argparse.Namespace) -> "Choice":
    """What makes masks of probabilities; ValueError with one sentence."""
    from busdemo.imaging.masks import stop_of
    from busdemo.imaging.post_processing import PostProcessing
    from busdemo.imaging.spacing import read_spacing
    from busdemo.workflows.segmenting import Choice
    from busdemo.zoo.presence import read_cut_off

    return Choice(
        None if options.threshold is None else stop_of(options.threshold),
        None if options.process is None else PostProcessing.parse(options.process),
        None if options.mm_per_px is None else read_spacing(options.mm_per_px),
        None if options.presence is None else read_cut_off(options.presence),
    )


def _tell_inputs(inputs: "Inputs") -> bool:
    """Print what was found; True where more than a tenth of the images is left out."""
    from busdemo.evaluation.datasets import warn_of_skipped
    from busdemo.evaluation.readers.finding import report_skipped

    left_out = len(inputs.skipped)
    warning = warn_of_skipped(left_out, len(inputs.cases) + left_out)
    for sentence in (warning, *inputs.notes, *report_skipped(inputs.skipped)):
        if sentence:
            print(sentence, file=sys.stderr)
    return bool(warning)


def _read(case: "FileCase", options: argparse.Namespace) -> "tuple[Scan, Annotation | None]":
    """The scan and its reference, told how they were read; OSError or ValueError."""
    from tqdm import tqdm

    from busdemo.imaging.images import read_scan
    from busdemo.workflows.segmenting import read_reference, tell_reading

    image, files = case.image_path, case.mask_files()
    scan = read_scan(image.read_bytes(), image.name, read_scan_options(options))
    reference = read_reference(files, scan, read_mask_options(options)) if files else None
    for line in tell_reading(scan, reference):
        tqdm.write(line)
    return scan, reference


def _distinct_names(ids: list[str]) -> list[str]:
    """A name for each image's results: its id without folders, numbered where it is taken."""
    names: list[str] = []
    for one in ids:
        plain = one.replace("/", "-")
        numbered = (f"{plain}-{n}" if n > 1 else plain for n in itertools.count(1))
        names.append(next(name for name in numbered if name not in names))
    return names


def _pick_models(wanted: str, known: list[str], problems: dict[str, str]) -> list[str]:
    """The models to run; `all` leaves out those that cannot run, and says so."""
    if wanted != "all" and wanted not in known:
        raise ValueError(f"Unknown model {wanted!r}; known: all, {', '.join(known)}.")
    if wanted != "all":
        return [wanted]
    for model_id, problem in problems.items():
        print(f"{model_id} is left out: {problem}", file=sys.stderr)
    return [model_id for model_id in known if model_id not in problems]
