"""What a file's tests leave in memory is let go after them: the suite stays below 3 GB."""

import ctypes
import functools
import gc
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

MUCH_BYTES = 50_000_000
"""Growth from which on it is worth the second that looking through everything takes."""

_PAGE_BYTES = 4096
_ROOMS = ("busdemo", "fastapi", "gradio")

_resident = {"before": 0}


@pytest.fixture(scope="module", autouse=True)
def memory_is_given_back() -> Iterator[None]:
    """Free closed pages and their models.

    FastAPI's and our caches hold what they were last asked with, and what had been loaded when a
    page froze it (`ui/background.py`) is out of the search for cycles.
    """
    yield
    if sys.platform == "linux" and count_resident() - _resident["before"] > MUCH_BYTES:
        give_back()
        _resident["before"] = count_resident()


def count_resident() -> int:
    """Bytes of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_BYTES


def give_back() -> None:
    """Empty the caches, collect cycles, and return to the system what is free."""
    gc.unfreeze()
    for one in gc.get_objects():
        if type(one) is functools._lru_cache_wrapper and _room(one) in _ROOMS:
            one.cache_clear()
    gc.collect()
    libc = ctypes.CDLL(None)
    if hasattr(libc, "malloc_trim"):
        libc.malloc_trim(0)


def _room(one: object) -> str:
    return str(getattr(one, "__module__", "")).partition(".")[0]
