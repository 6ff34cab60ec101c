"""Images with their class and the mask a segmentation network predicts for them, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from busdemo.evaluation.datasets import Case
from busdemo.imaging.fit import Fit
from busdemo.inference.segmenter import SegmenterPool
from busdemo.training.drawing import balance
from busdemo.training.soft_masks import read_soft_masks
from busdemo.zoo.classes import CLASSES


@dataclass(frozen=True, eq=False)
class ClassSamples:
    """Images (N, S, S) uint8, predicted masks (N, S, S) levels 0 to 199, classes (N,) and sets."""

    images: NDArray[np.uint8]
    levels: NDArray[np.uint8]
    labels: NDArray[np.int64]
    datasets: tuple[str, ...]

    @property
    def epoch_length(self) -> int:
        """How many there are."""
        return len(self.datasets)


def read_class_samples(
    cases: Sequence[Case], pool: SegmenterPool, model_id: str, side_px: int, cache: Path
) -> ClassSamples:
    """The cases padded to side x side px, with what `model_id` predicts for each.

    The predictions are kept in the folder `cache`. Errors as `read_soft_masks`.
    """
    levels = read_soft_masks(cases, pool, model_id, cache, (side_px, "letterbox"))
    images = np.zeros_like(levels)
    for index, case in enumerate(cases):
        image, _ = case.read()
        height, width = image.shape
        images[index] = Fit.of((width, height), (side_px, side_px)).apply(image)
    labels = np.array([CLASSES.index(case.label) for case in cases], np.int64)
    return ClassSamples(images, levels, labels, tuple(case.dataset for case in cases))


def cell_weights(samples: ClassSamples) -> list[float]:
    """How much each sample counts: size^-1/2 of its set and class together.

    Small classes of small sets count more, so that a set says less about the class: of
    BUS-UCLM's images 62 % are normal, of BUS-BRA's none. The square root keeps a cell of one image
    from deciding.
    """
    return balance(list(zip(samples.datasets, samples.labels.tolist(), strict=True)), -0.5)
