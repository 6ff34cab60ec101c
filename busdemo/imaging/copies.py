"""Which of many pictures, known by their hashes alone, an image is a near copy of.

A copy may be cropped, resized, re-compressed, mirrored and drawn over. The image is taken for what
a number of cuts left of a frame; the best few guesses are then refined.
"""

import io
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from busdemo.imaging.arrays import GreyImage
from busdemo.imaging.hashes import (
    BITS,
    FLIPS,
    Bits,
    Cuts,
    Floats,
    Scale,
    measure_waves,
    shrink,
)

SAME = 0.52
"""Likeness from which two pictures are near copies; chosen on train and val images."""

_CUTS = np.linspace(0, 0.2, 4).tolist()
_GUESSES = [(first, last) for first in _CUTS for last in _CUTS]
_REFINED = 5
"""Pictures of the catalogue whose best guess is refined."""

VERSION = 1


@dataclass(frozen=True)
class Match:
    """A picture of the catalogue, by its place, and its likeness to the image, -1 to 1.

    Two pictures that have nothing to do with each other seldom reach 0.45.
    """

    place: int
    likeness: float


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Hashes (N, 247) bool, and for each picture the set and the split it comes from."""

    hashes: Bits
    scale: Scale
    datasets: tuple[str, ...]
    splits: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.hashes)

    @cached_property
    def _signs(self) -> Floats:
        return np.where(self.hashes, np.float32(1), np.float32(-1))

    def write(self, path: Path) -> None:
        """Keep it in a file: packed bits, the scale, and words; the same bytes for the same."""
        content = io.BytesIO()
        np.savez_compressed(
            content,
            version=np.array(VERSION),
            hashes=np.packbits(self.hashes, axis=1),
            median=self.scale.median,
            deviation=self.scale.deviation,
            datasets=np.array(self.datasets, np.str_),
            splits=np.array(self.splits, np.str_),
        )
        path.write_bytes(content.getvalue())

    def find_copies(self, image: GreyImage, same: float = SAME) -> list[Match]:
        """The pictures an image (H, W) uint8 is a near copy of, the likest first; at most 5."""
        if not len(self):
            return []
        small = shrink(image)
        found = self._guess(small)
        matches = [self._refine(small, *guess) for guess in found]
        kept = [match for match in matches if match.likeness >= same]
        return sorted(kept, key=lambda match: -match.likeness)

    def _guess(self, small: Floats) -> list[tuple[int, int, float]]:
        """The likest pictures: place, which guess at flip and cuts, and likeness."""
        waves = measure_waves(small, _GUESSES, _GUESSES)
        flipped = (FLIPS[:, None] * waves).reshape(-1, BITS)
        likeness = self.scale.level(flipped) @ self._signs.T
        best = likeness.max(axis=0)
        places = np.argsort(-best, kind="stable")[:_REFINED].tolist()
        return [(p, int(likeness[:, p].argmax()), float(best[p])) for p in places]

    def _refine(self, small: Floats, place: int, guess: int, likeness: float) -> Match:
        """Move the four cuts of a guess by half a step, then by a quarter, where that is liker."""
        flip, pair = divmod(guess, len(_GUESSES) ** 2)
        cuts = _GUESSES[pair // len(_GUESSES)], _GUESSES[pair % len(_GUESSES)]
        for step in (_CUTS[1] / 2, _CUTS[1] / 4):
            rows, columns = (_around(axis, step) for axis in cuts)
            waves = measure_waves(small, rows, columns) * FLIPS[flip]
            found = self.scale.level(waves) @ self._signs[place]
            best = int(found.argmax())
            if found[best] > likeness:
                likeness = float(found[best])
                cuts = rows[best // len(columns)], columns[best % len(columns)]
        return Match(place, likeness)


def read_catalogue(path: Path) -> Catalogue:
    """A catalogue from its file; ValueError with one sentence for a file that holds none."""
    try:
        with np.load(path, allow_pickle=False) as kept:
            version = int(kept["version"])
            hashes = np.unpackbits(kept["hashes"], axis=1, count=BITS).astype(np.bool_)
            scale = Scale(kept["median"], kept["deviation"])
            words = tuple(kept["datasets"].tolist()), tuple(kept["splits"].tolist())
    except (OSError, EOFError, ValueError, LookupError, TypeError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path.name} holds no catalogue of hashes.") from error
    if version != VERSION:
        raise ValueError(f"{path.name} has version {version}, not {VERSION}.")
    return Catalogue(hashes, scale, *words)


def _around(cuts: Cuts, step: float) -> list[Cuts]:
    moves = (-step, 0.0, step)
    return [(cuts[0] + first, cuts[1] + last) for first in moves for last in moves]
