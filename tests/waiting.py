"""Waiting for what is to happen, never for a time: the one place of the tests that sleeps."""

import time
from collections.abc import Callable

import pytest


def wait_until(
    happened: Callable[[], object], what: str = "", *, give_up_s: float = 120, every_s: float = 0.02
) -> None:
    """Return as soon as `happened()` is true; the test fails where it never is."""
    last = time.monotonic() + give_up_s
    while not happened():
        if time.monotonic() > last:
            pytest.fail(f"{what or 'What was waited for'} did not happen within {give_up_s:g} s.")
        time.sleep(every_s)
