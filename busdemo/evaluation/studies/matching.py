"""Which masks belong to which image, by the rules for annotation files' names, and what is left."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from PIL import Image

from busdemo.annotations.annotation import ASPECT_TOLERANCE
from busdemo.annotations.names import bare_name, image_keys, mask_keys
from busdemo.evaluation.datasets import Case, Dataset, Skipped
from busdemo.evaluation.readers.files import list_pictures, new_case, plain_id
from busdemo.evaluation.readers.finding import read_dataset
from busdemo.evaluation.readers.folders import GROUP_COLUMNS
from busdemo.evaluation.readers.pairing import pair_files
from busdemo.evaluation.readers.published import read_table
from busdemo.evaluation.studies.sources import Entry, Place, Source, join_places, same_lesions
from busdemo.imaging.refusals import FORMATS

GROUND_TRUTH = "ground truth"
"""What a data set's own masks are called as an annotator."""

NOBODY, TWICE = "Nobody marked it.", "{who} has {n} masks of it: {names}."
NO_SIZE = "No file says how large it is: give the folder of the images, too."
NAMED = 3
"""So many names are told; the receipt holds all."""

_ROOT = Path("/study")


@dataclass(frozen=True)
class StudyCase(Case):
    """One image and where each annotator's mask of it lies; there may be no image file at all."""

    places: tuple[tuple[str, Place], ...] = ()
    truth: Case | None = None
    """The data set's own case, where it has a ground truth."""
    size_wh: tuple[int, int] = (0, 0)
    """Of the image, otherwise of the masks; (0, 0) where the image must be read to know."""
    has_image: bool = True

    def files(self) -> tuple[Path, ...]:
        """See `Case.files`."""
        own = self.truth.files() if self.truth else ((self.image_path,) if self.has_image else ())
        return tuple(dict.fromkeys([*own, *(p for _, place in self.places for p in place.paths)]))


@dataclass(frozen=True)
class Matched:
    """A study's images, what was left out, and who of the sources is in it."""

    dataset: Dataset
    sources: tuple[Source, ...]
    truth: bool
    """Is there a ground truth?"""


@dataclass
class _Desk:
    """Images being matched: places by image and annotator, and what to tell."""

    places: dict[Path, dict[str, Place]]
    skipped: list[Skipped] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def match(
    images: Path | None, sources: Sequence[Source], patients: Mapping[str, str] | None = None
) -> Matched:
    """The cases of a study. Without a folder of images they are what the masks are called.

    `patients` name each image's patient, by the image's name. A source none of whose masks belongs
    to an image is left out, and told. Raises ValueError where no image is left.
    """
    known = _list_cases(images, sources) if images else {}
    desk = _Desk({path: {} for path in known} if images else {})
    kept = [one for one in sources if _match_source(one, desk, alone=images is None)]
    sizes = {e.place: e.size_wh for one in kept for e in one.entries}
    cases = []
    for path, places in desk.places.items():
        case = known.get(path) or new_case(path, plain_id(path, _ROOT), "")
        truth = case if images and _has_truth(case) else None
        if not places and truth is None:
            desk.skipped.append(Skipped(case.id, NOBODY))
            continue
        size_wh = (_size_of(path) if images else None) or _agreed_size(places, sizes)
        if not images and not size_wh:
            desk.skipped.append(Skipped(case.id, NO_SIZE))
            continue
        cases.append(_build(case, places, truth, size_wh or (0, 0), bool(images)))
    cases = [_assign(case, patients) for case in cases] if patients else cases
    if not cases:
        whys = [*desk.notes, *(one.why for one in desk.skipped)]
        raise ValueError(f"No image can be compared. {next(iter(whys), '')}".strip())
    name = images.resolve().name if images else kept[0].origin
    desk.notes += _tell_sizes(cases, sizes)
    data = Dataset(name, "all", tuple(cases), tuple(desk.skipped), tuple(desk.notes))
    return Matched(data, tuple(kept), any(case.truth for case in cases))


def place_masks(
    cases: Sequence[Case], sources: Sequence[Source]
) -> tuple[dict[str, dict[str, Place]], list[str]]:
    """Where each source's masks of a data set's cases lie, by annotator and case id, and notes."""
    desk = _Desk({case.image_path: {} for case in cases})
    for source in sources:
        _match_source(source, desk, alone=False)
    ids = {case.image_path: case.id for case in cases}
    found: dict[str, dict[str, Place]] = {one.annotator: {} for one in sources}
    for path, places in desk.places.items():
        for who, place in places.items():
            found[who][ids[path]] = place
    return found, desk.notes


def read_patients(path: Path) -> dict[str, str]:
    """Patients by image, from a CSV with a column of images and one called patient or group.

    Raises ValueError with one sentence where a column is missing.
    """
    rows = read_table(path)
    columns = {name.casefold(): name for name in rows[0]} if rows else {}
    group = next((columns[one] for one in GROUP_COLUMNS if one in columns), None)
    names = ("image", "file_name", "filename", "file", "id", "name")
    image = next((columns[one] for one in names if one in columns), None)
    if group is None or image is None:
        has = ", ".join(columns) or "none"
        raise ValueError(f"{path.name} needs the columns image and patient; it has {has}.")
    return {image_keys(row[image])[0]: row[group] for row in rows if row[group]}


def _list_cases(images: Path, sources: Sequence[Source]) -> dict[Path, Case]:
    """The images of a folder by path, as a data set's cases where it is one."""
    if not images.is_dir():
        raise FileNotFoundError(f"There is no folder {images.name}.")
    theirs = {p.resolve() for one in sources for e in one.entries for p in e.place.paths}
    pictures = [p for p in list_pictures(images, deep=True) if p.resolve() not in theirs]
    if not any(images.resolve() in path.parents for path in theirs):
        try:
            return {case.image_path: case for case in read_dataset(images).cases}
        except ValueError:
            pass  # images alone
    if not pictures:
        raise ValueError(f"There are no images in {images.name}.")
    return {path: new_case(path, plain_id(path, images), images.name) for path in pictures}


def _has_truth(case: Case) -> bool:
    """Has the data set a mask of it, or says it that there is nothing to mark?"""
    return len(case.files()) > 1 or bool(getattr(case, "outlines", b"")) or case.is_normal


def _match_source(source: Source, desk: _Desk, *, alone: bool) -> bool:
    """Put a source's masks beside their images; False where none belongs to any."""
    by_path: dict[Path, list[Entry]] = {}
    for entry in source.entries:
        by_path.setdefault(_ROOT / PurePosixPath(entry.name), []).append(entry)
    images = list(desk.places)
    root = _common(images) if images and not alone else _ROOT
    pairing = pair_files(images, list(by_path), root, _ROOT)
    if alone:
        for path in pairing.strays:
            image = _name_image(path)
            desk.places.setdefault(image, {})
            pairing.masks.setdefault(image, []).append(path)
        pairing.strays.clear()
    found = 0
    for image, paths in pairing.masks.items():
        entries = [entry for path in paths for entry in by_path[path]]
        if place := _choose(source.annotator, image, entries, desk):
            desk.places[image][source.annotator] = place
            found += 1
    if not found:
        desk.notes.append(
            f"{source.annotator} is left out: none of the {len(source.entries)} masks in "
            f"{source.origin} belongs to an image."
        )
        return False
    desk.notes.append(_tell(source, found, len(desk.places), pairing.strays, alone=alone))
    return True


def _name_image(mask: Path) -> Path:
    """What an image is called that only its masks are there of."""
    own, short = bare_name(mask.name), mask_keys(mask.name)[-1]
    return mask if short == own else mask.with_name(f"{short}{mask.suffix}")


def _choose(who: str, image: Path, entries: Sequence[Entry], desk: _Desk) -> Place | None:
    problems = [entry.problem for entry in entries if entry.problem]
    places = [entry.place for entry in entries if not entry.problem]
    if problems:
        desk.notes.append(f"{who}, {image.name}: {problems[0]}")
    if len(places) > 1 and not same_lesions(places):
        names = ", ".join(entry.name for entry in entries[:NAMED])
        desk.notes.append(f"{image.name}: " + TWICE.format(who=who, n=len(places), names=names))
        return None
    return join_places(places) if places else None


def _tell(source: Source, found: int, images: int, strays: Sequence[Path], *, alone: bool) -> str:
    told = f"{source.annotator}: masks of {found} images"
    if strays:
        names = ", ".join(path.name for path in strays[:NAMED])
        told += f"; {len(strays)} masks belong to no image ({names}{', …' * (len(strays) > NAMED)})"
    absent = images - found
    if absent > 0 and not alone:
        told += f"; {absent} images without a mask, which says nothing about them"
    return told + "."


def _build(
    case: Case,
    places: Mapping[str, Place],
    truth: Case | None,
    size_wh: tuple[int, int],
    has_image: bool,
) -> StudyCase:
    known = {
        name: getattr(case, name)
        for name in ("id", "dataset", "split", "label", "group", "birads", "device", "mm_per_px")
    }
    return StudyCase(
        image_path=case.image_path,
        mask_path=case.mask_path,
        places=tuple(places.items()),
        truth=truth,
        size_wh=size_wh,
        has_image=has_image,
        **known,
    )


def _assign(case: StudyCase, patients: Mapping[str, str]) -> StudyCase:
    known = [patients[key] for key in image_keys(case.id) if key in patients]
    return replace(case, group=known[0]) if known else case


def _common(images: Sequence[Path]) -> Path:
    """The folder that all images lie in or below."""
    parents = [set(path.parents) for path in images]
    return max(set.intersection(*parents), key=lambda path: len(path.parts))


def _agreed_size(
    places: Mapping[str, Place], sizes: Mapping[Place, tuple[int, int] | None]
) -> tuple[int, int] | None:
    known = [size for place in places.values() if (size := sizes.get(place))]
    return known[0] if known else None


def _tell_sizes(
    cases: Sequence[StudyCase], sizes: Mapping[Place, tuple[int, int] | None]
) -> list[str]:
    """Who has masks of another size than their image, of the same shape or not."""
    scaled, misshapen = Counter[str](), Counter[str]()
    for case in cases:
        for who, place in case.places:
            own = sizes.get(place)
            if own is None or own == case.size_wh or not all(case.size_wh):
                continue
            ratio = own[0] * case.size_wh[1] / (own[1] * case.size_wh[0])
            (misshapen if max(ratio, 1 / ratio) - 1 > ASPECT_TOLERANCE else scaled)[who] += 1
    return [f"{who}: {n} masks of another size, resized." for who, n in scaled.items()] + [
        f"{who}: {n} masks of another shape than their image, left out unless empty."
        for who, n in misshapen.items()
    ]


def _size_of(path: Path) -> tuple[int, int] | None:
    """Width and height from a picture's header; None where there is none."""
    try:
        with Image.open(path, formats=FORMATS) as image:
            return image.size
    except Exception:  # Pillow raises nearly anything on broken files
        return None
