"""A study for the terminal, the page and programs: compute it, open it, every number of it."""

import io
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from busdemo.evaluation.evaluating import compute_here, count_cores, evaluate_dataset
from busdemo.evaluation.run_files import RECEIPT_FILE
from busdemo.evaluation.statistics import Interval
from busdemo.evaluation.studies.agreement import SIZES, Agreement, PairSummary
from busdemo.evaluation.studies.measuring import WAYS, consensus_name
from busdemo.evaluation.studies.pair_rows import PAIRS_FILE, read_pairs
from busdemo.evaluation.studies.running import OpenStudy, StudyOrder, open_study
from busdemo.evaluation.studies.yardstick import (
    MISSING,
    Standing,
    measure_standings,
    tell_people,
)
from busdemo.imaging.refusals import plain_name
from busdemo.workflows.study_zip import MOST_IMAGES, find_readers, unpack

STUDY_FORMAT = 1
METRICS = {
    "dice": "Dice",
    "iou": "IoU",
    "hd95_px": "HD95",
    "assd_px": "ASSD",
    "nsd": "NSD",
}
"""Of pairs, by the column of `pair_rows`."""

SIZE_NAMES = {"area": "area", "longest": "longest diameter", "across": "diameter across it"}


@dataclass(frozen=True, eq=False)
class StudyResult:
    """A computed study: the receipt, and every label's agreement."""

    name: str
    receipt: Mapping[str, Any]
    pairs: pd.DataFrame

    @property
    def about(self) -> Mapping[str, Any]:
        """The receipt's words on the study."""
        found: Mapping[str, Any] = self.receipt["study"]
        return found

    @property
    def roles(self) -> Mapping[str, str]:
        """What every annotator is."""
        found: Mapping[str, str] = self.about["roles"]
        return found

    @cached_property
    def labels(self) -> dict[str, Agreement]:
        """By label, "" where masks have none."""
        return {
            label: Agreement.of(self.pairs[self.pairs["structure"] == label], self.roles)
            for label in self.about["labels"]
            if (self.pairs["structure"] == label).any()
        }

    @cached_property
    def standings(self) -> dict[str, list[Standing]]:
        """Models and programs against the people, by label."""
        return {label: measure_standings(one) for label, one in self.labels.items()}

    def yardstick(self, label: str) -> list[str]:
        """What the yardstick shows and what not, in sentences."""
        agreement = self.labels[label]
        if len(agreement.people) < 2:
            return [MISSING]
        if not agreement.machines:
            return [tell_people(agreement)]
        return [words for one in self.standings[label] for words in one.sentences()]

    @property
    def consensus(self) -> str:
        """The consensus that ratings are against; empty without one."""
        names = [consensus_name(way) for way in reversed(WAYS)]
        return next((name for name in names if name in self.roles), "")


def run_study(wanted: StudyOrder, out: Path, *, command: str = "", workers: int = 0) -> StudyResult:
    """Compute a study into the folder `out` and open it; what is there of the same one is kept.

    Raises ValueError, OSError, KeyError or UnusableModel with one sentence.
    """
    workers = workers or count_cores()
    opened = open_study(wanted, workers=workers)
    compute_study(opened, out, command=command, workers=workers)
    return open_result(out)


def compute_zip(archive: Path, folder: Path, **wanted: Any) -> StudyResult:
    """The study in a ZIP, unpacked and computed below an empty folder; `wanted` as `StudyOrder`.

    Raises ValueError, OSError, KeyError or UnusableModel with one sentence, ValueError for more
    images than a shared page computes.
    """
    images, readers, patients = find_readers(unpack(archive, folder / "in"))
    order = StudyOrder(readers=readers, images=images, patients=patients, **wanted)
    opened = open_study(order)
    if (count := len(opened.matched.dataset.cases)) > MOST_IMAGES:
        raise ValueError(
            f"The study has {count:,} images; at most {MOST_IMAGES} are computed here. "
            "busdemo study in a terminal has no such limit."
        )
    compute_study(opened, folder / "out", command="", workers=count_cores())
    return replace(open_result(folder / "out"), name=plain_name(archive.stem))


def compute_study(opened: OpenStudy, out: Path, *, command: str, workers: int) -> int:
    """Compute on this machine what is not there yet; how many images were computed."""
    receipt = opened.receipt(command=command, place="this machine", workers=workers)
    compute = compute_here(opened.examiner, workers)
    return evaluate_dataset(opened.matched.dataset, out, receipt, compute)


def is_study(folder: Path) -> bool:
    """Does a study lie there, all of it?"""
    return (folder / PAIRS_FILE).is_file() and (folder / RECEIPT_FILE).is_file()


def open_result(folder: Path) -> StudyResult:
    """A computed study; ValueError with one sentence for what is none, or a newer one."""
    pairs, receipt = read_pairs(folder)
    if pairs.empty:
        raise ValueError("No image of the study was marked by two annotators.")
    return StudyResult(str(receipt["data"].get("name", "")), receipt, pairs)


def tabulate_study(result: StudyResult) -> dict[str, Any]:
    """Every number, JSON-ready: None where undefined."""
    data = result.receipt["data"]
    return {
        "study": STUDY_FORMAT,
        "made_by": {"busdemo": result.receipt["busdemo"], "created": result.receipt["created"]},
        "images": data["cases"],
        "found": data["found"],
        "skipped": data["skipped"],
        "not_read": result.about["not_read"],
        "annotators": [{"annotator": who, "role": role} for who, role in result.roles.items()],
        "started_from": result.about["started_from"],
        "reference": result.about["reference"],
        "nsd_tolerance_px": result.receipt["nsd_tolerance_px"],
        "labels": [_tabulate_label(result, label) for label in result.labels],
    }


def encode_study(result: StudyResult) -> bytes:
    """`tabulate_study` as the contents of a JSON file."""
    text = json.dumps(tabulate_study(result), indent=2, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode("utf-8", "replace")


def encode_pairs(result: StudyResult) -> bytes:
    """Every two annotators of every label, a row each, as the contents of a CSV file."""
    rows = [
        {"label": label} | _flatten(_tabulate_pair(one, agreement))
        for label, agreement in result.labels.items()
        for one in agreement.summaries.values()
    ]
    out = io.StringIO()
    pd.DataFrame(rows).to_csv(out, index=False, lineterminator="\n")
    return out.getvalue().encode("utf-8", "replace")


def encode_images(result: StudyResult) -> bytes:
    """Every image and two annotators, a row each, as the contents of a CSV file."""
    return result.pairs.to_csv(index=False, lineterminator="\n").encode("utf-8", "replace")


def _tabulate_label(result: StudyResult, label: str) -> dict[str, Any]:
    agreement = result.labels[label]
    people = agreement.people
    return {
        "label": label,
        "unit": agreement.scale,
        "people": people,
        "fleiss_kappa": _plain(agreement.fleiss) if len(people) > 1 else None,
        "icc": {size: _plain(agreement.icc(size)) for size in SIZES} if len(people) > 1 else None,
        "pairs": [_tabulate_pair(one, agreement) for one in agreement.summaries.values()],
        "yardstick": {
            "sentences": result.yardstick(label),
            "models": [_plain_dict(asdict(one)) for one in result.standings[label]],
        },
        "against_reference": _rate(agreement, result.about["reference"]),
        "against_consensus": {
            name: _rate(agreement, name)
            for name in map(consensus_name, WAYS)
            if name in agreement.names
        },
        "worst": _plain_dict(agreement.worst.head(100).to_dict("records")),
    }


def _rate(agreement: Agreement, reference: str) -> list[dict[str, Any]]:
    return [
        _plain_dict({k: _plain(v) for k, v in row.items()}) for row in agreement.ratings(reference)
    ]


def _tabulate_pair(one: PairSummary, agreement: Agreement) -> dict[str, Any]:
    found = asdict(one)
    found["units"] = {"distance": agreement.scale, "area": agreement.unit("area")}
    plain: dict[str, Any] = _plain_dict(found)
    return plain


def _plain(value: Any) -> Any:
    return _plain_dict(asdict(value)) if isinstance(value, Interval) else value


def _plain_dict(value: Any) -> Any:
    """Numbers that JSON knows: None where undefined, "inf" without end."""
    if isinstance(value, Mapping):
        return {str(key): _plain_dict(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain_dict(one) for one in value]
    if isinstance(value, float):
        return None if math.isnan(value) else "inf" if math.isinf(value) else value
    return value.item() if hasattr(value, "item") else value


def _flatten(value: Mapping[str, Any], head: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, one in value.items():
        name = f"{head}{key}"
        flat |= _flatten(one, f"{name} ") if isinstance(one, Mapping) else {name: one}
    return flat
