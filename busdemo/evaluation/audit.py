"""Near copies inside a data set and across its splits, and a split that keeps them together."""

import csv
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from busdemo.evaluation.readers.files import list_pictures
from busdemo.evaluation.readers.finding import read_dataset
from busdemo.evaluation.readers.folders import is_called_mask
from busdemo.imaging.arrays import GreyImage
from busdemo.imaging.copies import Catalogue
from busdemo.imaging.hashes import Scale, hash_image
from busdemo.imaging.images import read_scan

SHARES: Mapping[str, float] = {"train": 0.7, "val": 0.1, "test": 0.2}
"""Of the images, in the split that is written."""


@dataclass(frozen=True)
class Picture:
    """One image of a data set; split, class and patient are "" where they are unknown."""

    id: str
    path: Path
    split: str = ""
    label: str = ""
    group: str = ""


@dataclass(frozen=True)
class NearCopy:
    """Two pictures that are near copies, by their places, and how like they are."""

    first: int
    second: int
    likeness: float


@dataclass(frozen=True)
class Audit:
    """Pictures, the pairs of near copies among them, and what could not be read."""

    pictures: tuple[Picture, ...]
    pairs: tuple[NearCopy, ...]
    skipped: tuple[str, ...] = ()

    @property
    def copies(self) -> list[list[int]]:
        """Groups of near copies: everything that pairs join, two pictures or more."""
        roots = join(len(self.pictures), ((pair.first, pair.second) for pair in self.pairs))
        groups: dict[int, list[int]] = {}
        for place, root in enumerate(roots):
            groups.setdefault(root, []).append(place)
        return [group for group in groups.values() if len(group) > 1]

    @property
    def mixed(self) -> list[list[int]]:
        """Those of `copies` whose pictures have more than one class."""
        return [group for group in self.copies if len(self._words(group, "label")) > 1]

    @property
    def across(self) -> list[list[int]]:
        """Those of `copies` that stand in more than one split."""
        return [group for group in self.copies if len(self._words(group, "split")) > 1]

    @property
    def together(self) -> list[int]:
        """For each picture, the first one of all that share a patient or near copies with it."""
        same: dict[str, int] = {}
        joined = [(pair.first, pair.second) for pair in self.pairs]
        for place, picture in enumerate(self.pictures):
            if picture.group:
                joined.append((same.setdefault(picture.group, place), place))
        return join(len(self.pictures), joined)

    def tabulate(self) -> dict[str, Any]:
        """All of it, JSON-ready; groups are lists of ids."""
        ids = [picture.id for picture in self.pictures]
        groups = {"copies": self.copies, "mixed_classes": self.mixed, "across_splits": self.across}
        pairs = [[ids[p.first], ids[p.second], round(p.likeness, 3)] for p in self.pairs]
        told = {
            name: [[ids[i] for i in group] for group in found] for name, found in groups.items()
        }
        return {"images": len(ids), "skipped": list(self.skipped), "pairs": pairs, **told}

    def _words(self, group: Sequence[int], name: str) -> set[str]:
        return {word for place in group if (word := getattr(self.pictures[place], name))}


def audit_folder(folder: Path, scale: Scale) -> Audit:
    """Look for near copies among all images of a folder.

    Raises FileNotFoundError or ValueError with one sentence when there is nothing to look at.
    """
    pictures = list_images(folder)
    if not pictures:
        raise ValueError(f"There are no images in {folder.name}.")
    readable: list[tuple[Picture, GreyImage]] = []
    skipped = []
    for picture in tqdm(pictures, desc="reading", mininterval=5):
        try:
            scan = read_scan(picture.path.read_bytes(), picture.path.name)
        except (OSError, ValueError) as error:
            skipped.append(f"{picture.id} is skipped: {error}")
        else:
            readable.append((picture, scan.pixels))
    if not readable:
        raise ValueError(f"No image in {folder.name} can be read.")
    pairs = find_pairs([image for _, image in readable], scale)
    return Audit(tuple(picture for picture, _ in readable), tuple(pairs), tuple(skipped))


def list_images(folder: Path) -> list[Picture]:
    """The pictures of a folder, with what a reader of data sets knows of them.

    What no reader knows is a picture, too, unless its name or its folder's says that it is a mask.
    Raises FileNotFoundError when there is no such folder.
    """
    try:
        cases = read_dataset(folder).cases
    except ValueError:
        cases = ()
    known = {path for case in cases for path in case.files()}
    others = [
        path
        for path in list_pictures(folder, deep=True)
        if path not in known and not is_called_mask(path.relative_to(folder))
    ]
    return [
        *(Picture(c.id, c.image_path, c.split, c.label, c.group) for c in cases),
        *(Picture(str(p.relative_to(folder)), p, label=_class(p, folder)) for p in others),
    ]


def find_pairs(images: Sequence[GreyImage], scale: Scale) -> list[NearCopy]:
    """Every two near copies among images (H, W) uint8, the likest first."""
    hashes = np.stack([hash_image(image, scale) for image in images])
    unknown = ("",) * len(images)
    catalogue = Catalogue(hashes, scale, unknown, unknown)
    best: dict[tuple[int, int], float] = {}
    for place, image in enumerate(tqdm(images, desc="comparing", mininterval=5)):
        for match in catalogue.find_copies(image):
            key = min(place, match.place), max(place, match.place)
            if match.place != place:
                best[key] = max(best.get(key, 0.0), match.likeness)
    found = [NearCopy(*key, likeness) for key, likeness in best.items()]
    return sorted(found, key=lambda pair: (-pair.likeness, pair.first, pair.second))


def join(count: int, pairs: Iterable[tuple[int, int]]) -> list[int]:
    """For each of `count` places the lowest place that pairs connect it with."""
    roots = list(range(count))

    def find(place: int) -> int:
        while roots[place] != place:
            place = roots[place]
        return place

    for first, second in pairs:
        low, high = sorted((find(first), find(second)))
        roots[high] = low
    return [find(place) for place in range(count)]


def deal_groups(audit: Audit, seed: int = 0, shares: Mapping[str, float] = SHARES) -> list[str]:
    """A split for each picture, that no patient and no near copies are divided by.

    Groups go, the largest first and otherwise in random order, to the split that lacks most of
    their classes.
    """
    members: dict[int, list[int]] = {}
    for place, root in enumerate(audit.together):
        members.setdefault(root, []).append(place)
    labels = [picture.label for picture in audit.pictures]
    total, lacking = Counter(labels), {}
    for name, share in shares.items():
        lacking[name] = {label: share * number for label, number in total.items()}
    order = [list(members)[i] for i in np.random.default_rng(seed).permutation(len(members))]
    splits = [""] * len(labels)
    for root in sorted(order, key=lambda root: -len(members[root])):
        inside = Counter(labels[place] for place in members[root])
        name = max(
            lacking,
            key=lambda name: sum(
                number * lacking[name][label] / (shares[name] * total[label])
                for label, number in inside.items()
            ),
        )
        for label, number in inside.items():
            lacking[name][label] -= number
        for place in members[root]:
            splits[place] = name
    return splits


def write_split(audit: Audit, path: Path, seed: int = 0) -> Counter[str]:
    """Write id, group and split of every picture as CSV; how many images each split has."""
    splits = deal_groups(audit, seed)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "group", "split"])
        for picture, root, split in zip(audit.pictures, audit.together, splits, strict=True):
            writer.writerow([picture.id, audit.pictures[root].id, split])
    return Counter(splits)


def tell_audit(audit: Audit, most: int = 12) -> list[str]:
    """What was found, a line each; of every kind of group `most` are listed."""
    kinds = [
        ("groups of near copies", audit.copies),
        ("of them with more than one class", audit.mixed),
        ("of them in more than one split", audit.across),
    ]
    lines = [
        f"{len(audit.pictures):,} images, {len(audit.pairs):,} pairs of near copies.",
        *audit.skipped,
    ]
    for words, groups in kinds:
        lines.append(f"{len(groups):,} {words}{':' if groups else '.'}")
        lines += ["  " + _tell_group(audit, group) for group in groups[:most]]
        lines += [f"  and {len(groups) - most:,} more; --json lists all"] * (len(groups) > most)
    return lines


def _tell_group(audit: Audit, group: Sequence[int]) -> str:
    pictures = [audit.pictures[place] for place in group]
    facts = [", ".join(word for word in (p.label, p.split) if word) for p in pictures]
    words = zip((p.id for p in pictures), facts, strict=True)
    return "; ".join(f"{name} ({fact})" if fact else name for name, fact in words)


def _class(path: Path, folder: Path) -> str:
    """The folder a picture lies in, where that is not the data set's own."""
    return path.parent.name if path.parent != folder else ""
