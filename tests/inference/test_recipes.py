"""Recipes: models without weights of their own, the mean of other models' probability maps."""

from pathlib import Path

import numpy as np
import pytest
from tiny_world import add_model, add_recipe, draw_scan

from busdemo.imaging.images import Scan
from busdemo.imaging.masks import quantize
from busdemo.inference.segmenter import Segmenter, SegmenterPool
from busdemo.inference.within import look_within
from busdemo.workflows.segmenting import segment
from busdemo.zoo.cards import read_cards
from busdemo.zoo.files import UnusableModel

IMAGE = draw_scan()[0]


@pytest.fixture
def zoo(weights: Path) -> Path:
    for seed, model_id in enumerate(("one", "two", "three")):
        size = {"width": 64 + 16 * seed, "height": 48}
        add_model(weights, model_id, seed=seed, settings={"size": size})
    add_recipe(weights, "mean", ["one", "two", "three"])
    return weights


def test_a_recipes_probability_is_the_mean_of_its_members(zoo: Path) -> None:
    pool = SegmenterPool(read_cards(zoo))
    members = [pool.predict(model_id, IMAGE) for model_id in ("one", "two", "three")]
    found = pool.predict("mean", IMAGE)
    assert found.dtype == np.float32
    assert np.allclose(found, np.mean(members, axis=0), atol=1e-6)
    assert not np.allclose(found, members[0], atol=1e-3)


def test_a_recipe_has_a_threshold_and_members_but_needs_no_weights(zoo: Path) -> None:
    card = SegmenterPool(read_cards(zoo)).cards["mean"]
    assert card.problem is None
    assert card.members == ("one", "two", "three")
    assert card.threshold == 0.4


def test_members_run_once_however_many_ask(zoo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pool, runs = SegmenterPool(read_cards(zoo)), []
    answer = Segmenter.answer

    def counted(model: Segmenter, image: np.ndarray) -> object:
        runs.append(model)
        return answer(model, image)

    monkeypatch.setattr(Segmenter, "answer", counted)
    predictions = pool.look_at(IMAGE)
    alone = [predictions.predict(model_id) for model_id in ("two", "mean", "one", "three", "mean")]
    assert len(runs) == 3
    assert np.array_equal(alone[1], alone[4])


def test_a_recipe_gives_the_same_alone_as_among_the_others(zoo: Path) -> None:
    pool, scan = SegmenterPool(read_cards(zoo)), Scan(IMAGE, "a.png", "0" * 64, ())
    predictions = look_within(scan, pool.look_at)
    for model_id in ("three", "one", "two"):
        segment(scan, model_id, pool, predictions)
    among, _ = segment(scan, "mean", pool, predictions)
    alone, probability_map = segment(scan, "mean", pool)
    assert np.array_equal(among.levels, alone.levels)
    assert np.array_equal(alone.levels, quantize(probability_map))


def test_a_recipe_without_one_of_its_members_says_which(weights: Path) -> None:
    add_model(weights, "one")
    add_model(weights, "bare")
    add_recipe(weights, "mean", ["one", "bare"])
    (weights / "bare" / "model.safetensors").unlink()
    pool = SegmenterPool(read_cards(weights))
    assert pool.problems["mean"] == (
        "Its member bare cannot run. There are no weights in its folder."
    )
    with pytest.raises(UnusableModel, match="Its member bare"):
        pool.predict("mean", IMAGE)


@pytest.mark.parametrize(("members", "reason"), [(["one", "lost"], "lost is not in the zoo")])
def test_a_recipe_over_a_model_the_zoo_lacks_cannot_run(
    weights: Path, members: list[str], reason: str
) -> None:
    add_model(weights, "one")
    add_recipe(weights, "mean", members)
    (card,) = [card for card in read_cards(weights) if card.id == "mean"]
    assert card.problem is not None
    assert reason in card.problem


def test_a_recipe_whose_members_were_retrained_cannot_run_with_its_old_threshold(
    weights: Path,
) -> None:
    add_model(weights, "one")
    add_recipe(weights, "mean", ["one"], sha256="f" * 64)
    (card,) = [card for card in read_cards(weights) if card.id == "mean"]
    assert card.problem == "Its threshold was frozen with other weights of its members."


def test_a_member_that_fails_while_running_takes_the_recipe_with_it_and_no_other(
    zoo: Path,
) -> None:
    (zoo / "two" / "model.safetensors").write_bytes(b"not the weights")
    pool = SegmenterPool(read_cards(zoo))
    with pytest.raises(UnusableModel, match="Its member two cannot run"):
        pool.predict("mean", IMAGE)
    assert set(pool.problems) == {"two", "mean"}
    assert pool.predict("one", IMAGE).shape == IMAGE.shape
