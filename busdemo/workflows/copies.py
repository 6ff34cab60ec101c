"""Was this picture among those the models were made with?"""

from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from busdemo.evaluation.leakage import catalogue_path
from busdemo.imaging.copies import Catalogue, read_catalogue
from busdemo.imaging.images import Scan


@dataclass(frozen=True)
class Seen:
    """What the catalogue of hashes says of a scan.

    `split` is train or val and `dataset` the set's name where the scan is one of its pictures or a
    near copy, both empty where it is none; `likeness` is the likest picture's, -1 to 1, 0 where
    none is like enough.
    """

    pictures: int
    """Looked through."""
    split: str = ""
    dataset: str = ""
    likeness: float = 0.0

    @property
    def lead(self) -> str:
        """The finding in one sentence."""
        if not self.split:
            return ""
        name = {"train": "training", "val": "validation"}[self.split]
        return f"This picture, or a near copy, was in the {name} set ({self.dataset})."

    @property
    def meaning(self) -> str:
        """What it means for the numbers."""
        return _MEANING.get(self.split, "")

    @property
    def sentence(self) -> str:
        """Both, or that there is no copy."""
        if not self.split:
            return f"Not among the {self.pictures:,} pictures the zoo's models were made with."
        return f"{self.lead} {self.meaning}"


_MEANING = {
    "train": "The zoo's models have learned from it together with its outline: their numbers here "
    "say how well they remember, not how well they do on a new patient.",
    "val": "Epochs, thresholds and post-processing of the zoo's models were chosen on it: their "
    "numbers here may be better than on a new patient.",
}


def look_for_copy(scan: Scan) -> Seen | None:
    """Look a scan up among the hashes of all training and validation images, some 25 ms.

    None where the zoo has no catalogue of hashes. A picture of the train split is named rather
    than one of val that is liker. Nothing of the scan is kept.
    """
    catalogue = open_catalogue()
    return None if catalogue is None else look_among(catalogue, scan)


def tabulate_copy(seen: Seen | None) -> dict[str, Any] | None:
    """The finding, JSON-ready; None where it was not looked for."""
    return None if seen is None else asdict(seen) | {"sentence": seen.sentence}


def open_catalogue() -> Catalogue | None:
    """The zoo's catalogue; None where there is none that can be read now."""
    try:
        return _read_once(catalogue_path())
    except ValueError:
        return None


@lru_cache(maxsize=1)
def _read_once(path: Path) -> Catalogue:
    """A catalogue that could be read is kept; one that could not is tried again."""
    return read_catalogue(path)


def look_among(catalogue: Catalogue, scan: Scan) -> Seen:
    """What one catalogue says of a scan; as `look_for_copy`."""
    found = catalogue.find_copies(scan.inside)
    trained = [match for match in found if catalogue.splits[match.place] == "train"]
    if not found:
        return Seen(len(catalogue))
    best = (trained or found)[0]
    place = best.place
    return Seen(
        len(catalogue),
        catalogue.splits[place],
        catalogue.datasets[place],
        round(best.likeness, 3),
    )
