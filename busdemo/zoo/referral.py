"""What is known of a model's doubt: when to look again at its mask, and what that is worth.

Written by `busdemo referral` beside the model's card; reading it needs no network.
"""

import json
from dataclasses import dataclass

from busdemo.zoo.cards import Card

REFERRAL_FILE = "referral.json"
"""In a model's folder, beside its card."""

SHARES = tuple(round(0.05 * step, 2) for step in range(20))
"""Shares referred at which a curve is given."""


@dataclass(frozen=True)
class Referral:
    """A model's cut-off and what came of it; shares and Dice in [0, 1].

    `val` and `test` hold counts and rates at the cut-off. The curves belong to `SHARES`: the mean
    Dice of the test masks that are kept when the most doubted, or the truly worst, are referred;
    referring at random keeps `all_dice`.
    """

    cutoff: float
    val: dict[str, float]
    test: dict[str, float]
    kept: tuple[float, ...]
    ideal: tuple[float, ...]

    @property
    def all_dice(self) -> float:
        """Mean Dice when nothing is referred."""
        return self.kept[0]


def read_referral(card: Card) -> Referral | None:
    """What is known of a model's doubt; None where nothing is, or not of these weights."""
    try:
        content = json.loads((card.folder / REFERRAL_FILE).read_text(encoding="utf-8"))
        if (content.pop("sha256"), content.pop("stop")) != (card.sha256, card.stop):
            return None
        kept, ideal = (tuple(map(float, content.pop(name))) for name in ("kept", "ideal"))
        return Referral(**content, kept=kept, ideal=ideal)
    except (OSError, ValueError, KeyError, TypeError):
        return None
