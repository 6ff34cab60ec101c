"""Which reader a folder is for, by what lies in it, and what it found, in sentences."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from busdemo.evaluation.datasets import Case, Dataset, Skipped, read_index
from busdemo.evaluation.readers.exports import read_exports
from busdemo.evaluation.readers.files import FileCase, Found, check_cases, list_pictures
from busdemo.evaluation.readers.folders import (
    read_coco_folder,
    read_imagefolder,
    read_named_masks,
    read_two_folders,
)
from busdemo.evaluation.readers.pairing import walk
from busdemo.evaluation.readers.published import read_breast, read_bus_bra, read_bus_uclm, read_busi

ALL = "all"
"""The split that is every image."""

INVERTED = "All masks are read inverted, as asked."

WHAT_IS_READ = (
    "index.csv with images/ and masks/; BUSI, BUS-UCLM, BUS-BRA or BrEaST as published; images/ "
    "and masks/; NAME.png with NAME_mask.png; a folder for each case with mask.png; COCO; a file "
    "of CVAT, VIA or Label Studio beside its images; metadata.csv with file_name and mask_file_name"
)


def read_dataset(folder: Path, split: str = ALL, *, invert: bool = False) -> Dataset:
    """The cases of one split of a folder, or all of them, and what was left out and why.

    A set without splits is taken as a whole; `invert` exchanges lesion and background of every
    mask. Raises ValueError or FileNotFoundError with one sentence.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no folder {folder.name}.")
    found = find_reader(folder)
    cases, skipped, notes = check_cases(found)
    if invert:
        cases, notes = [replace(case, invert=True) for case in cases], [INVERTED]
    chosen = _choose(cases, split, folder.name)
    if not chosen:
        whys = Counter(one.why for one in skipped)
        reason = f" {whys.most_common(1)[0][0]}" if whys else ""
        raise ValueError(f"No image in {folder.name} can be evaluated.{reason}")
    name = found.kind if found.kind in PUBLISHED else folder.resolve().name
    used = split if any(case.split for case in cases) else ALL
    left_out = [one for one in skipped if used == ALL or one.split in ("", used)]
    told = _tell(found, cases, chosen, used)
    return Dataset(name, used, tuple(chosen), tuple(left_out), (*told, *notes))


def find_reader(folder: Path) -> Found:
    """What the first reader that knows this folder's layout finds; ValueError where none does.

    The readers of published sets are asked first, of the folder and of all below it: a set in a
    folder is still that set.
    """
    if known := _find_published(folder):
        if len(known) > 1:
            names = ", ".join(path.relative_to(folder).as_posix() for path in known)
            raise ValueError(f"{folder.name} holds several data sets: choose one of {names}.")
        return next(iter(known.values()))
    for read in LAYOUTS.values():
        if found := read(folder):
            return found
    pictures = list_pictures(folder, deep=True)
    if not pictures:
        raise ValueError(f"There are no images in {folder.name}.")
    raise ValueError(
        f"{folder.name} holds {len(pictures)} pictures, but no masks that belong to them. "
        f"What is read: {WHAT_IS_READ}."
    )


def _find_published(folder: Path) -> dict[Path, Found]:
    """Every published set, or set with an index, in a folder or below it; none inside another."""
    known: dict[Path, Found] = {}
    for place in walk(folder):
        if not known.keys() & {place, *place.parents}:
            readers = (read_indexed, *PUBLISHED.values())
            found = next((found for read in readers if (found := read(place))), None)
            known |= {place: found} if found else {}
    return known


def report_skipped(skipped: Sequence[Skipped]) -> list[str]:
    """One sentence a reason, with how many and which; the receipt holds all of them."""
    by_reason: dict[str, list[str]] = {}
    for one in skipped:
        by_reason.setdefault(one.why, []).append(one.id)
    return [
        f"Skipped {len(ids)} ({', '.join(ids[:3])}{' and others' * (len(ids) > 3)}): {why}"
        for why, ids in by_reason.items()
    ]


def read_indexed(folder: Path) -> Found | None:
    """index.csv with id, dataset, split and label; images/ID and masks/ID, of any kind.

    Raises ValueError where a column is missing.
    """
    if not (folder / "index.csv").is_file():
        return None
    try:
        cases = read_index(folder)
    except KeyError as error:
        raise ValueError(f"index.csv in {folder.name} lacks the column {error}.") from error
    return Found("an index", [FileCase(**vars(c), mask_paths=(c.mask_path,)) for c in cases])


Reader = Callable[[Path], Found | None]

PUBLISHED: dict[str, Reader] = {
    "BUSI": read_busi,
    "BUS-UCLM": read_bus_uclm,
    "BUS-BRA": read_bus_bra,
    "BrEaST": read_breast,
}
"""Data sets as they are published, by name."""

LAYOUTS: dict[str, Reader] = {
    "index": read_indexed,
    **PUBLISHED,
    "imagefolder": read_imagefolder,
    "COCO": read_coco_folder,
    "two folders": read_two_folders,
    "names": read_named_masks,
    "a file over many": read_exports,
}
"""Every layout of a folder that is read, in the order they are asked; docs/files.md tells of each
what its reader's docstring says."""


def _choose(cases: Sequence[Case], split: str, name: str) -> list[Case]:
    known = sorted({case.split for case in cases if case.split})
    if split == ALL or not known:
        return list(cases)
    if split not in known:
        raise ValueError(
            f"There are no images of the split {split!r} in {name}; "
            f"it has {', '.join(known)}, or all."
        )
    return [case for case in cases if case.split == split]


def _tell(found: Found, cases: Sequence[Case], chosen: Sequence[Case], split: str) -> list[str]:
    """What was found, one sentence each."""
    labels = Counter(case.label or "no class" for case in chosen)
    classes = ", ".join(f"{count} {label}" for label, count in sorted(labels.items()))
    groups = len({case.group for case in chosen})
    sentences = [
        f"Images with their ground truth: {len(cases)}, laid out as {found.kind}.",
        f"To be evaluated: {len(chosen)} ({classes}); groups: {groups}.",
        *found.notes,
    ]
    if split == ALL and not any(case.split for case in cases):
        sentences.insert(1, "The set names no splits: all of it is taken.")
    return sentences
