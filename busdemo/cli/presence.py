"""`busdemo presence`: models' rules of presence fitted and frozen; what they are worth on test."""

import argparse
import sys
from pathlib import Path

from busdemo.cli.training_options import STATE, add_data
from busdemo.cli.use import Commands


def add_presence(commands: Commands) -> None:
    """Its grammar."""
    presence = commands.add_parser(
        "presence",
        help="fit models' rules of whether anything is there on validation images, freeze them",
    )
    presence.add_argument("models", nargs="+", metavar="MODEL", help="ids, or all")
    add_data(presence)
    presence.add_argument(
        "--state",
        type=Path,
        default=STATE / "presence",
        metavar="DIR",
        help="where predictions are kept, so that a stopped call goes on (default: %(default)s)",
    )
    presence.add_argument(
        "--report",
        type=Path,
        metavar="DIR",
        help="fit nothing; judge the test split by the frozen rules, write presence.md there",
    )
    presence.set_defaults(run=_presence)


def _presence(options: argparse.Namespace) -> int:
    from busdemo.training.presence import freeze_presence
    from busdemo.training.presence_report import write_report
    from busdemo.zoo.cards import WEIGHTS, read_cards
    from busdemo.zoo.files import UnusableModel

    cards = {card.id: card for card in read_cards() if not card.problem}
    known = [card.id for card in cards.values() if card.presence or not options.report]
    wanted = known if options.models == ["all"] else options.models
    if unknown := [model_id for model_id in wanted if model_id not in known]:
        print(f"Unknown model {unknown[0]!r}; known: all, {', '.join(known)}.", file=sys.stderr)
        return 2
    try:
        if options.report:
            folds = STATE / "folds"
            write_report(wanted, options.data, WEIGHTS, options.state, options.report, folds)
            print(f"Written: {options.report / 'presence.md'}")
            return 0
        frozen = freeze_presence(wanted, options.data, WEIGHTS, options.state)
    except (UnusableModel, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    for model_id, (rule, worth) in frozen.items():
        lost = worth.dice[0] - worth.at(rule.cut_off)[2]
        print(f"{model_id}: cut-off {rule.cut_off:.2f}, {lost:.4f} of mean lesion Dice lost on val")
    return 0
