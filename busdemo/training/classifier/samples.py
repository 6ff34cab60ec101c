"""Images with their class and the mask a segmentation network predicts for them, in memory."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file
from tqdm import tqdm

from busdemo.evaluation.datasets import Case
from busdemo.imaging.fit import Fit
from busdemo.imaging.masks import quantize
from busdemo.inference.segmenter import SegmenterPool
from busdemo.training.drawing import balance
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

    The predictions are kept in the folder `cache` under the digest of weights, cases and side.
    """
    facts = [pool.cards[model_id].sha256, str(side_px), *(case.id for case in cases)]
    digest = hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]
    kept = cache / f"soft-masks-{digest}.safetensors"
    if not kept.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        _predict(cases, pool, model_id, side_px, kept)
    arrays = load_file(kept)
    labels = np.array([CLASSES.index(case.label) for case in cases], np.int64)
    names = tuple(case.dataset for case in cases)
    return ClassSamples(arrays["images"], arrays["levels"], labels, names)


def _predict(
    cases: Sequence[Case], pool: SegmenterPool, model_id: str, side_px: int, path: Path
) -> None:
    images = np.zeros((len(cases), side_px, side_px), np.uint8)
    levels = np.zeros_like(images)
    for index, case in enumerate(tqdm(cases, desc="soft masks", mininterval=5)):
        image, _ = case.read()
        height, width = image.shape
        fit = Fit.of((width, height), (side_px, side_px))
        images[index] = fit.apply(image)
        levels[index] = fit.apply(quantize(pool.predict(model_id, image)))
    partial = path.with_suffix(".partial")
    save_file({"images": images, "levels": levels}, partial)
    partial.replace(path)


def cell_weights(samples: ClassSamples) -> list[float]:
    """How much each sample counts: size^-1/2 of its set and class together.

    Small classes of small sets count more, so that a set says less about the class: of
    BUS-UCLM's images 62 % are normal, of BUS-BRA's none. The square root keeps a cell of one image
    from deciding.
    """
    return balance(list(zip(samples.datasets, samples.labels.tolist(), strict=True)), -0.5)
