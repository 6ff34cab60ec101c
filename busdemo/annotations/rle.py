"""COCO's run-length code of masks: runs down the columns, first of what is not lesion.

Reading and writing agree with pycocotools, which tests compare with; here, so that COCO files need
nothing installed, and so that runs are known to fill the image before anything is allocated.
"""

import numpy as np
from numpy.typing import NDArray

from busdemo.imaging.arrays import Mask
from busdemo.imaging.refusals import MAX_PIXELS, UnreadableImage

_FIRST = 48
"""The character "0", which stands for a chunk of 0."""

_MOST_CHUNKS = 6
"""Chunks of 5 bits for one run: more than the pixels of any image need."""


def decode_rle(code: object, name: str) -> Mask:
    """(H, W) of COCO's {"size": [H, W], "counts": numbers or text}.

    Raises UnreadableImage for a code of another form, or whose runs do not fill its size exactly.
    """
    size, counts = (code.get("size"), code.get("counts")) if isinstance(code, dict) else (0, 0)
    if not (isinstance(size, list) and len(size) == 2 and all(type(s) is int for s in size)):
        raise _refuse(name)
    height, width = size
    if min(height, width) < 1 or height * width > MAX_PIXELS:
        raise _refuse(name)
    if isinstance(counts, str):
        runs = _unpack(counts, name)
    elif isinstance(counts, list) and all(type(run) is int for run in counts):
        runs = np.array([min(max(run, -1), MAX_PIXELS + 1) for run in counts], np.int64)
    else:
        raise _refuse(name)
    return expand_runs(runs, (height, width), name, order="F")


def expand_runs(
    runs: NDArray[np.int64], size_hw: tuple[int, int], name: str, *, order: str
) -> Mask:
    """(H, W) of runs that begin with what is not lesion; `order` F down columns, C along rows."""
    if not runs.size or bool((runs < 0).any()) or int(runs.sum()) != size_hw[0] * size_hw[1]:
        raise _refuse(name)
    flat = np.repeat(np.arange(runs.size) % 2 == 1, runs)
    if order == "F":
        return np.ascontiguousarray(flat.reshape(size_hw[::-1]).T)
    return flat.reshape(size_hw)


def encode_rle(mask: Mask) -> dict[str, object]:
    """COCO's compressed code of a (H, W) bool mask, JSON-ready."""
    runs = runs_of(mask.ravel(order="F"))
    deltas = runs.copy()
    deltas[3:] -= runs[1:-2]
    return {"size": list(mask.shape), "counts": _pack(deltas)}


def runs_of(flat: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Lengths of the runs of a flat mask, the first of what is not lesion (perhaps 0)."""
    edges = np.flatnonzero(np.diff(flat)) + 1
    ends = np.concatenate([[0] * (1 + int(flat[0])), edges, [flat.size]])
    return np.diff(ends).astype(np.int64)


def _pack(deltas: NDArray[np.int64]) -> str:
    """Each number in chunks of 5 bits, lowest first, 32 added where more follow."""
    left, columns, used = deltas.copy(), [], []
    more = np.ones(deltas.size, np.bool_)
    while more.any():
        used.append(more)
        chunk = left & 31
        left = left >> 5
        more = more & np.where(chunk & 16, left != -1, left != 0)
        columns.append(chunk + 32 * more + _FIRST)
    chunks = np.stack(columns, axis=1)[np.stack(used, axis=1)]
    return chunks.astype(np.uint8).tobytes().decode("ascii")


def _unpack(text: str, name: str) -> NDArray[np.int64]:
    try:
        chunks = np.frombuffer(text.encode("ascii"), np.uint8).astype(np.int64) - _FIRST
    except UnicodeEncodeError:
        raise _refuse(name) from None
    if not chunks.size or chunks.min() < 0 or chunks.max() > 63 or chunks[-1] & 32:
        raise _refuse(name)
    last = np.flatnonzero(~chunks & 32)
    first = np.r_[0, last[:-1] + 1]
    lengths = last - first + 1
    if lengths.max() > _MOST_CHUNKS:
        raise _refuse(name)
    place = np.arange(chunks.size) - np.repeat(first, lengths)
    values = np.add.reduceat((chunks & 31) << (5 * place), first)
    values -= np.where(chunks[last] & 16, 1 << (5 * lengths), 0)
    values[1::2] = values[1::2].cumsum()
    values[2::2] = values[2::2].cumsum()
    return values


def _refuse(name: str) -> UnreadableImage:
    return UnreadableImage(f"{name} holds a run-length code that does not fit its image.")
