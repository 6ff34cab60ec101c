"""Weights that a running page fetches in the background, and how far they are."""

import logging
import threading
from collections.abc import Callable, Iterable
from functools import partial

from busdemo.imaging import printed
from busdemo.zoo.cards import Card
from busdemo.zoo.failures import explain
from busdemo.zoo.files import NotNow, UnusableModel
from busdemo.zoo.hub import find_weights, is_here

log = logging.getLogger(__name__)


class NotHereYet(NotNow):
    """A model whose weights are still on their way; asked again later, it may run."""


class Downloads:
    """The weights of some cards that are not here yet; other models are never waited for.

    `arrived` maps ids to how much of them has been downloaded, 0 to 1, until all of it has;
    `failed` maps ids to the reason why that cannot be. A download that broke off is begun again
    when the model is asked for again.
    """

    def __init__(self, cards: Iterable[Card] = ()) -> None:
        lacking = [card for card in cards if not (card.problem or is_here(card))]
        self._cards = {card.id: card for card in lacking}
        self._interrupted: set[str] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._then: Callable[[], None] = _do_nothing
        self.arrived = dict.fromkeys(self._cards, 0.0)
        self.failed: dict[str, str] = {}

    def start(self, then: Callable[[], None]) -> None:
        """Fetch in a thread of its own, now and later; each time all is there, `then()` follows."""
        with self._lock:
            self._then = then
            self._start_thread()

    def fetch(self) -> None:
        """Download one model's weights after another's."""
        while (card := self._next()) is not None:
            failure = None
            try:
                find_weights(card, partial(self._report, card.id))
            except UnusableModel as error:
                failure = error
            except OSError as error:
                failure = explain(error, str(error))
            self._settle(card.id, failure)

    def describe(self, model_id: str) -> str:
        """Why a model cannot run for its weights' sake, in one sentence; "" when it can."""
        arrived = dict(self.arrived)
        if model_id not in arrived:
            return self.failed.get(model_id, "")
        if before := list(arrived).index(model_id):
            return f"Its weights are downloaded after those of {before} other{'s'[: before - 1]}."
        return f"Its weights are being downloaded ({printed.percent(arrived[model_id])})."

    def check(self, model_id: str) -> None:
        """NotHereYet while a model's weights are on their way, UnusableModel when they failed."""
        with self._lock:
            if model_id in self._interrupted:
                self._interrupted.remove(model_id)
                self.arrived[model_id] = 0.0
                self._start_thread()
        if reason := self.describe(model_id):
            raise UnusableModel(reason) if model_id in self.failed else NotHereYet(reason)

    def _start_thread(self) -> None:
        """Fetch what lacks, unless a thread does so already; the lock is held."""
        if self.arrived and self._thread is None:
            self._thread = threading.Thread(target=self._work, daemon=True, name="downloads")
            self._thread.start()

    def _work(self) -> None:
        self.fetch()
        self._then()

    def _next(self) -> Card | None:
        with self._lock:
            for model_id in self.arrived:
                return self._cards[model_id]
            self._thread = None
            return None

    def _report(self, model_id: str, share: float) -> None:
        with self._lock:
            self.arrived[model_id] = share

    def _settle(self, model_id: str, failure: UnusableModel | None) -> None:
        with self._lock:
            del self.arrived[model_id]
            if isinstance(failure, NotNow):
                self._interrupted.add(model_id)
            elif failure:
                self.failed[model_id] = str(failure)
        if failure:
            log.warning("the weights of %s did not come: %s", model_id, failure)


def _do_nothing() -> None:
    """What follows where nothing is asked to."""
