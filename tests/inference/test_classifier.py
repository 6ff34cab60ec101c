import errno
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny_world import CLASSIFIER_CONFIG as CONFIG
from tiny_world import add_classifier, add_model, draw_scan

from busdemo.inference.classifier import Classifier, ClassProbabilities, find_classifier
from busdemo.zoo.architectures.lesion_classifier import build_classifier
from busdemo.zoo.cards import read_cards
from busdemo.zoo.files import NotNow, UnusableModel
from busdemo.zoo.loading import load_weights


@pytest.fixture(scope="module")
def state() -> dict[str, torch.Tensor]:
    torch.manual_seed(2)
    return {k: v.contiguous() for k, v in build_classifier(CONFIG).state_dict().items()}


def find(weights: Path) -> Any:
    return find_classifier({card.id: card for card in read_cards(weights)}, weights)


def test_probabilities_add_up_and_depend_on_the_mask(
    weights: Path, state: dict[str, torch.Tensor]
) -> None:
    add_model(weights, "unet")
    add_classifier(weights, state)
    classifier: Classifier = find(weights).get()
    image, mask = draw_scan()
    found = classifier.classify(image, mask.astype(np.float32))
    emptied = classifier.classify(image, np.zeros(image.shape, np.float32))
    assert found.normal + found.benign + found.malignant == pytest.approx(1)
    assert found != emptied
    assert found == classifier.classify(image, mask.astype(np.float32))


def test_a_higher_temperature_is_less_sure(weights: Path, state: dict[str, torch.Tensor]) -> None:
    add_model(weights, "unet")
    add_classifier(weights, state)
    classifier: Classifier = find(weights).get()
    image, mask = draw_scan()
    levels = mask.astype(np.uint8) * np.uint8(199)
    logits = classifier.compute_logits(image, levels)
    chances = np.exp(logits / 2) / np.exp(logits / 2).sum()
    found = classifier.classify_levels(image, levels)
    assert [found.normal, found.benign, found.malignant] == pytest.approx(chances.tolist())


def test_a_map_of_another_size_is_refused(weights: Path, state: dict[str, torch.Tensor]) -> None:
    add_model(weights, "unet")
    add_classifier(weights, state)
    with pytest.raises(ValueError, match="probability map"):
        find(weights).get().classify_levels(draw_scan()[0], np.zeros((3, 3), np.uint8))


def test_the_likeliest_class_is_named() -> None:
    assert ClassProbabilities(0.2, 0.3, 0.5).likeliest == "malignant"


def test_a_zoo_without_a_classifier_says_so(weights: Path) -> None:
    add_model(weights, "unet")
    slot = find(weights)
    assert slot.problem == "There is no classifier in the zoo."
    with pytest.raises(UnusableModel, match="no classifier"):
        slot.get()


def test_a_classifier_whose_file_was_busy_runs_the_next_time(
    weights: Path, state: dict[str, torch.Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_model(weights, "unet")
    add_classifier(weights, state)
    slot, faults = find(weights), [OSError(errno.EBUSY, "Device or resource busy"), MemoryError()]

    def load(network: torch.nn.Module, path: Path, sha256: str) -> torch.nn.Module:
        if faults:
            raise faults.pop(0)
        return load_weights(network, path, sha256)

    monkeypatch.setattr("busdemo.zoo.loading.load_weights", load)
    for told in ("could not be read: Device or resource busy", "memory did not suffice"):
        with pytest.raises(NotNow, match=told):
            slot.get()
        assert slot.problem is None
    assert slot.get() is slot.get()


def test_missing_weights_are_the_reason(weights: Path, state: dict[str, torch.Tensor]) -> None:
    add_model(weights, "unet")
    add_classifier(weights, state)
    (weights / "classifier" / "model.safetensors").unlink()
    assert find(weights).problem == "There are no weights in its folder."


def test_it_runs_with_no_other_weights_of_the_model_whose_masks_it_learned_from(
    weights: Path, state: dict[str, torch.Tensor]
) -> None:
    add_model(weights, "unet")
    add_classifier(weights, state, mask_sha256="0" * 64)
    assert find(weights).problem == "It was trained with other weights of unet."


def test_other_weights_than_the_card_names_are_refused(
    weights: Path, state: dict[str, torch.Tensor]
) -> None:
    add_model(weights, "unet")
    add_classifier(weights, state, sha256="0" * 64)
    slot = find(weights)
    with pytest.raises(UnusableModel, match="not the ones the card names"):
        slot.get()
    assert "not the ones the card names" in str(slot.problem)


@pytest.mark.parametrize("temperature", [0, -1, float("nan"), "warm"])
def test_an_impossible_temperature_is_refused(
    weights: Path, state: dict[str, torch.Tensor], temperature: object
) -> None:
    add_model(weights, "unet")
    add_classifier(weights, state, temperature=temperature)
    with pytest.raises(UnusableModel):
        find(weights).get()


@pytest.mark.parametrize(
    "config",
    [
        {"_model_class": "Unet"},
        {**CONFIG, "encoder_name": "hf-hub:someone/something"},
        {**CONFIG, "encoder_name": "local-dir:/tmp"},
        {**CONFIG, "pretrained": True},
    ],
)
def test_nothing_is_fetched_and_no_other_network_is_built(config: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"config\.json|unknown encoder"):
        build_classifier(config)
