"""One stage: a grey image in, a probability map at the image's own size out."""

import threading
from collections.abc import Iterable
from time import perf_counter

import numpy as np
import torch
from torch import nn

from busdemo.imaging.arrays import GreyImage, ProbabilityMap
from busdemo.imaging.fit import Fit
from busdemo.zoo.cards import Card, Preprocessing
from busdemo.zoo.loading import UnusableModel, load_network

ENGINE = (
    f"torch {torch.__version__.split('+')[0]} float32 {torch.backends.cpu.get_cpu_capability()}"
)
"""What computes the probabilities; a receipt names it, because engines differ in the last bits."""


class Segmenter:
    """A loaded model behind a NumPy door; `predict` may be called from several threads."""

    def __init__(self, network: nn.Module, preprocessing: Preprocessing) -> None:
        self._network = network
        self._preprocessing = preprocessing

    def predict(self, image: GreyImage) -> ProbabilityMap:
        """Probabilities (H, W) float32 in [0, 1] of an image (H, W) uint8.

        Raises UnusableModel when the network cannot take the card's input size, or gives numbers
        that are not finite.
        """
        height, width = image.shape
        settings = self._preprocessing
        fit = Fit.of((width, height), settings.input_wh, settings.rule)
        pixels = torch.from_numpy(fit.apply(image))[None, None].float() / 255
        normalized = (pixels - settings.mean) / settings.standard_deviation
        try:
            with torch.inference_mode():
                logits = self._network(normalized.contiguous(memory_format=torch.channels_last))
                probabilities = torch.sigmoid(logits)[0, 0].numpy()
        except (RuntimeError, IndexError) as error:
            raise UnusableModel(f"It cannot compute a {settings.input_wh} input.") from error
        if not np.isfinite(probabilities).all():
            raise UnusableModel("It gave numbers that are not finite.")
        return fit.restore(np.ascontiguousarray(probabilities, np.float32))


def load_segmenter(card: Card) -> Segmenter:
    """The card's model, loaded; UnusableModel with the reason when it cannot run."""
    if card.problem or card.preprocessing is None:
        raise UnusableModel(card.problem or "It has no preprocessor_config.json.")
    return Segmenter(load_network(card.folder, card.sha256), card.preprocessing)


class SegmenterPool:
    """Every model of a zoo, loaded at its first use and kept; shared by all visitors.

    `problems` maps ids to the reason why a model cannot run, `milliseconds` ids to the time one
    prediction takes here, once measured by `warm_up`.
    """

    def __init__(self, cards: Iterable[Card]) -> None:
        self.cards = {card.id: card for card in cards}
        self.problems = {card.id: card.problem for card in self.cards.values() if card.problem}
        self.milliseconds: dict[str, float] = {}
        self._loaded: dict[str, Segmenter] = {}
        self._lock = threading.Lock()

    def get(self, model_id: str) -> Segmenter:
        """The loaded model; UnusableModel with the reason, KeyError for an unknown id."""
        with self._lock:
            if model_id in self.problems:
                raise UnusableModel(self.problems[model_id])
            if model_id not in self._loaded:
                try:
                    self._loaded[model_id] = load_segmenter(self.cards[model_id])
                except UnusableModel as error:
                    self.problems[model_id] = str(error)
                    raise
            return self._loaded[model_id]

    def predict(self, model_id: str, image: GreyImage) -> ProbabilityMap:
        """As `Segmenter.predict`; a model that fails is noted in `problems` and not asked again."""
        try:
            return self.get(model_id).predict(image)
        except UnusableModel as error:
            self.problems[model_id] = str(error)
            raise

    def warm_up(self) -> None:
        """Load every model and time it on an empty 600x500 image, the fastest of three runs."""
        image = np.zeros((500, 600), np.uint8)
        for model_id in self.cards:
            try:
                times = [self._time(model_id, image) for _ in range(3)]
            except UnusableModel:
                continue
            self.milliseconds[model_id] = 1000 * min(times)

    def _time(self, model_id: str, image: GreyImage) -> float:
        started = perf_counter()
        self.predict(model_id, image)
        return perf_counter() - started
