"""Runs a document's commands and lines of Python, in its order, in the folder it is started in.

A program of its own, so that `BUSDEMO_WEIGHTS` can name a zoo that may be written to.
"""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docs.blocks import Block, read_blocks

from busdemo.cli import main

ADDRESS = "http://127.0.0.1:7860"


def run_document(document: Path) -> None:
    """All blocks that are not marked; SystemExit names the command that failed."""
    names: dict[str, Any] = {}
    for block in read_blocks(document):
        if block.why_not_run:
            continue
        if block.language == "python":
            with serve(block) as text:
                exec(compile(text, document.name, "exec"), names)  # noqa: S102
        elif block.language == "sh":
            run_commands(block)


def run_commands(block: Block) -> None:
    for program, *words in block.commands():
        if program != "busdemo":
            sys.exit(f"Only busdemo is run: {program} {' '.join(words)}")
        print("$ busdemo", *words, flush=True)
        if code := main(words):
            sys.exit(f"Exit code {code}: busdemo {' '.join(words)}")


@contextlib.contextmanager
def serve(block: Block) -> Iterator[str]:
    """The block's text; one marked `server` is told where a page runs."""
    if block.mark != "server":
        yield block.text
        return
    from busdemo.ui.page import launch

    page, address = launch(wait=False)
    try:
        yield block.text.replace(ADDRESS, address.rstrip("/"))
    finally:
        page.close()


if __name__ == "__main__":
    run_document(Path(sys.argv[1]))
    sys.stdout.flush()
    os._exit(0)  # a page that was closed may still be loading models in a thread
