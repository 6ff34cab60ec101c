"""The commands that put things on the Hugging Face Hub: models, results, the Space."""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from busdemo.cli.use import Commands


def add_sharing(commands: Commands) -> None:
    """Their grammar."""
    publish = commands.add_parser("publish", help="put models on the Hub, one repository each")
    publish.add_argument("--model", default="all", metavar="ID", help="an id, or all (the default)")
    publish.add_argument(
        "--owner",
        default=os.environ.get("BUSDEMO_HUB"),
        metavar="ORG",
        help="user or organisation there (default: the environment's BUSDEMO_HUB)",
    )
    publish.add_argument("--dry-run", action="store_true", help="only say what would be sent")
    publish.set_defaults(run=_publish)

    run = commands.add_parser("publish-run", help="put a run of `evaluate` on the Hub as data set")
    run.add_argument("folder", type=Path, metavar="RUN")
    run.add_argument("--owner", default=os.environ.get("BUSDEMO_HUB"), metavar="ORG")
    run.set_defaults(run=_publish_run)

    space = commands.add_parser("space", help="build or push the Hugging Face Space")
    verbs = space.add_subparsers(metavar="VERB", required=True)
    build = verbs.add_parser("build", help="put the Space's folder together")
    build.add_argument("folder", type=Path, metavar="OUT")
    build.set_defaults(run=_build_space)
    push = verbs.add_parser("push", help="build it and send it")
    push.add_argument("repo_id", metavar="ORG/NAME")
    push.set_defaults(run=_push_space)


def _publish(options: argparse.Namespace) -> int:
    from busdemo.zoo.cards import read_cards
    from busdemo.zoo.files import UnusableModel
    from busdemo.zoo.publishing import (
        NotPublished,
        collect,
        describe_plan,
        publish_card,
        select_publishable,
    )

    known = read_cards(task=None)
    cards = {card.id: card for card in select_publishable(known)}
    if options.model != "all" and options.model not in cards:
        return _refuse(f"No model {options.model!r} can be published; known: {', '.join(cards)}.")
    if not options.owner:
        return _refuse("Name the owner on the Hub with --owner or BUSDEMO_HUB.")
    chosen = list(cards.values()) if options.model == "all" else [cards[options.model]]
    if options.model == "all":
        for card in known:
            if card.problem:
                print(f"{card.id} is left out: {card.problem}", file=sys.stderr)
    if options.dry_run:
        print(*describe_plan(chosen, options.owner), sep="\n")
        return 0
    done = []
    try:
        for card in chosen:
            done.append(publish_card(card, options.owner))
            print(f"{card.id}: {done[-1].repo_id} at {done[-1].revision}")
        print(f"Collection: {collect(options.owner, done)}")
    except (NotPublished, UnusableModel, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _publish_run(options: argparse.Namespace) -> int:
    from busdemo.workflows.run_publishing import publish_run
    from busdemo.zoo.publishing import NotPublished

    if not options.owner:
        return _refuse("Name the owner on the Hub with --owner or BUSDEMO_HUB.")
    try:
        published = publish_run(options.folder, options.owner)
    except (NotPublished, ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{published.repo_id} at {published.revision}")
    return 0


def _build_space(options: argparse.Namespace) -> int:
    from busdemo.workflows.hosting import build_space
    from busdemo.workflows.requirements import CannotBuild

    try:
        files = build_space(options.folder)
    except (CannotBuild, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    size = sum(path.stat().st_size for path in files) / 1e6
    print(f"{len(files)} files, {size:.0f} MB, in {options.folder}.")
    return 0


def _push_space(options: argparse.Namespace) -> int:
    from busdemo import __version__
    from busdemo.workflows.hosting import build_space
    from busdemo.workflows.requirements import CannotBuild
    from busdemo.zoo.publishing import NotPublished, push_folder

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "space"
        try:
            build_space(folder)
            pushed = push_folder(folder, options.repo_id, "space", f"busdemo {__version__}")
        except (CannotBuild, NotPublished, OSError) as error:
            print(error, file=sys.stderr)
            return 1
    print(f"{pushed.repo_id} at {pushed.revision}")
    return 0


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 2
