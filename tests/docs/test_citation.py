"""Citation, changelog and version tell of one release, and the data sets are named everywhere."""

import re
from pathlib import Path

import yaml

from busdemo import __version__

ROOT = Path(__file__).resolve().parents[2]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
RELEASES = re.findall(
    r"^## (\d+\.\d+\.\d+) \((\d{4}-\d\d-\d\d)\)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M
)


def test_the_citation_has_what_the_format_asks_for() -> None:
    assert CITATION["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= set(CITATION)
    assert all({"type", "title", "authors", "doi"} <= set(one) for one in CITATION["references"])


def test_the_citation_names_the_newest_release_of_the_changelog() -> None:
    assert (CITATION["version"], str(CITATION["date-released"])) == RELEASES[0]


def test_the_version_is_that_release_or_on_the_way_to_a_later_one() -> None:
    released, here = RELEASES[0][0], __version__.partition(".dev")
    numbers = [tuple(int(part) for part in text.split(".")) for text in (here[0], released)]
    assert numbers[0] > numbers[1] if here[1] else numbers[0] == numbers[1]


def test_the_changelog_is_no_list_of_what_is_left_to_do() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    headings = re.findall(r"^#+ (.*)$", text, re.M)
    assert headings[0] == "Changelog"
    assert all(re.fullmatch(r"Unreleased|\d+\.\d+\.\d+ \(.*\)", one) for one in headings[1:])


def test_the_readme_cites_every_data_set_the_citation_does() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for reference in CITATION["references"]:
        assert f"https://doi.org/{reference['doi']}" in readme


def test_the_documents_that_a_visitor_reads_first_are_short() -> None:
    lines = {name: len((ROOT / name).read_text("utf-8").splitlines()) for name in MOST_LINES}
    assert {name: n for name, n in lines.items() if n > MOST_LINES[name]} == {}


MOST_LINES = {"README.md": 90, "CONTRIBUTING.md": 80}
