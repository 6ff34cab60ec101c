"""NIfTI files: one slice, in the order the file keeps it, never more than a bounded volume."""

import contextlib
import hashlib
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from busdemo.imaging.pixels import Pixels, World, in_plain_type, pick_frame, require_finite
from busdemo.imaging.quiet import hushed
from busdemo.imaging.refusals import (
    MAX_VOLUME_BYTES,
    MissingLibrary,
    UnreadableImage,
    require_size,
)
from busdemo.imaging.spacing import Spacing, find_spacing

_MOST_HEADER = 2**20
_METRES, _MILLIMETRES, _MICROMETRES = 1, 2, 3


@dataclass(frozen=True, eq=False)
class Volume:
    """A NIfTI file, opened; slices are read one at a time."""

    image: Any
    name: str
    shape: tuple[int, int, int]
    """Columns, rows and slices; sides of 1 px come last."""

    def read_slice(self, index: int) -> NDArray[Any]:
        """(H, W) or uint8 (H, W, 3) of slice `index`, from 0: the first axis runs to the right."""
        with _refusing(self.name):
            place: list[Any] = [0] * len(self.image.shape)
            axes = [axis for axis, side in enumerate(self.image.shape) if side > 1]
            place[axes[0]] = place[axes[1]] = slice(None)
            if len(axes) > 2:
                place[axes[2]] = index
            plane = np.asarray(self.image.dataobj[tuple(place)])
            if plane.dtype.names:
                plane = np.stack([plane[channel] for channel in "RGB"], axis=-1)
            return np.ascontiguousarray(np.swapaxes(plane, 0, 1))

    @property
    def is_placed(self) -> bool:
        """Does the header say where in space it lies? Converters write the identity."""
        return not np.array_equal(np.abs(self.image.affine), np.eye(4))

    def place(self, index: int) -> World | None:
        """Where the pixels of a slice, from 0, lie in space; None where it says nothing."""
        if not self.is_placed:
            return None
        axes = [axis for axis, side in enumerate(self.image.shape[:3]) if side > 1]
        if len(axes) < 2:
            return None
        corner = np.array([0.0, 0.0, 0.0, 1.0])
        if len(axes) > 2:
            corner[axes[2]] = index
        affine = np.asarray(self.image.affine, np.float64)
        columns = (affine[:3, axes[0]], affine[:3, axes[1]], (affine @ corner)[:3])
        x, y, z = np.stack(columns, axis=1).tolist()
        return tuple(x), tuple(y), tuple(z)

    def sample(self, world: World, size_wh: tuple[int, int]) -> NDArray[Any]:
        """(H, W) in the file's type, say uint8: each pixel's nearest voxel, 0 outside of all."""
        rows, columns = np.mgrid[: size_wh[1], : size_wh[0]]
        points = np.asarray(world) @ np.stack(
            [columns.ravel(), rows.ravel(), columns.ravel() * 0 + 1]
        )
        back = np.linalg.inv(np.asarray(self.image.affine, np.float64))
        voxels = np.rint(back[:3, :3] @ points + back[:3, 3:]).astype(np.int64)
        with _refusing(self.name):
            data = np.asarray(self.image.dataobj)
            data = data.reshape((*data.shape, 1, 1, 1)[:3])
        sides = np.array(data.shape)[:, None]
        voxels[(sides == 1).ravel()] = 0  # a flat volume lies in its image's plane
        inside = ((voxels >= 0) & (voxels < sides)).all(axis=0)
        values = np.zeros(rows.size, data.dtype)
        values[inside] = data[tuple(voxels[:, inside])]
        return values.reshape(rows.shape)


def read_nifti(data: bytes, name: str, frame: int | None) -> Pixels:
    """One slice of a NIfTI image, from 1, the first if None.

    The first axis runs to the right and the second down, as a picture keeps them; the
    anatomical directions of the header turn nothing. A spacing of exactly 1 is taken as
    unknown: converters write it where they know none.

    Raises UnreadableImage (MissingLibrary without nibabel) with one sentence.
    """
    volume = open_nifti(data, name)
    index, notes = pick_frame(frame, volume.shape[2], name)
    values = in_plain_type(volume.read_slice(index))
    require_finite(values, name)
    digest = hashlib.sha256(data).hexdigest()
    slices = volume.shape[2]
    spacing, doubt = _spacing(volume)
    return Pixels(
        values,
        None,
        name,
        digest,
        (*notes, *doubt),
        spacing,
        slices,
        index + 1,
        volume.place(index),
    )


def open_nifti(data: bytes, name: str) -> Volume:
    """The file opened, at most `MAX_VOLUME_BYTES` of it; UnreadableImage with one sentence."""
    try:
        from nibabel import Nifti1Image, Nifti2Image  # noqa: PLC0415
    except ImportError:
        raise MissingLibrary(name, "a NIfTI file") from None
    kind = Nifti2Image if b"n+2" in _inflate(data, 16, name)[4:12] else Nifti1Image
    plain = _inflate(data, MAX_VOLUME_BYTES + _MOST_HEADER, name)
    with _refusing(name):
        _require_bounded(plain, name)
        image = kind.from_bytes(plain)
        shape = [int(side) for side in image.shape]
        shape = [*sorted(shape, key=lambda side: side == 1), 1, 1]
        if len([side for side in shape if side > 1]) > 3:
            raise UnreadableImage(f"{name} has four dimensions; please save one volume of it.")
        if image.get_data_dtype().kind not in "uifV" or image.get_data_dtype().itemsize > 8:
            raise ValueError("unknown type of value")
    require_size((shape[0], shape[1]), name)
    return Volume(image, name, (shape[0], shape[1], shape[2]))


def _inflate(data: bytes, most: int, name: str) -> bytes:
    """The file without its gzip, `most` bytes of it at the most."""
    if not data.startswith(b"\x1f\x8b"):
        return data
    try:
        return zlib.decompressobj(wbits=31).decompress(data, most)
    except zlib.error:
        raise UnreadableImage(
            f"{name} ends too early or is damaged; please upload it again."
        ) from None


def _require_bounded(plain: bytes, name: str) -> None:
    """Refuse a header that promises more than `MAX_VOLUME_BYTES`, before anything is read."""
    second = plain[4:7] == b"n+2"
    size = 540 if second else 348
    order = "<" if struct.unpack_from("<i", plain)[0] == size else ">"
    dims = struct.unpack_from(f"{order}8q", plain, 16) if second else ()
    dims = dims or struct.unpack_from(f"{order}8h", plain, 40)
    (bits,) = struct.unpack_from(f"{order}h", plain, 14 if second else 72)
    sides = dims[1 : 1 + max(0, min(7, dims[0]))]
    total = 1
    for side in sides:
        total *= max(0, side)
    if total * max(8, bits) // 8 > MAX_VOLUME_BYTES:
        raise UnreadableImage(
            f"{name} holds more than {MAX_VOLUME_BYTES // 2**20} MB when unpacked; "
            "please save the slice you need and upload that."
        )


def _spacing(volume: Volume) -> tuple[Spacing | None, tuple[str, ...]]:
    """Of the two axes that are shown, and a note where the header names no unit."""
    header, sides = volume.image.header, volume.image.shape
    axes = [axis for axis, side in enumerate(sides) if side > 1] + [0, 1]
    x, y = (float(header.get_zooms()[axis]) for axis in axes[:2])
    unit = int(header["xyzt_units"]) & 7
    factor = {_METRES: 1000.0, _MICROMETRES: 0.001}.get(unit, 1.0)
    found = find_spacing(x * factor, y * factor, "NIfTI header")
    if found is None or (x, y) == (1.0, 1.0):
        return None, ()
    named = unit in (_METRES, _MILLIMETRES, _MICROMETRES)
    return found, () if named else (f"a pixel of {found}: the header names no unit, mm is taken",)


@contextlib.contextmanager
def _refusing(name: str) -> Iterator[None]:
    """Whatever the library raises becomes one sentence; its warnings and logs go nowhere."""
    try:
        with hushed():
            yield
    except UnreadableImage:
        raise
    except Exception:
        raise UnreadableImage(
            f"{name} is a NIfTI file that is damaged or of a kind that is not read here; "
            "please save it again or as PNG."
        ) from None
