"""What libraries say while they read a visitor's file goes nowhere; all else they say is heard.

`warnings.catch_warnings` puts a list back that all threads share, and a logger's level holds for
the whole process. Here a word is dropped by who says it: the thread (or task) that is reading.
"""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

LIBRARIES = ("pydicom", "highdicom", "nibabel")
"""Whose loggers may quote what a file says of a patient."""

_reading: ContextVar[bool] = ContextVar("reading", default=False)


class _WhileReading(logging.Filter):
    """True of what is said outside `hushed`, for loggers; `match` says the contrary to warnings."""

    def filter(self, _record: logging.LogRecord) -> bool:
        return not _reading.get()

    def match(self, _module: str) -> bool:
        """Stands where a filter of warnings has its pattern for the module that warns."""
        return _reading.get()


_FILTER = _WhileReading()
_RULE: Any = ("ignore", None, Warning, _FILTER, 0)


@contextmanager
def hushed() -> Iterator[None]:
    """Drop every warning of this thread, and what `LIBRARIES` log in it, until the block ends."""
    _stand_in_the_way()
    token = _reading.set(True)
    try:
        yield
    finally:
        _reading.reset(token)


def _stand_in_the_way() -> None:
    """Put the filter before all others; it lets pass what no hushed thread says."""
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in LIBRARIES:
            logging.getLogger(name).addFilter(_FILTER)
    if not warnings.filters or warnings.filters[0] is not _RULE:
        warnings.filters[:0] = [_RULE]  # type: ignore[index]
