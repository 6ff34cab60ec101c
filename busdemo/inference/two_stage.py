"""Two stages: find the lesions, then segment each in a crop of its own; any model, any detector.

Source: Arioua et al., "Localization-Guided Semantic Segmentation Framework for Breast Ultrasound
Lesions Using BUS_UCLM", Profit AI'25: a detector's box is cropped, segmented and put back.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np

from busdemo.imaging.arrays import GreyImage, ProbabilityMap
from busdemo.imaging.boxes import Box, pad_to_square
from busdemo.inference.detector import (
    Detection,
    Detector,
    find_lesions,
    load_detector,
    read_detector_card,
)
from busdemo.inference.onnx_detector import OnnxDetector
from busdemo.inference.segmenter import SegmenterPool
from busdemo.inference.slots import Slot
from busdemo.zoo.cards import WEIGHTS
from busdemo.zoo.files import UnusableModel

MOST_LESIONS = 8
"""Boxes that are looked at in one image, best score first: each costs a network's time."""


class Predicts(Protocol):
    """What gives the models' probability maps of one image, such as `Predictions`."""

    def predict(self, model_id: str) -> ProbabilityMap:
        """Probabilities (H, W) float32 in [0, 1]; UnusableModel or KeyError when it cannot run."""


@dataclass(frozen=True)
class Localisation:
    """Where lesions were looked for, and by which detector; no detections: in the whole frame."""

    detector: str
    sha256: str
    cut_off: float
    padding: float
    detections: tuple[Detection, ...]


class TwoStagePredictions:
    """What a pool's models say of one image, looked at only where a detector found lesions.

    Where it found none they see the whole frame, as in one stage; `whole` are their answers to
    that, which need not be computed again.
    """

    def __init__(
        self, pool: SegmenterPool, image: GreyImage, found: Localisation, whole: Predicts | None
    ) -> None:
        self.localisation = found
        self._shape = image.shape
        self._whole = pool.look_at(image) if whole is None else whole
        height, width = image.shape
        crops = [pad_to_square(d.box, found.padding, (width, height)) for d in found.detections]
        self._crops = [(box, pool.look_at(_cut(image, box))) for box in crops]

    def predict(self, model_id: str) -> ProbabilityMap:
        """Probabilities (H, W) float32 in [0, 1]: 0 outside all crops, where crops overlap the
        largest. Errors as `Predictions.predict`."""
        if not self._crops:
            return self._whole.predict(model_id)
        together = np.zeros(self._shape, np.float32)
        for box, predictions in self._crops:
            part = together[box.window()]
            np.maximum(part, predictions.predict(model_id), out=part)
        return together


class TwoStage:
    """A pool's models behind a detector, which is loaded at its first use.

    `awaits` is the id of the detector's card, where the pool's downloads may bring its weights; it
    is empty for a user's own detector.
    """

    def __init__(
        self,
        pool: SegmenterPool,
        load: Callable[[], Detector],
        problem: str | None = None,
        awaits: str = "",
    ) -> None:
        self.pool = pool
        self._awaits = awaits
        self._slot = Slot("detector", load, problem)

    @property
    def is_ours(self) -> bool:
        """Is the detector the zoo's own?"""
        return bool(self._awaits)

    @property
    def problem(self) -> str | None:
        """One sentence when the detector cannot run, or not yet; otherwise None."""
        return self._slot.problem or self.pool.downloads.describe(self._awaits) or None

    def detector(self) -> Detector:
        """The detector, loaded; UnusableModel with the reason, NotNow where it passes."""
        self.pool.downloads.check(self._awaits)
        return self._slot.get()

    def warm_up(self) -> None:
        """Load the detector and run it once; a failure that stays is noted in `problem`."""
        with suppress(UnusableModel):
            self.locate(np.zeros((500, 600), np.uint8))

    def find_best_score(self, image: GreyImage) -> float:
        """The score in [0, 1] of the best box in an image (H, W) uint8, 0 where there is none.

        No cut-off is applied; errors as `locate`.
        """
        self.detector()
        scores = self._slot.ask(lambda detector: detector.propose(image)).scores
        return float(scores.max()) if len(scores) else 0.0

    def locate(self, image: GreyImage) -> Localisation:
        """Where the lesions of an image (H, W) uint8 are; UnusableModel when it cannot run."""
        detector = self.detector()
        detections = self._slot.ask(partial(find_lesions, image=image))[:MOST_LESIONS]
        tuning = detector.tuning
        return Localisation(
            detector.name, detector.sha256, tuning.cut_off, tuning.padding, tuple(detections)
        )

    def look_at(
        self,
        image: GreyImage,
        *,
        found: Localisation | None = None,
        whole: Predicts | None = None,
    ) -> TwoStagePredictions:
        """The models' answers in two stages to an image (H, W) uint8; errors as `locate`.

        `found` is what `locate` said of it, `whole` the models' answers in one stage, where known.
        """
        found = self.locate(image) if found is None else found
        return TwoStagePredictions(self.pool, image, found, whole)


def open_two_stage(
    pool: SegmenterPool, weights: Path = WEIGHTS, onnx: Path | None = None
) -> TwoStage:
    """Two stages with the zoo's detector, or with a user's own YOLO in the file `onnx`.

    The zoo's may be missing: that is a `problem`. UnusableModel when the user's cannot run.
    """
    if onnx is not None:
        own = OnnxDetector(onnx)
        return TwoStage(pool, lambda: own)
    card = read_detector_card(weights)
    problem = "There is no detector in the zoo." if card is None else card.problem
    return TwoStage(pool, lambda: load_detector(card), problem, "" if card is None else card.id)


def _cut(image: GreyImage, box: Box) -> GreyImage:
    return np.ascontiguousarray(image[box.window()])
