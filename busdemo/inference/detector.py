"""Finding lesions: a grey image in, boxes with scores at the image's own size out."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import special

from busdemo.imaging.arrays import GreyImage
from busdemo.imaging.boxes import Box, suppress
from busdemo.imaging.fit import Fit
from busdemo.inference.segmenter import prepare
from busdemo.scoring.detection import FoundBoxes
from busdemo.zoo.cards import WEIGHTS, Card, Preprocessing, read_cards
from busdemo.zoo.failures import explain
from busdemo.zoo.files import UnusableModel
from busdemo.zoo.hub import find_weights

if TYPE_CHECKING:
    from busdemo.inference.engines import Engine

DETECTION = "detection"
"""The task of a detector's card."""

LEAST_SCORE = 0.01
"""Boxes with a lower score are never looked at: average precision does not need them."""


@dataclass(frozen=True)
class Detection:
    """A lesion found in an image: its box in px, and a score in [0, 1]."""

    box: Box
    score: float


@dataclass(frozen=True)
class Tuning:
    """What is chosen on validation data for a detector, each in [0, 1] but the padding.

    Boxes count from the score `cut_off`; of two that overlap by more than `most_iou` the better
    stays; a crop has `padding` times the box's longer side on every side.
    """

    cut_off: float
    most_iou: float
    padding: float


class Detector(Protocol):
    """Anything that finds lesions; `name` and `sha256` of its file go into receipts."""

    name: str
    sha256: str
    tuning: Tuning

    def propose(self, image: GreyImage) -> FoundBoxes:
        """Boxes in an image (H, W) uint8 at any score from `LEAST_SCORE`, none twice.

        Raises UnusableModel when it cannot run.
        """


def find_lesions(detector: Detector, image: GreyImage) -> list[Detection]:
    """The lesions of an image (H, W) uint8 from the detector's cut-off on, best score first."""
    found = detector.propose(image)
    return [
        Detection(Box(*map(float, box)), float(score))
        for box, score in zip(found.boxes, found.scores, strict=True)
        if score >= detector.tuning.cut_off
    ]


class LesionFinder:
    """The zoo's detector, loaded; it may be called from several threads."""

    def __init__(
        self, engine: "Engine", preprocessing: Preprocessing, tuning: Tuning, sha256: str = ""
    ) -> None:
        self.name = "detector"
        self.sha256 = sha256
        self.tuning = tuning
        self._engine = engine
        self._preprocessing = preprocessing

    def propose(self, image: GreyImage) -> FoundBoxes:
        """Boxes of a (H, W) uint8 scan, in its px; see `Detector.propose`."""
        pixels, fit = prepare(image, self._preprocessing)
        output = self._engine.run(pixels)[0]
        if not np.isfinite(output).all():
            raise UnusableModel("The detector gave numbers that are not finite.")
        return place(read_places(output), fit, self.tuning.most_iou)


def read_places(output: NDArray[np.float32]) -> FoundBoxes:
    """Every place's box, in input px, and score from the network's output (5, h, w) float32."""
    from busdemo.zoo.architectures.lesion_detector import STRIDE_PX

    height, width = output.shape[1:]
    y, x = (np.mgrid[:height, :width] + 0.5) * STRIDE_PX
    left, top, right, bottom = output[1:]
    boxes = np.stack([x - left, y - top, x + right, y + bottom], axis=-1)
    scores = special.expit(output[0].astype(np.float64))
    return FoundBoxes(boxes.reshape(-1, 4).astype(np.float64), scores.ravel())


def place(found: FoundBoxes, fit: Fit, most_iou: float) -> FoundBoxes:
    """Boxes in px of a network's input at the image's own size, none twice, none outside."""
    likely = found.scores >= LEAST_SCORE
    boxes, scores = found.boxes[likely], found.scores[likely]
    (x, y), (inner_w, inner_h), (width, height) = fit.offset_xy, fit.inner_wh, fit.image_wh
    factors = np.array([width / inner_w, height / inner_h] * 2)
    native = (boxes - np.array([x, y] * 2)) * factors
    native = np.clip(native, 0, np.array([width, height] * 2))
    there = np.all(native[:, 2:] - native[:, :2] >= 1, axis=1)
    native, scores = native[there], scores[there]
    kept = suppress(native, scores, most_iou)
    return FoundBoxes(native[kept], scores[kept])


def read_detector_card(weights: Path = WEIGHTS) -> Card | None:
    """The card of the first detector in the zoo, None where there is none."""
    return next(iter(read_cards(weights, task=DETECTION)), None)


def load_detector(card: Card | None) -> LesionFinder:
    """The card's detector, loaded; UnusableModel with the reason when it cannot run."""
    from busdemo.inference.engines import TorchEngine, fold_batch_norms
    from busdemo.zoo.loading import load_network

    if card is None:
        raise UnusableModel("There is no detector in the zoo.")
    if card.problem or card.preprocessing is None:
        raise UnusableModel(card.problem or "It has no preprocessor_config.json.")
    network = load_network(card.folder, card.sha256, find_weights(card))
    engine = TorchEngine(fold_batch_norms(network))  # a fifth faster
    return LesionFinder(engine, card.preprocessing, read_tuning(card), card.sha256)


def read_tuning(card: Card) -> Tuning:
    """What was chosen for it on validation data; UnusableModel where that is not written."""
    try:
        settings = json.loads((card.folder / "preprocessor_config.json").read_text())
        return Tuning(card.threshold, float(settings["most_iou"]), float(settings["padding"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        missing = "Its preprocessor_config.json names no most_iou or padding."
        raise explain(error, missing) from error
