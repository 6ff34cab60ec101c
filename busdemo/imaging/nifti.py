"""NIfTI files, opened: their slices, where they lie, and the spacing of their pixels."""

import struct
import zlib

import numpy as np

from busdemo.imaging.refusals import MAX_VOLUME_BYTES
from busdemo.imaging.spacing import Spacing
from busdemo.imaging.volumes import (
    Volume,
    find_plane_spacing,
    inflate,
    refusing,
    require_volume,
    too_large,
)

_TO_MM = {1: 1000.0, 2: 1.0, 3: 0.001}
"""By the header's unit: metres, millimetres, micrometres."""


def open_nifti(data: bytes, name: str) -> Volume:
    """The file opened, at most `MAX_VOLUME_BYTES` of it; UnreadableImage with one sentence."""
    from nibabel import Nifti1Image, Nifti2Image  # noqa: PLC0415

    plain = data
    if data.startswith(b"\x1f\x8b"):
        plain = inflate(zlib.decompressobj(wbits=31).decompress, data, name)
    with refusing(name, "a NIfTI file"):
        _require_bounded(plain, name)
        kind = Nifti2Image if plain[4:8] == b"n+2\0" else Nifti1Image
        image = kind.from_bytes(plain)
        require_volume(image.shape, image.get_data_dtype(), name)
        unit = int(image.header["xyzt_units"]) & 7
        zooms, mm = image.header.get_zooms(), _TO_MM.get(unit, 1.0)
        spacing = find_plane_spacing(zooms, image.shape, "NIfTI header", mm=mm)
        affine = np.asarray(image.affine, np.float64)
    return Volume(name, (image.dataobj,), affine, spacing, _doubt(spacing, unit))


def _doubt(spacing: Spacing | None, unit: int) -> tuple[str, ...]:
    if spacing is None or unit in _TO_MM:
        return ()
    return (f"a pixel of {spacing}: the header names no unit, mm is taken",)


def _require_bounded(plain: bytes, name: str) -> None:
    """Refuse a header that promises more than `MAX_VOLUME_BYTES`, before anything is read."""
    second = plain[4:7] == b"n+2"
    size = 540 if second else 348
    order = "<" if struct.unpack_from("<i", plain)[0] == size else ">"
    dims = struct.unpack_from(f"{order}8q", plain, 16) if second else ()
    dims = dims or struct.unpack_from(f"{order}8h", plain, 40)
    (bits,) = struct.unpack_from(f"{order}h", plain, 14 if second else 72)
    total = max(8, bits) // 8
    for side in dims[1 : 1 + max(0, min(7, dims[0]))]:
        total *= max(0, side)
    if total > MAX_VOLUME_BYTES:
        raise too_large(name)
