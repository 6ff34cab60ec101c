"""Is anything there? A score for an image and a model, from what the zoo's networks say of it.

A logistic rule over five numbers (`zoo.presence`), fitted on validation images for each model. It
looks at the whole frame, also where the model then looks in two stages.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from busdemo.imaging.arrays import GreyImage, Levels
from busdemo.imaging.masks import STOPS, quantize
from busdemo.inference.classifier import ClassifierSlot, find_classifier
from busdemo.inference.segmenter import SegmenterPool
from busdemo.inference.two_stage import TwoStage, open_two_stage
from busdemo.zoo.cards import WEIGHTS, Card
from busdemo.zoo.files import UnusableModel
from busdemo.zoo.presence import Evidence

ReadLevels = Callable[[str], Levels]
"""From a model's id to what it says of an image in one stage, (H, W) uint8; UnusableModel."""


@dataclass(frozen=True)
class PresenceScore:
    """How probable it is that an image shows a lesion, by a model's rule, and from what.

    Under `cut_off`, the model's own, its mask is withheld. All numbers are in [0, 1]; `classifier`
    and `detector` are the sha256 of what was asked.
    """

    value: float
    cut_off: float
    evidence: Evidence
    classifier: str = ""
    detector: str = ""

    def withholds(self, cut_off: float | None = None) -> bool:
        """Is the mask withheld under a cut-off, the model's own where None?"""
        return self.value < (self.cut_off if cut_off is None else cut_off)


class PresenceJudge:
    """The networks that presence needs beside the model itself, each loaded at its first use."""

    def __init__(self, pool: SegmenterPool, classifier: ClassifierSlot, staged: TwoStage) -> None:
        self.pool = pool
        self.classifier = classifier
        self.staged = staged

    def find_problem(self, card: Card) -> str:
        """Why a model's images cannot be judged here, in one sentence; empty when they can."""
        rule = card.presence
        if rule is None:
            return "No rule of presence was fitted for this model."
        if problem := self.classifier.problem or self.staged.problem:
            return f"Presence needs classifier and detector. {problem}"
        known = self.classifier.card
        if known is None or known.sha256 != rule.classifier:
            return "Its rule of presence was fitted with another classifier."
        return ""

    def look_at(self, image: GreyImage, read_levels: ReadLevels | None = None) -> "PresenceLook":
        """What to judge one image (H, W) uint8 with.

        `read_levels` gives a model's levels (H, W) in one stage where they are known already.
        """
        if read_levels is None:
            predictions = self.pool.look_at(image)
            return PresenceLook(self, image, lambda model: quantize(predictions.predict(model)))
        return PresenceLook(self, image, read_levels)


class PresenceLook:
    """One image's presence by any model's rule; classifier and detector look at it once."""

    def __init__(self, judge: PresenceJudge, image: GreyImage, read_levels: ReadLevels) -> None:
        self._judge, self._image, self._read_levels = judge, image, read_levels
        self._seen: tuple[float, float, float] | None = None

    def find_evidence(self, levels: Levels, stop: int) -> Evidence:
        """The five numbers, of a model's levels (H, W) uint8 of the image in one stage.

        Raises UnusableModel when classifier or detector cannot run.
        """
        normal, emptied, box = self._look()
        return Evidence(
            top=(int(levels.max()) + 0.5) / STOPS,
            normal=normal,
            normal_without_mask=emptied,
            box=box,
            share=float(np.count_nonzero(levels >= stop)) / levels.size,
        )

    def judge(self, model_id: str) -> PresenceScore | None:
        """The image's presence by a model's rule; None where it cannot be judged."""
        card = self._judge.pool.cards[model_id]
        if card.presence is None or self._judge.find_problem(card):
            return None
        try:
            if self._judge.staged.detector().sha256 != card.presence.detector:
                return None
            evidence = self.find_evidence(self._read_levels(model_id), card.stop)
        except UnusableModel:
            return None
        rule = card.presence
        return PresenceScore(
            rule.score(evidence), rule.cut_off, evidence, rule.classifier, rule.detector
        )

    def _look(self) -> tuple[float, float, float]:
        if self._seen is None:
            slot, staged = self._judge.classifier, self._judge.staged
            levels = self._read_levels(slot.mask_from)
            with_mask, emptied = slot.get().compare_with_empty(self._image, levels)
            best = staged.find_best_score(self._image)
            self._seen = with_mask.normal, emptied.normal, best
        return self._seen


def open_judge(
    pool: SegmenterPool, classifier: ClassifierSlot | None = None, staged: TwoStage | None = None
) -> PresenceJudge:
    """A judge for a pool's models, with the classifier and the detector of their zoo.

    `staged` is used where its detector is the zoo's own.
    """
    folder = next((card.folder.parent for card in pool.cards.values()), Path(WEIGHTS))
    slot = find_classifier(pool.cards, folder, pool.downloads) if classifier is None else classifier
    ours = staged is not None and staged.is_ours
    return PresenceJudge(pool, slot, staged if staged and ours else open_two_stage(pool, folder))
