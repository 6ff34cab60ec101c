"""Heat maps as verbs: every kind for a model and a recipe, files with facts, bad wishes."""

import json
from pathlib import Path

import numpy as np
import pytest
from pixels import read_pixels
from tiny_world import add_model, add_recipe, draw_scan

from busdemo.imaging.images import Scan
from busdemo.imaging.masks import quantize
from busdemo.inference.heat_maps import NotExplained
from busdemo.inference.segmenter import SegmenterPool
from busdemo.phantoms import EXAMPLES, simulate
from busdemo.scoring.uncertainty import measure_entropy, measure_spread
from busdemo.workflows.classifying import classifier_of, tabulate_classification
from busdemo.workflows.explaining import KINDS, hint_at, look_at
from busdemo.workflows.explanations import write_explanations
from busdemo.zoo.cards import read_cards

IMAGE, _ = draw_scan()
SEGMENTING = [kind for kind in KINDS if kind != "classifier"]
SCAN = Scan(IMAGE, "scan.png", "0" * 64, ())


@pytest.fixture
def pool(weights: Path) -> SegmenterPool:
    for seed, model_id in enumerate(("a", "b")):
        add_model(weights, model_id, seed=seed)
    add_recipe(weights, "mean", ["a", "b"])
    return SegmenterPool(read_cards(weights))


@pytest.mark.parametrize("kind", SEGMENTING)
@pytest.mark.parametrize("model_id", ["a", "mean"])
def test_every_kind_gives_a_map_of_the_images_size(
    pool: SegmenterPool, kind: str, model_id: str
) -> None:
    look = look_at(pool, model_id, IMAGE, kind)  # type: ignore[arg-type]
    assert look.values.shape == IMAGE.shape
    assert look.values.dtype == np.float32
    assert 0 <= look.values.min() <= look.values.max() <= look.top


def test_a_recipes_parts_are_its_members_and_one_of_them_is_shown(pool: SegmenterPool) -> None:
    look = look_at(pool, "mean", IMAGE, "gradcam", "b:")
    assert [part.id for part in look.parts] == ["a:", "b:"]
    assert (look.part, look.about) == ("b:", "B")
    assert np.array_equal(look.values, look_at(pool, "b", IMAGE, "gradcam").values)


def test_a_networks_parts_are_its_layers_in_words(pool: SegmenterPool) -> None:
    look = look_at(pool, "a", IMAGE, "gradcam")
    assert look.part == "a:encoder.1"
    assert "bottleneck, 32 × 32 px, 8 channels (encoder.1)" in [p.label for p in look.parts]


def test_entropy_and_disagreement_are_those_of_the_levels(pool: SegmenterPool) -> None:
    maps = [quantize(pool.predict(model_id, IMAGE)) for model_id in ("a", "b")]
    assert np.array_equal(look_at(pool, "a", IMAGE, "entropy").values, measure_entropy(maps[0]))
    assert np.array_equal(look_at(pool, "a", IMAGE, "zoo").values, measure_spread(maps))


@pytest.mark.parametrize(
    ("kind", "part", "words"),
    [
        ("gradcam", "a:nonsense", "no layer 'nonsense'"),
        ("gate", "a:nonsense", "no gate 'nonsense'"),
        ("tta", "a:encoder.0", "whole model"),
        ("gradcam", "b:encoder.0", "no part"),
    ],
)
def test_a_part_that_is_not_there_is_refused(
    pool: SegmenterPool, kind: str, part: str, words: str
) -> None:
    with pytest.raises(NotExplained, match=words):
        look_at(pool, "a", IMAGE, kind, part)  # type: ignore[arg-type]


def test_one_model_alone_does_not_disagree(weights: Path) -> None:
    add_model(weights, "alone")
    with pytest.raises(NotExplained, match="two models"):
        look_at(SegmenterPool(read_cards(weights)), "alone", IMAGE, "zoo")


def test_files_hold_the_values_and_facts_tell_of_them(pool: SegmenterPool, tmp_path: Path) -> None:
    facts = write_explanations(SCAN, pool, "a", layer="decoder.0", prefix=tmp_path / "out" / "x")
    assert json.loads((tmp_path / "out" / "x-explain.json").read_text()) == facts
    assert facts["gradcam"]["part"] == "decoder.0"
    assert facts["cutoff"] is None
    assert facts["look_again"] is None
    assert "switched off" in facts["classifier"]["problem"]
    for kind in SEGMENTING:
        values = read_pixels(tmp_path / "out" / f"x-{kind}-map.png")
        assert values.dtype == np.uint16
        highest = values.max() / 65535 * facts[kind]["top"]
        assert highest == pytest.approx(facts[kind]["highest"], abs=1e-4)
        assert read_pixels(tmp_path / "out" / f"x-{kind}.png").shape == (*IMAGE.shape, 3)


def test_the_classifier_s_classes_have_heat_maps_of_their_own() -> None:
    shipped = SegmenterPool(read_cards())
    if problem := classifier_of(shipped).problem:
        pytest.skip(problem)
    image = simulate(*EXAMPLES["spiculated-mass"]).image
    usual = look_at(shipped, "unet", image, "classifier")
    found = tabulate_classification(image, classifier_of(shipped), shipped)
    assert usual.part == f"{found['likeliest']}:model.bn2"
    assert usual.about == f"the classifier for {found['likeliest']}"
    assert len(usual.parts) == 9
    assert usual.values.shape == image.shape
    assert usual.values.max() == pytest.approx(1, abs=0.02)
    other = look_at(shipped, "unet", image, "classifier", "malignant:model.blocks.4")
    assert not np.array_equal(usual.values, other.values)
    with pytest.raises(NotExplained, match="no part 'cat"):
        look_at(shipped, "unet", image, "classifier", "cat:model.bn2")


def test_a_hint_needs_a_cutoff_of_these_weights(pool: SegmenterPool) -> None:
    card = pool.cards["a"]
    levels = quantize(pool.predict("a", IMAGE))
    assert hint_at(levels, card).cutoff is None
    assert not hint_at(levels, card).again
    content = {"sha256": card.sha256, "stop": card.stop, "cutoff": 0.0, "val": {}, "test": {}}
    content |= {"kept": [1.0], "ideal": [1.0]}
    (card.folder / "referral.json").write_text(json.dumps(content))
    assert hint_at(levels, card).again
