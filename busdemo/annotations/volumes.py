"""Masks in volumes (NIfTI, NRRD, MetaImage, NumPy): where they lie in space, or one slice."""

import gzip
import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from busdemo.annotations.annotation import Annotation, Provenance
from busdemo.annotations.figures import paste_mask
from busdemo.annotations.labelled import plain_label
from busdemo.annotations.pictures import split_pixels
from busdemo.annotations.request import MaskFile, Request
from busdemo.imaging.arrays import Mask
from busdemo.imaging.images import Scan
from busdemo.imaging.opening import open_volume
from busdemo.imaging.pixels import Pixels, in_plain_type, require_finite
from busdemo.imaging.refusals import UnreadableImage
from busdemo.imaging.volumes import FLIP, Segment, Volume

Take = Callable[[int], NDArray[Any]]
"""The values (H, W) of a layer that the mask is made of."""


def read_volume_mask(file: MaskFile, request: Request) -> list[Annotation]:
    """The masks of one slice, one for each segment or label unless they are to be merged.

    Where image and mask both lie in space, what lies on the image's pixels. Otherwise the first
    axis runs to the right and the second down; where only the other way round fits the image, they
    are exchanged, and that is said. Raises UnreadableImage with one sentence.
    """
    volume = open_volume(file.data, file.name)
    found, number, slices = _take_in_place(volume, request), 1, 1
    if found is None:
        slices = volume.shape[2]
        number, note = _pick_slice(volume, request)
        found = _take_slice(volume, number - 1, (note,) if note else (), request)
    take, notes = found
    if volume.segments:
        facts = Provenance(reading=notes, frame=number, frames=slices)
        return _read_segments(volume, take, facts, request)
    values = in_plain_type(take(0))
    require_finite(values, file.name)
    pixels = Pixels(values, None, file.name, "", notes, frames=slices, frame=number)
    return split_pixels(pixels, request)


def _read_segments(
    volume: Volume, take: Take, facts: Provenance, request: Request
) -> list[Annotation]:
    """One annotation for each segment that is asked for."""
    labels = [plain_label(one.label) for one in volume.segments]
    if request.label is not None and request.label not in labels:
        known = ", ".join(labels)
        raise UnreadableImage(f"{volume.name} has no label {request.label!r}; its labels: {known}.")
    found = []
    for label, segment in zip(labels, volume.segments, strict=True):
        if request.label in (None, label):
            mask = _marks(take(segment.layer), segment)
            told = replace(facts, label=label, drawn_on_wh=mask.shape[::-1])
            found.append(Annotation("", "person", mask, told))
    return found


def _marks(values: NDArray[Any], segment: Segment) -> Mask:
    return np.asarray(values != 0 if segment.value is None else values == segment.value)


def _count(volume: Volume, index: int) -> int:
    layers = range(len(volume.layers))
    return sum(int(np.count_nonzero(volume.read_slice(index, layer))) for layer in layers)


def _pick_slice(volume: Volume, request: Request) -> tuple[int, str]:
    """Which slice is read, from 1, and a note."""
    slices = volume.shape[2]
    number, note = request.pick_frame(slices, volume.name, word="slice")
    if number is not None:
        return number, note
    number = max(range(slices), key=lambda k: _count(volume, k)) + 1
    return number, f"slice {number} of {slices}, the one with most lesion"


def _take_slice(
    volume: Volume, index: int, notes: tuple[str, ...], request: Request
) -> tuple[Take, tuple[str, ...]]:
    """A slice as it is kept, rows and columns exchanged where only that fits."""
    columns, rows, _ = volume.shape
    if volume.corner and not request.target.world:
        return _take_cut_out(volume, index, notes, request)
    exchanged = (rows, columns) == request.size_wh != (columns, rows)
    if exchanged:
        notes = (*notes, "rows and columns exchanged to fit")
    if bool(request.target.world) != volume.is_placed:
        whose = "the mask" if volume.is_placed else "the image"
        notes = (*notes, f"only {whose} says where in space it lies: rows and columns are compared")
    elif volume.is_placed and request.options.frame is None and not _lies_on(volume, request):
        notes = (*notes, "as both headers have it, mask and image lie apart: rows are compared")

    def take(layer: int) -> NDArray[Any]:
        plane = volume.read_slice(index, layer)
        return np.swapaxes(plane, 0, 1) if exchanged else plane

    return take, notes


def _take_cut_out(
    volume: Volume, index: int, notes: tuple[str, ...], request: Request
) -> tuple[Take, tuple[str, ...]]:
    """A slice that is a part of its image's, as 3D Slicer saves what is around a segment alone."""
    (width, height), (left, top, _) = request.size_wh, volume.corner or (0, 0, 0)

    def take(layer: int) -> NDArray[Any]:
        part = volume.read_slice(index, layer)
        return paste_mask(part, (left, top), (width, height), volume.name)

    return take, (*notes, f"put back to column {left} and row {top}, where it was cut out")


def _lies_on(volume: Volume, request: Request) -> bool:
    """Do its rows and columns lie where the image's do?"""
    columns, rows, slices = volume.shape
    place = volume.place(min(request.target.frame, slices) - 1)
    world = request.target.world
    if (columns, rows) != request.size_wh or place is None or world is None:
        return False
    return np.allclose(place, world, atol=0.01)


def _take_in_place(volume: Volume, request: Request) -> tuple[Take, tuple[str, ...]] | None:
    """What lies on the image's own pixels in space.

    None where a slice is asked for or one of both says nothing, where that is as it is kept, and
    where nothing it marks would lie in the image.
    """
    world, time = request.target.world, request.target.frame - 1
    if request.options.frame is not None or world is None or not volume.is_placed:
        return None
    if _lies_on(volume, request):
        return None
    layers = range(len(volume.layers))
    planes = [volume.sample(world, request.size_wh, layer=n, time=time) for n in layers]
    shown = any(plane.any() for plane in planes)
    if not shown and any(_count(volume, k) for k in range(volume.shape[2])):
        return None
    return planes.__getitem__, ("brought to the image's pixels by where both lie in space",)


def find_affine(scan: Scan | None) -> NDArray[np.float64]:
    """4 x 4: where a mask of a scan lies, from indices to mm to the right, front and up.

    As SimpleITK writes a picture's where the scan says nothing.
    """
    spacing = scan.spacing if scan else None
    x, y = (spacing.x, spacing.y) if spacing else (1.0, 1.0)
    affine = np.diag([-x, -y, 1.0, 1.0])
    if scan and scan.world:  # the mask lies where its image does
        across, down, corner = np.asarray(scan.world).T
        normal = np.cross(across, down) / np.linalg.norm(np.cross(across, down))
        affine[:3] = np.stack([across, down, normal, corner], axis=1)
    return affine


def write_nifti(mask: Mask, scan: Scan | None) -> bytes:
    """A .nii.gz of a mask (H, W): uint8, 1 lesion; spacing and place are the scan's."""
    from nibabel import Nifti1Image  # noqa: PLC0415

    values = mask.T.astype(np.uint8)
    if scan and scan.world:  # of a flat file, SimpleITK keeps no place in space
        values = values[..., None]
    image = Nifti1Image(values, find_affine(scan))
    image.header.set_xyzt_units("mm" if scan and scan.spacing else "unknown")
    return gzip.compress(image.to_bytes(), mtime=0)


def write_nrrd(mask: Mask, label: str, scan: Scan | None) -> bytes:
    """A .seg.nrrd of a mask (H, W) with one segment, as 3D Slicer writes it: uint8, gzip."""
    affine, (height, width) = FLIP @ find_affine(scan), mask.shape
    *steps, origin = (f"({','.join(f'{x:.10g}' for x in affine[:3, k])})" for k in range(4))
    lines = [
        "NRRD0004",
        "type: uint8",
        "dimension: 3",
        "space: left-posterior-superior",
        f"sizes: {width} {height} 1",
        f"space directions: {' '.join(steps)}",
        "kinds: domain domain domain",
        "encoding: gzip",
        f"space origin: {origin}",
        "Segment0_ID:=Segment_1",
        f"Segment0_Name:={plain_label(label)}",
        "Segment0_LabelValue:=1",
        "Segment0_Layer:=0",
    ]
    return "\n".join([*lines, "", ""]).encode() + gzip.compress(
        mask.astype(np.uint8).tobytes(), mtime=0
    )


def write_metaimage(mask: Mask, scan: Scan | None) -> bytes:
    """A .mha of a mask (H, W): uint8, 1 lesion."""
    affine, (height, width) = FLIP @ find_affine(scan), mask.shape
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    fields = {
        "ObjectType": "Image",
        "NDims": 3,
        "BinaryData": True,
        "BinaryDataByteOrderMSB": False,
        "CompressedData": False,
        "TransformMatrix": _words((affine[:3, :3] / spacing).T.ravel()),
        "Offset": _words(affine[:3, 3]),
        "ElementSpacing": _words(spacing),
        "DimSize": f"{width} {height} 1",
        "ElementType": "MET_UCHAR",
        "ElementDataFile": "LOCAL",
    }
    head = "".join(f"{key} = {value}\n" for key, value in fields.items())
    return head.encode() + mask.astype(np.uint8).tobytes()


def write_npy(mask: Mask) -> bytes:
    """A .npy of a mask (H, W), bool."""
    kept = io.BytesIO()
    np.save(kept, mask, allow_pickle=False)
    return kept.getvalue()


def _words(numbers: NDArray[np.float64]) -> str:
    return " ".join(f"{number:.10g}" for number in numbers)
