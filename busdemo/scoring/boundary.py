"""How far two outlines lie apart: one geometry for any number of masks, cheap numbers from it.

The boundary of a mask is its pixels with a 4-neighbour outside it; beyond the image all is
outside, so a lesion cut by the border ends there. Distances run between centres of boundary
pixels. Written d(A, B) for the distances from each boundary pixel of A to the nearest of B:

- HD95 = max of the 95th percentiles of d(A, B) and d(B, A), interpolated linearly (Huttenlocher
  et al., TPAMI 1993, with the percentile in place of the maximum).
- ASSD = mean of d(A, B) and d(B, A) together (Heimann et al., IEEE TMI 2009).
- NSD at a tolerance = share of d(A, B) and d(B, A) together that is at most the tolerance
  (Nikolov et al., JMIR 2021; every boundary pixel counts the same here).

These are MONAI's definitions, and its numbers. Empties are settled as in `scoring.outcome`: both
empty nan, one empty inf (NSD 0).

Distances are kept as squares, which are whole numbers: OpenCV's transform (float32) is 3 to 10
times as fast as SciPy's, and rounding its squares makes it exact where the masks together are less
than 4096 px across; beyond that a distance is right within 0.001 px.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from busdemo.imaging.arrays import Mask, require_mask, require_same_size

Squares = NDArray[np.int32] | NDArray[np.float64]
"""(n,), ascending: squared distances in px², one a boundary pixel; int32 of square pixels. Where
they are not square, a px is the side of the square of a pixel's area."""

PERCENTILE = 0.95


@dataclass(frozen=True, eq=False)
class Distances:
    """Between two boundaries, both ways."""

    to_reference: Squares
    """From each boundary pixel of the mask to the reference's boundary; empty if either is."""
    to_mask: Squares
    """From each boundary pixel of the reference to the mask's boundary; empty if either is."""
    undefined: float
    """What a distance is where there is none: nan if both masks are empty, else inf."""

    @property
    def hd95_px(self) -> float:
        """95th percentile of the Hausdorff distance in px."""
        if not self.to_mask.size:
            return self.undefined
        return max(_percentile(self.to_reference), _percentile(self.to_mask))

    @property
    def assd_px(self) -> float:
        """Average symmetric surface distance in px."""
        if not self.to_mask.size:
            return self.undefined
        total = np.sqrt(self.to_reference).sum() + np.sqrt(self.to_mask).sum()
        return float(total / (self.to_reference.size + self.to_mask.size))

    def nsd(self, tolerance_px: float) -> float:
        """Normalised surface Dice in [0, 1]: share of both boundaries within the tolerance."""
        if not self.to_mask.size:
            return math.nan if math.isnan(self.undefined) else 0.0
        # The tolerance is squared in double precision; squares of distances are whole numbers.
        most = min(tolerance_px**2 * (1 + 1e-12), 2.0**31 - 1)
        if self.to_mask.dtype == np.int32:
            most = math.floor(most)
        near = sum(np.searchsorted(part, most, side="right") for part in self._parts)
        return float(near / sum(part.size for part in self._parts))

    @property
    def _parts(self) -> tuple[Squares, Squares]:
        return self.to_reference, self.to_mask


def measure_boundaries(masks: Sequence[Mask], *, aspect: float = 1.0) -> list[list[Distances]]:
    """The distances of every mask (row) to every other as its reference (column).

    `masks` are N (H, W) bool of one size; the answer is N x N. `aspect` > 0 is a pixel's height
    over its width. One distance transform a mask, over the smallest box that holds them all.

    Raises TypeError or ValueError for other arrays.
    """
    edges, shape = _find_edges(masks)
    nothing: Squares = np.zeros(0, np.int32)
    directed: list[list[Squares]] = [[nothing] * len(edges) for _ in edges]
    for column, target in enumerate(edges):
        if not target.size:
            continue
        squares = _transform(target, shape, aspect)
        for row, edge in enumerate(edges):
            found: Squares = squares[edge]
            found.sort()
            directed[row][column] = found
    return [
        [
            Distances(
                directed[row][column],
                directed[column][row],
                math.inf if edges[row].size or edges[column].size else math.nan,
            )
            for column in range(len(edges))
        ]
        for row in range(len(edges))
    ]


def measure_boundary(mask: Mask, reference: Mask) -> Distances:
    """The distances between the boundaries of two (H, W) bool masks; errors as above.

    >>> import numpy as np
    >>> reference = np.zeros((20, 20), np.bool_)
    >>> reference[5:15, 5:15] = True
    >>> distances = measure_boundary(np.roll(reference, 3, axis=1), reference)
    >>> distances.hd95_px
    3.0
    """
    return measure_boundaries([mask, reference])[0][1]


def find_box(masks: Sequence[Mask]) -> tuple[slice, slice]:
    """Rows and columns of the smallest box that holds all lesion pixels of (H, W) bool masks."""
    boxes = [cv2.boundingRect(np.ascontiguousarray(mask).view(np.uint8)) for mask in masks]
    found = [(x, y, x + w, y + h) for x, y, w, h in boxes if w]
    if not found:
        return slice(0, 0), slice(0, 0)
    left, top, right, bottom = zip(*found, strict=True)
    return slice(min(top), max(bottom)), slice(min(left), max(right))


def _find_edges(masks: Sequence[Mask]) -> tuple[list[NDArray[np.intp]], tuple[int, int]]:
    """The flat places of each mask's boundary pixels in their common box, and the box's size."""
    for mask in masks:
        require_mask(mask)
        require_same_size(mask, masks[0])
    rows, columns = find_box(masks)
    shape = (rows.stop - rows.start, columns.stop - columns.start)
    return [_find_edge(mask[rows, columns]) for mask in masks], shape


def _find_edge(mask: Mask) -> NDArray[np.intp]:
    if not mask.size:
        return np.zeros(0, np.intp)
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    pixels = np.ascontiguousarray(mask).view(np.uint8)
    inner = cv2.erode(pixels, cross, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return np.flatnonzero(pixels != inner)


def _transform(edge: NDArray[np.intp], shape: tuple[int, int], aspect: float) -> Squares:
    """(h * w,): squared distance in px² of every pixel of the box to the nearest of the edge."""
    elsewhere = np.ones(shape, np.uint8)
    elsewhere.ravel()[edge] = 0
    if aspect != 1:
        sides = (math.sqrt(aspect), 1 / math.sqrt(aspect))
        apart = distance_transform_edt(elsewhere, sampling=sides)
        return np.asarray(apart, np.float64).ravel() ** 2
    distances = cv2.distanceTransform(elsewhere, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.rint(np.asarray(distances, np.float64).ravel() ** 2).astype(np.int32)


def _percentile(squares: Squares) -> float:
    at = PERCENTILE * (squares.size - 1)
    below = int(at)
    low, high = np.sqrt(squares[[below, min(below + 1, squares.size - 1)]].astype(np.float64))
    return float(low + (high - low) * (at - below))
