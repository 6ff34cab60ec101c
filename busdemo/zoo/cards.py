"""What is known about every model: one folder, one card, in Hugging Face model-repository layout.

    weights/<id>/README.md                  facts (YAML) and text
    weights/<id>/config.json                rebuilds the network
    weights/<id>/preprocessor_config.json   input size, normalisation, resize rule, frozen threshold
    weights/<id>/model.safetensors          float16 weights

Adding a folder is all it takes to add a model. Reading cards needs neither torch nor the weights.
"""

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import yaml

from busdemo.imaging.fit import ResizeRule
from busdemo.imaging.masks import STOPS, stop_of

WEIGHTS = Path(os.environ.get("BUSDEMO_WEIGHTS", Path(__file__).parents[2] / "weights"))
"""Where the models' folders are; the environment variable BUSDEMO_WEIGHTS moves it."""


@dataclass(frozen=True)
class Preprocessing:
    """How an image becomes a network's input: side lengths in px, grey values in [0, 1]."""

    input_wh: tuple[int, int]
    mean: float
    standard_deviation: float
    rule: ResizeRule


@dataclass(frozen=True)
class TestResult:
    """Mean over a test split's `n` images with its 95 % bootstrap interval over `groups`."""

    __test__ = False  # a name pytest must not collect

    dataset: str
    metric: str
    value: float
    low: float
    high: float
    n: int
    groups: int


@dataclass(frozen=True)
class Card:
    """A model's facts. `problem` is one sentence when it cannot run, otherwise None."""

    id: str
    folder: Path
    name: str
    family: str = ""
    parameters: int = 0
    sha256: str = ""
    order: int = 99
    stop: int = STOPS // 2
    preprocessing: Preprocessing | None = None
    results: tuple[TestResult, ...] = ()
    problem: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def threshold(self) -> float:
        """The frozen threshold, chosen on validation data."""
        return self.stop / STOPS

    def result(self, metric: str, dataset: str = "all sets") -> TestResult | None:
        """One test result, None where the card has none."""
        matches = (r for r in self.results if (r.metric, r.dataset) == (metric, dataset))
        return next(matches, None)


def read_cards(weights: Path = WEIGHTS) -> list[Card]:
    """The cards of all folders, unusable ones included with their reason, ordered as they say."""
    folders = sorted(path for path in weights.iterdir() if path.is_dir())
    cards = [read_card(folder) for folder in folders]
    return sorted(cards, key=lambda card: (card.order, card.id))


def read_card(folder: Path) -> Card:
    """The card of one folder. Never raises: what is wrong stands in `problem`."""
    try:
        facts = read_facts(folder / "README.md")[0]["busdemo"]
        settings = json.loads((folder / "preprocessor_config.json").read_text())
        json.loads((folder / "config.json").read_text())
        problem = None
        if not (folder / "model.safetensors").is_file():
            problem = "There are no weights in its folder."
        return Card(
            id=folder.name,
            folder=folder,
            name=str(facts["name"]),
            family=str(facts["family"]),
            parameters=int(facts["parameters"]),
            sha256=str(facts["sha256"]),
            order=int(facts.get("order", 99)),
            stop=stop_of(float(settings["threshold"])),
            preprocessing=_preprocessing(settings),
            results=tuple(TestResult(**result) for result in facts.get("results", [])),
            problem=problem,
            facts=facts,
        )
    except FileNotFoundError as error:
        problem = f"{Path(error.filename).name} is missing from its folder."
    except OSError as error:
        problem = f"{Path(str(error.filename)).name} cannot be read: {error.strerror}."
    except Exception as error:  # a broken folder must not take the others with it
        reason = " ".join(str(error).split())
        problem = f"Its card cannot be read: {type(error).__name__}, {reason}."
    return Card(id=folder.name, folder=folder, name=folder.name, problem=problem)


def read_facts(readme: Path) -> tuple[dict[str, Any], str]:
    """The YAML facts at the top of a model card, and the text below them.

    Raises ValueError when the file does not start with facts or lacks ours, under `busdemo`.
    """
    parts = readme.read_text(encoding="utf-8").split("---\n", 2)
    if len(parts) < 3 or parts[0]:
        raise ValueError("README.md does not start with YAML facts")
    facts = yaml.safe_load(parts[1])
    if not isinstance(facts, dict) or not isinstance(facts.get("busdemo"), dict):
        raise ValueError("README.md has no busdemo facts")
    return facts, parts[2]


def write_card(readme: Path, header: dict[str, Any], text: str) -> None:
    """Write a model card: YAML facts, then text."""
    facts = yaml.safe_dump(header, sort_keys=False, allow_unicode=True, width=100)
    readme.write_text(f"---\n{facts}---\n{text}", encoding="utf-8")


def _preprocessing(settings: dict[str, Any]) -> Preprocessing:
    rule = settings["resize_rule"]
    if rule not in get_args(ResizeRule):
        raise ValueError(f"unknown resize rule {rule!r}")
    width, height = int(settings["size"]["width"]), int(settings["size"]["height"])
    mean, deviation = float(settings["image_mean"][0]), float(settings["image_std"][0])
    if min(width, height) < 1 or not (math.isfinite(mean) and 0 < deviation < math.inf):
        raise ValueError("the size or the normalisation is impossible")
    return Preprocessing((width, height), mean, deviation, rule)
