"""Weights that a running page fetches in the background, and how far they are."""

from collections.abc import Iterable
from functools import partial

from busdemo.zoo.cards import Card
from busdemo.zoo.files import UnusableModel
from busdemo.zoo.hub import find_weights, is_here


class NotHereYet(UnusableModel):
    """A model whose weights are still on their way; asked again later, it may run."""


class Downloads:
    """The weights of some cards that are not here yet; other models are never waited for.

    `arrived` maps ids to how much of them has been downloaded, 0 to 1, until all of it has;
    `failed` maps ids to the reason why that cannot be.
    """

    def __init__(self, cards: Iterable[Card] = ()) -> None:
        self._cards = [card for card in cards if not (card.problem or is_here(card))]
        self.arrived = {card.id: 0.0 for card in self._cards}
        self.failed: dict[str, str] = {}

    def fetch(self) -> None:
        """Download one model's weights after another's; call it once, in a thread of its own."""
        for card in self._cards:
            try:
                find_weights(card, partial(self.arrived.__setitem__, card.id))
            except (UnusableModel, OSError) as error:
                self.failed[card.id] = str(error)
            del self.arrived[card.id]

    def describe(self, model_id: str) -> str:
        """Why a model cannot run for its weights' sake, in one sentence; "" when it can."""
        arrived = dict(self.arrived)
        if model_id not in arrived:
            return self.failed.get(model_id, "")
        if before := list(arrived).index(model_id):
            return f"Its weights are downloaded after those of {before} other{'s'[: before - 1]}."
        return f"Its weights are being downloaded ({arrived[model_id]:.0%})."

    def check(self, model_id: str) -> None:
        """NotHereYet while a model's weights are on their way, UnusableModel when they failed."""
        if model_id in self.arrived:
            raise NotHereYet(self.describe(model_id))
        if model_id in self.failed:
            raise UnusableModel(self.failed[model_id])
