"""Normal, benign or malignant: probabilities from a scan and a segmentation network's answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from busdemo.imaging.arrays import FloatArray, GreyImage, Levels, ProbabilityMap
from busdemo.imaging.fit import Fit
from busdemo.imaging.masks import STOPS, quantize
from busdemo.inference.slots import Slot
from busdemo.zoo.cards import WEIGHTS, Card, Preprocessing, read_cards
from busdemo.zoo.classes import CLASSES
from busdemo.zoo.downloads import Downloads
from busdemo.zoo.failures import explain
from busdemo.zoo.files import UnusableModel
from busdemo.zoo.hub import find_weights

if TYPE_CHECKING:
    from busdemo.inference.engines import TorchEngine

CLASSIFICATION = "classification"
"""The task of a classifier's card."""

OPERATING = "operating.csv"
"""In its folder: sensitivity and specificity on val at every stop of the slider."""

_NONE = "There is no classifier in the zoo."


@dataclass(frozen=True)
class ClassProbabilities:
    """How probable each class is; they add up to 1."""

    normal: float
    benign: float
    malignant: float

    @property
    def likeliest(self) -> str:
        """The most probable class."""
        return max(CLASSES, key=lambda name: float(getattr(self, name)))


class Classifier:
    """A loaded classifier behind a NumPy door; it may be called from several threads."""

    def __init__(
        self, engine: "TorchEngine", preprocessing: Preprocessing, temperature: float
    ) -> None:
        self.engine = engine
        self._preprocessing = preprocessing
        self._temperature = temperature

    def classify(self, image: GreyImage, probability_map: ProbabilityMap) -> ClassProbabilities:
        """The classes' probabilities of a (H, W) uint8 scan and the float32 map predicted for it.

        The map is (H, W) in [0, 1], of the scan's size. Errors as `classify_levels`.
        """
        return self.classify_levels(image, quantize(probability_map))

    def classify_levels(self, image: GreyImage, levels: Levels) -> ClassProbabilities:
        """As `classify`, from the map's levels, (H, W) uint8, which are all that is kept of it.

        ValueError when the sizes differ, UnusableModel when the network gives no finite numbers.
        """
        return self._read(self.compute_logits(image, levels))

    def compare_with_empty(
        self, image: GreyImage, levels: Levels
    ) -> tuple[ClassProbabilities, ClassProbabilities]:
        """As `classify_levels`, and the same with an empty mask, in one run of the network.

        The scan is (H, W) uint8, the levels are of its size; errors as `classify_levels`.
        """
        pixels, _ = self.prepare(image, levels)
        both = np.concatenate([pixels, pixels])
        both[1, 1] = 0
        with_mask, emptied = self._run(both)
        return self._read(with_mask), self._read(emptied)

    def compute_logits(self, image: GreyImage, levels: Levels) -> NDArray[np.float64]:
        """The network's own answer (3,) float64, before the temperature.

        The scan is (H, W) uint8, the levels are of its size; errors as `classify_levels`.
        """
        logits: NDArray[np.float64] = self._run(self.prepare(image, levels)[0])[0]
        return logits

    def _run(self, pixels: FloatArray) -> NDArray[np.float64]:
        """Logits (B, 3) of (B, 2, S, S)."""
        logits = self.engine.run(pixels)
        if not np.isfinite(logits).all():
            raise UnusableModel("It gave numbers that are not finite.")
        return np.asarray(logits, np.float64)

    def _read(self, logits: NDArray[np.float64]) -> ClassProbabilities:
        return ClassProbabilities(*softmax(logits / self._temperature).tolist())

    def prepare(self, image: GreyImage, levels: Levels) -> tuple[FloatArray, Fit]:
        """What the network sees, (1, 2, S, S) float32, and the way back to the image's size.

        ValueError when the sizes differ.
        """
        import torch

        from busdemo.zoo.architectures.lesion_classifier import join_channels

        if image.shape != levels.shape:
            raise ValueError(f"The image is {image.shape}, the probability map {levels.shape}.")
        height, width = image.shape
        fit = Fit.of((width, height), self._preprocessing.input_wh, self._preprocessing.rule)
        grey, mask = (
            torch.from_numpy(fit.apply(array))[None, None].float() / top
            for array, top in ((image, 255), (levels, STOPS))
        )
        (mean,), (deviation,) = self._preprocessing.mean, self._preprocessing.standard_deviation
        return join_channels(grey, mask, mean, deviation).numpy(), fit


def load_classifier(card: Card | None) -> Classifier:
    """The card's classifier, loaded; UnusableModel with the reason when it cannot run."""
    from busdemo.inference.engines import TorchEngine
    from busdemo.zoo.architectures.lesion_classifier import build_classifier
    from busdemo.zoo.loading import load_weights

    if card is None:
        raise UnusableModel(_NONE)
    if card.problem or card.preprocessing is None:
        raise UnusableModel(card.problem or "It has no preprocessor_config.json.")
    try:
        network = build_classifier(json.loads((card.folder / "config.json").read_text()))
        temperature = float(card.facts["temperature"])
    except (KeyError, TypeError, ValueError, RuntimeError, OSError) as error:
        raise explain(error, f"Its folder does not describe a classifier: {error}.") from error
    if len(card.preprocessing.mean) != 1 or not 0 < temperature < np.inf:
        raise UnusableModel("Its normalisation or its temperature is impossible.")
    trained = load_weights(network, find_weights(card), card.sha256)
    return Classifier(TorchEngine(trained), card.preprocessing, temperature)


class ClassifierSlot:
    """The classifier of a zoo, loaded at its first use; shared by all visitors."""

    def __init__(
        self, card: Card | None, problem: str | None = None, downloads: Downloads | None = None
    ) -> None:
        self.card = card
        self._downloads = Downloads() if downloads is None else downloads
        self._slot = Slot("classifier", partial(load_classifier, card), problem)

    @property
    def problem(self) -> str | None:
        """One sentence when there is none that can run, otherwise None."""
        return self._slot.problem

    @property
    def mask_from(self) -> str:
        """Id of the model whose predicted mask it sees."""
        return "" if self.card is None else str(self.card.facts.get("mask_from", ""))

    def get(self) -> Classifier:
        """The loaded classifier; UnusableModel with the reason."""
        if self.card is not None:
            self._downloads.check(self.card.id)
        return self._slot.get()


def find_classifier(
    segmenters: Mapping[str, Card], weights: Path = WEIGHTS, downloads: Downloads | None = None
) -> ClassifierSlot:
    """The zoo's classifier, or the reason why there is none; its weights may be on their way.

    It runs with the weights of the segmentation network whose masks it learned from, no others.
    """
    cards = read_cards(weights, task=CLASSIFICATION)
    card = cards[0] if cards else None
    return ClassifierSlot(card, _find_problem(card, segmenters), downloads)


def _find_problem(card: Card | None, segmenters: Mapping[str, Card]) -> str | None:
    if card is None:
        return _NONE
    mask_from = str(card.facts.get("mask_from", ""))
    source = segmenters.get(mask_from)
    if card.problem is None and (source is None or source.problem):
        return f"The model whose mask it sees, {mask_from}, cannot run."
    if card.problem is None and source and source.sha256 != card.facts.get("mask_sha256"):
        return f"It was trained with other weights of {mask_from}."
    return card.problem
