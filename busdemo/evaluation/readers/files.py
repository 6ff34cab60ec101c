"""A case of any folder: one picture, its mask in one or several files, or none where it is normal.

What can be told without decoding (a mask that is missing or of another shape, two images with one
name, a file that is no picture) is told before a run, one sentence each.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from busdemo.annotations.annotation import ASPECT_TOLERANCE
from busdemo.annotations.files import read_annotations
from busdemo.annotations.request import Options, Target
from busdemo.evaluation.datasets import Case, Skipped
from busdemo.imaging.arrays import GreyImage, Mask
from busdemo.imaging.images import read_scan
from busdemo.imaging.refusals import FORMATS

PICTURES = {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".gif", ".avif"}
VOLUMES = {".heic", ".nii", ".gz", ".dcm", ".dicom", ".nrrd", ".mha", ".npy", ".npz"}
"""Endings of files that may be images, too; what cannot be read is told when it is tried."""

INVERTED_OF = 16
"""So many masks of a folder, spread evenly, are looked at before a run."""

CLASSES = {"benign", "malignant", "normal"}


@dataclass(frozen=True)
class FileCase(Case):
    """A case whose mask lies in `mask_paths`, or in `outlines`, COCO JSON of this image alone.

    Without either nothing is marked in it. `mask_path` is not used.
    """

    mask_paths: tuple[Path, ...] = ()
    outlines: bytes = field(default=b"", repr=False)

    def files(self) -> tuple[Path, ...]:
        """See `Case.files`."""
        return self.image_path, *self.mask_paths

    def mask_files(self) -> list[tuple[str, bytes]]:
        """Name and contents of each file that its mask is read from; OSError."""
        files = [(path.name, path.read_bytes()) for path in self.mask_paths]
        return files + ([("annotations.json", self.outlines)] if self.outlines else [])

    def read(self) -> tuple[GreyImage, Mask]:
        """See `Case.read`; a mask of the image's shape but another size is resized."""
        scan = read_scan(self.image_path.read_bytes(), self.image_path.name)
        files = self.mask_files()
        if not files:
            return scan.pixels, np.zeros(scan.pixels.shape, np.bool_)
        (truth,) = read_annotations(files, scan, Options(merge=True, invert=self.invert))
        return scan.pixels, truth.mask

    @property
    def looks_inverted(self) -> bool:
        """Does its mask seem to mark what is around the lesion? False where it cannot be read."""
        try:
            target = Target(_size_of(self.image_path) or (256, 256), self.image_path.name)
            (truth,) = read_annotations(self.mask_files(), target, Options(merge=True))
        except (OSError, ValueError):
            return False
        return truth.provenance.looks_inverted


@dataclass(frozen=True)
class Found:
    """What a reader found in a folder, before it is checked."""

    kind: str
    """How the folder is laid out, in words."""
    cases: Sequence[Case]
    skipped: Sequence[Skipped] = ()
    notes: Sequence[str] = ()


def new_case(
    image: Path, case_id: str, dataset: str, masks: Iterable[Path] = (), /, **facts: object
) -> FileCase:
    """A case with what is known of it; facts are fields of `Case`, the group is the image's own."""
    known = {"split": "", "label": "", "group": case_id} | facts
    return FileCase(
        id=case_id,
        dataset=dataset,
        image_path=image,
        mask_path=image,
        mask_paths=tuple(masks),
        **known,  # type: ignore[arg-type]
    )


def list_pictures(folder: Path, *, deep: bool = False) -> list[Path]:
    """The picture files of a folder, as people count: (2) before (10)."""
    found = folder.rglob("*") if deep else folder.iterdir()
    pictures = [path for path in found if is_picture(path) and path.is_file()]
    return sorted(pictures, key=lambda path: _count(str(path)))


def is_picture(path: Path) -> bool:
    """May this be an image or a mask in pixels, by its name?"""
    suffix = path.suffix.lower()
    if suffix == ".gz" and not path.name.lower().endswith(".nii.gz"):
        return False
    return suffix in PICTURES | VOLUMES and not path.name.startswith(".")


def plain_id(path: Path, folder: Path) -> str:
    """A picture's path below a folder without its ending."""
    inside = path.relative_to(folder)
    stem = inside.name.removesuffix(".gz") if inside.suffix == ".gz" else inside.name
    return inside.with_name(Path(stem).stem).as_posix()


def find_folder(folder: Path, *names: str) -> Path | None:
    """The subfolder called like one of the names, in whatever case."""
    inside = sorted(path for path in folder.iterdir() if path.is_dir())
    return next((path for path in inside if path.name.lower() in names), None)


def class_of(path: Path, root: Path) -> str:
    """The class that a folder between the root and a file is called by, or ""."""
    between = [part.lower() for part in path.relative_to(root).parts[:-1]]
    return next((part for part in reversed(between) if part in CLASSES), "")


def read_number(text: str) -> float:
    """A positive number from the text of a table, nan where it holds none."""
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value if 0 < value < math.inf else math.nan


def check_cases(found: Found) -> tuple[list[Case], list[Skipped], list[str]]:
    """The cases that can be run, those that cannot with the reason, and notes on the others."""
    kept, skipped, resized = [], list(found.skipped), 0
    names = Counter(case.id for case in found.cases)
    for case in found.cases:
        if names[case.id] > 1:
            many = f"{names[case.id]} images have this name."
            skipped.append(Skipped(case.id, many, case.split))
            continue
        problem, other_size = _check_sizes(case)
        resized += other_size and not problem
        if problem:
            skipped.append(Skipped(case.id, problem, case.split))
        else:
            kept.append(case)
    notes = [f"Masks of another size than their image, resized: {resized}."] * bool(resized)
    return kept, list(dict.fromkeys(skipped)), _tell_inverted(kept) + notes


def _tell_inverted(cases: Sequence[Case]) -> list[str]:
    """A sentence where most masks of some that are looked at seem to be inverted."""
    masked = [case for case in cases if isinstance(case, FileCase) and len(case.files()) > 1]
    some = masked[:: -(-len(masked) // INVERTED_OF) or 1]
    inverted = sum(case.looks_inverted for case in some)
    if inverted <= len(some) / 2:
        return []
    return [
        f"The masks seem to be inverted ({inverted} of {len(some)} looked at): the lesion is what "
        "is around it. --invert exchanges lesion and background."
    ]


def _check_sizes(case: Case) -> tuple[str, bool]:
    """Why a case cannot be run, or "", and whether a mask's size differs from its image's."""
    if not isinstance(case, FileCase):
        return "", False
    sizes = []
    for path in case.files():
        if not path.is_file():
            return f"{path.name} is missing.", False
        if path.suffix.lower() not in PICTURES:  # told when it is read: that may take long
            return "", False
        size = _size_of(path)
        if size is None:
            return f"{path.name} cannot be read as a picture.", False
        sizes.append(size)
    (width, height), others = sizes[0], 0
    for path, (mask_width, mask_height) in zip(case.files()[1:], sizes[1:], strict=True):
        others += (mask_width, mask_height) != (width, height)
        ratio = (mask_width * height) / (mask_height * width)
        if max(ratio, 1 / ratio) - 1 > ASPECT_TOLERANCE and _marks_something(path):
            sentence = f"The mask is {mask_width}x{mask_height} px, its image {width}x{height} px."
            return sentence, True
    return "", bool(others)


def _marks_something(path: Path) -> bool:
    """False for an empty mask, which says the same at every size."""
    size = _size_of(path) or (1, 1)
    try:
        found = read_annotations([(path.name, path.read_bytes())], Target(size))
        return any(one.mask.any() for one in found)
    except (OSError, ValueError):
        return True


def _size_of(path: Path) -> tuple[int, int] | None:
    """Width and height from a picture's header; None where there is none."""
    try:
        with Image.open(path, formats=FORMATS) as image:
            return image.size
    except Exception:  # Pillow raises nearly anything on broken files
        return None


def _count(text: str) -> list[tuple[int, str]]:
    """A key that sorts numbers inside names as numbers."""
    parts = re.split(r"(\d+)", text.lower())
    return [(int(part), "") if part.isdigit() else (0, part) for part in parts]
