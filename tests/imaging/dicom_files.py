"""DICOM files made on the spot, with a patient whose data must show up nowhere."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, FileMetaDataset
from pydicom.dataset import FileDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from busdemo.imaging.quiet import hushed

PATIENT = {
    "PatientName": "Zwetschgenbaum^Rosamunde",
    "PatientID": "QX-77310042",
    "PatientBirthDate": "19610717",
    "PatientAddress": "Irrgartenweg 9",
    "InstitutionName": "Klinik Hohenhollerau",
    "ReferringPhysicianName": "Dr^Quellmalz",
    "AccessionNumber": "ACC0098123",
    "StudyDate": "20240229",
    "StudyDescription": "Mamma links oben aussen",
    "DeviceSerialNumber": "SN5551212",
}
CASE = np.random.default_rng(3).integers(0, 256, (48, 60)).astype(np.uint8)


@hushed()  # pydicom quotes odd values while it writes them, too
def dicom_file(values: NDArray[Any] = CASE, *, frames: int = 1, **elements: Any) -> bytes:
    """(H, W), (H, W, 3) or (frames, H, W) as an uncompressed DICOM file with a patient."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.6.1")
    meta.MediaStorageSOPInstanceUID = UID("1.2.3.4.5")
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset("", {}, preamble=b"\0" * 128, file_meta=meta)
    dataset.SOPClassUID, dataset.SOPInstanceUID = meta.MediaStorageSOPClassUID, "1.2.3.4.5"
    dataset.SpecificCharacterSet = "ISO_IR 192"
    bits = 8 * values.dtype.itemsize
    dataset.Rows, dataset.Columns = values.shape[1:3] if frames > 1 else values.shape[:2]
    colour = values.shape[-1] == 3 and values.ndim == 3 and frames == 1
    dataset.SamplesPerPixel = 3 if colour else 1
    dataset.PhotometricInterpretation = "RGB" if colour else "MONOCHROME2"
    if colour:
        dataset.PlanarConfiguration = 0
    if frames > 1:
        dataset.NumberOfFrames = frames
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = bits, bits, bits - 1
    dataset.PixelRepresentation = int(values.dtype.kind == "i")
    dataset.PixelData = values.tobytes()
    for keyword, value in {**PATIENT, **elements}.items():
        if value is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
    kept = io.BytesIO()
    dataset.save_as(kept, enforce_file_format=False)
    return kept.getvalue()


def ultrasound_region(delta_cm: float, **elements: Any) -> Dataset:
    """A calibrated two-dimensional region."""
    region = Dataset()
    region.RegionSpatialFormat, region.RegionDataType = 1, 1
    region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = 3
    region.PhysicalDeltaX, region.PhysicalDeltaY = delta_cm, -delta_cm
    for keyword, value in elements.items():
        setattr(region, keyword, value)
    return region
