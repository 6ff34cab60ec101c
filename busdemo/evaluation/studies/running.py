"""A study under way: who is in it, what each is, and the receipt that says so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from busdemo.evaluation.evaluating import count_cores
from busdemo.evaluation.setup import Setup, choose_setup, write_receipt
from busdemo.evaluation.studies.matching import GROUND_TRUTH, Matched, match, read_patients
from busdemo.evaluation.studies.measuring import (
    WAYS,
    Role,
    StudyExaminer,
    StudyPlan,
    consensus_name,
)
from busdemo.evaluation.studies.programs import describe_masks
from busdemo.evaluation.studies.sources import Source, open_source
from busdemo.scoring.agreement import TOLERANCE_PX

MOST_ANNOTATORS = 40
ALL = "all"
"""The label that is all of them as one mask."""

FAMILIES: Mapping[Role, str] = {
    "person": "people",
    "assisted": "outlines started from a model",
    "program": "other programs",
    "ground truth": "ground truth",
    "consensus": "consensus",
    "model": "",
}


@dataclass(frozen=True)
class StudyOrder:
    """What was asked for."""

    readers: Sequence[tuple[str, Path]]
    """Name and place of each annotator's masks; "" where the file names them."""
    images: Path | None = None
    models: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    """Those of the readers that are programs."""
    started_from: Mapping[str, str] = field(default_factory=dict)
    """Readers whose outlines were started from a model, and which."""
    reference: str = ""
    """An annotator, consensus:majority, consensus:staple or ground-truth; empty: by `choose`."""
    label: str = ""
    """Only this one; `ALL` merges them; empty: each."""
    patients: Path | None = None
    tolerance_px: float = TOLERANCE_PX
    mm_per_px: float | None = None


@dataclass(frozen=True)
class StudySetup:
    """What becomes an examiner, here or on another machine."""

    plan: StudyPlan
    models: Setup | None = None

    def build(self) -> StudyExaminer:
        """The models, loaded; UnusableModel when one cannot run."""
        return StudyExaminer(self.plan, self.models.build() if self.models else None)


@dataclass(frozen=True, eq=False)
class OpenStudy:
    """A study ready to be computed."""

    matched: Matched
    setup: StudySetup
    examiner: StudyExaminer
    notes: tuple[str, ...]
    """What was found and left out, a sentence each."""

    def receipt(self, *, command: str, place: str, workers: int) -> dict[str, Any]:
        """As a run's, with everyone among its models and what is compared under `study`."""
        plan, sources = self.setup.plan, {one.annotator: one for one in self.matched.sources}
        base = write_receipt(
            self.matched.dataset,
            self.examiner.models,
            command=command,
            place=place,
            workers=workers,
        )
        told = {who: _describe(who, role, sources) for who, role in plan.roles.items()}
        base["data"]["found"] = list(self.notes)
        return {
            **base,
            "nsd_tolerance_px": plan.tolerance_px,
            "models": {who: base["models"].get(who, facts) for who, facts in told.items()},
            "study": {
                "roles": dict(plan.roles),
                "reference": plan.reference,
                "labels": list(plan.labels),
                "merged": plan.merged,
                "started_from": dict(plan.started_from),
                "mm_per_px": plan.mm_per_px,
                "files": {
                    who: [{"name": name, "sha256": digest} for name, digest in one.files]
                    for who, one in sources.items()
                },
                "not_read": [],
            },
        }


def open_study(wanted: StudyOrder, *, workers: int | None = None) -> OpenStudy:
    """Find everyone's masks, match them with the images, load the models.

    Raises ValueError, OSError, KeyError or UnusableModel with one sentence.
    """
    cores = workers or count_cores()
    sources: list[Source] = []
    left_out: list[str] = []
    for name, path in wanted.readers:
        sources += open_source(name, path, workers=cores)
    _refuse_names([one.annotator for one in sources] + list(wanted.models))
    patients = read_patients(wanted.patients) if wanted.patients else None
    matched = match(wanted.images, sources, patients)
    setup = models = None
    if wanted.models:
        if wanted.images is None:
            raise ValueError("Models need images: name their folder first.")
        setup, models, told = choose_setup(wanted.models, two_stage=False)
        left_out += told
    plan = _plan(wanted, matched, models.model_ids if models else ())
    notes = (*matched.dataset.notes, *left_out, *_tell_groups(matched))
    return OpenStudy(matched, StudySetup(plan, setup), StudyExaminer(plan, models), notes)


def _plan(wanted: StudyOrder, matched: Matched, models: Sequence[str]) -> StudyPlan:
    started = dict(wanted.started_from)
    names = [one.annotator for one in matched.sources]
    if unknown := [one for one in (*wanted.programs, *started) if one not in names]:
        raise ValueError(f"No reader is called {unknown[0]!r}; there are: {', '.join(names)}.")
    roles: dict[str, Role] = {GROUND_TRUTH: "ground truth"} if matched.truth else {}
    for name in names:
        roles[name] = "program" if name in wanted.programs else "person"
        if name in started:
            roles[name] = "assisted"
    roles |= dict.fromkeys(models, "model")
    people = [name for name, role in roles.items() if role == "person"]
    if len(people) > 1:
        roles |= {consensus_name(way): "consensus" for way in WAYS}
    if len(roles) < 2:
        raise ValueError("A study needs at least two annotators: readers, models or ground truth.")
    own = {one.annotator: one.labels for one in matched.sources if one.labels}
    return StudyPlan(
        roles=roles,
        reference=_choose_reference(wanted.reference, roles),
        labels=_choose_labels(wanted.label, own, len(roles) - len(own)),
        merged=wanted.label == ALL,
        own_labels=own,
        started_from=started,
        tolerance_px=wanted.tolerance_px,
        mm_per_px=wanted.mm_per_px,
    )


def _choose_reference(wanted: str, roles: Mapping[str, Role]) -> str:
    """An annotator's name; the ground truth where there is one, otherwise the first."""
    names = {f"consensus:{way}": consensus_name(way) for way in WAYS}
    names |= {"ground-truth": GROUND_TRUTH}
    chosen = names.get(wanted, wanted) or next(iter(roles))
    if chosen not in roles:
        known = [one for one, name in names.items() if name in roles]
        known += [one for one, role in roles.items() if role not in ("consensus", "ground truth")]
        raise ValueError(f"There is no reference {wanted!r}; there are: {', '.join(known)}.")
    return chosen


def _choose_labels(wanted: str, own: Mapping[str, tuple[str, ...]], others: int) -> tuple[str, ...]:
    """The labels that two annotators have, or one beside masks without labels."""
    every = list(dict.fromkeys(label for labels in own.values() for label in labels))
    if wanted == ALL or not every:
        if wanted not in ("", ALL):
            raise ValueError(f"No label {wanted!r} is in the masks: they have none.")
        return ("",)
    if wanted:
        if wanted not in every:
            raise ValueError(
                f"No label {wanted!r} is in the masks: their labels are {', '.join(every)}."
            )
        return (wanted,)
    shared = [label for label in every if sum(label in labels for labels in own.values()) > 1]
    if not shared and len(own) == 1 and others:
        shared = every
    if not shared:
        has = "; ".join(f"{who}: {', '.join(labels)}" for who, labels in own.items())
        raise ValueError(f"No two readers have a label in common ({has}); choose one, or {ALL!r}.")
    return tuple(shared)


def _refuse_names(names: Sequence[str]) -> None:
    if twice := [name for name in names if names.count(name) > 1]:
        raise ValueError(f"Two annotators are called {twice[0]!r}; please rename one.")
    if len(names) > MOST_ANNOTATORS:
        raise ValueError(f"At most {MOST_ANNOTATORS} annotators are compared.")
    taken = {GROUND_TRUTH, *map(consensus_name, WAYS)}
    if known := [name for name in names if name in taken]:
        raise ValueError(f"{known[0]!r} is what busdemo calls one; please rename the reader.")


def _tell_groups(matched: Matched) -> list[str]:
    cases = matched.dataset.cases
    groups = len({case.group for case in cases})
    if groups < len(cases):
        return [f"Patients: {groups}, for {len(cases)} images."]
    return [
        "Nothing says which images are of one patient: each stands for itself, and intervals are "
        "too narrow where one patient has several (--patients)."
    ]


def _describe(who: str, role: Role, sources: Mapping[str, Source]) -> dict[str, Any]:
    """An annotator as a receipt describes a model."""
    return describe_masks(who, FAMILIES[role], sources[who].sha256 if who in sources else "")
