"""Masks in NIfTI files: the slice that shows most lesion, or the one that is asked for."""

import gzip

import numpy as np
from numpy.typing import NDArray

from busdemo.annotations.annotation import Annotation
from busdemo.annotations.pictures import split_pixels
from busdemo.annotations.request import File, Request
from busdemo.imaging.arrays import Mask
from busdemo.imaging.images import Scan
from busdemo.imaging.nifti import Volume, open_nifti
from busdemo.imaging.pixels import Pixels, in_plain_type, require_finite
from busdemo.imaging.refusals import MissingLibrary


def read_nifti_mask(file: File, request: Request) -> list[Annotation]:
    """The masks of one slice, one for each label unless they are to be merged.

    The first axis runs to the right and the second down; where only the other way round fits the
    image, they are exchanged, and that is said. Raises UnreadableImage with one sentence.
    """
    name = file.name
    volume = open_nifti(file.data, name)
    columns, rows, slices = volume.shape
    apart = False
    if request.options.frame is None and request.target.world and volume.is_placed:
        found = _read_in_place(volume, name, request)
        if found is not None:
            return found
        apart = not _lies_on(volume, request)
    number, note = request.pick_frame(slices, name, word="slice")
    if number is None:
        shown = [np.count_nonzero(volume.read_slice(k)) for k in range(slices)]
        number = int(np.argmax(shown)) + 1
        note = f"slice {number} of {slices}, the one with most lesion"
    notes = (note,) if note else ()
    plane: NDArray[np.generic] = volume.read_slice(number - 1)
    if (rows, columns) == request.size_wh != (columns, rows):
        plane, notes = np.swapaxes(plane, 0, 1), (*notes, "rows and columns exchanged to fit")
    if bool(request.target.world) != volume.is_placed:
        whose = "the mask" if volume.is_placed else "the image"
        notes = (*notes, f"only {whose} says where in space it lies: rows and columns are compared")
    if apart:
        notes = (*notes, "as both headers have it, mask and image lie apart: rows are compared")
    values = in_plain_type(plane)
    require_finite(values, name)
    pixels = Pixels(values, None, name, "", notes, frames=slices, frame=number)
    return split_pixels(pixels, request)


def _lies_on(volume: Volume, request: Request) -> bool:
    """Do its rows and columns lie where the image's do?"""
    columns, rows, slices = volume.shape
    place = volume.place(min(request.target.frame, slices) - 1)
    world = request.target.world
    if (columns, rows) != request.size_wh or place is None or world is None:
        return False
    return np.allclose(place, world, atol=0.01)


def _read_in_place(volume: Volume, name: str, request: Request) -> list[Annotation] | None:
    """The mask where it lies in space, on the image's own pixels.

    None where that is as it is kept, and where nothing it marks would lie in the image.
    """
    world = request.target.world
    slices = volume.shape[2]
    if world is None or _lies_on(volume, request):
        return None
    values = in_plain_type(volume.sample(world, request.size_wh))
    require_finite(values, name)
    if not values.any() and any(volume.read_slice(k).any() for k in range(slices)):
        return None
    notes = ("brought to the image's pixels by where both lie in space",)
    return split_pixels(Pixels(values, None, name, "", notes), request)


def write_nifti(mask: Mask, scan: Scan | None) -> bytes:
    """A .nii.gz of a mask (H, W): uint8, 1 lesion, the axes as SimpleITK writes a picture's.

    The spacing is the scan's; without one, 1 and no unit. Raises MissingLibrary without nibabel.
    """
    try:
        from nibabel import Nifti1Image  # noqa: PLC0415
    except ImportError:
        raise MissingLibrary("The mask", "to become a NIfTI file") from None
    spacing = scan.spacing if scan else None
    x, y = (spacing.x, spacing.y) if spacing else (1.0, 1.0)
    affine = np.diag([-x, -y, 1.0, 1.0])
    if scan and scan.world:  # the mask lies where its image does
        across, down, corner = np.asarray(scan.world).T
        normal = np.cross(across, down) / np.linalg.norm(np.cross(across, down))
        affine[:3] = np.stack([across, down, normal, corner], axis=1)
    image = Nifti1Image(mask.T.astype(np.uint8), affine)
    image.header.set_xyzt_units("mm" if spacing else "unknown")
    return gzip.compress(image.to_bytes(), mtime=0)
