"""A detector over a split: boxes against the ground truth's, at each image's native size."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from busdemo.evaluation.datasets import Case
from busdemo.evaluation.statistics import Interval, bootstrap_groups, bootstrap_mean
from busdemo.imaging.boxes import boxes_of, stack
from busdemo.inference.detector import Detector
from busdemo.scoring.detection import Matches, average_precision, match_boxes
from busdemo.zoo.cards import ALL_SETS


@dataclass(frozen=True, eq=False)
class DetectionRun:
    """What a detector found in `cases`: each image's boxes against its true ones."""

    cases: tuple[Case, ...]
    matches: tuple[Matches, ...]


def run_detector(detector: Detector, cases: Sequence[Case]) -> DetectionRun:
    """Look for the lesions of every case; one true box a connected part of its mask."""
    matches = []
    for case in tqdm(cases, desc="detecting", mininterval=5):
        image, mask = case.read()
        matches.append(match_boxes(detector.propose(image), stack(boxes_of(mask))))
    return DetectionRun(tuple(cases), tuple(matches))


def measure_detection(run: DetectionRun, cut_off: float) -> dict[str, dict[str, Interval]]:
    """Results by metric and data set, with 95 % intervals over patients.

    `map50` and `map50_95` over the images with a lesion, as L3 reports them, and `_with_normals`
    over all images. At the cut-off: `found`, the share of images with a lesion in which a box
    overlaps one by half, and `false_boxes`, the share of normal images with any box.
    """
    has_lesion = np.array([m.lesions > 0 for m in run.matches])
    found = np.array([bool((m.hits[0] & (m.scores >= cut_off)).any()) for m in run.matches])
    boxed = np.array([bool((m.scores >= cut_off).any()) for m in run.matches])
    results: dict[str, dict[str, Interval]] = {}
    for dataset, part in _parts(run):
        shares = {
            "found": _mean(run, found, part & has_lesion),
            "false_boxes": _mean(run, boxed, part & ~has_lesion),
        }
        precisions = {
            name: _precision(run, chosen, limits)
            for name, chosen, limits in (
                ("map50", part & has_lesion, slice(1)),
                ("map50_95", part & has_lesion, slice(None)),
                ("map50_with_normals", part, slice(1)),
                ("map50_95_with_normals", part, slice(None)),
            )
        }
        for name, interval in {**precisions, **shares}.items():
            if interval is not None:
                results.setdefault(name, {})[dataset] = interval
    return results


def _precision(run: DetectionRun, chosen: NDArray[np.bool_], limits: slice) -> Interval | None:
    """The mean AP over some IoU thresholds of the chosen images; None without a lesion."""
    matches = [run.matches[i] for i in np.flatnonzero(chosen)]
    if not any(m.lesions for m in matches):
        return None

    def precision_at(places: NDArray[np.intp]) -> float:
        return float(average_precision([matches[i] for i in places])[limits].mean())

    return bootstrap_groups(precision_at, _groups(run, chosen))


def _mean(
    run: DetectionRun, values: NDArray[np.bool_], chosen: NDArray[np.bool_]
) -> Interval | None:
    return bootstrap_mean(values[chosen], _groups(run, chosen)) if chosen.any() else None


def _groups(run: DetectionRun, chosen: NDArray[np.bool_]) -> list[str]:
    return [run.cases[i].group for i in np.flatnonzero(chosen)]


def _parts(run: DetectionRun) -> list[tuple[str, NDArray[np.bool_]]]:
    names = np.array([case.dataset for case in run.cases])
    parts = [(str(name), names == name) for name in sorted(set(names))]
    return [*parts, (ALL_SETS, np.ones(len(names), bool))]
