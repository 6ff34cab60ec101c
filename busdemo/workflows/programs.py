"""The zoo for programs: files or arrays in, masks and numbers out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from busdemo.annotations.files import read_annotations
from busdemo.annotations.request import Options, Target
from busdemo.imaging.arrays import GreyImage, Mask
from busdemo.imaging.images import read_scan
from busdemo.imaging.masks import binarize, quantize, stop_of
from busdemo.inference.segmenter import SegmenterPool
from busdemo.workflows.segmenting import tabulate_numbers
from busdemo.zoo.cards import WEIGHTS, read_cards

Image = str | Path | GreyImage
"""A file in any format read here, or (H, W) uint8."""


class Zoo:
    """Models by id; each is loaded when it is asked first and then kept."""

    def __init__(self, pool: SegmenterPool) -> None:
        self.pool = pool

    @property
    def models(self) -> list[str]:
        """Ids of the models that can run here."""
        return [model_id for model_id in self.pool.cards if model_id not in self.pool.unavailable]

    def segment(self, image: Image, model: str = "unet", threshold: float | None = None) -> Mask:
        """The raw mask (H, W) bool of an image; at the model's frozen threshold if none is given.

        Thresholds are from 0.005 to 0.995. Raises UnreadableImage, UnusableModel or ValueError
        with one sentence, KeyError for an unknown model.
        """
        card = self.pool.cards[model]
        stop = card.stop if threshold is None else stop_of(threshold)
        probabilities = self.pool.predict(model, _read_image(image))
        return binarize(quantize(probabilities), stop)


def open_zoo(weights: Path = WEIGHTS) -> Zoo:
    """The shipped zoo, or one in a folder of your own."""
    return Zoo(SegmenterPool(read_cards(weights)))


def score(mask: Mask, reference: Mask | str | Path | Sequence[str | Path]) -> dict[str, Any]:
    """Dice, IoU, precision, recall, pixel counts and the outcome word; None where undefined.

    `mask` is (H, W) bool; the reference is such a mask or one or several files of it. Raises
    UnreadableImage or ValueError with one sentence.
    """
    if isinstance(reference, np.ndarray):
        return tabulate_numbers(mask, reference)
    paths = [reference] if isinstance(reference, str | Path) else reference
    files = [(Path(path).name, Path(path).read_bytes()) for path in paths]
    height, width = mask.shape
    (merged,) = read_annotations(files, Target((width, height)), Options(merge=True))
    return tabulate_numbers(mask, merged.mask)


def study(
    images: str | Path | None,
    readers: Mapping[str, str | Path],
    *,
    out: str | Path,
    models: Sequence[str] = (),
    **wanted: Any,
) -> dict[str, Any]:
    """Every number of a study of many images, which is written to the folder `out`; None undefined.

    `readers` are folders of masks or export files by annotator; `images` a folder, None for masks
    alone; `wanted` other fields of `evaluation.studies.running.StudyOrder`, such as programs or
    reference. Raises ValueError, OSError or UnusableModel with one sentence.
    """
    from busdemo.evaluation.studies.running import StudyOrder
    from busdemo.workflows.study import run_study, tabulate_study
    from busdemo.workflows.study_report import write_files

    asked = StudyOrder(
        readers=[(who, Path(place)) for who, place in readers.items()],
        images=None if images is None else Path(images),
        models=tuple(models),
        **wanted,
    )
    result = run_study(asked, Path(out))
    write_files(result, Path(out))
    return tabulate_study(result)


def _read_image(image: Image) -> GreyImage:
    if isinstance(image, np.ndarray):
        return image
    return read_scan(Path(image).read_bytes(), Path(image).name).pixels
