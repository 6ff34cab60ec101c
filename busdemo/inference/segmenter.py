"""One stage: a grey image in, a probability map at the image's own size out."""

import contextlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from busdemo.imaging.arrays import FloatArray, GreyImage, ProbabilityMap
from busdemo.imaging.fit import Fit
from busdemo.inference.slots import Slot
from busdemo.zoo.cards import Card, Preprocessing
from busdemo.zoo.downloads import Downloads
from busdemo.zoo.files import NotNow, UnusableModel
from busdemo.zoo.hub import find_weights

if TYPE_CHECKING:
    from busdemo.inference.engines import Engine

RUNS, LEAST_RUNS = 7, 5
"""Predictions a model is timed by; with fewer than the least it has no time."""

_EMPTY: GreyImage = np.zeros((500, 600), np.uint8)


@dataclass(frozen=True, eq=False)
class Answer:
    """What a network said, at its own input size: `probabilities` (h, w) float32 in [0, 1]."""

    probabilities: ProbabilityMap
    fit: Fit

    def restore(self) -> ProbabilityMap:
        """The probability map (H, W) float32 at the image's own size."""
        return self.fit.restore(self.probabilities)


class Segmenter:
    """A loaded model behind a NumPy door; it may be called from several threads."""

    def __init__(self, engine: "Engine", preprocessing: Preprocessing) -> None:
        self.engine = engine
        self.preprocessing = preprocessing

    def predict(self, image: GreyImage) -> ProbabilityMap:
        """Probabilities (H, W) float32 in [0, 1] of an image (H, W) uint8; errors as `answer`."""
        return self.answer(image).restore()

    def answer(self, image: GreyImage, input_wh: tuple[int, int] | None = None) -> Answer:
        """The network's answer to an image (H, W) uint8, with the way back to its size.

        `input_wh` in px takes the place of the card's input size. Raises UnusableModel when the
        network cannot take it, or gives numbers that are not finite.
        """
        pixels, fit = self.prepare(image, input_wh)
        logits = self.engine.run(pixels)
        probabilities = special.expit(logits[0, 0])
        if not np.isfinite(probabilities).all():
            raise UnusableModel("It gave numbers that are not finite.")
        return Answer(np.ascontiguousarray(probabilities), fit)

    def prepare(
        self, image: GreyImage, input_wh: tuple[int, int] | None = None
    ) -> tuple[FloatArray, Fit]:
        """What the network sees of an image (H, W) uint8: (1, C, h, w) float32, and the way back.

        `input_wh` in px takes the place of the card's input size.
        """
        return prepare(image, self.preprocessing, input_wh)


def prepare(
    image: GreyImage, preprocessing: Preprocessing, input_wh: tuple[int, int] | None = None
) -> tuple[FloatArray, Fit]:
    """What a network sees (1, C, h, w) float32 of an image (H, W) uint8, and the way back.

    `input_wh` in px takes the place of the preprocessing's.
    """
    height, width = image.shape
    fit = Fit.of((width, height), input_wh or preprocessing.input_wh, preprocessing.rule)
    mean, deviation = (
        np.array(values, np.float32)[:, None, None]
        for values in (preprocessing.mean, preprocessing.standard_deviation)
    )
    grey = fit.apply(image)[None].astype(np.float32) / np.float32(255)
    return ((grey - mean) / deviation)[None], fit


def load_segmenter(card: Card) -> Segmenter:
    """The card's model in PyTorch, loaded; UnusableModel with the reason when it cannot run."""
    from busdemo.inference.engines import build_engine
    from busdemo.zoo.loading import load_network

    if card.problem or card.preprocessing is None:
        raise UnusableModel(card.problem or "It has no preprocessor_config.json.")
    network = load_network(card.folder, card.sha256, find_weights(card))
    return Segmenter(build_engine(network, card.preprocessing), card.preprocessing)


class SegmenterPool:
    """Every model of a zoo, loaded at its first use and kept; shared by all visitors.

    `milliseconds` maps ids to the time one prediction takes here, once `time_models` has measured
    it. Models that `downloads` still fetches are not waited for; with none, a model's weights are
    fetched when it is loaded.
    """

    def __init__(self, cards: Iterable[Card], downloads: Downloads | None = None) -> None:
        self.cards = {card.id: card for card in cards}
        self.slots = {
            card.id: Slot(card.id, partial(load_segmenter, card), card.problem)
            for card in self.cards.values()
        }
        self.milliseconds: Mapping[str, float] = {}
        self.downloads = Downloads() if downloads is None else downloads

    @property
    def problems(self) -> dict[str, str]:
        """By id, why a model cannot run, whenever it is asked."""
        return {model_id: slot.problem for model_id, slot in self.slots.items() if slot.problem}

    @property
    def is_ready(self) -> bool:
        """Is there a model that answers without being loaded first?"""
        return any(slot.is_loaded and not slot.problem for slot in self.slots.values())

    def get(self, model_id: str) -> Segmenter:
        """The loaded model; UnusableModel with the reason, KeyError for an unknown id."""
        self.downloads.check(model_id)
        return self.slots[model_id].get()

    @property
    def unavailable(self) -> dict[str, str]:
        """By id, why a model cannot run now: a problem, or its weights are still on their way."""
        reasons = {}
        for card in self.cards.values():
            for member in card.members or (card.id,):
                if reason := self.downloads.describe(member):
                    reasons[card.id] = _blame(member, reason) if card.members else reason
        return reasons | self.problems

    def predict(self, model_id: str, image: GreyImage) -> ProbabilityMap:
        """The (H, W) float32 map of a (H, W) uint8 image; errors as `Predictions.predict`."""
        return self.look_at(image).predict(model_id)

    def look_at(self, image: GreyImage) -> "Predictions":
        """The models' answers to a (H, W) uint8 image, each computed when it is first asked for."""
        return Predictions(self, image)

    def engine(self, model_id: str) -> str:
        """The name of what computes a model here; of a recipe, of what computes its members."""
        members = self.cards[model_id].members or (model_id,)
        return " + ".join(dict.fromkeys(self.get(member).engine.name for member in members))

    def answer(self, model_id: str, image: GreyImage) -> Answer:
        """As `Segmenter.answer`, of a (H, W) uint8 image.

        A model that can never answer is noted and not asked again.
        """
        self.downloads.check(model_id)
        return self.slots[model_id].ask(lambda segmenter: segmenter.answer(image))

    def speed_up(self, model_id: str, wanted: str = "", streams: int = 0) -> None:
        """Let the engine that a model's card asks for take over from PyTorch, once it is built.

        That can take seconds; until then, PyTorch answers. `wanted` asks in the card's place,
        `streams` is as in `OpenVinoEngine`. Errors as `get`.
        """
        from busdemo.inference.engines import TorchEngine, build_engine

        segmenter, card = self.get(model_id), self.cards[model_id]
        wanted = wanted or str(card.facts.get("engine", ""))
        if wanted and isinstance(segmenter.engine, TorchEngine):
            engine = build_engine(
                segmenter.engine.network, segmenter.preprocessing, wanted, card.sha256, streams
            )
            self.slots[model_id].replace(Segmenter(engine, segmenter.preprocessing))

    def warm_up(self, wait: Callable[[], None] = lambda: None) -> None:
        """Load every model and let it answer once; then let faster engines take over.

        `wait()` is called before each step.
        """
        alone = [card.id for card in self.cards.values() if not card.members]
        for act in (partial(self.predict, image=_EMPTY), self.speed_up):
            for model_id in alone:
                wait()
                if model_id not in self.unavailable:
                    with contextlib.suppress(UnusableModel):
                        act(model_id)

    def time_models(self, wait: Callable[[], None] = lambda: None) -> None:
        """Time all models that can run, in turns, so that none has a quieter machine than another.

        The time is the lowest quartile of `RUNS` predictions of an empty 600x500 image. A recipe
        takes as long as its members one after another. `wait()` is called before each prediction.
        Call it once the models are warm.
        """
        reasons = self.unavailable
        took: dict[str, list[float]] = {
            card.id: [] for card in self.cards.values() if not (card.members or card.id in reasons)
        }
        for _ in range(RUNS):
            for model_id, times in took.items():
                wait()
                with contextlib.suppress(UnusableModel):
                    times.append(self._time_ms(model_id))
        found = {
            model_id: float(np.quantile(times, 0.25))
            for model_id, times in took.items()
            if len(times) >= LEAST_RUNS
        }
        together = {
            card.id: sum(found[member] for member in card.members)
            for card in self.cards.values()
            if card.members and set(card.members) <= set(found)
        }
        self.milliseconds = found | together

    def _time_ms(self, model_id: str) -> float:
        started = perf_counter()
        self.predict(model_id, _EMPTY)
        return 1000 * (perf_counter() - started)


class Predictions:
    """What the models of a pool say of one image: a network runs once, however many ask for it.

    Answers are kept at the networks' size, so that a zoo's worth of them is small.
    """

    def __init__(self, pool: SegmenterPool, image: GreyImage) -> None:
        self._pool = pool
        self._image = image
        self._answers: dict[str, Answer] = {}

    def predict(self, model_id: str) -> ProbabilityMap:
        """Probabilities (H, W) float32 in [0, 1]; of a recipe, the mean of its members'.

        Raises UnusableModel with the reason, KeyError for an unknown id.
        """
        members = self._pool.cards[model_id].members
        if not members:
            return self._answer(model_id).restore()
        if reason := self._pool.slots[model_id].problem:
            raise UnusableModel(reason)
        total = np.zeros(self._image.shape, np.float32)
        for member in members:
            try:
                total += self._answer(member).restore()
            except NotNow as error:
                raise type(error)(_blame(member, str(error))) from error
            except UnusableModel as error:
                self._pool.slots[model_id].note(_blame(member, str(error)))
                raise UnusableModel(_blame(member, str(error))) from error
        return total / np.float32(len(members))

    def _answer(self, model_id: str) -> Answer:
        if model_id not in self._answers:
            self._answers[model_id] = self._pool.answer(model_id, self._image)
        return self._answers[model_id]


def _blame(member: str, reason: str) -> str:
    return f"Its member {member} cannot run. {reason}"
