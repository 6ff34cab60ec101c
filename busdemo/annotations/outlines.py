"""Outlines to masks: pixels whose centre lies inside, by the even-odd rule.

All outline formats share one frame: x to the right and y down in pixels of the image, (0, 0) the
top left corner of the top left pixel, whose centre is (0.5, 0.5).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from busdemo.imaging.arrays import Mask
from busdemo.imaging.refusals import MAX_PIXELS, UnreadableImage

Outline = NDArray[np.float64]
"""(N, 2) float64: x, y of each corner, closed by itself."""

MAX_CORNERS = 100_000
"""Of all outlines of one file."""

MAX_OUTLINES = 10_000
"""Of one file."""

MAX_CROSSINGS = 5_000_000
"""Of edges with rows of pixels: a zigzag from top to bottom may cross every row with every edge."""

MAX_COORDINATE = 1e6
"""In pixels, from the image's corner: anything farther is a mistake."""

_AT_ONCE = 500_000


def read_outline(numbers: object, name: str) -> Outline | None:
    """x, y, x, y, … or (x, y) pairs as JSON gives them; None for fewer than 3 corners.

    Raises UnreadableImage for anything else, and for NaN, infinite or absurd coordinates.
    """
    try:
        corners = np.asarray(numbers, np.float64).reshape(-1, 2)
    except (TypeError, ValueError, OverflowError):
        raise UnreadableImage(
            f"{name} holds an outline whose coordinates are not pairs of numbers."
        ) from None
    if not bool((np.abs(corners) <= MAX_COORDINATE).all()):  # false for NaN, too
        raise UnreadableImage(
            f"{name} holds an outline with coordinates that are not numbers or lie far outside "
            "any image."
        )
    return corners if len(corners) >= 3 else None


def require_few(outlines: Sequence[Outline], name: str) -> None:
    """Raise UnreadableImage for more outlines or corners than are read."""
    if len(outlines) > MAX_OUTLINES or sum(map(len, outlines)) > MAX_CORNERS:
        raise UnreadableImage(
            f"{name} holds more than {MAX_OUTLINES:,} outlines or {MAX_CORNERS:,} corners; "
            "please simplify it, or use a PNG mask."
        )


def fill_outlines(
    outlines: Sequence[Outline],
    size_wh: tuple[int, int],
    name: str,
    *,
    drawn_on_wh: tuple[int, int] | None = None,
) -> Mask:
    """(H, W): lesion where any outline has it, scaled if drawn on an image of another size.

    A part of an outline beyond the image is cut off; one that crosses itself is filled by the
    even-odd rule. Raises UnreadableImage for outlines too intricate to fill.
    """
    require_few(outlines, name)
    (width, height), drawn = size_wh, drawn_on_wh or size_wh
    scale = np.array([width / drawn[0], height / drawn[1]])
    mask = np.zeros((height, width), np.bool_)
    spans = [_span(outline * scale, height) for outline in outlines]
    if sum(int((last - first).sum()) for first, last in spans) > MAX_CROSSINGS:
        raise UnreadableImage(f"{name} holds outlines that are too intricate to be filled.")
    for outline, (first, last) in zip(outlines, spans, strict=True):
        _add(mask, outline * scale, first, last)
    return mask


def _span(corners: Outline, height: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each edge, the first row whose centre it crosses, and the row after the last."""
    ends = np.roll(corners[:, 1], -1)
    rows = [np.ceil(edge(corners[:, 1], ends) - 0.5) for edge in (np.minimum, np.maximum)]
    first, last = (row.clip(0, height).astype(np.int64) for row in rows)
    return first, last


def _add(mask: Mask, corners: Outline, first: NDArray[np.int64], last: NDArray[np.int64]) -> None:
    """Set the inside of one outline, in the box of rows and columns that it touches."""
    width = mask.shape[1]
    top, bottom = int(first.min()), int(last.max())
    left = int(np.floor(corners[:, 0].min()).clip(0, width))
    right = int(np.ceil(corners[:, 0].max()).clip(0, width))
    if top >= bottom or left >= right:
        return
    box = np.zeros((bottom - top, right - left + 1), np.uint8)
    starts, ends = _downwards(corners)
    counts = last - first
    for edges in _batches(counts):
        rows = np.repeat(first[edges] - np.r_[0, counts[edges].cumsum()[:-1]], counts[edges])
        rows = rows + np.arange(rows.size)
        (x0, y0), (x1, y1) = (np.repeat(p[edges], counts[edges], axis=0).T for p in (starts, ends))
        crossing = x0 + (rows + 0.5 - y0) * ((x1 - x0) / (y1 - y0))
        columns = np.ceil(crossing - 0.5).clip(left, right).astype(np.int64) - left
        np.add.at(box.reshape(-1), (rows - top) * box.shape[1] + columns, np.uint8(1))
    inside = np.bitwise_xor.accumulate(box & 1, axis=1)[:, :-1].astype(np.bool_)
    mask[top:bottom, left:right] |= inside


def _downwards(corners: Outline) -> tuple[Outline, Outline]:
    """Each edge's ends from top to bottom: an edge gone both ways then cancels exactly."""
    nexts = np.roll(corners, -1, axis=0)
    flip = (corners[:, 1] > nexts[:, 1])[:, None]
    return np.where(flip, nexts, corners), np.where(flip, corners, nexts)


def _batches(counts: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Edges that cross any row, in batches of about `_AT_ONCE` crossings."""
    crossing = np.flatnonzero(counts)
    if not crossing.size:
        return []
    batch = counts[crossing].cumsum() // _AT_ONCE
    return np.split(crossing, np.flatnonzero(np.diff(batch)) + 1)


def require_drawn_on(size_wh: tuple[object, object], name: str) -> tuple[int, int] | None:
    """The size a file says its outlines were drawn on, None where it says nothing.

    Raises UnreadableImage for a size that no image can have.
    """
    if size_wh[0] is None or size_wh[1] is None:
        return None
    width, height = (
        side if isinstance(side, int) and not isinstance(side, bool) else 0 for side in size_wh
    )
    if min(width, height) < 1 or width * height > MAX_PIXELS:
        raise UnreadableImage(f"{name} names an image size that is not possible.")
    return width, height
