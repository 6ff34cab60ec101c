"""DICOM images: one frame, its window, its pixel spacing, and nothing about the patient.

Only the elements in `READ` are ever taken out of a file, so that names, dates and numbers of
people are not in memory to begin with. Messages of the library, which may quote values, are
neither shown nor logged.
"""

import contextlib
import hashlib
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from busdemo.imaging.dicom_display import apply_window, invert, read_spacing
from busdemo.imaging.dicom_frames import colours_of, decode_frame, is_halved, not_read
from busdemo.imaging.pixels import Pixels, Values, in_plain_type, pick_frame
from busdemo.imaging.places import find_world
from busdemo.imaging.quiet import hushed
from busdemo.imaging.refusals import UnreadableImage, kind_of, require_size

if TYPE_CHECKING:
    from pydicom import Dataset

SEGMENTATION_CLASSES = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
"""SOP classes: Segmentation Storage and Label Map Segmentation Storage."""

MAX_ELEMENTS = 5000
"""Of the file's own level: a file of a million tiny elements must not keep us busy."""

READ = [
    "SOPClassUID",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "PlanarConfiguration",
    "NumberOfFrames",
    "Rows",
    "Columns",
    "PixelSpacing",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "WindowCenter",
    "WindowWidth",
    "VOILUTFunction",
    "VOILUTSequence",
    "RescaleIntercept",
    "RescaleSlope",
    "ModalityLUTSequence",
    "RedPaletteColorLookupTableDescriptor",
    "GreenPaletteColorLookupTableDescriptor",
    "BluePaletteColorLookupTableDescriptor",
    "RedPaletteColorLookupTableData",
    "GreenPaletteColorLookupTableData",
    "BluePaletteColorLookupTableData",
    "SequenceOfUltrasoundRegions",
    "SegmentationType",
    "SegmentSequence",
    "MaximumFractionalValue",
    "PixelPaddingValue",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
    "ExtendedOffsetTable",
    "ExtendedOffsetTableLengths",
    "PixelData",
]
"""The elements that are taken out of a file, all of them about pixels."""

_DEFLATED = "1.2.840.10008.1.2.1.99"


def read_dicom(data: bytes, name: str, frame: int | None) -> Pixels:
    """One frame of a DICOM image, from 1, the first if None; MONOCHROME1 inverted, window applied.

    With a window (or a lookup table of values) the result is uint8; without, the stored values.
    Raises UnreadableImage with one sentence.
    """
    dataset = load_dataset(data, name)
    with refusing(name):
        if dataset.get("SOPClassUID") in SEGMENTATION_CLASSES:
            raise UnreadableImage(
                f"{name} is a DICOM segmentation, not an image; please use it as a mask."
            )
        frames = count_frames(dataset, name)
        index, notes = pick_frame(frame, frames, name)
        values, more = _display(dataset, decode_frame(dataset, index, name))
        spacing, doubt = read_spacing(dataset)
        world, colours = find_world(dataset, index), colours_of(dataset, index)
    digest = hashlib.sha256(data).hexdigest()
    told = (*notes, *colours.notes, *more, *doubt)
    return Pixels(values, None, name, digest, told, spacing, frames, index + 1, world)


def load_dataset(data: bytes, name: str) -> "Dataset":
    """The elements of `READ`; UnreadableImage for a file that is damaged or has no pixels."""
    from pydicom.datadict import tag_for_keyword  # noqa: PLC0415
    from pydicom.filereader import read_partial  # noqa: PLC0415
    from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian  # noqa: PLC0415

    seen = 0

    def is_too_long(*_: object) -> bool:
        nonlocal seen
        seen += 1
        return seen > MAX_ELEMENTS

    # Anywhere: the element that names it may stand behind others of any length.
    if _DEFLATED.encode() in data:
        raise not_read(name, "is a deflated DICOM file")
    tags: list[Any] = [tag_for_keyword(word) for word in READ]
    with refusing(name):
        dataset = read_partial(io.BytesIO(data), is_too_long, force=True, specific_tags=tags)
        if "TransferSyntaxUID" not in dataset.file_meta:  # without a preamble
            plain = ImplicitVRLittleEndian if dataset.original_encoding[0] else None
            dataset.file_meta.TransferSyntaxUID = plain or ExplicitVRLittleEndian
        if not dataset.get("PixelData") or not dataset.get("Rows"):
            raise UnreadableImage(f"{name} is a DICOM file without a picture in it.")
        size_wh = (int(dataset.Columns), int(dataset.Rows))
        if int(dataset.get("SamplesPerPixel", 1)) not in (1, 3):
            raise ValueError("unknown samples")
    require_size(size_wh, name)
    return dataset


def count_frames(dataset: "Dataset", name: str) -> int:
    """How many frames there are, by its header and, uncompressed, by its bytes."""
    with refusing(name):
        stated = max(1, int(dataset.get("NumberOfFrames") or 1))
        if dataset.file_meta.TransferSyntaxUID.is_compressed:
            return stated
        pixels = int(dataset.Rows) * int(dataset.Columns)
        samples = 2 if is_halved(dataset) else int(dataset.SamplesPerPixel)
        bits = pixels * samples * int(dataset.BitsAllocated)
        return min(stated, max(1, 8 * len(dataset.PixelData) // bits))


def without_patient(data: bytes) -> bytes:
    """A DICOM file with nothing but the elements of `READ`; any other file as it is."""
    if kind_of(data) != "DICOM":
        return data
    kept = io.BytesIO()
    with refusing("The file"):
        from pydicom import FileMetaDataset  # noqa: PLC0415
        from pydicom.uid import UID  # noqa: PLC0415

        dataset, meta = load_dataset(data, "The file"), FileMetaDataset()
        meta.MediaStorageSOPClassUID = UID(dataset.get("SOPClassUID") or "1.2")
        meta.MediaStorageSOPInstanceUID = UID("1.2")
        meta.TransferSyntaxUID = dataset.file_meta.TransferSyntaxUID
        dataset.file_meta = meta
        dataset.preamble = b"\0" * 128
        dataset.save_as(kept, enforce_file_format=False)
    return kept.getvalue()


@contextlib.contextmanager
def refusing(name: str) -> Iterator[None]:
    """Whatever a library raises becomes one sentence; its warnings and logs go nowhere."""
    try:
        with hushed():
            yield
    except UnreadableImage:
        raise
    except Exception:  # the message may quote the file's elements
        raise not_read(name, "is a DICOM file that is damaged or of a kind") from None


def _display(dataset: "Dataset", stored: NDArray[Any]) -> tuple[Values, tuple[str, ...]]:
    kind = str(dataset.PhotometricInterpretation).strip().upper()
    if kind == "PALETTE COLOR":
        from pydicom.pixels.processing import apply_color_lut  # noqa: PLC0415

        return in_plain_type(apply_color_lut(stored, dataset)), ()
    if stored.ndim == 3:
        return in_plain_type(stored), ()
    values, notes = apply_window(dataset, stored)
    if kind == "MONOCHROME1":
        bits = 8 if values.dtype == np.uint8 and notes else int(dataset.BitsStored)
        return invert(values, bits), (*notes, "inverted, as MONOCHROME1 asks")
    return values, notes
