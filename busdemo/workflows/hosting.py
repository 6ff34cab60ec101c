"""The folder that becomes a Hugging Face Space, put together from a checkout."""

import re
import shutil
from pathlib import Path
from typing import Any

import yaml
from packaging.utils import canonicalize_name

from busdemo.workflows.requirements import CannotBuild, list_requirements, read_pins
from busdemo.zoo.cards import Card, read_cards
from busdemo.zoo.files import WEIGHTS_FILE
from busdemo.zoo.shipped import PACKAGE

CHECKOUT = PACKAGE.parent

PARTS = ("app.py", "busdemo", "weights", "examples", "LICENSE")
"""What the Space gets as it is. Not the folder `spaces/` itself: Gradio imports a package of that
name."""

_LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")


def render_space(checkout: Path = CHECKOUT) -> dict[Path, str]:
    """The generated files of `spaces/` and what should stand in them; errors as `build_space`.

    The versions, Gradio's in the front matter included, are those of constraints.txt.
    """
    requirements, readme = checkout / "spaces/requirements.txt", checkout / "spaces/README.md"
    gradio = read_pins(checkout / "constraints.txt")[canonicalize_name("gradio")]
    front = re.sub(
        r"^sdk_version: .*$", f"sdk_version: {gradio}", readme.read_text("utf-8"), flags=re.M
    )
    return {
        requirements: "".join(f"{line}\n" for line in list_requirements(checkout)),
        readme: front,
    }


def build_space(folder: Path, checkout: Path = CHECKOUT) -> list[Path]:
    """Write the Space to `folder`, which must be empty or not there; its files.

    Weights that a card pins on the Hub are left out: Spaces fetch them while they build. Raises
    CannotBuild when something is in the way or missing.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CannotBuild(f"{folder} is not empty.")
    for name in (*PARTS, "spaces"):
        if not (checkout / name).exists():
            raise CannotBuild(f"{checkout} has no {name}: a Space is built from a checkout.")
    folder.mkdir(parents=True, exist_ok=True)
    for name in PARTS:
        source = checkout / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=_LEFT_OUT)
        else:
            shutil.copyfile(source, folder / name)
    for source in (checkout / "spaces").iterdir():
        shutil.copyfile(source, folder / source.name)
    cards = read_cards(folder / "weights", task=None)
    pinned = [card for card in cards if card.origin]
    for card in pinned:
        (card.folder / WEIGHTS_FILE).unlink(missing_ok=True)
    _name_models(folder / "README.md", pinned)
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _name_models(readme: Path, pinned: list[Card]) -> None:
    """Add the models on the Hub to a Space's front matter, to be fetched while it is built."""
    origins = [card.origin for card in pinned if card.origin]
    if not origins:
        return
    _, front, text = readme.read_text(encoding="utf-8").split("---\n", 2)
    facts: dict[str, Any] = yaml.safe_load(front)
    facts["models"] = [origin.repo_id for origin in origins]
    facts["preload_from_hub"] = [
        f"{origin.repo_id} {WEIGHTS_FILE} {origin.revision}" for origin in origins
    ]
    front = yaml.safe_dump(facts, sort_keys=False, allow_unicode=True)
    readme.write_text(f"---\n{front}---\n{text}", encoding="utf-8")
