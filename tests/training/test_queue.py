import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tiny_world import TINY, add_model, write_dataset

from busdemo.training import queue
from busdemo.training.distillation import TEACHER
from busdemo.training.keeping import claim
from busdemo.training.plan import TRAININGS, Training
from busdemo.training.queue import list_plan, train_models
from busdemo.training.recipe import RECIPES_OVER, Recipe
from busdemo.zoo.cards import read_cards, read_facts
from busdemo.zoo.files import UnusableModel

ROWS = [
    ("a", "A", "train", "benign"),
    ("b", "A", "train", "benign"),
    ("c", "A", "val", "benign"),
    ("d", "A", "val", "normal"),
]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two tiny networks and a recipe over them in the book, and a data set."""
    torch.set_num_threads(1)
    for model_id in ("first", "second"):
        recipe = Recipe(stages=((1, 32),), batch_size=2, phantoms=0)
        monkeypatch.setitem(TRAININGS, model_id, Training(model_id, TINY, recipe))
    monkeypatch.setitem(RECIPES_OVER, "both", ("first", "second", "lost"))
    monkeypatch.setattr("busdemo.training.export.SIDES_PX", (32,))
    return write_dataset(tmp_path / "data", ROWS)


def test_a_queue_trains_exports_and_freezes_recipes(data: Path, weights: Path) -> None:
    runs = data.parent / "runs"
    assert train_models(["first", "second", "both"], data, runs, weights=weights) == {}
    cards = {card.id: card for card in read_cards(weights)}
    assert {model_id: card.problem for model_id, card in cards.items()} == dict.fromkeys(
        ("first", "second", "both")
    )
    assert cards["both"].members == ("first", "second")
    assert cards["both"].parameters == 2 * cards["first"].parameters
    _, text = read_facts(weights / "both" / "README.md")
    assert "Without weights, so left out: lost." in text
    assert "1 at 32 px" in read_facts(weights / "first" / "README.md")[1]


def test_what_is_done_is_not_trained_again(
    data: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = data.parent / "runs"
    train_models(["first"], data, runs, weights=weights)

    def refuse(*_: object, **__: object) -> float:
        raise AssertionError("it was trained again")

    monkeypatch.setattr(queue, "train_network", refuse)
    assert train_models(["first"], data, runs, weights=weights) == {}
    note = runs / "first" / "exported.json"
    note.write_text(json.dumps({"sha256": "of other weights"}))
    assert "trained again" in train_models(["first"], data, runs, weights=weights)["first"]


def test_a_failure_does_not_stop_the_rest(
    data: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = replace(TRAININGS["first"], config={"_model_class": "Unknown"})
    monkeypatch.setitem(TRAININGS, "first", unknown)
    failures = train_models(["first", "second"], data, data.parent / "runs", weights=weights)
    assert set(failures) == {"first"}
    assert "unknown network class" in failures["first"]
    assert [card.id for card in read_cards(weights)] == ["second"]


def test_what_marks_no_lesions_gets_no_post_processing(
    data: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(queue.OTHER_TASKS, "other", lambda *_, **__: 0.25)
    assert train_models(["other"], data, data.parent / "runs", weights=weights) == {}


def test_a_recipe_needs_two_members_with_weights(data: Path, weights: Path) -> None:
    add_model(weights, "first")
    failures = train_models(["both"], data, data.parent / "runs", weights=weights)
    assert failures["both"] == f"{UnusableModel.__name__}: both needs two members with weights."


def test_what_is_not_for_the_zoo_is_exported_beside_the_runs(
    data: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = data.parent / "runs"
    seed = replace(TRAININGS["first"], id="first-seed-2", role="seed")
    monkeypatch.setitem(TRAININGS, seed.id, seed)
    assert train_models([seed.id], data, runs, weights=weights) == {}
    assert not list(weights.iterdir())
    (card,) = read_cards(runs / "weights")
    assert card.problem is None
    assert "with another seed" in (card.folder / "README.md").read_text().replace("\n", " ")


def test_a_queue_without_time_stops_and_says_how_far_it_is(
    data: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = data.parent / "runs"
    longer = replace(TRAININGS["first"].recipe, stages=((2, 32),))
    monkeypatch.setitem(TRAININGS, "first", replace(TRAININGS["first"], recipe=longer))
    assert train_models(["first", "second"], data, runs, weights=weights, until=0) == {}
    assert not list(weights.iterdir())
    lines = {line.split()[0]: line for line in list_plan(runs)}
    assert lines["first"].endswith("compared  1 of 2 epochs")
    assert lines["second"].endswith("compared  to do")
    assert train_models(["first"], data, runs, weights=weights) == {}
    assert list_plan(runs)[-2].endswith("exported")


def test_a_training_of_another_process_is_left_to_it(data: Path, weights: Path) -> None:
    runs = data.parent / "runs"
    with claim(runs / "first"):
        assert train_models(["first", "second"], data, runs, weights=weights) == {}
    assert [card.id for card in read_cards(weights)] == ["second"]


def test_what_needs_a_network_of_the_queue_waits_until_it_is_exported(
    data: Path, weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = data.parent / "runs"
    with claim(runs / "first"):
        assert train_models(["first", "second", "both"], data, runs, weights=weights) == {}
    assert "both: waits for first." in capsys.readouterr().out
    assert [card.id for card in read_cards(weights)] == ["second"]
    assert train_models(["first", "second", "both"], data, runs, weights=weights) == {}
    assert "both" in {card.id for card in read_cards(weights)}


def test_a_distilled_network_waits_for_all_that_may_teach_it(
    data: Path, weights: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = data.parent / "runs"
    monkeypatch.setitem(RECIPES_OVER, TEACHER, ("first", "second"))
    recipe = replace(TRAININGS["first"].recipe, distilled=0.5)
    distilled = replace(TRAININGS["first"], id="taught", recipe=recipe, role="distilled")
    monkeypatch.setitem(TRAININGS, "taught", distilled)
    ids = ["first", "second", TEACHER, "taught"]
    with claim(runs / "second"):
        train_models(ids, data, runs, weights=weights)
    assert "taught: waits for second." in capsys.readouterr().out
    assert train_models(ids, data, runs, weights=weights) == {}
    text = (weights / "taught" / "README.md").read_text().replace("\n", " ")
    assert "It learned from the ensemble" in text
    assert "50 % is the ensemble's" in text
    assert "role: distilled" in text
    ensemble = (weights / TEACHER / "README.md").read_text().replace("\n", " ")
    assert "chosen on validation, one at a time" in ensemble
