"""Which files of masks belong to which image: by name, in folders that are laid out alike."""

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from busdemo.annotations.names import bare_name, image_keys, mask_keys
from busdemo.evaluation.readers.files import is_picture

KINDS = ("", ".json", ".geojson", ".xml", ".csv", ".txt")
"""Of one image's mask files the kind that counts, pictures and volumes first: tools leave what
they exported beside what they drew."""


@dataclass
class Pairing:
    """Images in the order given, each with its masks' files, and files that belong to none."""

    masks: dict[Path, list[Path]]
    strays: list[Path] = field(default_factory=list)

    def __bool__(self) -> bool:
        return any(self.masks.values())


def pair_files(
    images: Sequence[Path], masks: Sequence[Path], images_in: Path, masks_in: Path
) -> Pairing:
    """Find the image of every mask file: of its name, in a folder of the same name.

    `images_in` and `masks_in` are the folders that are laid out alike. A mask in a folder that
    the images lack belongs to the only image of its name, or to the only one that its folder is
    called after.
    """
    shelf = _Shelf(images, images_in)
    pairing = Pairing({image: [] for image in images})
    for mask in masks:
        found = shelf.find(mask.relative_to(masks_in))
        for image in found:
            pairing.masks[image].append(mask)
        if not found:
            pairing.strays.append(mask)
    for files in pairing.masks.values():
        _keep_one_kind(files)
    return pairing


def walk(folder: Path) -> Iterator[Path]:
    """The folder and all below it, each before those inside it, without hidden ones."""
    seen = set()
    for place, inside, _ in os.walk(folder, followlinks=True):
        if (real := os.path.realpath(place)) in seen:  # a link to a folder above it
            inside.clear()
            continue
        seen.add(real)
        inside[:] = sorted(name for name in inside if name[0] not in "._")
        yield Path(place)


def list_files(folder: Path) -> list[Path]:
    """All files in a folder and below it, without hidden ones."""
    return [
        path
        for place in walk(folder)
        for path in sorted(place.iterdir())
        if path.is_file() and not path.name.startswith(".")
    ]


class _Shelf:
    """Images by name, and by folder and name."""

    def __init__(self, images: Sequence[Path], root: Path) -> None:
        self._own: dict[tuple[str, str], list[Path]] = defaultdict(list)
        self._short: dict[tuple[str, str], list[Path]] = defaultdict(list)
        self._anywhere: dict[str, list[Path]] = defaultdict(list)
        self._folders = set()
        for image in images:
            place = _place(image.relative_to(root).parent)
            self._folders.add(place)
            self._own[place, bare_name(image.name)].append(image)
            for key in image_keys(image.name):
                self._short[place, key].append(image)
                self._anywhere[key].append(image)

    def find(self, mask: PurePath) -> list[Path]:
        """The images of a mask, mostly one; several only where they have the very same name."""
        place, keys = _place(mask.parent), mask_keys(mask.name)
        if place in self._folders:
            for key in keys:
                if found := self._own[place, key]:
                    return found
            known = (self._short[place, key] for key in keys)
        else:
            parents = [image_keys(part)[0] for part in reversed(mask.parent.parts)]
            known = (self._anywhere[key] for key in (*keys, *parents))
        return next((found for found in known if len(found) == 1), [])


def _place(folder: PurePath) -> str:
    return "/".join(bare_name(part) for part in folder.parts)


def _keep_one_kind(files: list[Path]) -> None:
    kinds = [_kind(path) for path in files]
    if kinds:
        best = min(kinds, key=KINDS.index)
        files[:] = [path for path, kind in zip(files, kinds, strict=True) if kind == best]


def _kind(path: Path) -> str:
    suffix = path.suffix.lower()
    return "" if is_picture(path) or suffix not in KINDS else suffix
