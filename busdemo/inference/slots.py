"""A model's place: loaded at its first use and kept, shared by all visitors."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from busdemo.zoo.failures import explain
from busdemo.zoo.files import NotNow, UnusableModel

log = logging.getLogger(__name__)

Model = TypeVar("Model")
Answer = TypeVar("Answer")


class Slot(Generic[Model]):
    """One model, or the reason why it cannot run; it has a lock of its own, so none waits for
    another's weights.

    What is permanent is noted, and the model is not asked again. What passes is told and forgotten.
    A model that has answered once can run: whatever it fails at later passes, too, because it lies
    in that image or in the machine.
    """

    def __init__(self, name: str, load: Callable[[], Model], problem: str | None = None) -> None:
        self._name = name
        self._load = load
        self._problem = problem
        self._model: Model | None = None
        self._has_answered = False
        self._lock = threading.Lock()

    @property
    def problem(self) -> str | None:
        """One sentence when the model cannot run, otherwise None."""
        return self._problem

    @property
    def is_loaded(self) -> bool:
        """Is the model in memory?"""
        return self._model is not None

    def get(self) -> Model:
        """The loaded model; UnusableModel with the reason, NotNow where it passes."""
        with self._lock:
            if self._problem is not None:
                raise UnusableModel(self._problem)
            if self._model is None:
                self._model = self._load_once()
            return self._model

    def ask(self, question: Callable[[Model], Answer]) -> Answer:
        """The answer of the loaded model; errors as `get`."""
        model = self.get()
        try:
            answer = question(model)
        except NotNow as error:
            log.warning("%s did not answer this time: %s", self._name, error)
            raise
        except UnusableModel as error:
            if self._has_answered:
                log.warning("%s did not answer this time: %s", self._name, error)
                raise NotNow(str(error)) from error
            self.note(str(error))
            raise
        with self._lock:
            self._has_answered = True
        return answer

    def note(self, problem: str) -> None:
        """From now on, the model cannot run for this reason."""
        with self._lock:
            self._note(problem)

    def replace(self, model: Model) -> None:
        """From now on, this answers."""
        with self._lock:
            self._model = model

    def _load_once(self) -> Model:
        started = time.perf_counter()
        try:
            model = self._load()
        except Exception as error:  # a folder may hold anything
            failure = _tell(error)
            if isinstance(failure, NotNow):
                log.warning("%s could not be loaded this time: %s", self._name, failure)
            else:
                self._note(str(failure))
            raise failure from error
        log.info("%s loaded in %.1f s", self._name, time.perf_counter() - started)
        return model

    def _note(self, problem: str) -> None:
        self._problem = problem
        log.warning("%s cannot run: %s", self._name, problem)


def _tell(error: Exception) -> UnusableModel:
    if isinstance(error, UnusableModel):
        return error
    return explain(error, f"It cannot be loaded ({type(error).__name__}).")
