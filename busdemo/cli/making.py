"""The commands behind weights/ and examples/."""

import argparse
import json
import sys
from pathlib import Path
from time import monotonic

from busdemo.cli.benchmarking import add_run_options, evaluate_run
from busdemo.cli.describe import check_words
from busdemo.cli.training_options import add_data, add_hours, add_runs
from busdemo.cli.use import Commands, add_detector_option


def add_making(commands: Commands) -> None:
    """Their grammar."""
    _add_train(commands)
    _add_processing(commands)
    _add_evaluate(commands)
    _add_examples(commands)


def _add_train(commands: Commands) -> None:
    train = commands.add_parser("train", help="train networks on the recipe, put them in the zoo")
    train.add_argument("models", nargs="*", metavar="MODEL", help="ids, trained in this order")
    train.add_argument(
        "--all",
        action="store_true",
        help="the whole plan, then the recipes; what is done is kept",
    )
    add_data(train)
    add_runs(train)
    add_hours(train)
    train.add_argument(
        "--list", action="store_true", help="train nothing; say what is done, begun and to do"
    )
    train.add_argument("--workers", type=int, default=0, help="processes that augment images")
    train.set_defaults(run=_train)


def _add_processing(commands: Commands) -> None:
    processing = commands.add_parser(
        "processing", help="choose models' post-processing on validation images, freeze it"
    )
    processing.add_argument("models", nargs="+", metavar="MODEL", help="ids, or all")
    add_data(processing)
    processing.set_defaults(run=_processing)


def _add_evaluate(commands: Commands) -> None:
    evaluate = commands.add_parser(
        "evaluate", help="test models and write their cards' results; with --out, write a run"
    )
    evaluate.add_argument(
        "models",
        nargs="*",
        metavar="MODEL",
        help="ids, detector, classifier, or all; or words: "
        "the cut-offs of shape words and their agreement with radiologists",
    )
    evaluate.add_argument(
        "--from",
        dest="from_run",
        type=Path,
        metavar="RUN",
        help="take the models' results from this run over the test split, predict nothing anew",
    )
    add_detector_option(evaluate)
    add_run_options(evaluate)
    add_data(evaluate)
    evaluate.set_defaults(run=_evaluate)


def _add_examples(commands: Commands) -> None:
    examples = commands.add_parser(
        "examples",
        help="write the examples, run the opening one, draw its picture for links",
    )
    examples.add_argument("--out", type=Path, default=Path("examples"), metavar="DIR")
    add_data(examples)
    examples.set_defaults(run=_examples)


def _train(options: argparse.Namespace) -> int:
    from busdemo.training.queue import OTHER_TASKS, WHOLE, list_plan, train_models

    if options.list:
        print("\n".join(list_plan(options.runs)))
        return 0
    wanted = WHOLE if options.all else options.models
    known = [*WHOLE, *OTHER_TASKS]
    unknown = [model_id for model_id in wanted if model_id not in known]
    if unknown or not wanted:
        words = f"Unknown model {unknown[0]!r}" if unknown else "Name a model, or --all"
        print(f"{words}; known: {', '.join(known)}.", file=sys.stderr)
        return 2
    until = monotonic() + 3600 * options.hours
    failures = train_models(
        wanted, options.data, options.runs, workers=options.workers, until=until
    )
    for model_id, reason in failures.items():
        print(f"{model_id}: {reason}", file=sys.stderr)
    return 1 if failures else 0


def _processing(options: argparse.Namespace) -> int:
    from busdemo.training.processing import freeze_processing
    from busdemo.zoo.cards import WEIGHTS, read_cards
    from busdemo.zoo.files import UnusableModel

    usable = [card.id for card in read_cards() if not card.problem]
    wanted = usable if options.models == ["all"] else options.models
    if unknown := [model_id for model_id in wanted if model_id not in usable]:
        print(f"Unknown model {unknown[0]!r}; known: all, {', '.join(usable)}.", file=sys.stderr)
        return 2
    try:
        chosen = freeze_processing(wanted, options.data, WEIGHTS)
    except (UnusableModel, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    for model_id, steps in chosen.items():
        print(f"{model_id}: {steps}")
    return 0


def _evaluate(options: argparse.Namespace) -> int:
    if options.out:
        return evaluate_run(options)
    if not options.models or options.run_models:
        print("Name models to test, or with --out a folder for a run.", file=sys.stderr)
        return 2
    if options.models == ["words"]:
        return check_words(options.data)
    return _fill_cards(options) if options.from_run else _test_models(options)


def _test_models(options: argparse.Namespace) -> int:
    from busdemo.evaluation.classifier_report import evaluate_classifier_card
    from busdemo.evaluation.detector_report import DETECTOR, evaluate_detector
    from busdemo.evaluation.report import evaluate_cards
    from busdemo.inference.detector import read_detector_card
    from busdemo.zoo.cards import WEIGHTS, read_cards
    from busdemo.zoo.files import UnusableModel

    cards = {card.id: card for card in read_cards()}
    finder = read_detector_card()
    wanted = options.models
    if wanted == ["all"]:
        wanted = [model_id for model_id, card in cards.items() if not card.problem]
        wanted += [DETECTOR] * bool(finder and not finder.problem)
    others = {"classifier": evaluate_classifier_card, DETECTOR: evaluate_detector}
    if unknown := [model_id for model_id in wanted if model_id not in {**cards, **others}]:
        known = ", ".join([*cards, *others])
        print(f"Unknown model {unknown[0]!r}; known: all, {known}.", file=sys.stderr)
        return 2
    try:
        segmenting = [model_id for model_id in wanted if model_id in cards]
        results = {}
        if segmenting:
            results = evaluate_cards(segmenting, WEIGHTS, options.data, onnx=options.detector)
        for model_id in set(wanted) & set(others):
            results[model_id] = others[model_id](WEIGHTS, options.data)
    except (UnusableModel, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(results, indent=2))
    return 0


def _fill_cards(options: argparse.Namespace) -> int:
    from busdemo.evaluation.report import fill_cards
    from busdemo.evaluation.run_files import read_run
    from busdemo.zoo.cards import WEIGHTS, read_cards

    known = {card.id: card.problem for card in read_cards()}
    wanted = options.models
    if wanted == ["all"]:
        wanted = [model_id for model_id, problem in known.items() if not problem]
    if unknown := [model_id for model_id in wanted if model_id not in known]:
        print(f"Unknown model {unknown[0]!r}; known: all, {', '.join(known)}.", file=sys.stderr)
        return 2
    try:
        results = fill_cards(wanted, WEIGHTS, read_run(options.from_run))
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(results, indent=2))
    return 0


def _examples(options: argparse.Namespace) -> int:
    from busdemo.evaluation.shown_scans import write_credits, write_shown_scans
    from busdemo.inference.segmenter import SegmenterPool
    from busdemo.phantoms import write_examples
    from busdemo.ui.examples import write_opening
    from busdemo.ui.preview import write_preview
    from busdemo.zoo.cards import read_cards

    try:
        real = write_shown_scans(options.out, options.data)
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 1
    write_credits(options.out, write_examples(options.out, real))
    pool = SegmenterPool(read_cards())
    write_opening(options.out, pool)
    write_preview(options.out, pool)
    return 0
