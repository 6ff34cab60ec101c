"""What is measured of one image of a study: every two annotators, and everyone by the reference."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any, Literal

import numpy as np

from busdemo.annotations.annotation import Annotation, Kind, merge
from busdemo.annotations.request import Target, target_of
from busdemo.evaluation.datasets import Case
from busdemo.evaluation.measuring import (
    NO_ANSWER,
    SURE_STOP,
    Examiner,
    Measured,
    Row,
    Stopwatch,
    score_answer,
)
from busdemo.evaluation.run_files import SCHEMA, tabulate_rows
from busdemo.evaluation.studies.matching import GROUND_TRUTH, StudyCase
from busdemo.evaluation.studies.pair_rows import PAIRS, tabulate_pairs
from busdemo.evaluation.studies.sources import read_place
from busdemo.imaging.arrays import Mask, ProbabilityMap
from busdemo.imaging.components import find_components
from busdemo.imaging.images import Scan, read_scan
from busdemo.imaging.masks import STOPS, binarize, quantize
from busdemo.scoring.agreement import Comparison, compare
from busdemo.scoring.boundary import find_box
from busdemo.scoring.consensus import WAY_NAMES, build_consensus
from busdemo.scoring.lesionwise import match_lesions
from busdemo.scoring.overlap import Counts, score_counts
from busdemo.zoo.files import UnusableModel

Role = Literal["person", "program", "assisted", "ground truth", "model", "consensus"]
"""What an annotator is: outlines started from a model (assisted) are nobody's own."""

WAYS = ("majority", "staple")
_KINDS: Mapping[Role, Kind] = {"model": "model", "program": "model", "consensus": "consensus"}

Masks = dict[str, dict[str, Annotation]]
"""By annotator and label."""


def consensus_name(way: str) -> str:
    """What a consensus is called as an annotator."""
    return f"consensus ({WAY_NAMES[way]})"


@dataclass(frozen=True)
class StudyPlan:
    """What is compared with what; can be sent to another machine."""

    roles: Mapping[str, Role]
    """Every annotator, in the order of the tables."""
    reference: str
    """The annotator the run's rows are against."""
    labels: tuple[str, ...] = ("",)
    """Each compared by itself; "" is a mask without labels."""
    merged: bool = False
    """All labels of an annotator as one mask."""
    own_labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Of the annotators whose masks have labels."""
    started_from: Mapping[str, str] = field(default_factory=dict)
    """The model that an assisted annotator's outlines were started from."""
    tolerance_px: float = 2.0
    mm_per_px: float | None = None

    @property
    def people(self) -> tuple[str, ...]:
        """Who outlined, independently."""
        return tuple(name for name, role in self.roles.items() if role == "person")


@dataclass(frozen=True, eq=False)
class StudyExaminer:
    """Measures cases of a study; may be used by threads."""

    plan: StudyPlan
    models: Examiner | None = None

    def measure(self, case: Case) -> Measured:
        """A case's rows and pairs; UnusableModel when a model cannot run."""
        assert isinstance(case, StudyCase)  # noqa: S101, what a study's data set holds
        try:
            scan = self._read_scan(case)
            target = target_of(scan) if scan else Target(case.size_wh, case.image_path.name)
            masks, told = self._read_masks(case, target)
            answers = self._ask(scan)
        except UnusableModel as error:
            raise UnusableModel(f"The study stopped at {case.id}. {error}") from error
        except (OSError, ValueError) as error:
            return Measured(SCHEMA.empty_table(), str(error), PAIRS.empty_table())
        spacing = self.plan.mm_per_px or (scan.spacing_mm if scan else None)
        known = case.mm_per_px if spacing is None else spacing
        facts = _describe(replace(case, mm_per_px=known), target.size_wh)
        rows: list[Row] = []
        pairs: list[Row] = []
        for label in self.plan.labels:
            everyone = self._gather(label, masks, answers)
            if not everyone:
                continue
            compared = _Compared.of(everyone, self.plan.tolerance_px)
            pairs += [facts | {"structure": label} | row for row in compared.pairs()]
            named = self._name(facts, label)
            rows += [named | row for row in self._score(compared, answers)]
        return Measured(tabulate_rows(rows), "", tabulate_pairs(pairs), tuple(told))

    def _read_scan(self, case: StudyCase) -> Scan | None:
        needed = self.models is not None or not all(case.size_wh)
        if not case.has_image or not needed:
            return None
        return read_scan(case.image_path.read_bytes(), case.image_path.name)

    def _read_masks(self, case: StudyCase, target: Target) -> tuple[Masks, list[str]]:
        """Everyone's masks, and a sentence for each that could not be read."""
        masks: Masks = {}
        told = []
        for who, place in case.places:
            try:
                masks[who] = read_place(place, target, self.plan.own_labels.get(who, ()))
            except (OSError, ValueError) as error:
                told.append(f"{case.id}, {who}: {error}")
        if case.truth is not None:
            _, truth = case.truth.read()
            masks[GROUND_TRUTH] = {"": Annotation(GROUND_TRUTH, "simulated", truth)}
        return masks, told

    def _ask(self, scan: Scan | None) -> dict[str, tuple[ProbabilityMap, int, float]]:
        """Each model's probability map, stop and milliseconds."""
        if self.models is None or scan is None:
            return {}
        pool = self.models.pool
        watch = Stopwatch(pool.cards, pool.look_at(scan.pixels))
        return {
            name: (watch.predict(name), pool.cards[name].stop, watch.ms(name))
            for name in self.models.model_ids
        }

    def _gather(
        self, label: str, masks: Masks, answers: Mapping[str, tuple[ProbabilityMap, int, float]]
    ) -> dict[str, tuple[Role, Mask]]:
        """Everyone's mask of one label, those of the people's consensus among them."""
        found: dict[str, tuple[Role, Mask]] = {}
        for who, role in self.plan.roles.items():
            if who in masks:
                found[who] = role, self._pick(who, label, masks[who])
            elif who in answers:
                probabilities, stop, _ = answers[who]
                found[who] = role, binarize(quantize(probabilities), stop)
        people = [Annotation(w, "person", m) for w, (role, m) in found.items() if role == "person"]
        if len(people) > 1:
            for way in WAYS:
                agreed = build_consensus(people, way)
                found[consensus_name(way)] = "consensus", agreed.mask
        order = [who for who in self.plan.roles if who in found]
        return {who: found[who] for who in order}

    def _pick(self, who: str, label: str, by_label: Mapping[str, Annotation]) -> Mask:
        """A label's mask: empty where the annotator has labels and marked none of this one here."""
        if self.plan.merged or not label:
            return merge(list(by_label.values())).mask
        if who in self.plan.own_labels:
            some = next(iter(by_label.values())).mask
            return by_label[label].mask if label in by_label else np.zeros_like(some)
        return merge(list(by_label.values())).mask

    def _name(self, facts: Row, label: str) -> Row:
        """What a row says of its image; one label of several is a set of its own."""
        named = {name: facts[name] for name in SCHEMA.names if name in facts}
        if len(self.plan.labels) > 1:
            named |= {"id": f"{facts['id']} [{label}]", "dataset": label}
        return named

    def _score(
        self,
        compared: "_Compared",
        answers: Mapping[str, tuple[ProbabilityMap, int, float]],
    ) -> list[Row]:
        """Rows of a run: everyone against the reference, where it marked this image."""
        names = list(compared.masks)
        if self.plan.reference not in names:
            return []
        reference = compared.masks[self.plan.reference]
        rows = []
        for who in names:
            if who == self.plan.reference:
                continue
            known = NO_ANSWER | {"model": who, "stages": 1, "lesion_px": int(reference.sum())}
            if who in answers:
                probabilities, stop, spent_ms = answers[who]
                known |= {"stop": stop, "ms": spent_ms}
                rows.append(known | score_answer(probabilities, reference, stop))
            else:
                known |= {"stop": SURE_STOP}
                rows.append(known | compared.score(who, self.plan.reference))
        return rows


@dataclass(frozen=True, eq=False)
class _Compared:
    """Everyone's masks of one image and label, every two of them compared."""

    masks: dict[str, Mask]
    roles: dict[str, Role]
    comparison: Comparison

    @classmethod
    def of(cls, everyone: Mapping[str, tuple[Role, Mask]], tolerance_px: float) -> "_Compared":
        masks = {who: mask for who, (_, mask) in everyone.items()}
        roles = {who: role for who, (role, _) in everyone.items()}
        annotations = [
            Annotation(who, _KINDS.get(roles[who], "person"), mask) for who, mask in masks.items()
        ]
        return cls(masks, roles, compare(annotations, tolerance_px=tolerance_px))

    def pairs(self) -> list[Row]:
        """A row for every two annotators, in the order of the plan."""
        box = find_box(list(self.masks.values()))
        cut = [np.ascontiguousarray(mask[box]) for mask in self.masks.values()]
        lesions = [find_components(mask).n if mask.any() else 0 for mask in cut]
        return [self._pair(i, j, cut, lesions) for i, j in combinations(range(len(cut)), 2)]

    def _pair(self, i: int, j: int, cut: Sequence[Mask], lesions: Sequence[int]) -> Row:
        comparison, names = self.comparison, list(self.masks)
        matched = match_lesions(cut[i], cut[j]) if lesions[i] and lesions[j] else None
        row: Row = {"a": names[i], "b": names[j], "a_role": self.roles[names[i]]}
        row |= {"b_role": self.roles[names[j]], "shared_px": int(comparison.shared_px[i, j])}
        for metric in ("dice", "iou", "nsd"):
            row[metric] = float(comparison.matrix(metric)[i, j])
        for metric in ("hd95", "assd"):
            row[f"{metric}_px"] = float(comparison.matrix(metric)[i, j])
        for side, k in (("a", i), ("b", j)):
            row[f"{side}_px"] = int(comparison.areas_px[k])
            row[f"{side}_longest_px"] = float(comparison.diameters_px[k])
            row[f"{side}_across_px"] = float(comparison.across_px[k])
            row[f"{side}_lesions"] = lesions[k]
        ours = sum(map(bool, matched.partners)) if matched else 0
        theirs = len({n for own in matched.partners for n in own}) if matched else 0
        return row | {"a_matched": ours, "b_matched": theirs}

    def score(self, who: str, reference: str) -> Row:
        """What a run says of a mask: as of a model that is always sure."""
        names = list(self.masks)
        i, j = names.index(who), names.index(reference)
        comparison = self.comparison
        shared = int(comparison.shared_px[i, j])
        extra = int(comparison.areas_px[i]) - shared
        missed = int(comparison.areas_px[j]) - shared
        overlap = score_counts(Counts(shared, extra, missed))
        lesion, background = np.zeros((2, STOPS), np.int32)
        lesion[[0, -1]] = missed, shared
        background[[0, -1]] = self.masks[who].size - shared - extra - missed, extra
        return {
            "tp": shared,
            "fp": extra,
            "fn": missed,
            "dice": overlap.dice,
            "iou": overlap.iou,
            "precision": overlap.precision,
            "recall": overlap.recall,
            "hd95_px": float(comparison.matrix("hd95")[i, j]),
            "assd_px": float(comparison.matrix("assd")[i, j]),
            "nsd": float(comparison.matrix("nsd")[i, j]),
            "outcome": str(overlap.outcome),
            "lesion_histogram": lesion,
            "background_histogram": background,
        }


def _describe(case: StudyCase, size_wh: tuple[int, int]) -> dict[str, Any]:
    return {
        **{name: getattr(case, name) for name in ("id", "dataset", "split", "label", "group")},
        **{name: getattr(case, name) for name in ("birads", "device", "mm_per_px")},
        "height": size_wh[1],
        "width": size_wh[0],
    }
