"""The detector in weights/: complete, small, true to its card, and able to run."""

import hashlib
import json

import numpy as np
import pytest
from safetensors import safe_open

from busdemo.evaluation.detector_report import tabulate_detection
from busdemo.imaging.boxes import boxes_of, overlap_boxes, stack
from busdemo.inference.detector import find_lesions, load_detector, read_detector_card, read_tuning
from busdemo.phantoms import EXAMPLES, simulate
from busdemo.zoo.cards import Card, read_facts
from busdemo.zoo.loading import build_network


@pytest.fixture(scope="module")
def card() -> Card:
    """The shipped detector's card; the test is skipped while it has no weights."""
    card = read_detector_card()
    assert card is not None
    if card.problem:
        assert card.problem == "There are no weights in its folder."
        assert card.results == ()
        pytest.skip(card.problem)
    return card


def test_weights_are_the_ones_the_card_names_and_small(card: Card) -> None:
    weights = card.folder / "model.safetensors"
    assert hashlib.sha256(weights.read_bytes()).hexdigest() == card.sha256
    assert weights.stat().st_size <= 16_000_000
    with safe_open(weights, "pt") as file:
        kinds = {str(file.get_slice(key).get_dtype()) for key in file.keys()}  # noqa: SIM118
    assert kinds <= {"F16", "I64"}


def test_it_has_the_stated_size_between_2_and_4_million(card: Card) -> None:
    network = build_network(json.loads((card.folder / "config.json").read_text()))
    assert sum(p.numel() for p in network.parameters()) == card.parameters
    assert 2_000_000 <= card.parameters <= 4_000_000


def test_results_of_all_four_sets_stand_on_the_card_as_computed(card: Card) -> None:
    header, text = read_facts(card.folder / "README.md")
    results = header["busdemo"]["results"]
    sets = {r["dataset"] for r in results if r["metric"] == "map50"}
    assert sets == {"BUSI", "BUS-BRA", "BUS-UCLM", "BrEaST", "all sets"}
    assert tabulate_detection(results) in text
    assert len(header["model-index"][0]["results"]) == len(results)


def test_the_card_says_how_it_was_made(card: Card) -> None:
    header, text = read_facts(card.folder / "README.md")
    assert header["license"]
    for heading in ("## How it works", "## Use", "## Data", "## Protocol", "## Limits"):
        assert heading in text
    assert 0 < read_tuning(card).padding <= 1
    assert (card.folder / "curves.csv").is_file()


def test_it_finds_the_easy_example(card: Card) -> None:
    phantom = simulate(*EXAMPLES["simple-cyst"])
    found = find_lesions(load_detector(card), phantom.image)
    boxes = stack([detection.box for detection in found])
    assert overlap_boxes(boxes, stack(boxes_of(phantom.mask))).max() > 0.5


@pytest.mark.parametrize("size_wh", [(600, 500), (20, 300), (1000, 17), (1, 1)])
def test_any_image_size_can_be_looked_at(card: Card, size_wh: tuple[int, int]) -> None:
    image = np.random.default_rng(1).integers(0, 256, size_wh[::-1], dtype=np.uint8)
    proposed = load_detector(card).propose(image)
    assert np.isfinite(proposed.boxes).all()
    assert (proposed.boxes <= [*size_wh, *size_wh]).all()
