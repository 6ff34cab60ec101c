"""What is measured of one image: a row of a run for every model and number of stages."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from busdemo.annotations.request import Target
from busdemo.evaluation.datasets import Case
from busdemo.evaluation.run_files import ANSWER_COLUMNS, SCHEMA, tabulate_rows
from busdemo.imaging.arrays import GreyImage, Mask, ProbabilityMap
from busdemo.imaging.masks import STOPS, binarize, quantize
from busdemo.inference.presence import PresenceJudge, PresenceScore
from busdemo.inference.segmenter import SegmenterPool
from busdemo.inference.two_stage import Predicts, TwoStage
from busdemo.scoring.agreement import TOLERANCE_PX
from busdemo.scoring.boundary import measure_boundary
from busdemo.scoring.overlap import Counts, histogram_levels, score_counts, score_overlap
from busdemo.zoo.cards import Card
from busdemo.zoo.files import UnusableModel

Row = dict[str, Any]
Judged = Mapping[str, PresenceScore | None]
"""By a model's id, one image's presence."""

SURE_STOP = STOPS // 2
"""The threshold of a mask, whose probability is 0 or 1: any would do."""

NO_ANSWER: Row = dict.fromkeys(("ms", *ANSWER_COLUMNS), math.nan)
"""What is not known of a mask that lies in a file."""


@dataclass(frozen=True)
class Measured:
    """One case's rows, as they are stored; none, and the reason, where it could not be read."""

    rows: pa.Table
    problem: str = ""
    pairs: pa.Table | None = None
    """Of a study: what every two annotators say of the image."""
    told: tuple[str, ...] = ()
    """What of the image could not be read, a sentence each; the rest was."""


class Program(Protocol):
    """Another program, whose masks lie in files; can be sent to another machine."""

    @property
    def name(self) -> str:
        """What its rows are called by."""

    def describe(self) -> dict[str, Any]:
        """As a receipt describes a model."""

    def read(self, case_id: str, target: Target) -> Mask | None:
        """Its mask (H, W) of a case at the target's size; None where it has none."""


class Examines(Protocol):
    """Whoever measures a case; may be used by threads."""

    def measure(self, case: Case) -> Measured:
        """A case's rows; UnusableModel when a model cannot run."""


class Builds(Protocol):
    """What can be sent to another machine and there becomes one who measures."""

    def build(self) -> Examines:
        """The models, loaded; UnusableModel when one cannot run."""


@dataclass(frozen=True, eq=False)
class Examiner:
    """Models and, where `staged` is there, a detector before them; may be used by threads."""

    pool: SegmenterPool
    staged: TwoStage | None
    model_ids: Sequence[str]
    judge: PresenceJudge | None = None
    """Of whether anything is there; None: that is not asked."""
    programs: tuple[Program, ...] = ()
    """Other programs, whose masks lie in files: rows beside the models'."""

    def measure(self, case: Case) -> Measured:
        """A case's rows; UnusableModel when a model or the detector cannot run."""
        try:
            image, reference = case.read()
        except (OSError, ValueError) as error:
            return Measured(SCHEMA.empty_table(), str(error))
        facts = _describe(case, reference)
        try:
            rows = [facts | row for row in self._measure(image, reference)]
        except UnusableModel as error:
            raise UnusableModel(f"The run stopped at {case.id}. {error}") from error
        answers, told = self._read_programs(case, image, reference)
        return Measured(tabulate_rows(rows + [facts | row for row in answers]), told=told)

    def _read_programs(
        self, case: Case, image: GreyImage, reference: Mask
    ) -> tuple[list[Row], tuple[str, ...]]:
        """A row of every program that has a mask of the case, and why one could not be read."""
        rows, told = [], []
        target = Target((image.shape[1], image.shape[0]), case.image_path.name)
        for program in self.programs:
            try:
                mask = program.read(case.id, target)
            except (OSError, ValueError) as error:
                told.append(f"{case.id}, {program.name}: {error}")
                continue
            if mask is not None:
                names = NO_ANSWER | {"model": program.name, "stages": 1, "stop": SURE_STOP}
                rows.append(names | score_answer(mask.astype(np.float32), reference, SURE_STOP))
        return rows, tuple(told)

    def _measure(self, image: GreyImage, reference: Mask) -> list[Row]:
        whole = Stopwatch(self.pool.cards, self.pool.look_at(image))
        for model_id in self.model_ids:
            whole.predict(model_id)  # timed before anybody else asks for it
        found = self._judge(image, whole)
        rows = [self._row(model_id, 1, whole, reference, found) for model_id in self.model_ids]
        if self.staged is None:
            return rows
        started = perf_counter()
        located = self.staged.locate(image)
        spent_ms = 1000 * (perf_counter() - started)
        if not located.detections:  # the models see the whole frame, as they just did
            return rows + [row | {"stages": 2, "ms": row["ms"] + spent_ms} for row in rows]
        look = self.staged.look_at(image, found=located, whole=whole)
        staged = Stopwatch(self.pool.cards, look, before_ms=spent_ms)
        return rows + [
            self._row(model_id, 2, staged, reference, found) for model_id in self.model_ids
        ]

    def _judge(self, image: GreyImage, whole: "Stopwatch") -> Judged:
        if self.judge is None:
            return {}
        look = self.judge.look_at(image, lambda model_id: quantize(whole.predict(model_id)))
        return {model_id: look.judge(model_id) for model_id in self.model_ids}

    def _row(
        self, model_id: str, stages: int, watch: "Stopwatch", reference: Mask, judged: Judged
    ) -> Row:
        probabilities, card = watch.predict(model_id), self.pool.cards[model_id]
        names = {"model": model_id, "stages": stages, "stop": card.stop, "ms": watch.ms(model_id)}
        answer = score_processed(probabilities, reference, card, judged.get(model_id))
        return names | score_answer(probabilities, reference, card.stop) | answer


class Stopwatch:
    """Models' answers to one image, with the time each takes.

    A recipe takes as long as its members one after another, however often a member's answer is
    used; `before_ms` is what every answer needs first.
    """

    def __init__(self, cards: Mapping[str, Card], look: Predicts, before_ms: float = 0) -> None:
        self._cards, self._look, self._before_ms = cards, look, before_ms
        self._spent_ms: dict[str, float] = {}

    def predict(self, model_id: str) -> ProbabilityMap:
        """As `Predictions.predict`."""
        members = self._cards[model_id].members
        for member in members:
            if member not in self._spent_ms:
                self.predict(member)
        started = perf_counter()
        answer = self._look.predict(model_id)
        spent_ms = 1000 * (perf_counter() - started)
        if members:
            spent_ms = sum(self._spent_ms[member] for member in members)
        self._spent_ms.setdefault(model_id, spent_ms)
        return answer

    def ms(self, model_id: str) -> float:
        """Milliseconds the answer of a model took that was asked for; KeyError for another."""
        return self._before_ms + self._spent_ms[model_id]


def score_processed(
    probabilities: ProbabilityMap, reference: Mask, card: Card, found: PresenceScore | None
) -> Row:
    """The numbers of a model's answer: after its steps, nothing where presence is too low.

    Both arrays are (H, W); `found` is the image's presence, None where that is unknown.
    """
    mask = card.post_processing.apply(binarize(quantize(probabilities), card.stop))
    if found is not None and found.withholds():
        mask = np.zeros_like(mask)
    overlap = score_overlap(mask, reference)
    return {
        "presence": np.nan if found is None else found.value,
        "answer_tp": float(overlap.counts.true_positive),
        "answer_fp": float(overlap.counts.false_positive),
        "answer_fn": float(overlap.counts.false_negative),
        "answer_dice": overlap.dice,
    }


def score_answer(probabilities: ProbabilityMap, reference: Mask, stop: int) -> Row:
    """All that a run says of one answer: the raw mask's numbers at a stop, and the histograms.

    Both arrays are (H, W); raises TypeError or ValueError as `sweep_counts` does.
    """
    levels = quantize(probabilities)
    lesion, background = histogram_levels(levels, reference)
    tp, fp = int(lesion[stop:].sum()), int(background[stop:].sum())
    overlap = score_counts(Counts(tp, fp, int(lesion[:stop].sum())))
    distances = measure_boundary(binarize(levels, stop), reference)
    return {
        "tp": tp,
        "fp": fp,
        "fn": overlap.counts.false_negative,
        "dice": overlap.dice,
        "iou": overlap.iou,
        "precision": overlap.precision,
        "recall": overlap.recall,
        "hd95_px": distances.hd95_px,
        "assd_px": distances.assd_px,
        "nsd": distances.nsd(TOLERANCE_PX),
        "outcome": str(overlap.outcome),
        "lesion_histogram": lesion,
        "background_histogram": background,
    }


def _describe(case: Case, reference: Mask) -> Row:
    height, width = reference.shape
    return {
        "id": case.id,
        "dataset": case.dataset,
        "split": case.split,
        "label": case.label,
        "group": case.group,
        "birads": case.birads,
        "device": case.device,
        "mm_per_px": case.mm_per_px,
        "height": height,
        "width": width,
        "lesion_px": int(reference.sum()),
    }
