"""Comparing people, models and consensus masks on one scan: for the page, terminal and programs."""

import hashlib
import itertools
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from busdemo import __version__
from busdemo.annotations.annotation import (
    Annotation,
    Provenance,
    tabulate_provenance,
    tell,
)
from busdemo.imaging.arrays import Mask
from busdemo.imaging.crops import write_crop
from busdemo.imaging.images import Scan
from busdemo.imaging.masks import STOPS
from busdemo.imaging.post_processing import PostProcessing
from busdemo.imaging.spacing import Spacing, tabulate_spacing
from busdemo.inference.segmenter import SegmenterPool
from busdemo.inference.within import look_within
from busdemo.scoring.agreement import (
    METRICS,
    TOLERANCE_PX,
    TOLERANCES_PX,
    Comparison,
    compare,
)
from busdemo.scoring.consensus import build_consensus, staple
from busdemo.scoring.yardstick import Yardstick, measure_yardstick
from busdemo.views.agreement import tabulate_matrix
from busdemo.workflows.presence import add_presence, look_for_presence, tell_presence
from busdemo.workflows.segmenting import Choice, Segmentation, segment
from busdemo.zoo.cards import Card

COMPARISON_FORMAT = 1


@dataclass(frozen=True, eq=False)
class ComparedImage:
    """A scan, everyone who marked it, and how they stand to each other."""

    scan: Scan
    comparison: Comparison
    reference: str
    """The annotator the rows are against."""
    label: str = ""
    """What is compared, where files mark several things; empty: everything."""
    notes: tuple[str, ...] = ()
    """What is worth knowing of who is compared, a sentence each."""

    @property
    def yardstick(self) -> Yardstick:
        """Models against people, in Dice."""
        return measure_yardstick(self.comparison)


def ask_models(
    scan: Scan,
    models: Sequence[str],
    pool: SegmenterPool,
    *,
    stop: int | None = None,
    post_processing: PostProcessing | None = None,
) -> list[Annotation]:
    """The masks of models at a slider stop, with post-processing; None means as their cards say.

    Raises UnusableModel, ValueError for an unknown id.
    """
    if unknown := [model_id for model_id in models if model_id not in pool.cards]:
        raise ValueError(f"Unknown model {unknown[0]!r}; known: {', '.join(pool.cards)}.")
    predictions, asked = look_within(scan, pool.look_at), []
    look = look_for_presence(scan, pool, predictions)
    for model_id in models:
        segmentation = add_presence(segment(scan, model_id, pool, predictions)[0], look)
        card = segmentation.card
        at = card.stop if stop is None else stop
        steps = card.post_processing if post_processing is None else post_processing
        mask = segmentation.answer(Choice(at, steps))
        asked.append(annotate(card, mask, at, steps, told=_tell_presence(segmentation)))
    return asked


def _tell_presence(segmentation: Segmentation) -> str:
    found = segmentation.presence
    return "" if found is None else f", {tell_presence(found, found.cut_off)}"


def annotate(
    card: Card, mask: Mask, stop: int, steps: PostProcessing, *, told: str = ""
) -> Annotation:
    """A model's mask (H, W) at a slider stop, after post-processing, as its annotation.

    `told` is said of its presence.
    """
    frozen = " (frozen on validation)" if stop == card.stop else ""
    taken = "no post-processing" if steps.is_none else f"post-processing {steps}"
    provenance = Provenance(
        how=f"Threshold {stop / STOPS:g}{frozen}, {taken}{told}.",
        sha256=(card.sha256,) if card.sha256 else (),
        made_by=card.id,
        threshold=stop / STOPS,
        post_processing=str(steps),
    )
    return Annotation(card.name, "model", mask, provenance)


def compare_annotations(
    scan: Scan,
    annotations: Sequence[Annotation],
    *,
    reference: str = "",
    ways: Iterable[str] = (),
    tolerance_px: float = TOLERANCE_PX,
    mm_per_px: float | None = None,
) -> ComparedImage:
    """Compare them, with the people's consensus masks of `ways` as further annotators.

    Names that are taken are numbered. `reference` is an annotator's name, of several the first;
    empty means the first of all. `mm_per_px` None means what the scan's file says. Raises
    ValueError with one sentence for an unknown reference, a consensus without people or fewer
    than two annotations.
    """
    spacing = scan.spacing
    if mm_per_px and mm_per_px != scan.spacing_mm:
        root = math.sqrt(scan.aspect)
        spacing = Spacing(mm_per_px / root, mm_per_px * root, "as given")
    found = _name_apart([_measured_in(spacing, one) for one in annotations])
    everyone = _name_apart([*found, *_agree(found, ways)])
    if len(everyone) < 2:
        raise ValueError("A comparison needs at least two masks or models.")
    names = [one.annotator for one in everyone]
    chosen = reference or names[0]
    if chosen not in names:
        raise ValueError(f"No annotator is called {chosen!r}; there are: {', '.join(names)}.")
    comparison = compare(
        everyone,
        tolerance_px=tolerance_px,
        mm_per_px=mm_per_px or scan.spacing_mm,
        aspect=scan.aspect,
    )
    return ComparedImage(scan, comparison, chosen)


def tabulate_case(case: ComparedImage) -> dict[str, Any]:
    """Every number of a comparison with versions, digests and thresholds; JSON-ready.

    A number that is undefined is None, one without end the text "inf".
    """
    comparison, yardstick = case.comparison, case.yardstick
    height, width = case.scan.pixels.shape
    return {
        "comparison": COMPARISON_FORMAT,
        "made_by": {"busdemo": __version__},
        "image": {
            "name": case.scan.name,
            "sha256": case.scan.sha256,
            "width": width,
            "height": height,
            "crop": write_crop(case.scan.area),
            "frame": case.scan.frame,
            "frames": case.scan.frames,
            "notes": list(case.scan.notes),
            "spacing": tabulate_spacing(case.scan.spacing),
        },
        "label": case.label,
        "notes": list(case.notes),
        "tolerance_px": comparison.tolerance_px,
        "mm_per_px": comparison.mm_per_px,
        "reference": case.reference,
        "annotators": [_describe(case, index) for index in range(len(comparison.annotations))],
        "units": {metric.id: comparison.unit(metric.id) for metric in METRICS},
        "matrices": {metric.id: _plain(comparison.matrix(metric.id)) for metric in METRICS},
        "against_reference": [
            {"annotator": row.annotator, "outcome": str(row.outcome), **_plain_row(row.values)}
            for row in comparison.against(case.reference)
        ],
        "nsd_curve": {
            "tolerances_px": list(TOLERANCES_PX),
            "values": _plain(comparison.nsd_curve(case.reference)),
        },
        "yardstick": {
            "metric": yardstick.metric.id,
            "sentences": yardstick.sentences(),
            "people": None if yardstick.people is None else _plain_row(vars(yardstick.people)),
            "models": [
                {
                    "annotator": model.annotator,
                    "verdict": model.verdict,
                    "values": None if model.values is None else _plain_row(vars(model.values)),
                }
                for model in yardstick.models
            ],
        },
        "staple": tabulate_staple(case),
    }


def encode_case(case: ComparedImage) -> bytes:
    """`tabulate_case` as the contents of a JSON file."""
    text = json.dumps(tabulate_case(case), indent=2, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode("utf-8", "replace")


def encode_matrix(case: ComparedImage, metric: str) -> bytes:
    """The matrix of a metric as the contents of a CSV file; KeyError for an unknown metric."""
    table = tabulate_matrix(case.comparison, metric)
    return table.to_csv(index_label=metric, lineterminator="\n").encode("utf-8", "replace")


def tabulate_staple(case: ComparedImage) -> list[dict[str, Any]]:
    """Sensitivity and specificity of every person against what STAPLE makes of the people.

    Empty with fewer than two people; None where a number is undefined.
    """
    people = [one for one in case.comparison.annotations if one.kind == "person"]
    if len(people) < 2:
        return []
    found = staple([one.mask for one in people])
    return [
        {"annotator": one.annotator, **_plain_row({"sensitivity": sens, "specificity": spec})}
        for one, sens, spec in zip(people, found.sensitivities, found.specificities, strict=True)
    ]


def _measured_in(spacing: Spacing | None, one: Annotation) -> Annotation:
    return replace(one, provenance=replace(one.provenance, spacing=spacing))


def _agree(annotations: Sequence[Annotation], ways: Iterable[str]) -> list[Annotation]:
    people = [one for one in annotations if one.kind == "person"]
    wanted = list(ways)
    if wanted and not people:
        raise ValueError("A consensus needs at least one person's mask.")
    return [build_consensus(people, way) for way in wanted]


def _name_apart(annotations: Sequence[Annotation]) -> list[Annotation]:
    taken: set[str] = set()
    apart = []
    for one in annotations:
        numbered = (
            f"{one.annotator} ({n})" if n > 1 else one.annotator for n in itertools.count(1)
        )
        name = next(candidate for candidate in numbered if candidate not in taken)
        taken.add(name)
        apart.append(replace(one, annotator=name))
    return apart


def _describe(case: ComparedImage, index: int) -> dict[str, Any]:
    comparison = case.comparison
    one = comparison.annotations[index]
    return {
        "annotator": one.annotator,
        "kind": one.kind,
        "how": tell(one.provenance),
        "sha256": list(one.provenance.sha256),
        "threshold": one.provenance.threshold,
        "post_processing": one.provenance.post_processing or None,
        "provenance": tabulate_provenance(one.provenance),
        "area_px": int(comparison.areas_px[index]),
        "longest_diameter_px": _finite(float(comparison.diameters_px[index])),
        "mask_sha256": hashlib.sha256(np.packbits(one.mask).tobytes()).hexdigest(),
    }


def _plain(values: np.ndarray[Any, np.dtype[np.float64]]) -> list[list[float | str | None]]:
    return [[_finite(float(value)) for value in row] for row in values]


def _plain_row(values: Mapping[str, float]) -> dict[str, float | str | None]:
    return {key: _finite(value) for key, value in values.items()}


def _finite(value: float) -> float | str | None:
    if math.isnan(value):
        return None
    return "inf" if math.isinf(value) else value
