"""What is compared with what, where one person's file has several labels: label by label."""

from collections.abc import Sequence
from dataclasses import dataclass

from busdemo.annotations.annotation import Annotation, merge

MERGED = "all"
"""Asked for in place of a label: each person's labels as one mask."""


@dataclass(frozen=True, eq=False)
class Group:
    """One annotation of each person, all under one label; empty where nobody has several."""

    label: str
    annotations: tuple[Annotation, ...]
    notes: tuple[str, ...] = ()
    """Who is not in it, and why, a sentence each."""


def group_by_label(
    people: Sequence[Annotation], *, wanted: str = "", others: int = 0
) -> list[Group]:
    """The comparisons that people's annotations make, the label most of them have first.

    A person is a reader of a file, whatever labels they used. A mask without a label, and those of
    `others` (models), stand beside every label. `wanted` is one label, or `MERGED`; empty means
    each that two annotators have. Raises ValueError where there is none such.
    """
    persons: dict[tuple[int, str], list[Annotation]] = {}
    for one in people:
        persons.setdefault((one.provenance.place, one.annotator), []).append(one)
    masks = list(persons.values())
    if wanted == MERGED:
        return [Group("", tuple(merge(one) for one in masks))]
    if not wanted and all(len(one) == 1 for one in masks):
        return [Group("", tuple(people))]
    labels = list(dict.fromkeys(one.provenance.label for one in people if one.provenance.label))
    groups = [_gather(label, masks) for label in labels if wanted in ("", label)]
    known = [group for group in groups if len(group.annotations) + others > 1 or wanted]
    if not known:
        has = f"their labels are {', '.join(labels)}" if labels else "they have none"
        raise ValueError(
            f"No label {wanted!r} is in the masks: {has}."
            if wanted
            else f"No two people have a label in common: {has}; choose one, or {MERGED!r}."
        )
    lone = [f"{g.annotations[0].annotator} ({g.label})" for g in groups if g not in known]
    notes = (f"Marked by one person alone and not compared: {', '.join(lone)}.",) if lone else ()
    known.sort(key=lambda group: -len(group.annotations))
    return [Group(g.label, g.annotations, (*g.notes, *notes)) for g in known]


def _gather(label: str, masks: Sequence[Sequence[Annotation]]) -> Group:
    found, absent = [], []
    for person in masks:
        own = [one for one in person if one.provenance.label in ("", label)]
        found += own
        absent += [] if own else [person[0].annotator]
    return Group(label, tuple(found), tell_absent(label, absent))


def tell_absent(label: str, absent: Sequence[str]) -> tuple[str, ...]:
    """Who has labels, but not this one, and so is not compared; nothing where nobody is."""
    return (f"Without the label {label}: {', '.join(absent)}.",) if absent else ()
