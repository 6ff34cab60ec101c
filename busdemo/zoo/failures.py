"""What passes and what does not: whether a model that failed may answer when it is asked again.

Memory, a file or the network may be wanting for a moment; that is no fault of the model. Weights
that do not fit or an operator that is missing stay so until the process ends. Needs no torch.
"""

import ctypes
import ctypes.util
import gc
import traceback
from collections.abc import Iterator

from busdemo.zoo.files import NotNow, UnusableModel

_OUT_OF_MEMORY = (
    *("out of memory", "not enough memory", "allocate memory", "failed to allocate"),
    *("bad_alloc", "bad allocation", "could not create a primitive", "too many open files"),
    *("resource temporarily unavailable", "resource exhausted"),
)
"""What torch, oneDNN, OpenVINO and onnxruntime say, in small letters: to them it is one more
RuntimeError, or a class of their own."""


def explain(error: BaseException, sentence: str) -> UnusableModel:
    """What to raise in an error's place: NotNow where it passes, else UnusableModel(`sentence`).

    The pixels and maps that a failed computation held are let go of.
    """
    told = _tell_what_passes(error)
    if told is None:
        return UnusableModel(sentence)
    _give_memory_back(error)
    return told


def _tell_what_passes(error: BaseException) -> NotNow | None:
    for one in _causes(error):
        if isinstance(one, NotNow):
            return one
        if isinstance(one, MemoryError) or type(one).__name__ == "OutOfMemoryError":
            return NotNow(_MEMORY)
        if isinstance(one, NotImplementedError):
            return None  # an operator is missing
        if isinstance(one, OSError):
            return NotNow(f"A file could not be read: {one.strerror or 'unknown'}. {_AGAIN}")
        if any(words in str(one).lower() for words in _OUT_OF_MEMORY):
            return NotNow(_MEMORY)
    return None


_AGAIN = "The next request tries again."
_MEMORY = f"The memory did not suffice. {_AGAIN}"


def _causes(error: BaseException) -> Iterator[BaseException]:
    one: BaseException | None = error
    while one is not None:
        yield one
        one = one.__cause__


def _give_memory_back(error: BaseException) -> None:
    """Empty the frames that failed, whose arrays the error would keep, and hand the rest back."""
    for one in _causes(error):
        traceback.clear_frames(one.__traceback__)
    gc.collect()
    libc = ctypes.util.find_library("c")
    if libc and hasattr(trim := ctypes.CDLL(libc), "malloc_trim"):  # glibc
        trim.malloc_trim(0)
