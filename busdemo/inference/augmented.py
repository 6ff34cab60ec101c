"""Test-time augmentation: the same image mirrored, shrunk and enlarged, and how far answers part.

After Wang et al., "Aleatoric uncertainty estimation with test-time augmentation for medical image
segmentation", Neurocomputing 2019.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from busdemo.imaging.arrays import GreyImage, ProbabilityMap
from busdemo.inference.segmenter import Segmenter
from busdemo.zoo.files import NotNow, UnusableModel

STEP_PX = 32
"""How much smaller and larger than the card's the input is, on each side."""


@dataclass(frozen=True, eq=False)
class Views:
    """Several answers to one image: their mean (H, W) float32 in [0, 1] and their spread.

    `deviation` (H, W) float32 in [0, 0.5] is the standard deviation of the answers themselves;
    `names` says what was shown.
    """

    mean: ProbabilityMap
    deviation: NDArray[np.float32]
    names: tuple[str, ...]


def predict_views(segmenter: Segmenter, image: GreyImage) -> Views:
    """Answers to an image (H, W) uint8 as it is, mirrored, 32 px smaller and 32 px larger.

    A view that the network cannot take is left out. Raises UnusableModel when it cannot take the
    image as it is.
    """
    width, height = segmenter.preprocessing.input_wh
    smaller, larger = ((width + by, height + by) for by in (-STEP_PX, STEP_PX))
    answers = {"as it is": segmenter.predict(image)}
    mirrored = np.ascontiguousarray(image[:, ::-1])
    answers["mirrored"] = np.ascontiguousarray(segmenter.predict(mirrored)[:, ::-1])
    for w, h in (smaller, larger):
        if min(w, h) >= STEP_PX:
            try:
                answers[f"{w} × {h} px"] = segmenter.answer(image, (w, h)).restore()
            except NotNow:
                raise  # fewer views would say that they agree
            except UnusableModel:
                continue
    together = np.stack(list(answers.values()))
    return Views(together.mean(0), together.std(0), tuple(answers))
