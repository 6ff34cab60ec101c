"""Masks in NIfTI files: the slice that shows most lesion, or the one that is asked for."""

import gzip

import numpy as np
from numpy.typing import NDArray

from busdemo.annotations.parts import Part, Request
from busdemo.annotations.pictures import split_pixels
from busdemo.imaging.arrays import Mask
from busdemo.imaging.images import Scan
from busdemo.imaging.nifti import open_nifti
from busdemo.imaging.pixels import Pixels, in_plain_type, pick_frame, require_finite
from busdemo.imaging.refusals import MissingLibrary


def read_nifti_mask(data: bytes, name: str, request: Request) -> list[Part]:
    """The masks of one slice, one for each label if they are asked apart.

    The first axis runs to the right and the second down; where only the other way round fits the
    image, they are exchanged, and that is said. Raises UnreadableImage with one sentence.
    """
    volume = open_nifti(data, name)
    columns, rows, slices = volume.shape
    index, notes = pick_frame(request.frame, slices, name)
    if request.frame is None and slices > 1:
        shown = [np.count_nonzero(volume.read_slice(k)) for k in range(slices)]
        index = int(np.argmax(shown))
        notes = (f"slice {index + 1} of {slices}, the one with most lesion",)
    plane: NDArray[np.generic] = volume.read_slice(index)
    if (rows, columns) == request.size_wh != (columns, rows):
        plane, notes = np.swapaxes(plane, 0, 1), (*notes, "rows and columns exchanged to fit")
    values = in_plain_type(plane)
    require_finite(values, name)
    pixels = Pixels(values, None, name, "", notes, frames=slices, frame=index + 1)
    return split_pixels(pixels, request)


def write_nifti(mask: Mask, scan: Scan | None) -> bytes:
    """A .nii.gz of a mask (H, W): uint8, 1 lesion, the axes as SimpleITK writes a picture's.

    The spacing is the scan's; without one, 1 and no unit. Raises MissingLibrary without nibabel.
    """
    try:
        from nibabel import Nifti1Image  # noqa: PLC0415
    except ImportError:
        raise MissingLibrary("The mask", "to become a NIfTI file") from None
    spacing_mm = scan.spacing_mm if scan else None
    side = spacing_mm or 1.0
    image = Nifti1Image(mask.T.astype(np.uint8), np.diag([-side, -side, 1.0, 1.0]))
    image.header.set_xyzt_units("mm" if spacing_mm else "unknown")
    return gzip.compress(image.to_bytes(), mtime=0)
