"""What is trained for the classifier: the one that is shipped, and one without each of the sets."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from busdemo.evaluation.datasets import Case
from busdemo.training.plan import SETS
from busdemo.training.recipe import ENCODER, Recipe

CLASSIFIER = "classifier"
"""Its id: the folder in weights/ and in runs/."""

CONFIG: dict[str, Any] = {
    "_model_class": "LesionClassifier",
    "encoder_name": ENCODER.removeprefix("tu-"),
}

RECIPE = Recipe(
    stages=((5, 256), (7, 320)),
    peak_learning_rate=4e-4,
    weight_decay=0.05,
    phantoms=0,
    strong_augmentation=True,
)
"""Strong augmentation, and calipers and text painted out of half of the images that have them: of
greys, speckle, frame and marks a set has its own, and they must not say the class."""


@dataclass(frozen=True)
class ClassTraining:
    """One training: whose predicted masks it sees, and the set it does not.

    A classifier without a set sees masks of the U-Net that was trained without it, too.
    """

    id: str = CLASSIFIER
    left_out: str = ""
    recipe: Recipe = RECIPE

    @property
    def mask_from(self) -> str:
        """The model whose predicted mask it sees, and from whose encoder it starts."""
        return f"unet-without-{self.left_out}" if self.left_out else "unet"

    def choose(self, cases: Sequence[Case]) -> list[Case]:
        """Those of the cases that it sees."""
        return [case for case in cases if case.dataset != self.left_out]


CLASS_TRAININGS = {
    training.id: training
    for training in (
        ClassTraining(),
        *(ClassTraining(f"{CLASSIFIER}-without-{name}", name) for name in SETS),
    )
}
"""By id, the shipped one first."""
