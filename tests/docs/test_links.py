"""Links between documents lead to a file, and to a heading in it; pictures are there and small."""

import re
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md")])
MOST_BYTES = 1_500_000


def links_of(document: Path) -> list[tuple[Path, str]]:
    """The files and headings, "" for none, that a document links to inside the project."""
    found = re.findall(r"\]\(([^)\s#:]*)(?:#([^)\s]*))?\)", document.read_text("utf-8"))
    return [(document.parent / file if file else document, heading) for file, heading in found]


def headings_of(document: Path) -> set[str]:
    """As GitHub names them in links: small letters, hyphens for spaces, no punctuation."""
    titles = re.findall(r"^#+ (.*)$", document.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_links_lead_to_a_file_and_a_heading(document: Path) -> None:
    for file, heading in links_of(document):
        assert file.exists(), file
        assert not heading or heading in headings_of(file), f"{file.name}#{heading}"


def test_the_readme_shows_a_moving_picture_and_a_still_one_both_small() -> None:
    files = [file for file, _ in links_of(ROOT / "README.md") if file.suffix == ".webp"]
    assert all(file.stat().st_size < MOST_BYTES for file in files)
    moving, still = files
    with Image.open(moving) as picture:
        assert getattr(picture, "n_frames", 1) > 20
    with Image.open(still) as picture:
        assert getattr(picture, "n_frames", 1) == 1
