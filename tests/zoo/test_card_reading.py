from pathlib import Path

import pytest

from busdemo.zoo.card_reading import read_curves, read_sections
from busdemo.zoo.cards import WEIGHTS

CARD = """---
busdemo:
  name: A
---
# A

For research.

## How it works

It works.
<!-- a remark -->

## Protocol

Trained.

<!-- results: computed by `busdemo evaluate` -->
| test split |
|---|
| BUSI |
<!-- /results -->

## Limits
"""


def test_a_card_is_read_by_its_headings_without_remarks_and_results(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(CARD)
    sections = read_sections(tmp_path / "README.md")
    assert sections == {"How it works": "It works.", "Protocol": "Trained.", "Limits": ""}


@pytest.mark.parametrize("content", [b"no facts", b"---\n: [\n---\n## A\n", b"\xff\xfe", None])
def test_a_broken_card_has_no_sections(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "README.md").write_bytes(content)
    assert read_sections(tmp_path / "README.md") == {}


def test_the_shipped_cards_say_how_their_models_work() -> None:
    for readme in WEIGHTS.glob("*/README.md"):
        assert read_sections(readme)["How it works"], readme.parent.name


def test_curves_are_read_by_column(tmp_path: Path) -> None:
    (tmp_path / "curves.csv").write_text("epoch,mean_dice\n1,0.5\n2,0.75\n")
    assert read_curves(tmp_path / "curves.csv") == {"epoch": [1, 2], "mean_dice": [0.5, 0.75]}


@pytest.mark.parametrize(
    "content", ["", "epoch\n", "epoch,loss\n1,high\n", "epoch,loss\n1\n", None]
)
def test_no_or_broken_curves_are_none(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "curves.csv").write_text(content)
    assert read_curves(tmp_path / "curves.csv") == {}
