"""The verbs of the page, from a terminal."""

import argparse
from collections.abc import Sequence

# Only light modules up here: `busdemo --help` must not wait for torch or Gradio.
from busdemo import __version__
from busdemo.cli.benchmarking import add_report
from busdemo.cli.classify import add_classify
from busdemo.cli.comparing import add_comparing
from busdemo.cli.converting import add_converting
from busdemo.cli.crossvalidating import add_crossvalidate
from busdemo.cli.describe import add_describe
from busdemo.cli.documenting import add_documenting
from busdemo.cli.explaining import add_explaining
from busdemo.cli.leakage import add_leakage
from busdemo.cli.making import add_making
from busdemo.cli.presence import add_presence
from busdemo.cli.segmenting import add_segmenting
from busdemo.cli.sharing import add_sharing
from busdemo.cli.studying import add_studying
from busdemo.cli.use import add_page_options, add_use, serve


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, the page when none is named; the exit code (0 good, 1 failed, 2 misused)."""
    options = build_parser().parse_args(arguments)
    return int(options.run(options))


def build_parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    parser = argparse.ArgumentParser(
        prog="busdemo",
        description="Breast-ultrasound lesion segmentation, compared. Research and teaching only, "
        "not a medical device. Without a command: start the page.",
    )
    parser.add_argument("--version", action="version", version=f"busdemo {__version__}")
    add_page_options(parser)
    parser.set_defaults(run=serve)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    add_use(commands)
    add_segmenting(commands)
    add_classify(commands)
    add_describe(commands)
    add_converting(commands)
    add_comparing(commands)
    add_studying(commands)
    add_report(commands)
    add_making(commands)
    add_presence(commands)
    add_crossvalidate(commands)
    add_explaining(commands)
    add_sharing(commands)
    add_leakage(commands)
    add_documenting(commands)
    return parser
