"""Everything that is trained for the zoo, in order: one recipe, one budget, one order of images."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from busdemo.evaluation.datasets import Case
from busdemo.training.folds import deal_groups
from busdemo.training.recipe import NETWORKS, Recipe

Role = Literal["compared", "distilled", "seed", "contrast", "transfer"]

RECIPE = Recipe(stages=((20, 160), (8, 224)), strong_augmentation=True, keep="last")
"""For every training of the plan: about 40 minutes a network on two idle cores.

Its ingredients are chosen on folds (docs/experiments/cross-validation.md); provisional until those
are done. The last epoch is kept, because val holds 27 to 55 lesion images of the small sets.
"""


@dataclass(frozen=True)
class Training:
    """One training: a network, a recipe, and which images of the train split it sees.

    `images` is "all", "third" (of the patients) or "without-SET". Compared networks go into the
    zoo, and the distilled one and contrasts beside them, never ranked with them. Other seeds of a
    compared network say what a seed changes, transfers what is left on a set that was never seen:
    of both only results are kept.
    """

    id: str
    config: dict[str, Any]
    recipe: Recipe = field(default=RECIPE)
    images: str = "all"
    role: Role = "compared"

    def choose(self, cases: Sequence[Case]) -> list[Case]:
        """Those of the cases that it sees."""
        if self.images == "third":
            parts = deal_groups(cases, seed=1, parts=3)
            return [case for case, part in zip(cases, parts, strict=True) if part == 0]
        left_out = self.images.removeprefix("without-")
        return [case for case in cases if case.dataset != left_out]


SEEDED = ("unet", "unet-plus-plus")
"""Trained with three seeds."""

SETS = ("BUSI", "BUS-UCLM", "BUS-BRA", "BrEaST")

FROM_RANDOM = {
    "_model_class": "AttentionUNet",
    "in_channels": 1,
    "channels": [16, 32, 64, 128, 256],
}
"""At the widths of its authors' code."""

_PLAN = (
    *(Training(name, config) for name, config in NETWORKS.items()),
    Training("unet-distilled", NETWORKS["unet"], replace(RECIPE, distilled=0.5), role="distilled"),
    *(
        Training(f"{name}-seed-{seed}", NETWORKS[name], replace(RECIPE, seed=seed), role="seed")
        for seed in (2, 3)
        for name in SEEDED
    ),
    # Its encoder, a list of blocks, has no map that a presence head could stand on.
    Training(
        "attention-unet-from-random",
        FROM_RANDOM,
        replace(RECIPE, presence=0.0),
        role="contrast",
    ),
    Training("unet-third", NETWORKS["unet"], images="third", role="contrast"),
    *(
        Training(
            f"unet-without-{name}", NETWORKS["unet"], images=f"without-{name}", role="transfer"
        )
        for name in SETS
    ),
)

RESULTS_ALONE: tuple[Role, ...] = ("seed", "transfer")
"""Of these no weights are shipped."""

TRAININGS = {training.id: training for training in _PLAN}
"""By id, in the order they are worth doing."""
