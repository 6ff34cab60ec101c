"""Every folder in weights/: complete, small, true to its card, and able to run."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open

from busdemo.evaluation.report import tabulate_results
from busdemo.inference.segmenter import SegmenterPool, load_segmenter
from busdemo.phantoms import EXAMPLES, simulate
from busdemo.zoo.card_reading import read_curves
from busdemo.zoo.cards import WEIGHTS, YOUR_MODELS, Card, read_card, read_cards, read_facts
from busdemo.zoo.loading import build_network

CARDS = [card for card in read_cards() if card.family != YOUR_MODELS]
SETS = {"BUSI", "BUS-BRA", "BUS-UCLM", "BrEaST"}

LITERATURE = {
    "unet",
    "unet-plus-plus",
    "unet3-plus",
    "attention-unet",
    "deep-attention-unet",
    "se-unet",
    "spatial-attention-unet",
    "transunet-small",
    "deeplabv3",
    "wide-unet",
    "segformer",
}
"""Every network that a published system of this field names, and one that none does."""

RECIPES = {"dual-unetpp-seunet", "ensemble"}
NO_WEIGHTS = "There are no weights in its folder."

TRAINED = [card for card in CARDS if card.problem is None and not card.members]

every_card = pytest.mark.parametrize("card", TRAINED, ids=lambda card: card.id)


def test_the_zoo_holds_what_the_literature_names() -> None:
    assert {card.id for card in CARDS} >= LITERATURE | RECIPES
    assert {card.id for card in CARDS if card.members} == RECIPES
    assert {"unet", "attention-unet"} <= {card.id for card in TRAINED}


def test_what_cannot_run_has_no_weights_and_no_results() -> None:
    for card in CARDS:
        if card.problem is not None:
            assert NO_WEIGHTS in card.problem
            assert card.results == ()


@pytest.mark.parametrize(
    "folder",
    [card.folder for card in read_cards(task=None) if not card.members],
    ids=lambda folder: folder.name,
)
def test_the_curves_of_a_training_have_a_row_for_every_epoch(folder: Path) -> None:
    epochs = read_curves(folder / "curves.csv")["epoch"]
    assert epochs == list(range(1, len(epochs) + 1))
    assert len(epochs) >= 3


def test_all_weights_together_are_small() -> None:
    files = [card.folder / "model.safetensors" for card in TRAINED]
    assert sum(file.stat().st_size for file in files) <= 120_000_000


@every_card
def test_weights_are_the_ones_the_card_names_and_small(card: Card) -> None:
    weights = card.folder / "model.safetensors"
    assert hashlib.sha256(weights.read_bytes()).hexdigest() == card.sha256
    assert weights.stat().st_size <= 16_000_000
    with safe_open(weights, "pt") as file:
        kinds = {str(file.get_slice(key).get_dtype()) for key in file.keys()}  # noqa: SIM118
    assert kinds <= {"F16", "I64"}


@every_card
def test_the_config_builds_a_network_of_the_stated_size(card: Card) -> None:
    network = build_network(json.loads((card.folder / "config.json").read_text()))
    assert sum(p.numel() for p in network.parameters()) == card.parameters


def test_the_unet_keeps_to_seven_million_parameters() -> None:
    assert read_card(WEIGHTS / "unet").parameters <= 7_000_000


@every_card
@pytest.mark.parametrize("size_wh", [(600, 500), (20, 300), (1000, 17)])
def test_any_image_size_gives_finite_probabilities(card: Card, size_wh: tuple[int, int]) -> None:
    width, height = size_wh
    image = np.random.default_rng(1).integers(0, 256, (height, width), dtype=np.uint8)
    probabilities = load_segmenter(card).predict(image)
    assert probabilities.shape == (height, width)
    assert probabilities.dtype == np.float32
    assert np.isfinite(probabilities).all()
    assert probabilities.min() >= 0
    assert probabilities.max() <= 1


@every_card
def test_the_model_finds_the_easy_example(card: Card) -> None:
    phantom = simulate(*EXAMPLES["simple-cyst"])
    found = load_segmenter(card).predict(phantom.image) >= card.threshold
    overlap = (found & phantom.mask).sum()
    assert 2 * overlap / (found.sum() + phantom.mask.sum()) > 0.7


@pytest.mark.parametrize("card", [c for c in CARDS if c.problem is None], ids=lambda card: card.id)
def test_results_of_all_four_sets_stand_on_the_card_as_computed(card: Card) -> None:
    header, text = read_facts(card.folder / "README.md")
    results = header["busdemo"]["results"]
    assert {r["dataset"] for r in results if r["metric"] == "lesion_dice"} >= SETS
    assert all(r["low"] <= r["value"] <= r["high"] for r in results)
    assert tabulate_results(results) in text
    assert len(header["model-index"][0]["results"]) == len(results)


@every_card
def test_the_card_names_licence_data_and_limits(card: Card) -> None:
    header, text = read_facts(card.folder / "README.md")
    assert header["license"]
    assert set(header["datasets"]) >= SETS
    for heading in ("## How it works", "## Use", "## Data", "## Protocol", "## Limits"):
        assert heading in text
    assert Path(card.folder / "curves.csv").is_file()


@pytest.mark.parametrize("card", [c for c in CARDS if c.members], ids=lambda card: card.id)
def test_a_recipe_takes_the_mean_of_its_members_and_says_so(card: Card) -> None:
    if card.problem is not None:
        pytest.skip(card.problem)
    image = simulate(*EXAMPLES["simple-cyst"]).image
    predictions = SegmenterPool(CARDS).look_at(image)
    members = [predictions.predict(member) for member in card.members]
    assert np.allclose(predictions.predict(card.id), np.mean(members, axis=0), atol=1e-6)
    _, text = read_facts(card.folder / "README.md")
    assert all(member in text for member in card.members)
