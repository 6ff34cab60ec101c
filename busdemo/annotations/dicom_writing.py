"""Masks as DICOM files: a segmentation, or a plain picture. No patient is named in either."""

import hashlib
import io
from typing import TYPE_CHECKING

import numpy as np

from busdemo import __version__
from busdemo.imaging.arrays import Mask
from busdemo.imaging.dicom import refusing
from busdemo.imaging.images import Scan

if TYPE_CHECKING:
    from pydicom import Dataset

_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
_MANUFACTURER = "busdemo"


def write_dicom_picture(mask: Mask, scan: Scan | None) -> bytes:
    """A Secondary Capture image of a mask (H, W): 8 bits, 255 lesion.

    Its UIDs come from the scan's sha256 and the mask.
    """
    dataset = _describe_picture(mask, scan)
    kept = io.BytesIO()
    dataset.save_as(kept, enforce_file_format=True)
    return kept.getvalue()


def write_dicom_seg(mask: Mask, label: str, scan: Scan | None) -> bytes:
    """A binary segmentation with one segment, written by highdicom.

    It refers to a picture of the scan's size with UIDs made from the scan's sha256: the patient
    and the UIDs of an uploaded DICOM image are not kept, so they cannot stand here.
    The pixel spacing is that picture's: highdicom reads none without a slice thickness, and a
    flat image has none.
    """
    import highdicom as hd  # noqa: PLC0415
    from highdicom.sr.coding import CodedConcept  # noqa: PLC0415

    kept = io.BytesIO()
    with refusing("The mask"):
        segment = hd.seg.SegmentDescription(
            segment_number=1,
            segment_label=label[:64] or "lesion",
            segmented_property_category=CodedConcept("49755003", "SCT", "Morphologic abnormality"),
            segmented_property_type=CodedConcept("52988006", "SCT", "Lesion"),
            algorithm_type=hd.seg.SegmentAlgorithmTypeValues.MANUAL,
        )
        segmentation = hd.seg.Segmentation(
            source_images=[_describe_picture(mask, scan, spaced=False)],
            pixel_array=mask[None].astype(np.uint8),
            segmentation_type=hd.seg.SegmentationTypeValues.BINARY,
            segment_descriptions=[segment],
            series_instance_uid=_uid(mask, scan, "series"),
            series_number=1,
            sop_instance_uid=_uid(mask, scan, "segmentation"),
            instance_number=1,
            manufacturer=_MANUFACTURER,
            manufacturer_model_name=_MANUFACTURER,
            software_versions=__version__,
            device_serial_number="0",
            omit_empty_frames=False,
        )
        segmentation.save_as(kept)
    return kept.getvalue()


def _describe_picture(mask: Mask, scan: Scan | None, *, spaced: bool = True) -> "Dataset":
    """The mask as a Secondary Capture instance, as far as a picture without a patient can be."""
    from pydicom import Dataset, FileMetaDataset  # noqa: PLC0415
    from pydicom.dataset import FileDataset  # noqa: PLC0415
    from pydicom.uid import UID  # noqa: PLC0415

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(_SECONDARY_CAPTURE)
    meta.MediaStorageSOPInstanceUID = UID(_uid(mask, scan, "picture"))
    meta.TransferSyntaxUID = UID(_EXPLICIT_LITTLE_ENDIAN)
    dataset: Dataset = FileDataset("", {}, preamble=b"\0" * 128, file_meta=meta)
    dataset.SOPClassUID, dataset.SOPInstanceUID = _SECONDARY_CAPTURE, _uid(mask, scan, "picture")
    dataset.StudyInstanceUID = _uid(mask, scan, "study")
    dataset.SeriesInstanceUID = _uid(mask, scan, "pictures")
    dataset.Modality, dataset.ConversionType, dataset.Manufacturer = "OT", "WSD", _MANUFACTURER
    for word in ("PatientID", "PatientName", "PatientBirthDate", "PatientSex", "StudyID"):
        setattr(dataset, word, "")
    for word in ("StudyDate", "StudyTime", "AccessionNumber", "ReferringPhysicianName"):
        setattr(dataset, word, "")
    dataset.SeriesNumber, dataset.InstanceNumber = 1, 1
    dataset.Rows, dataset.Columns = mask.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8, 8, 7
    dataset.PixelRepresentation = 0
    if spaced and scan and scan.spacing:
        dataset.PixelSpacing = [f"{side:.10g}" for side in (scan.spacing.y, scan.spacing.x)]
    plain = (mask.astype(np.uint8) * np.uint8(255)).tobytes()
    dataset.PixelData = plain + b"\0" * (len(plain) % 2)
    return dataset


def _uid(mask: Mask, scan: Scan | None, role: str) -> str:
    """A UID of what it names, the same every time: "2.25." and 128 bits of a digest."""
    told = f"{role}:{scan.sha256 if scan else ''}:{mask.shape}:"
    own = b"" if role == "study" else np.packbits(mask).tobytes()
    digest = hashlib.sha256(told.encode() + own).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"
