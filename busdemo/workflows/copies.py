"""Was this picture among those the models were made with?"""

from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

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

# As long as a scan is kept, and no longer: nothing of an upload outlives it.
_KNOWN: WeakKeyDictionary[Scan, Seen] = WeakKeyDictionary()


def look_for_copy(scan: Scan) -> Seen | None:
    """Look a scan up among the hashes of all training and validation images, once.

    None where the zoo has no catalogue of hashes. A picture of the train split is named rather
    than one of val that is liker.
    """
    if scan not in _KNOWN:
        catalogue = open_catalogue()
        if catalogue is None:
            return None
        _KNOWN[scan] = _look(scan, catalogue)
    return _KNOWN[scan]


def recall_copy(scan: Scan) -> Seen | None:
    """What `look_for_copy` has said of a scan; None where it was not asked."""
    return _KNOWN.get(scan)


def tabulate_copy(seen: Seen | None) -> dict[str, Any] | None:
    """The finding, JSON-ready; None where it was not looked for."""
    return None if seen is None else asdict(seen) | {"sentence": seen.sentence}


@lru_cache(maxsize=1)
def open_catalogue() -> Catalogue | None:
    """The zoo's catalogue; None where there is none that can be read."""
    try:
        return read_catalogue(catalogue_path())
    except ValueError:
        return None


def _look(scan: Scan, catalogue: Catalogue) -> Seen:
    found = catalogue.find_copies(scan.pixels)
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
