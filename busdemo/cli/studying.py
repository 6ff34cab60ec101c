"""The command that compares many annotators over many images."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from busdemo.cli.benchmarking import split_name

if TYPE_CHECKING:
    from busdemo.evaluation.studies.running import OpenStudy, StudyOrder


def add_studying(commands: Any) -> None:
    """Its grammar."""
    study = commands.add_parser(
        "study", help="compare readers, programs and models over many images, write a report"
    )
    study.add_argument(
        "images",
        nargs="?",
        type=Path,
        metavar="DIR",
        help="the images, or a data set with ground truth (default: masks alone)",
    )
    study.add_argument(
        "--readers",
        nargs="+",
        required=True,
        metavar="NAME=PLACE",
        help="a folder of masks or one export file each; without NAME= an export's own readers",
    )
    study.add_argument("--models", nargs="+", default=[], metavar="MODEL", help="ids, or all")
    study.add_argument(
        "--programs", nargs="+", default=[], metavar="NAME", help="which readers are programs"
    )
    study.add_argument(
        "--started-from",
        nargs="+",
        default=[],
        metavar="NAME=MODEL",
        help="readers whose outlines were started from a model: kept apart from the people",
    )
    study.add_argument(
        "--reference",
        default="",
        metavar="NAME",
        help="a reader, consensus:staple, consensus:majority or ground-truth (default: the ground "
        "truth where there is one, otherwise the first reader)",
    )
    study.add_argument(
        "--label", default="", metavar="NAME", help="only this label; all: merged (default: each)"
    )
    study.add_argument(
        "--patients", type=Path, metavar="FILE.csv", help="columns image and patient"
    )
    study.add_argument("--tolerance", type=float, default=2.0, metavar="PX", help="of the NSD")
    study.add_argument("--mm-per-px", type=float, metavar="MM", help="of all images")
    study.add_argument("--workers", type=int, metavar="N", help="images at a time (default: cores)")
    study.add_argument("--engine", choices=["local", "ray"], default="local")
    study.add_argument("--address", help="of --engine ray: the cluster's address")
    study.add_argument("--out", type=Path, required=True, metavar="STUDY")
    study.set_defaults(run=_study)


def _study(options: argparse.Namespace) -> int:
    from busdemo.evaluation.studies.running import open_study
    from busdemo.workflows.study import open_result
    from busdemo.workflows.study_report import REPORT_FILE, tell_study, write_files
    from busdemo.zoo.files import UnusableModel

    try:
        opened = open_study(_read_wanted(options), workers=options.workers)
        print("\n".join(opened.notes), file=sys.stderr)
        computed = _compute(opened, options)
        result = open_result(options.out)
        for words in result.about["not_read"]:
            print(words, file=sys.stderr)
        write_files(result, options.out)
    except KeyboardInterrupt:
        print("Stopped. The same command goes on where it was.", file=sys.stderr)
        return 130
    except KeyError as error:
        print(error.args[0], file=sys.stderr)
        return 2
    except (UnusableModel, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(tell_study(result))
    cases = len(opened.matched.dataset.cases)
    print(f"\n{computed} of {cases} images computed; written: {options.out / REPORT_FILE}")
    return 0


def _compute(opened: "OpenStudy", options: argparse.Namespace) -> int:
    from busdemo.evaluation.cluster import compute_on_ray, connect
    from busdemo.evaluation.evaluating import compute_here, count_cores, evaluate_dataset

    on_ray = options.engine == "ray"
    cores = connect(options.address) if on_ray else count_cores()
    workers = options.workers or cores
    place = f"a Ray cluster of {cores} cores" if on_ray else "this machine"
    receipt = opened.receipt(command=_tell_command(options), place=place, workers=workers)
    compute = (
        compute_on_ray(opened.setup, workers) if on_ray else compute_here(opened.examiner, workers)
    )
    return evaluate_dataset(opened.matched.dataset, options.out, receipt, compute)


def _read_wanted(options: argparse.Namespace) -> "StudyOrder":
    from busdemo.evaluation.studies.running import StudyOrder

    return StudyOrder(
        readers=[split_name(words) for words in options.readers],
        images=options.images.absolute() if options.images else None,
        models=tuple(options.models),
        programs=tuple(options.programs),
        started_from={one.partition("=")[0]: one.partition("=")[2] for one in options.started_from},
        reference=options.reference,
        label=options.label,
        patients=options.patients,
        tolerance_px=options.tolerance,
        mm_per_px=options.mm_per_px,
    )


def _tell_command(options: argparse.Namespace) -> str:
    """The command without this machine's paths."""
    named = [(name, path.name) for name, path in map(split_name, options.readers)]
    words = ["busdemo study", *([options.images.resolve().name] if options.images else [])]
    words.append(f"--readers {' '.join(f'{n}={p}' if n else p for n, p in named)}")
    for option in ("models", "programs", "started_from"):
        if given := getattr(options, option):
            words.append(f"--{option.replace('_', '-')} {' '.join(given)}")
    for option in ("reference", "label"):
        if given := getattr(options, option):
            words.append(f"--{option} {json.dumps(given, ensure_ascii=False)}")
    words += [f"--patients {options.patients.name}"] if options.patients else []
    words += [f"--tolerance {options.tolerance:g}"]
    words += [f"--mm-per-px {options.mm_per_px:g}"] if options.mm_per_px else []
    return " ".join([*words, "--out STUDY"])
