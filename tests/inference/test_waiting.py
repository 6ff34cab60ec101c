"""Models whose weights are still on their way: the others run, and they run later."""

from pathlib import Path

import pytest
from tiny_world import add_detector, add_model, add_recipe, draw_scan

from busdemo.inference.segmenter import SegmenterPool
from busdemo.inference.two_stage import open_two_stage
from busdemo.zoo.cards import read_cards
from busdemo.zoo.downloads import Downloads, NotHereYet
from busdemo.zoo.files import UnusableModel

IMAGE, _ = draw_scan()


@pytest.fixture
def pool(weights: Path) -> SegmenterPool:
    add_model(weights, "here")
    add_model(weights, "far", seed=1)
    add_recipe(weights, "mean", ["here", "far"])
    add_detector(weights)
    return SegmenterPool(read_cards(weights), Downloads())


def test_a_model_on_its_way_is_not_waited_for_and_runs_later(pool: SegmenterPool) -> None:
    pool.downloads.arrived["far"] = 0.4
    sentence = "Its weights are being downloaded (40 %)."
    assert pool.unavailable == {
        "far": sentence,
        "mean": f"Its member far cannot run. {sentence}",
    }
    for model_id, reason in pool.unavailable.items():
        with pytest.raises(NotHereYet) as caught:
            pool.predict(model_id, IMAGE)
        assert str(caught.value) == reason
    pool.warm_up()
    pool.time_models()
    assert set(pool.milliseconds) == {"here"}
    del pool.downloads.arrived["far"]
    assert pool.unavailable == {}
    assert pool.predict("mean", IMAGE).shape == IMAGE.shape


def test_a_model_that_could_not_be_fetched_stays_away_with_its_reason(pool: SegmenterPool) -> None:
    pool.downloads.failed["far"] = "The Hub did not give org/far: it does not answer."
    with pytest.raises(UnusableModel, match="does not answer"):
        pool.predict("far", IMAGE)
    assert pool.unavailable["mean"].startswith("Its member far cannot run. The Hub")
    assert pool.predict("here", IMAGE).shape == IMAGE.shape


def test_two_stages_wait_for_their_detector(pool: SegmenterPool, weights: Path) -> None:
    staged = open_two_stage(pool, weights)
    pool.downloads.arrived["detector"] = 0.0
    assert staged.problem == "Its weights are being downloaded (0 %)."
    with pytest.raises(UnusableModel, match="downloaded"):
        staged.locate(IMAGE)
    del pool.downloads.arrived["detector"]
    assert staged.problem is None
    assert staged.locate(IMAGE).detector == "detector"
