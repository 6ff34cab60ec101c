"""Where an annotator's masks of many images lie: a folder of mask files, or one export file."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from busdemo.annotations.annotation import Annotation, merge
from busdemo.annotations.collection import Collection, open_collection
from busdemo.annotations.files import read_annotations, read_sheet
from busdemo.annotations.names import bare_name
from busdemo.annotations.registry import read_file
from busdemo.annotations.request import Options, Request, Target
from busdemo.evaluation.readers.pairing import list_files
from busdemo.imaging.refusals import UnreadableImage, plain_name

MOST_FILES = 100_000
"""Of one annotator."""

NO_MASKS = {".md", ".rst", ".log", ".html", ".pdf", ".yaml", ".yml", ".zip", ".py", ".svg"}
"""Endings of files that lie beside masks and are none."""

_ANY_SIZE = Target((256, 256))
_NUMBER = re.compile(r"[ _.-]*\d+$")


@dataclass(frozen=True)
class Place:
    """Where one annotator's mask of one image lies."""

    paths: tuple[Path, ...]
    """Several only where each marks some lesions of the same image."""
    sheet: int = -1
    """Which image of an export file, from 0."""
    reader: str = ""
    """Whose of the export's shapes; empty: everybody's."""


@dataclass(frozen=True)
class Entry:
    """One mask of an annotator: what its image is called, and what is known without its pixels."""

    name: str
    place: Place
    labels: tuple[str, ...] = ()
    size_wh: tuple[int, int] | None = None
    problem: str = ""


@dataclass(frozen=True)
class Source:
    """An annotator's masks."""

    annotator: str
    entries: tuple[Entry, ...]
    sha256: str
    """Of its files' digests."""
    files: tuple[tuple[str, str], ...]
    """Name and sha256 of every file."""
    origin: str = ""
    """What was given: a folder's or a file's name."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Of all its masks, in the order they are met; empty where it has none."""
        return tuple(dict.fromkeys(label for one in self.entries for label in one.labels if label))


def open_source(annotator: str, path: Path, *, workers: int = 1) -> list[Source]:
    """One annotator's masks; without a name (""), those of every reader an export names.

    Every file is read once, for its sha256, its labels and its size. Raises FileNotFoundError or
    ValueError with one sentence where nothing can be read, an export names several readers and one
    name was given, or names none and no name was given.
    """
    if not path.exists():
        raise FileNotFoundError(f"There is no {plain_name(path.name)}.")
    paths = [path] if path.is_file() else list_masks(path)
    if not paths:
        raise ValueError(f"There are no masks in {path.name}.")
    if len(paths) > MOST_FILES:
        raise ValueError(f"{path.name} holds more than {MOST_FILES:,} files.")
    root = path.parent if path.is_file() else path
    with ThreadPoolExecutor(workers) as pool:
        surveyed = list(pool.map(lambda one: _survey(one, root), paths))
    entries = [entry for found, _ in surveyed for entry in found]
    names = [one.relative_to(root).as_posix() for one in paths]
    files = tuple(zip(names, (digest for _, digest in surveyed), strict=True))
    digest = hashlib.sha256(repr(files).encode()).hexdigest()
    return [
        Source(name, tuple(own), digest, files, path.name)
        for name, own in _name_readers(annotator, path, entries)
    ]


def list_masks(folder: Path) -> list[Path]:
    """The files of a folder, and below it, that may hold masks."""
    return [path for path in list_files(folder) if path.suffix.lower() not in NO_MASKS]


def read_place(place: Place, target: Target, labels: Sequence[str] = ()) -> dict[str, Annotation]:
    """An annotator's masks of one image by label, "" for one without, at the target's size.

    `labels` are those of all the annotator's masks: a picture that shows one of them alone does not
    say that it is a map of labels. Raises UnreadableImage or OSError with one sentence; ValueError
    for a mask of another shape than the image.
    """
    found = _read(place, target)
    if labels and len(found) == 1 and found[0].mask.any() and not found[0].provenance.label:
        found = _find_label(place, target, labels) or found
    for one in found:
        if one.provenance.misshapen and one.mask.any():
            (width, height), own = target.size_wh, one.provenance.drawn_on_wh or (0, 0)
            raise ValueError(
                f"{one.provenance.title} is {own[0]}x{own[1]} px, its image {width}x{height} px."
            )
    by_label: dict[str, list[Annotation]] = {}
    for one in found:
        by_label.setdefault(one.provenance.label, []).append(one)
    return {label: merge(own) for label, own in by_label.items()}


def same_lesions(places: Iterable[Place]) -> bool:
    """Are several files of one image its several lesions: alike but for a number at the end?"""
    listed = list(places)
    stems = {_NUMBER.sub("", bare_name(path.name)) for one in listed for path in one.paths}
    return len(stems) == 1 and all(one.sheet < 0 for one in listed)


def join_places(places: Sequence[Place]) -> Place:
    """Several files of one image as one place."""
    return replace(places[0], paths=tuple(path for one in places for path in one.paths))


def _read(place: Place, target: Target) -> list[Annotation]:
    if place.sheet >= 0:
        collection = _open(place.paths[0], place.paths[0].stat().st_mtime_ns)
        if collection is None:
            raise UnreadableImage(f"{place.paths[0].name} has changed since it was opened.")
        found = read_sheet(collection, place.sheet, Request(target))
        own = [one for one in found if place.reader in ("", one.provenance.made_by)]
        return own or [replace(found[0], mask=found[0].mask & False)]
    files = [(path.name, path.read_bytes()) for path in place.paths]
    return read_annotations(files, target, Options(merge=len(files) > 1))


def _find_label(place: Place, target: Target, labels: Sequence[str]) -> list[Annotation]:
    """Which of the annotator's labels a picture of one value shows; empty where none fits."""
    files = [(path.name, path.read_bytes()) for path in place.paths]
    for label in labels:
        try:
            return read_annotations(files, target, Options(label=label))
        except UnreadableImage:
            continue
    return []


@lru_cache(maxsize=8)
def _open(path: Path, _changed_ns: int) -> Collection | None:
    return open_collection(path.name, path.read_bytes())


def _survey(path: Path, root: Path) -> tuple[list[Entry], str]:
    """What a file holds, an entry for each image and reader, and its sha256."""
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    name = path.relative_to(root).as_posix()
    try:
        collection = open_collection(name, data)
        if collection is None:
            return [_look(path, name, data)], digest
        return _list_sheets(collection, path, name), digest
    except ValueError as error:
        return [Entry(name, Place((path,)), problem=str(error))], digest


def _look(path: Path, name: str, data: bytes) -> Entry:
    found = read_file(name, data, Request(_ANY_SIZE))
    labels = tuple(dict.fromkeys(one.provenance.label for one in found if one.provenance.label))
    return Entry(name, Place((path,)), labels, found[0].provenance.drawn_on_wh)


def _list_sheets(collection: Collection, path: Path, name: str) -> list[Entry]:
    alone, entries = len(collection.sheets) == 1, []
    for number, title in enumerate(collection.titles):
        marked = collection.look(number)
        called = name if alone or not title else title.replace("\\", "/").lstrip("/")
        place = Place((path,), number)
        entry = Entry(
            called, place, marked.labels, collection.size_wh(number), problem=marked.problem
        )
        readers = [one for one in marked.readers if one]
        entries += [replace(entry, place=replace(place, reader=one)) for one in readers] or [entry]
    return entries


def _name_readers(
    annotator: str, path: Path, entries: Sequence[Entry]
) -> list[tuple[str, list[Entry]]]:
    """The entries of each annotator; ValueError where it is not clear whose they are."""
    named = list(dict.fromkeys(one.place.reader for one in entries if one.place.reader))
    if annotator:
        if len(named) > 1:
            raise ValueError(
                f"{path.name} names {len(named)} readers ({', '.join(named[:5])}): give it without "
                "a name, and each is an annotator."
            )
        return [(annotator, list(entries))]
    if not named:
        raise ValueError(
            f"{path.name} does not say who outlined: give it a name, as in ana={path.name}."
        )
    return [(name, [one for one in entries if one.place.reader == name]) for name in named]
