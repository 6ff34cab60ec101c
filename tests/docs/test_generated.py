"""What is generated in the documents is up to date, and every registered thing has words there."""

import argparse
from collections.abc import Callable
from pathlib import Path

import pytest

from busdemo.annotations.registry import FORMATS, PICTURE, Format
from busdemo.cli import build_parser, main
from busdemo.evaluation.readers.finding import LAYOUTS
from busdemo.workflows.documents import (
    render_documents,
    tabulate_formats,
    tabulate_keys,
    tabulate_layouts,
)

ROOT = Path(__file__).resolve().parents[2]


def known_commands() -> dict[str, str]:
    options = build_parser().parse_args(["readme"])
    assert isinstance(options, argparse.Namespace)
    return dict(options.known_commands)


def test_generated_parts_are_up_to_date() -> None:
    for path, content in render_documents(ROOT, known_commands()).items():
        assert path.read_text("utf-8") == content, f"{path.name}: run `busdemo readme`"


def test_a_stale_document_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for part in ("README.md", "docs", "busdemo", "spaces", "constraints.txt", "pyproject.toml"):
        (tmp_path / part).symlink_to(ROOT / part)
    (tmp_path / "README.md").unlink()
    (tmp_path / "README.md").write_text("# busdemo\n")
    monkeypatch.chdir(tmp_path)
    assert main(["readme", "--check"]) == 1
    assert capsys.readouterr().err == "README.md is not up to date: run `busdemo readme`.\n"
    assert (tmp_path / "README.md").read_text() == "# busdemo\n"


def test_the_keys_are_those_of_the_page_s_sheet(tmp_path: Path) -> None:
    script = tmp_path / "controls.js"
    script.write_text("const KEYS = [\n  ['← →', 'the threshold'],\n];\nconst x = ['a', 'b'];\n")
    assert tabulate_keys(script).splitlines()[2:] == ["| ← → | the threshold |"]
    script.write_text("const KEYS = none;\n")
    with pytest.raises(ValueError, match="lists no keys"):
        tabulate_keys(script)


@pytest.mark.parametrize("known", [*FORMATS, PICTURE], ids=lambda known: known.title)
def test_a_format_says_what_is_read_and_what_is_not(known: Format) -> None:
    assert known.reads
    assert known.leaves
    assert f"| {known.reads} | {known.leaves} |" in tabulate_formats()


@pytest.mark.parametrize("reader", LAYOUTS.values(), ids=list(LAYOUTS))
def test_a_layout_is_told_by_its_reader(reader: Callable[[Path], object]) -> None:
    first = (reader.__doc__ or "").split("\n", 1)[0].rstrip()
    assert first
    assert first in tabulate_layouts()
