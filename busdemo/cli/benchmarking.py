"""The commands of the benchmark: a whole data set through the zoo, into a run; its report."""

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any


def add_run_options(evaluate: argparse.ArgumentParser) -> None:
    """What makes `busdemo evaluate` write a run instead of cards."""
    evaluate.add_argument(
        "--out", type=Path, metavar="RUN", help="write a run of --models on --data to this folder"
    )
    evaluate.add_argument(
        "--models",
        dest="run_models",
        nargs="+",
        metavar="MODEL",
        help="of a run: ids, or all (default: all)",
    )
    evaluate.add_argument(
        "--masks",
        nargs="+",
        default=[],
        metavar="NAME=DIR",
        help="of a run: other programs, by their masks of the same images: folders or export files",
    )
    evaluate.add_argument(
        "--split", default="test", help="of a run: train, val, test or all (default: %(default)s)"
    )
    evaluate.add_argument(
        "--invert",
        action="store_true",
        help="of a run: exchange lesion and background of all masks",
    )
    evaluate.add_argument(
        "--one-stage", action="store_true", help="of a run: leave out the two stages"
    )
    evaluate.add_argument(
        "--eager",
        action="store_true",
        help="of a run: PyTorch for all networks, as the page computes them; otherwise OpenVINO "
        "(extra fast) computes smp's where it is installed",
    )
    evaluate.add_argument(
        "--workers", type=int, metavar="N", help="of a run: images at a time (default: cores)"
    )
    evaluate.add_argument(
        "--engine",
        choices=["local", "ray"],
        default="local",
        help="of a run: compute here, or on a Ray cluster (extra cluster)",
    )
    evaluate.add_argument(
        "--address", help="of --engine ray: the cluster's address (default: one on this machine)"
    )


def evaluate_run(options: argparse.Namespace) -> int:
    """Write a run; 130 when it was stopped by Ctrl-C."""
    from busdemo.evaluation.cluster import compute_on_ray, connect
    from busdemo.evaluation.datasets import Skipped, warn_of_skipped
    from busdemo.evaluation.evaluating import compute_here, count_cores, evaluate_dataset
    from busdemo.evaluation.readers.finding import read_dataset, report_skipped
    from busdemo.evaluation.run_files import RECEIPT_FILE
    from busdemo.evaluation.setup import choose_setup, write_receipt
    from busdemo.evaluation.studies.programs import open_programs
    from busdemo.zoo.files import UnusableModel

    if options.models:
        print("Name the models of a run after --models.", file=sys.stderr)
        return 2
    on_ray = options.engine == "ray"
    try:
        folder = options.data.absolute()  # nodes start elsewhere
        dataset = read_dataset(folder, options.split, invert=options.invert)
        cores = connect(options.address) if on_ray else count_cores()
        workers = options.workers or cores
        setup, examiner, notes = choose_setup(
            options.run_models or ["all"],
            two_stage=not options.one_stage,
            onnx=options.detector,
            fast_workers=0 if options.eager else workers,
        )
        programs, matched = open_programs(
            [split_name(words) for words in options.masks], dataset, workers=workers
        )
        if taken := [one.name for one in programs if one.name in setup.model_ids]:
            raise ValueError(f"{taken[0]!r} is a model of the zoo; please rename the program.")
        setup = replace(setup, programs=programs)
        examiner = replace(examiner, programs=programs)
        notes = [*notes, *matched]
        skipped = len(dataset.skipped)
        warning = warn_of_skipped(skipped, len(dataset.cases) + skipped)
        told = (warning, *dataset.notes, *report_skipped(dataset.skipped), *notes)
        print("\n".join(filter(None, told)), file=sys.stderr)
        place = f"a Ray cluster of {cores} cores" if on_ray else "this machine"
        command = _tell_command(options)
        receipt = write_receipt(dataset, examiner, command=command, place=place, workers=workers)
        compute = compute_on_ray(setup, workers) if on_ray else compute_here(examiner, workers)
        computed = evaluate_dataset(dataset, options.out, receipt, compute)
    except KeyboardInterrupt:
        print("Stopped. The same command goes on where it was.", file=sys.stderr)
        return 130
    except KeyError as error:
        print(error.args[0], file=sys.stderr)
        return 2
    except (UnusableModel, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    data = json.loads((options.out / RECEIPT_FILE).read_text(encoding="utf-8"))["data"]
    left_out, known = len(data["skipped"]), {one.id for one in dataset.skipped}
    late = [Skipped(one["id"], one["why"]) for one in data["skipped"] if one["id"] not in known]
    warning = warn_of_skipped(left_out, data["cases"] + left_out)
    for sentence in filter(None, (warning, *report_skipped(late))):
        print(sentence, file=sys.stderr)
    print(f"{computed} of {len(dataset.cases)} images computed; the run is in {options.out}.")
    return 1 if warning else 0


def split_name(words: str) -> tuple[str, Path]:
    """NAME=PLACE; a place alone has no name."""
    name, equals, place = words.partition("=")
    named = bool(equals and name) and "/" not in name
    return (name, Path(place).absolute()) if named else ("", Path(words).absolute())


def _tell_command(options: argparse.Namespace) -> str:
    """The command without this machine's paths."""
    words = [
        "busdemo evaluate",
        f"--data {options.data.resolve().name}",
        f"--split {options.split}",
    ]
    words.append(f"--models {' '.join(options.run_models or ['all'])}")
    if options.masks:
        named = [f"{name}={path.name}" for name, path in map(split_name, options.masks)]
        words.append(f"--masks {' '.join(named)}")
    words += ["--engine ray"] * (options.engine == "ray")
    words += ["--invert"] * options.invert
    words += ["--one-stage"] * options.one_stage + ["--eager"] * options.eager
    words += [f"--detector {options.detector.name}"] if options.detector else []
    return " ".join([*words, "--out RUN"])


def add_report(commands: Any) -> None:
    """The grammar of `busdemo report`."""
    report = commands.add_parser("report", help="write a run's numbers and charts as one HTML file")
    report.add_argument("run_path", type=Path, metavar="RUN", help="its folder or rows.parquet")
    report.add_argument("--html", type=Path, required=True, metavar="OUT.html")
    report.add_argument(
        "--models",
        dest="detailed",
        nargs="+",
        default=[],
        metavar="MODEL",
        help="one or two to tell of in detail, ID:2 in two stages (default: the best two)",
    )
    report.set_defaults(run=_report)


def _report(options: argparse.Namespace) -> int:
    from busdemo.workflows.benchmark_report import write_report
    from busdemo.workflows.benchmarking import open_run

    if len(options.detailed) > 2:
        print("A report tells of one or two models in detail.", file=sys.stderr)
        return 2
    path = options.run_path.resolve()
    title = path.parent.name if path.is_file() else path.name
    try:
        report = write_report(open_run(options.run_path), title=title, models=options.detailed)
        options.html.parent.mkdir(parents=True, exist_ok=True)
        options.html.write_text(report, encoding="utf-8", errors="replace")
    except KeyError as error:
        print(error.args[0], file=sys.stderr)
        return 2
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Written: {options.html}")
    return 0
