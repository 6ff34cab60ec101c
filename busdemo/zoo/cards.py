"""What is known about every model: one folder, one card, in Hugging Face model-repository layout.

    weights/<id>/README.md                  facts (YAML) and text
    weights/<id>/config.json                rebuilds the network
    weights/<id>/preprocessor_config.json   input size, normalisation, resize rule; threshold,
                                            post-processing, presence, all frozen
    weights/<id>/model.safetensors          float16 weights

A recipe is a folder without weights whose config.json names `members`: the mean of their
probability maps. Adding a folder is all it takes to add a model. Reading cards needs neither
torch nor the weights.
"""

import hashlib
import json
import math
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, get_args

import yaml

from busdemo.imaging.fit import ResizeRule
from busdemo.imaging.masks import STOPS, stop_of
from busdemo.imaging.post_processing import NO_POST_PROCESSING, PostProcessing
from busdemo.zoo.presence import PresenceRule
from busdemo.zoo.shipped import find_shipped

# libyaml's safe loader, ten times as fast, where PyYAML was built with it.
_SAFE = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

WEIGHTS = find_shipped("weights")
"""Where the models' folders are; the environment variable BUSDEMO_WEIGHTS moves it."""


ALL_SETS = "all sets"
"""The data set's name in a result over all of them."""

LEAST_GROUPS = 5
"""Fewer patients than this give no interval worth showing."""

YOUR_MODELS = "Your models"
"""The family of models that `busdemo add` put here; the project's own tables leave them out."""


@dataclass(frozen=True)
class Preprocessing:
    """How an image becomes a network's input: side lengths in px, grey values in [0, 1].

    One mean and deviation a channel; with three, the network sees grey as three equal colours.
    """

    input_wh: tuple[int, int]
    mean: tuple[float, ...]
    standard_deviation: tuple[float, ...]
    rule: ResizeRule

    @property
    def channels(self) -> int:
        """The network's input channels, 1 or 3."""
        return len(self.mean)


@dataclass(frozen=True)
class Origin:
    """A commit of a model repository on the Hub: `org/name` and 40 hexadecimal digits."""

    repo_id: str
    revision: str


BENCHMARK = "benchmark"
"""The folder beside the models that holds the shipped run of them, see `evaluation.run_files`."""

SEGMENTATION = "segmentation"
"""The task of a card that names no other."""


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
    """A model's facts. `problem` is one sentence when it cannot run, otherwise None.

    `members` are the ids a recipe takes the mean of; empty for a network. `post_processing` is
    the default, chosen on validation data. `origin` is where the Hub has its
    weights; they may not be in `folder` then.
    """

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
    members: tuple[str, ...] = ()
    post_processing: PostProcessing = NO_POST_PROCESSING
    presence: PresenceRule | None = None
    """Its rule of whether anything is there; None where none was fitted for these weights."""
    origin: Origin | None = None
    facts: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def threshold(self) -> float:
        """The frozen threshold, chosen on validation data."""
        return self.stop / STOPS

    @property
    def task(self) -> str:
        """What it does: "segmentation", or what else its facts name."""
        return str(self.facts.get("task", SEGMENTATION))

    def result(self, metric: str, dataset: str = ALL_SETS) -> TestResult | None:
        """One test result, None where the card has none."""
        matches = (r for r in self.results if (r.metric, r.dataset) == (metric, dataset))
        return next(matches, None)


def read_cards(weights: Path = WEIGHTS, task: str | None = SEGMENTATION) -> list[Card]:
    """The cards of one task, unusable ones included with their reason, ordered as they say.

    None is every task.
    """
    # With a dot in front it is no model yet: one that is just being added.
    names = sorted(p.name for p in weights.iterdir() if p.is_dir() and not p.name.startswith("."))
    by_id = {name: read_card(weights / name) for name in names if name != BENCHMARK}
    cards = [_check_members(card, by_id) for card in by_id.values() if task in (None, card.task)]
    return sorted(cards, key=lambda card: (card.order, card.id))


def digest_members(cards: Iterable[Card]) -> str:
    """The sha256 of a recipe: of its members' sha256, in their order, one a line."""
    return hashlib.sha256("".join(f"{card.sha256}\n" for card in cards).encode()).hexdigest()


def _check_members(card: Card, by_id: Mapping[str, Card]) -> Card:
    """A recipe runs when all its members do, with the weights its threshold was frozen with."""
    if not card.members or card.problem:
        return card
    problem = describe_member_problem(card.members, by_id)
    if problem is None and digest_members(by_id[m] for m in card.members) != card.sha256:
        problem = "Its threshold was frozen with other weights of its members."
    return replace(card, problem=problem)


def describe_member_problem(members: Sequence[str], by_id: Mapping[str, Card]) -> str | None:
    """Why a recipe of these members cannot run, in one sentence; None when it can."""
    for member in members:
        if member not in by_id:
            return f"Its member {member} is not in the zoo."
        if by_id[member].members:
            return f"Its member {member} is a recipe itself."
        if reason := by_id[member].problem:
            return f"Its member {member} cannot run. {reason}"
    return None


def read_card(folder: Path) -> Card:
    """The card of one folder. Never raises: what is wrong stands in `problem`."""
    try:
        facts = read_facts(folder / "README.md")[0]["busdemo"]
        settings = json.loads((folder / "preprocessor_config.json").read_text())
        config = json.loads((folder / "config.json").read_text())
        members = tuple(str(member) for member in config.get("members", ()))
        origin, problem = None if members else read_origin(folder.name, facts), None
        if not members and not origin and not (folder / "model.safetensors").is_file():
            problem = "There are no weights in its folder."
        sha256, stop = str(facts["sha256"]), stop_of(float(settings["threshold"]))
        return Card(
            id=folder.name,
            folder=folder,
            name=str(facts["name"]),
            family=str(facts["family"]),
            parameters=int(facts["parameters"]),
            sha256=sha256,
            order=int(facts.get("order", 99)),
            stop=stop,
            preprocessing=None if members else _preprocessing(settings),
            results=tuple(TestResult(**result) for result in facts.get("results", [])),
            problem=problem,
            members=members,
            post_processing=PostProcessing.of(settings.get("post_processing", {})),
            presence=PresenceRule.of(settings.get("presence"), sha256, stop),
            origin=origin,
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


def read_origin(model_id: str, facts: Mapping[str, Any]) -> Origin | None:
    """Where on the Hub a card's weights are; None when it pins no commit or names no repository.

    Without `repo_id`, a card is looked for as `busdemo-<id>` of the owner that the environment's
    BUSDEMO_HUB names.
    """
    owner, revision = os.environ.get("BUSDEMO_HUB"), str(facts.get("revision", ""))
    usual = f"{owner}/{repository_name(model_id)}" if owner else ""
    repo_id = str(facts.get("repo_id", usual))
    pinned = re.fullmatch(r"[0-9a-f]{40}", revision)
    return Origin(repo_id, revision) if repo_id and pinned else None


def repository_name(model_id: str) -> str:
    """The name, without owner, under which a model of the zoo is published."""
    return f"busdemo-{model_id}"


def read_facts(readme: Path) -> tuple[dict[str, Any], str]:
    """The YAML facts at the top of a model card, and the text below them.

    Raises ValueError when the file does not start with facts or lacks ours, under `busdemo`.
    """
    parts = readme.read_text(encoding="utf-8").split("---\n", 2)
    if len(parts) < 3 or parts[0]:
        raise ValueError("README.md does not start with YAML facts")
    facts = yaml.load(parts[1], _SAFE)  # noqa: S506 (it is the safe loader)
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
    means, deviations = (
        tuple(float(value) for value in settings[key]) for key in ("image_mean", "image_std")
    )
    possible = all(map(math.isfinite, means)) and all(0 < value < math.inf for value in deviations)
    if min(width, height) < 1 or len(means) not in (1, 3) or len(means) != len(deviations):
        possible = False
    if not possible:
        raise ValueError("the size or the normalisation is impossible")
    return Preprocessing((width, height), means, deviations, rule)
