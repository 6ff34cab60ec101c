"""The command that writes what is generated in the documents."""

import argparse
import sys
from pathlib import Path

from busdemo.cli.use import Commands


def add_documenting(commands: Commands) -> None:
    """Its grammar."""
    readme = commands.add_parser(
        "readme", help="renew what is generated in README.md, docs/ and spaces/"
    )
    readme.add_argument("--check", action="store_true", help="only say whether they are up to date")
    # What each command says of itself is not to be had from argparse in another way.
    known = {action.dest: action.help for action in commands._choices_actions}
    readme.set_defaults(run=_readme, known_commands=known)


def _readme(options: argparse.Namespace) -> int:
    from busdemo.workflows.documents import render_documents
    from busdemo.workflows.hosting import render_space
    from busdemo.workflows.requirements import CannotBuild

    try:
        renewed = {**render_documents(Path(), options.known_commands), **render_space(Path())}
    except CannotBuild as error:
        print(error, file=sys.stderr)
        return 1
    for path, content in renewed.items():
        if not options.check:
            path.write_text(content, encoding="utf-8")
        elif content != path.read_text(encoding="utf-8"):
            print(f"{path} is not up to date: run `busdemo readme`.", file=sys.stderr)
            return 1
    return 0
