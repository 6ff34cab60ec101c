"""Volumes: NIfTI, NRRD, MetaImage and NumPy files, one slice of them as a picture.

The first axis runs to the right and the second down, as a picture keeps them; anatomical
directions turn nothing by themselves.
"""

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from busdemo.imaging.pixels import Pixels, World, in_plain_type, pick_frame, require_finite
from busdemo.imaging.quiet import hushed
from busdemo.imaging.refusals import MAX_VOLUME_BYTES, UnreadableImage, require_size
from busdemo.imaging.spacing import Spacing, find_spacing

FLIP = np.diag([-1.0, -1.0, 1.0, 1.0])
"""From the axes of NRRD, MetaImage and DICOM (left, back, up) to those of NIfTI, kept here."""


_AT_ONCE = 2_000_000
"""Pixels that are looked up at a time."""


@dataclass(frozen=True)
class Segment:
    """A label of a volume that names its labels: the values `value` of one of its layers."""

    label: str
    value: int | None = None
    """None means every value but 0."""
    layer: int = 0


@dataclass(frozen=True, eq=False)
class Volume:
    """A file of slices, opened; they are read one at a time."""

    name: str
    layers: tuple[Any, ...]
    """Arrays, or what is indexed like one, of one shape: columns, rows, slices; mostly only one."""
    affine: NDArray[np.float64] | None = None
    """4 x 4, from indices to mm to the right, front and up; None where the file does not say."""
    spacing: Spacing | None = None
    notes: tuple[str, ...] = ()
    segments: tuple[Segment, ...] = ()
    corner: tuple[int, ...] = ()
    """Column, row and slice of its image that its first voxel is; empty where it is all of it."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Columns, rows and slices; sides of 1 px come last."""
        sides = [int(side) for side in self.layers[0].shape]
        first, second, third = [*sorted(sides, key=lambda side: side == 1), 1, 1, 1][:3]
        return first, second, third

    @property
    def _axes(self) -> list[int]:
        """Of columns, rows and, where there are several, slices."""
        sides = self.layers[0].shape
        axes = [axis for axis, side in enumerate(sides) if side > 1]
        return axes if len(axes) > 1 else list(range(2))

    def read_slice(self, index: int, layer: int = 0) -> NDArray[Any]:
        """(H, W) or uint8 (H, W, 3) of slice `index`, from 0: the first axis runs to the right."""
        with refusing(self.name):
            place: list[Any] = [0] * len(self.layers[0].shape)
            axes = self._axes
            place[axes[0]] = place[axes[1]] = slice(None)
            if len(axes) > 2:
                place[axes[2]] = index
            return np.ascontiguousarray(_in_channels(self.layers[layer][tuple(place)], swap=True))

    @property
    def is_placed(self) -> bool:
        """Does the header say where in space it lies? Converters write the identity."""
        if self.affine is None or not np.isfinite(self.affine).all():
            return False
        return not np.array_equal(np.abs(self.affine), np.eye(4))

    def place(self, index: int) -> World | None:
        """Where the pixels of a slice, from 0, lie in space; None where it says nothing."""
        axes = [axis for axis in self._axes if axis < 3]
        if self.affine is None or not self.is_placed or len(axes) < 2:
            return None
        corner = np.array([0.0, 0.0, 0.0, 1.0])
        if len(axes) > 2:
            corner[axes[2]] = index
        columns = (self.affine[:3, axes[0]], self.affine[:3, axes[1]], (self.affine @ corner)[:3])
        x, y, z = np.stack(columns, axis=1).tolist()
        return tuple(x), tuple(y), tuple(z)

    def sample(
        self, world: World, size_wh: tuple[int, int], *, layer: int = 0, time: int = 0
    ) -> NDArray[Any]:
        """(H, W) in the file's type, say uint8: each pixel's nearest voxel, 0 outside of all.

        `time`, from 0, counts along a fourth axis.
        """
        step = max(1, _AT_ONCE // size_wh[0])
        blocks = [
            self._sample_rows(world, (top, min(top + step, size_wh[1])), size_wh[0], (layer, time))
            for top in range(0, size_wh[1], step)
        ]
        return _in_channels(np.concatenate(blocks))

    def _sample_rows(
        self, world: World, rows: tuple[int, int], width: int, which: tuple[int, int]
    ) -> NDArray[Any]:
        """The same of some rows of the image, from one and before another, colours as records."""
        y, x = (axis.ravel() for axis in np.mgrid[rows[0] : rows[1], :width])
        with refusing(self.name):
            back = np.linalg.inv(np.asarray(self.affine)) @ np.vstack([world, [0, 0, 1]])
            voxels = np.rint((back @ np.stack([x, y, x * 0 + 1]))[:3]).clip(-1, 2**31)
            data = self.layers[which[0]]
            sides = np.array((*data.shape, 1, 1, 1)[:3])[:, None]
            voxels[(sides == 1).ravel()] = 0  # a flat volume lies in its image's plane
            inside = ((voxels >= 0) & (voxels < sides)).all(axis=0)
            kept, low, high = voxels[:, inside].astype(np.int64), [0, 0, 0], [1, 1, 1]
            if kept.size:
                low, high = kept.min(axis=1).tolist(), (kept.max(axis=1) + 1).tolist()
            box: list[Any] = [slice(*ends) for ends in zip(low, high, strict=True)]
            box = [*box[: len(data.shape)], *(min(which[1], n - 1) for n in data.shape[3:])]
            near = np.asarray(data[tuple(box)])
            near = near.reshape((*near.shape, 1, 1)[:3])
            values = np.zeros(x.size, near.dtype)
            if kept.size:
                values[inside] = near[tuple(kept - np.array(low)[:, None])]
        return values.reshape(-1, width)


def read_volume(opened: Volume, data: bytes, frame: int | None) -> Pixels:
    """One slice of a volume, from 1, the first if None.

    A spacing of exactly 1 is taken as unknown: converters write it where they know none.
    Raises UnreadableImage with one sentence.
    """
    columns, rows, slices = opened.shape
    require_size((columns, rows), opened.name)
    index, notes = pick_frame(frame, slices, opened.name)
    values = in_plain_type(opened.read_slice(index))
    require_finite(values, opened.name)
    return Pixels(
        values,
        None,
        opened.name,
        hashlib.sha256(data).hexdigest(),
        (*notes, *opened.notes),
        opened.spacing,
        slices,
        index + 1,
        opened.place(index),
    )


def require_volume(shape: tuple[int, ...], dtype: np.dtype[Any], name: str) -> None:
    """Raise UnreadableImage for a volume that is too large, has a time axis, or holds no numbers.

    ValueError says that of one that is damaged.
    """
    sides = sorted((int(side) for side in shape), key=lambda side: side == 1)
    total = 1
    for side in sides:
        total *= max(0, side)
    if len(shape) < 2 or not total or dtype.kind not in "buifV" or dtype.itemsize > 8:
        raise ValueError("nothing in it, or unknown values")
    if total > MAX_VOLUME_BYTES:
        raise too_large(name)
    if len([side for side in sides if side > 1]) > 3:
        raise UnreadableImage(f"{name} has four dimensions; please save one volume of it.")
    first, second = [*sides, 1, 1][:2]
    require_size((first, second), name, 1)


def too_large(name: str) -> UnreadableImage:
    """The refusal of a volume of more than `MAX_VOLUME_BYTES`."""
    return UnreadableImage(
        f"{name} holds more than {MAX_VOLUME_BYTES // 2**20} MB when unpacked; "
        "please save the slice you need and upload that."
    )


def find_plane_spacing(
    zooms: Sequence[float], shape: tuple[int, ...], whose: str, *, mm: float = 1.0
) -> Spacing | None:
    """Of the two axes that are shown, in units of `mm`; exactly 1 is taken as unknown."""
    axes = [axis for axis, side in enumerate(shape) if side > 1] + [0, 1]
    x, y = (abs(float((*zooms, 1.0, 1.0)[axis])) for axis in axes[:2])
    return None if (x, y) == (1.0, 1.0) else find_spacing(x * mm, y * mm, whose)


@contextlib.contextmanager
def refusing(name: str, what: str = "a volume") -> Iterator[None]:
    """Whatever a library raises becomes one sentence; its warnings and logs go nowhere."""
    try:
        with hushed():
            yield
    except UnreadableImage:
        raise
    except Exception:
        raise UnreadableImage(
            f"{name} is {what} that is damaged or of a kind that is not read here; "
            "please save it again or as PNG."
        ) from None


def inflate(start: Callable[[bytes, int], bytes], data: bytes, name: str) -> bytes:
    """What a decompressor makes of data, `MAX_VOLUME_BYTES` of it and some at the most."""
    try:
        return start(data, MAX_VOLUME_BYTES + 2**20)
    except Exception:
        raise UnreadableImage(
            f"{name} ends too early or is damaged; please upload it again."
        ) from None


def _in_channels(values: Any, *, swap: bool = False) -> NDArray[Any]:
    """Colours, kept as records, as a last axis; rows and columns exchanged."""
    plane = np.asarray(values)
    plane = np.swapaxes(plane, 0, 1) if swap else plane
    return np.stack([plane[c] for c in "RGB"], axis=-1) if plane.dtype.names else plane
