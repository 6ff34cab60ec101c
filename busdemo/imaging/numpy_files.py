"""NumPy's .npy and .npz files: the values alone, without a library that runs what lies in them."""

import io
import math
import zipfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from busdemo.imaging.refusals import MAX_VOLUME_BYTES, UnreadableImage
from busdemo.imaging.volumes import Segment, Volume, refusing, require_volume

_MASKS = ("mask", "seg", "label", "gt", "annotation", "lesion")
"""What an array of a mask is called, where an .npz holds others."""


def open_npy(data: bytes, name: str) -> Volume:
    """An array (H, W), (slices, H, W) or uint8 (H, W, 3); UnreadableImage with one sentence."""
    with refusing(name, "a NumPy file"):
        return Volume(name, (_in_order(_read_array(data), name),))


def open_npz(data: bytes, name: str) -> Volume:
    """The only array of an .npz, or each that is called a mask as a segment of its own.

    Raises UnreadableImage with one sentence.
    """
    with refusing(name, "a NumPy file"), zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [one for one in archive.infolist() if one.filename.endswith(".npy")]
        if not members:
            raise ValueError("no arrays")
        if len(members) > 1:
            called = [m for m in members if any(word in m.filename.lower() for word in _MASKS)]
            if not called:
                names = ", ".join(member.filename[:-4][:30] for member in members[:5])
                raise UnreadableImage(
                    f"{name} holds several arrays ({names}), and none is called a mask; please "
                    "save the one you mean as .npy."
                )
            members = called
        if sum(member.file_size for member in members) > MAX_VOLUME_BYTES:
            raise ValueError("too large")
        read = [archive.open(member).read(MAX_VOLUME_BYTES) for member in members]
        arrays = tuple(_in_order(_read_array(one), name) for one in read)
    if len({array.shape for array in arrays}) > 1:
        raise UnreadableImage(f"{name} holds masks of several sizes; please save one as .npy.")
    return Volume(name, arrays, segments=_segments([member.filename[:-4] for member in members]))


def _segments(names: list[str]) -> tuple[Segment, ...]:
    return (
        tuple(Segment(name, None, layer) for layer, name in enumerate(names)) if names[1:] else ()
    )


def _read_array(data: bytes) -> NDArray[Any]:
    """The array, a view of the file's own bytes; ValueError for objects and broken headers."""
    file = io.BytesIO(data)
    version = np.lib.format.read_magic(file)
    old = version == (1, 0)
    read = np.lib.format.read_array_header_1_0 if old else np.lib.format.read_array_header_2_0
    shape, is_fortran, kind = read(file)
    if kind.hasobject or any(side < 1 for side in shape):
        raise ValueError("objects, or nothing")
    count = math.prod(shape)
    flat = np.frombuffer(data, kind, count, file.tell())
    return flat.reshape(shape, order="F" if is_fortran else "C")


def _in_order(array: NDArray[Any], name: str) -> NDArray[Any]:
    """Columns, rows, slices, of what NumPy keeps as (slices, rows, columns)."""
    array = array.reshape([side for side in array.shape if side > 1] or [1])
    coloured = array.ndim == 3 and array.shape[2] in (3, 4) and array.dtype == np.uint8
    flat = array[..., 0] if coloured else array
    require_volume(flat.shape[::-1], array.dtype, name)
    if coloured:
        colours = np.zeros(flat.shape, [(channel, "u1") for channel in "RGB"])
        for n, channel in enumerate("RGB"):
            colours[channel] = array[..., n]
        return colours.T
    return array.T
