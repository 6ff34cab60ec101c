"""The record of decisions: one form, and numbers used once."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
DECISIONS = sorted(DOCS.glob("decisions/[0-9]*.md"))
FORM = re.compile(
    r"# (?P<number>\d{4}) [^\n]+\n\n"
    r"- Date: 20\d\d-\d\d-\d\d\n- Superseded by: (?P<later>[^\n]+)\n\n"
    r"## Context\n\n.+\n\n## Decision\n\n.+\n\n## Consequence\n\n.+",
    re.DOTALL,
)


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_says_context_decision_consequence_and_date(path: Path) -> None:
    form = FORM.fullmatch(path.read_text("utf-8"))
    assert form, "see docs/decisions/README.md"
    assert path.name.startswith(form["number"] + "-")
    assert form["later"] == "–" or form["later"].startswith("["), "name the later one, or –"


def test_a_number_is_used_once() -> None:
    numbers = [path.name[:4] for path in DECISIONS]
    assert len(numbers) >= 59
    assert len(numbers) == len(set(numbers))
