"""Segmenting a scan and scoring the result: once, for the page, the terminal and programs."""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from busdemo.annotations.annotation import Annotation, tell
from busdemo.annotations.files import read_annotations
from busdemo.annotations.pictures import write_mask_png
from busdemo.annotations.request import AS_THEY_ARE, Files, Options
from busdemo.imaging.arrays import Levels, Mask, ProbabilityMap
from busdemo.imaging.crops import write_crop
from busdemo.imaging.dicom import without_patient
from busdemo.imaging.images import Scan
from busdemo.imaging.masks import STOPS, binarize, quantize
from busdemo.imaging.post_processing import NO_POST_PROCESSING, PostProcessing
from busdemo.imaging.printed import share
from busdemo.inference.presence import PresenceScore
from busdemo.inference.segmenter import SegmenterPool
from busdemo.inference.two_stage import Localisation
from busdemo.inference.within import PredictionsWithin, look_within
from busdemo.scoring.overlap import Overlap, score_overlap
from busdemo.views.pictures import draw_overlay, encode_png
from busdemo.workflows.copies import look_for_copy
from busdemo.workflows.lesions import Row, summarize_lesions, tabulate_lesions
from busdemo.zoo.cards import Card


def mask_of(reference: Annotation | None) -> Mask | None:
    """A reference's mask (H, W), None where there is none."""
    return None if reference is None else reference.mask


@dataclass(frozen=True, eq=False)
class Segmentation:
    """A model's whole answer for one scan: `levels` (H, W) uint8 holds every threshold's mask.

    `engine` is what computed it, here or, for a result kept on disk, elsewhere. `localisation` is
    where a detector said to look, None in one stage. `presence` is None until it is judged, and
    where it cannot be.
    """

    card: Card
    levels: Levels
    engine: str
    localisation: Localisation | None = None
    presence: PresenceScore | None = None

    @property
    def cut_off(self) -> float:
        """The presence under which its mask is withheld; 0 where presence is unknown."""
        return 0.0 if self.presence is None else self.presence.cut_off

    @property
    def raw(self) -> Mask:
        """The raw mask (H, W): at the frozen threshold, without steps, withheld from nobody."""
        return self.mask(self.card.stop)

    def mask(self, stop: int, steps: PostProcessing = NO_POST_PROCESSING) -> Mask:
        """The mask (H, W) at a slider stop, 1 to 199, after post-processing."""
        return steps.apply(binarize(self.levels, stop))

    def fill(self, choice: "Choice") -> "Filled":
        """A choice with the model's own values where it names none."""
        return Filled(
            self.card.stop if choice.stop is None else choice.stop,
            self.card.post_processing if choice.steps is None else choice.steps,
            self.cut_off if choice.cut_off is None else choice.cut_off,
        )

    def answer(self, choice: "Choice | None" = None) -> Mask:
        """The model's answer (H, W) bool: threshold, then steps, nothing where presence is known
        and under the cut-off."""
        taken = self.fill(choice or Choice())
        if self.presence is not None and self.presence.withholds(taken.cut_off):
            return np.zeros(self.levels.shape, np.bool_)
        return self.mask(taken.stop, taken.steps)


def read_reference(files: Files, scan: Scan, options: Options = AS_THEY_ARE) -> Annotation:
    """The mask files as one annotation of the scan; UnreadableImage with one sentence."""
    (merged,) = read_annotations(files, scan, replace(options, merge=True))
    return merged


def tell_reading(scan: Scan, reference: Annotation | None) -> list[str]:
    """What is worth knowing of how an image and its reference were read, a line each."""
    lines = [f"{scan.name}: {'; '.join(scan.notes)}."] if scan.notes else []
    if reference is not None:
        facts = reference.provenance
        lines.append(f"{facts.title or reference.annotator}: {tell(facts)}")
    return lines


def strip_files(files: Files) -> tuple[tuple[str, bytes], ...]:
    """The files as they may be kept in memory: nothing about a patient is in them."""
    return tuple((name, without_patient(data)) for name, data in files)


def invert_reference(reference: Annotation, files: Files, scan: Scan) -> Annotation:
    """Kept files, read with lesion and background exchanged (or back again)."""
    facts = reference.provenance
    again = read_reference(files, scan, replace(facts.asked, invert=not facts.inverted))
    told = replace(again.provenance, sha256=facts.sha256)
    return replace(again, provenance=told)


def segment(
    scan: Scan, model_id: str, pool: SegmenterPool, among: PredictionsWithin | None = None
) -> tuple[Segmentation, ProbabilityMap]:
    """Run one model over a scan, once; UnusableModel or KeyError when it cannot run.

    `among` are the pool's other answers to the same scan, which a recipe need not compute again;
    with those of `look_in_two_stages` the model looks where the detector found lesions.
    """
    predictions = look_within(scan, pool.look_at) if among is None else among
    probability_map = predictions.predict(model_id)
    levels = quantize(probability_map)
    card, found = pool.cards[model_id], predictions.localisation
    result = Segmentation(card, levels, pool.engine(model_id), found)
    return result, probability_map


@dataclass(frozen=True)
class Filled:
    """What made a mask of probabilities: slider stop, steps, and the cut-off of presence."""

    stop: int
    steps: PostProcessing
    cut_off: float


@dataclass(frozen=True)
class Choice:
    """What makes a mask of probabilities, and lengths of pixels; None is the model's or file's."""

    stop: int | None = None
    """Slider stop, 1 to 199."""
    steps: PostProcessing | None = None
    mm_per_px: float | None = None
    cut_off: float | None = None
    """Presence under which a mask is withheld."""


def write_results(
    scan: Scan,
    segmentation: Segmentation,
    probability_map: ProbabilityMap,
    *,
    reference: Annotation | None,
    choice: Choice,
    prefix: Path,
) -> tuple[Row, list[Row]]:
    """Write a result's pictures; one row for a table, and one for each lesion.

    Writes `<prefix>-mask.png`, `-probability.png` and `-overlay.png`; OSError when that is not
    possible.
    """
    card = segmentation.card
    taken = segmentation.fill(choice)
    spacing = scan.spacing_mm if choice.mm_per_px is None else choice.mm_per_px
    mask, truth = segmentation.answer(choice), mask_of(reference)
    seen = look_for_copy(scan)
    prefix.parent.mkdir(parents=True, exist_ok=True)
    pictures = draw_results(scan, mask, probability_map, reference=reference)
    for kind, data in pictures.items():
        prefix.with_name(f"{prefix.name}-{kind}.png").write_bytes(data)
    row: Row = {
        "model": card.id,
        **_tabulate_localisation(segmentation.localisation),
        "threshold": taken.stop / STOPS,
        "post_processing": str(taken.steps),
        **_tabulate_presence(segmentation.presence, taken.cut_off),
        **tabulate_numbers(mask, truth),
        **{f"raw_{k}": v for k, v in tabulate_numbers(segmentation.raw, truth).items()},
        **({} if truth is None else summarize_lesions(mask, truth)),
        "training_copy": seen.sentence if seen else "",
        "reading": "; ".join(scan.notes),
        "crop": write_crop(scan.area),
        "reference": "" if reference is None else tell(reference.provenance),
        "input_sha256": scan.sha256,
        "model_sha256": card.sha256,
    }
    lesions = tabulate_lesions(mask, segmentation.levels, truth, spacing, scan.aspect)
    return row, [{"model": card.id, **lesion} for lesion in lesions]


def tell_scores(row: Row) -> str:
    """Dice, IoU and outcome of a result with a reference, as they are printed."""
    shown = [row[name] for name in ("dice", "iou")]
    dice, iou = (share(v) if isinstance(v, float) else "–" for v in shown)
    return f"Dice {dice}, IoU {iou}: {row['outcome']}"


def _tabulate_localisation(found: Localisation | None) -> Row:
    """How many lesions a detector found, in two stages; no columns in one."""
    if found is None:
        return {}
    return {"boxes": len(found.detections), "detector_sha256": found.sha256}


def _tabulate_presence(found: PresenceScore | None, cut_off: float) -> Row:
    """The score and what came of it; empty cells where it is unknown."""
    if found is None:
        return {"presence": None, "cut_off": None, "withheld": False}
    return {
        "presence": round(found.value, 6),
        "cut_off": cut_off,
        "withheld": found.withholds(cut_off),
    }


def write_table(rows: Sequence[Row], path: Path) -> None:
    """Rows as a CSV file; a column that only some rows have is empty in the others."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)


def draw_results(
    scan: Scan,
    mask: Mask,
    probability_map: ProbabilityMap,
    *,
    reference: Annotation | None = None,
) -> dict[str, bytes]:
    """PNG files by kind: `mask` (8 bit, 255 = lesion), `probability` (16 bit), `overlay` (RGB)."""
    deep = np.rint(probability_map * 65535).astype(np.uint16)
    overlay = draw_overlay(scan.pixels, mask, mask_of(reference))
    return {
        "mask": write_mask_png(mask),
        "probability": encode_png(deep),
        "overlay": encode_png(overlay),
    }


def tabulate_numbers(mask: Mask, reference: Mask | None) -> dict[str, float | int | str | None]:
    """Area and, against a reference, scores and outcome; None where a number is undefined."""
    numbers: dict[str, float | int | str | None] = {"area_px": int(np.count_nonzero(mask))}
    if reference is None:
        return numbers
    scores: Overlap = score_overlap(mask, reference)
    for name in ("dice", "iou", "precision", "recall"):
        value = getattr(scores, name)
        numbers[name] = None if math.isnan(value) else value
    counts = scores.counts
    return numbers | {
        "outcome": str(scores.outcome),
        "hit_px": counts.true_positive,
        "extra_px": counts.false_positive,
        "missed_px": counts.false_negative,
    }
