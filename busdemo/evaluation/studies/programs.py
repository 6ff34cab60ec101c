"""Another program's masks beside the zoo's models, in a run of `evaluate`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from busdemo.annotations.annotation import merge
from busdemo.annotations.request import Target
from busdemo.evaluation.datasets import Dataset
from busdemo.evaluation.measuring import SURE_STOP
from busdemo.evaluation.studies.matching import place_masks
from busdemo.evaluation.studies.sources import Place, Source, open_source, read_place
from busdemo.imaging.arrays import Mask
from busdemo.imaging.masks import STOPS


@dataclass(frozen=True)
class MaskProgram:
    """A program and where its masks of a data set's cases lie, by case id."""

    name: str
    places: Mapping[str, Place]
    sha256: str
    labels: tuple[str, ...] = ()

    def describe(self) -> dict[str, Any]:
        """See `evaluation.measuring.Program`."""
        return describe_masks(self.name, "other programs", self.sha256)

    def read(self, case_id: str, target: Target) -> Mask | None:
        """See `evaluation.measuring.Program`; several labels are one mask."""
        place = self.places.get(case_id)
        if place is None:
            return None
        return merge(list(read_place(place, target, self.labels).values())).mask


def open_programs(
    wanted: Sequence[tuple[str, Path]], dataset: Dataset, *, workers: int = 1
) -> tuple[tuple[MaskProgram, ...], list[str]]:
    """Other programs' masks of a data set, and sentences on what matched and what did not.

    Raises ValueError or OSError with one sentence; ValueError where none of a program's masks
    belongs to an image.
    """
    sources: list[Source] = []
    for name, path in wanted:
        sources += open_source(name, path, workers=workers)
    found, notes = place_masks(dataset.cases, sources)
    if lost := [one for one in sources if not found[one.annotator]]:
        raise ValueError(next(words for words in notes if words.startswith(lost[0].annotator)))
    programs = tuple(
        MaskProgram(one.annotator, found[one.annotator], one.sha256, one.labels) for one in sources
    )
    return programs, notes


def describe_masks(name: str, family: str, sha256: str) -> dict[str, Any]:
    """Masks as a receipt describes a model: of one that is always sure."""
    return {
        "name": name,
        "family": family,
        "sha256": sha256,
        "threshold": SURE_STOP / STOPS,
        "stop": SURE_STOP,
        "parameters": 0,
    }
