"""The fenced blocks of the documents: commands and lines of Python that somebody will copy."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^```(\w*) ?([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One fenced block: its language, what stands behind it, its lines."""

    language: str
    mark: str
    text: str

    @property
    def why_not_run(self) -> str:
        """The reason why nobody runs it in a test; empty where it is run."""
        return self.mark.removeprefix("not-run: ") if self.mark.startswith("not-run: ") else ""

    def commands(self) -> list[list[str]]:
        """The lines of a shell block as words, without comments."""
        lines = self.text.replace("\\\n", " ").splitlines()
        words = [shlex.split(line, comments=True) for line in lines]
        return [one for one in words if one]


def read_blocks(document: Path) -> list[Block]:
    """All fenced blocks of a document, in their order."""
    return [Block(*found) for found in FENCE.findall(document.read_text("utf-8"))]
