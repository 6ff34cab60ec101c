"""A training's folder is one process's at a time."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from busdemo.evaluation.whole_files import sweep_unfinished


@contextmanager
def claim(place: Path) -> Iterator[bool]:
    """The folder, made where it is missing, for this process alone; False when another has it.

    The system gives it back when the process ends, however it ends.
    """
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            sweep_unfinished(place)
            yield True
