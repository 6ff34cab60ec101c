"""The registry of formats, and what else must know all of them."""

import re
from pathlib import Path

import pytest

from busdemo.annotations.registry import FORMATS, PICTURE, Format

INTAKE = Path(__file__).parents[2] / "busdemo" / "ui" / "web" / "intake" / "template.js"


@pytest.mark.parametrize("known", [*FORMATS, PICTURE], ids=lambda known: known.title)
def test_the_page_lets_masks_of_every_format_be_chosen(known: Format) -> None:
    _, masks = re.findall(r'accept="([^"]*)"', INTAKE.read_text("utf-8"))
    offered = set(masks.split(","))
    assert {f".{ending.rsplit('.', 1)[-1]}" for ending in known.endings} <= offered


@pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.title)
def test_a_format_has_one_reader_and_a_line_in_the_documents(known: Format) -> None:
    assert (known.reader is None) != (known.sheets is None)
    assert known.reads
    assert known.leaves
