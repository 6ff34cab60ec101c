"""The recipes that are tried against each other: one network, one budget, one ingredient more."""

from dataclasses import dataclass, replace
from typing import Any

from busdemo.training.recipe import ENCODER, ENCODERS, NETWORKS, Recipe


@dataclass(frozen=True)
class Variant:
    """A recipe under a name, and the encoder of the U-Net it is tried with."""

    name: str
    recipe: Recipe
    encoder: str = ENCODER

    @property
    def config(self) -> dict[str, Any]:
        """The network's config.json."""
        return NETWORKS["unet"] | {"encoder_name": self.encoder}


PLAIN = Recipe(stages=((8, 128),))
STRONG = replace(PLAIN, strong_augmentation=True)

VARIANTS = (
    Variant("baseline", PLAIN),
    Variant("balance", replace(PLAIN, balance="cells")),
    Variant("strong", STRONG),
    Variant("balance-strong", replace(STRONG, balance="cells")),
    Variant("small-sets", replace(STRONG, balance="small sets")),
    Variant("lesion-free", replace(STRONG, lesion_free=0.1)),
    Variant("presence", replace(STRONG, presence=0.2)),
    Variant("soft-border", replace(STRONG, border=0.005)),
    Variant("slower-average", replace(STRONG, averaging=0.998)),
    Variant("lite1", STRONG, ENCODERS[1]),
    Variant("lite2", STRONG, ENCODERS[2]),
)
"""In the order they are tried on a fold; what stands below the first four adds to `strong`."""
