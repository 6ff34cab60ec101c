import json
from pathlib import Path

import pytest
import yaml
from tiny_world import add_model

from busdemo.zoo.cards import Preprocessing, TestResult, read_card, read_cards, read_facts

BROKEN_FACTS = [
    "",
    "# A title\n",
    "---\nlicense: mit\n---\n",
    "---\n- a list\n---\n",
    "---\n: :\n-",
]
RESULT = {
    "dataset": "BUSI",
    "metric": "dice",
    "value": 0.8,
    "low": 0.75,
    "high": 0.84,
    "n": 100,
    "groups": 60,
}


def problem_of(folder: Path) -> str:
    card = read_card(folder)
    assert card.id == card.name == folder.name
    assert card.problem is not None
    assert card.problem.endswith(".")
    assert "\n" not in card.problem
    assert str(folder.parent) not in card.problem
    return card.problem


def test_a_card_holds_what_its_folder_says(weights: Path) -> None:
    folder = add_model(
        weights, "small", facts={"order": 3, "results": [RESULT]}, settings={"threshold": 0.4}
    )
    card = read_card(folder)
    assert card.problem is None
    assert (card.id, card.name, card.family, card.order) == ("small", "Small", "U-Net", 3)
    assert (card.parameters, card.stop, card.threshold) == (1234, 80, 0.4)
    assert card.preprocessing == Preprocessing((64, 48), (0.3,), (0.2,), "letterbox")
    assert card.result("dice", "BUSI") == TestResult("BUSI", "dice", 0.8, 0.75, 0.84, 100, 60)
    assert card.result("dice") is None
    assert len(card.sha256) == 64


def test_cards_come_in_their_own_order_then_by_id(weights: Path) -> None:
    for model_id, facts in (("a", {"order": 2}), ("c", {}), ("b", {}), ("z", {"order": 1})):
        add_model(weights, model_id, facts=facts)
    (weights / "notes.txt").write_text("no model")
    assert [card.id for card in read_cards(weights)] == ["z", "a", "b", "c"]


def test_the_shipped_run_beside_the_models_is_none(weights: Path) -> None:
    add_model(weights, "one")
    (weights / "benchmark/parts").mkdir(parents=True)
    assert [card.id for card in read_cards(weights)] == ["one"]


def test_an_empty_zoo_has_no_cards(weights: Path) -> None:
    assert read_cards(weights) == []


@pytest.mark.parametrize("name", ["README.md", "config.json", "preprocessor_config.json"])
def test_a_missing_file_is_named(weights: Path, name: str) -> None:
    folder = add_model(weights, "small")
    (folder / name).unlink()
    assert problem_of(folder) == f"{name} is missing from its folder."


def test_missing_weights_leave_the_facts_readable(weights: Path) -> None:
    folder = add_model(weights, "small")
    (folder / "model.safetensors").unlink()
    card = read_card(folder)
    assert card.problem == "There are no weights in its folder."
    assert card.name == "Small"


@pytest.mark.parametrize("text", BROKEN_FACTS)
def test_a_readme_without_facts_is_a_problem(weights: Path, text: str) -> None:
    folder = add_model(weights, "small")
    (folder / "README.md").write_text(text)
    assert "cannot be read" in problem_of(folder)


@pytest.mark.parametrize(
    "facts",
    [
        {"order": "first"},
        {"order": None},
        {"parameters": "many"},
        {"parameters": float("inf")},
        {"results": [{"dice": 0.9}]},
        {"results": 0.9},
    ],
    ids=str,
)
def test_facts_of_the_wrong_kind_are_a_problem(weights: Path, facts: dict[str, object]) -> None:
    assert "cannot be read" in problem_of(add_model(weights, "small", facts=facts))


@pytest.mark.parametrize(
    "settings",
    [
        {"threshold": 0},
        {"threshold": 1.5},
        {"threshold": "half"},
        {"resize_rule": "crop"},
        {"size": 256},
        {"size": {"width": 0, "height": 64}},
        {"image_mean": []},
        {"image_mean": 0.3},
        {"image_std": [0]},
        {"image_std": ["nan"]},
    ],
    ids=str,
)
def test_impossible_settings_are_a_problem(weights: Path, settings: dict[str, object]) -> None:
    assert "cannot be read" in problem_of(add_model(weights, "small", settings=settings))


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "\x80"], ids=["", "{", "[[[", "bytes"])
@pytest.mark.parametrize("name", ["config.json", "preprocessor_config.json"])
def test_a_file_that_is_no_json_is_a_problem(weights: Path, name: str, text: str) -> None:
    folder = add_model(weights, "small")
    (folder / name).write_text(text, encoding="latin-1")
    assert "cannot be read" in problem_of(folder)


def test_a_folder_in_place_of_a_file_is_a_problem(weights: Path) -> None:
    folder = add_model(weights, "small")
    (folder / "README.md").unlink()
    (folder / "README.md").mkdir()
    assert "README.md cannot be read" in problem_of(folder)


def test_broken_folders_are_listed_while_the_others_work(weights: Path) -> None:
    add_model(weights, "good", facts={"order": 1})
    add_model(weights, "odd", facts={"order": "first"})
    (weights / "hollow").mkdir()
    (add_model(weights, "bare") / "model.safetensors").unlink()
    cards = read_cards(weights)
    assert [card.id for card in cards if card.problem is None] == ["good"]
    assert {card.id for card in cards if card.problem} == {"odd", "hollow", "bare"}


def test_the_text_below_the_facts_is_kept_word_for_word(tmp_path: Path) -> None:
    text = "# A model\n\nIts limits:\n\n---\nand more — with a rule above.\n"
    facts = {"license": "mit", "busdemo": {"name": "Größe"}}
    header = yaml.safe_dump(facts, allow_unicode=True)
    readme = tmp_path / "README.md"
    readme.write_text(f"---\n{header}---\n{text}", encoding="utf-8")
    assert read_facts(readme) == (facts, text)


def test_reading_cards_reads_no_weights(weights: Path) -> None:
    folder = add_model(weights, "small")
    (folder / "model.safetensors").write_bytes(b"")
    (folder / "config.json").write_text(json.dumps({"_model_class": "Nothing"}))
    assert read_card(folder).problem is None
