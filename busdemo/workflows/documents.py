"""The generated parts of README.md and docs/, so that no table there is typed or goes stale."""

import inspect
import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from busdemo.annotations.registry import FORMATS, PICTURE
from busdemo.annotations.writing import EXPORTS
from busdemo.evaluation.readers.finding import LAYOUTS
from busdemo.evaluation.report import insert, tabulate, tabulate_cards, tabulate_test_sets
from busdemo.imaging import refusals
from busdemo.zoo.cards import YOUR_MODELS, Card, read_cards

Writer = Callable[[], str]


def render_documents(root: Path, commands: Mapping[str, str]) -> dict[Path, str]:
    """README.md and the documents below `root` with their generated parts renewed, by path.

    `commands` are the terminal's, with what each says of itself. Raises FileNotFoundError for a
    document that is missing.
    """
    cards = [card for card in read_cards() if card.family != YOUR_MODELS]
    return {
        root / name: _renew((root / name).read_text("utf-8"), parts)
        for name, parts in (_plan(cards, commands) | _plan_keys(root)).items()
    }


def _plan(cards: list[Card], commands: Mapping[str, str]) -> dict[str, dict[str, Writer]]:
    """By document and by the name between its marks, what writes each part."""
    return {
        "README.md": {"models": lambda: tabulate_cards(cards)},
        "docs/files.md": {
            "images": _tell_images,
            "annotations read": tabulate_formats,
            "annotations written": tabulate_exports,
            "layouts": tabulate_layouts,
        },
        "docs/method.md": {"results": lambda: tabulate_test_sets(cards)},
        "docs/terminal.md": {"commands": lambda: _tabulate_commands(commands)},
    }


def _plan_keys(root: Path) -> dict[str, dict[str, Writer]]:
    scripts = root / "busdemo" / "ui" / "web"
    return {
        "docs/use.md": {
            f"keys of {view}": partial(tabulate_keys, scripts / view / "controls.js")
            for view in ("segment", "compare")
        }
    }


def tabulate_keys(script: Path) -> str:
    """The keys that a view's script lists on its sheet, as a Markdown table; ValueError if none."""
    text = script.read_text("utf-8")
    listed = re.search(r"^const KEYS = \[\n(.*?)^\];", text, re.MULTILINE | re.DOTALL)
    rows = re.findall(r"\['([^']+)', '([^']+)'\]", listed[1]) if listed else []
    if not rows:
        raise ValueError("The script lists no keys.")
    return tabulate([("key", "what it does"), *rows])


def tabulate_formats() -> str:
    """Every annotation format that is read, from the registry, as a Markdown table."""
    rows = [(f.title, " ".join(f.endings), f.reads, f.leaves) for f in (*FORMATS, PICTURE)]
    return tabulate([("format", "files", "what is read", "what is not"), *rows])


def tabulate_exports() -> str:
    """Every format that is written, by the word that `busdemo convert --to` takes."""
    rows = [(f"`{word}`", export.title, export.suffix) for word, export in EXPORTS.items()]
    return tabulate([("`--to`", "format", "file"), *rows])


def tabulate_layouts() -> str:
    """Every layout of a folder that is read, from the readers' own docstrings."""
    rows = [(name, *_paragraphs(reader)) for name, reader in LAYOUTS.items()]
    return tabulate([("layout", "what lies in it", "what to know"), *rows])


def _tell_images() -> str:
    named = ", ".join((*refusals.FORMATS, "DICOM", "NIfTI", "NRRD", "MetaImage", "NumPy", "HEIC"))
    return (
        f"Read as images: {named}; at most {refusals.MAX_BYTES // 2**20} MB and "
        f"{refusals.MAX_PIXELS // 10**6} megapixels, at least {refusals.MIN_SIDE_PX} px a side."
    )


def _tabulate_commands(commands: Mapping[str, str]) -> str:
    rows = [(f"`busdemo {name}`", words) for name, words in commands.items()]
    return tabulate([("command", "what it does"), *rows])


def _paragraphs(reader: Callable[..., object]) -> tuple[str, str]:
    """The first paragraph of its docstring, and the others but for what it raises."""
    first, *others = (inspect.getdoc(reader) or "").split("\n\n")
    told = [" ".join(one.split()) for one in others if not one.startswith("Raises")]
    return " ".join(first.split()), " ".join(told)


def _renew(text: str, parts: Mapping[str, Writer]) -> str:
    for name, write in parts.items():
        marks = f"<!-- {name}: written by `busdemo readme` -->", f"<!-- /{name} -->"
        text = insert(text, write(), marks)
    return text
