"""Masks lie where their headers have it, whatever way round their arrays are kept."""

import io

import nibabel as nib
import numpy as np
import pydicom
import pytest
from imaging.dicom_files import dicom_file

from busdemo.annotations.annotation import tell
from busdemo.annotations.files import read_annotations
from busdemo.annotations.writing import write_annotation
from busdemo.imaging.arrays import Mask
from busdemo.imaging.images import read_scan

LESION: Mask = np.zeros((48, 60), np.bool_)
LESION[5:20, 30:50] = True
LPS = np.diag([-0.1, -0.2, 1.0, 1.0])


def nifti(plane: Mask, affine: np.ndarray = LPS) -> nib.Nifti1Image:
    image = nib.Nifti1Image(plane.T.astype(np.uint8)[..., None], affine)
    image.header.set_xyzt_units("mm")
    return image


SCAN = read_scan(nifti(np.ones((48, 60), np.bool_)).to_bytes(), "scan.nii")


@pytest.mark.parametrize("ways", ["RAS", "LPS", "ALS", "PRS"])
def test_a_mask_kept_another_way_round_lies_where_it_should(ways: str) -> None:
    turned = nifti(LESION).as_reoriented(
        nib.orientations.ornt_transform(
            nib.io_orientation(LPS), nib.orientations.axcodes2ornt(ways)
        )
    )
    (found,) = read_annotations([("mask.nii", turned.to_bytes())], SCAN)
    assert np.array_equal(found.mask, LESION)
    assert ("where both lie in space" in tell(found.provenance)) == (ways != "LPS")


def test_where_only_one_lies_in_space_rows_are_compared_and_that_is_told() -> None:
    (found,) = read_annotations([("mask.nii", nifti(LESION, np.eye(4)).to_bytes())], SCAN)
    assert np.array_equal(found.mask, LESION)
    assert "only the image says where in space it lies" in tell(found.provenance).lower()


def test_a_mask_beside_the_image_is_told_to_lie_apart() -> None:
    affine = LPS.copy()
    affine[:3, 3] = 500
    (found,) = read_annotations([("mask.nii", nifti(LESION, affine).to_bytes())], SCAN)
    assert "mask and image lie apart" in tell(found.provenance)


def test_a_mask_that_is_written_lies_where_its_image_does() -> None:
    affine = np.array([[0, 0.1, 0, 3], [0.2, 0, 0, -4], [0, 0, 1, 5], [0, 0, 0, 1.0]])
    scan = read_scan(nifti(np.ones((48, 60), np.bool_), affine).to_bytes(), "scan.nii")
    data = write_annotation(LESION, "nifti", scan=scan)
    (back,) = read_annotations([("mask.nii.gz", data)], scan)
    assert np.array_equal(back.mask, LESION)
    assert "space" not in tell(back.provenance)


PLACED = {
    "PixelSpacing": [0.2, 0.1],
    "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
    "ImagePositionPatient": [0, 0, 0],
}
DICOM = read_scan(dicom_file(np.zeros((48, 60), np.uint8), **PLACED), "scan.dcm")


def segmentation(mask: Mask, **places: object) -> bytes:
    """One frame, and where it says that it lies."""
    dataset = pydicom.dcmread(io.BytesIO(write_annotation(mask, "dicom-seg")))
    shared, own = dataset.SharedFunctionalGroupsSequence[0], pydicom.Dataset()
    within = {
        "PixelSpacing": "PixelMeasuresSequence",
        "ImageOrientationPatient": "PlaneOrientationSequence",
        "ImagePositionPatient": "PlanePositionSequence",
    }
    for keyword, value in places.items():
        item = pydicom.Dataset()
        setattr(item, keyword, value)
        where = own if keyword == "ImagePositionPatient" else shared
        setattr(where, within[keyword], [item])
    for keyword, value in own.items():
        dataset.PerFrameFunctionalGroupsSequence[0][keyword] = value
    kept = io.BytesIO()
    dataset.save_as(kept)
    return kept.getvalue()


@pytest.mark.parametrize("ways", ["RAS", "LPS", "ALS"])
def test_a_nifti_mask_lies_on_a_dicom_image(ways: str) -> None:
    turned = nifti(LESION).as_reoriented(
        nib.orientations.ornt_transform(
            nib.io_orientation(LPS), nib.orientations.axcodes2ornt(ways)
        )
    )
    (found,) = read_annotations([("mask.nii", turned.to_bytes())], DICOM)
    assert np.array_equal(found.mask, LESION)


def test_a_segmentation_of_a_part_lies_where_that_part_is() -> None:
    places = PLACED | {"ImagePositionPatient": [0.1 * 26, 0.2 * 4, 0]}
    data = segmentation(LESION[4:30, 26:56], **places)
    (found,) = read_annotations([("seg.dcm", data)], DICOM)
    assert np.array_equal(found.mask, LESION)
    assert "where both lie in space" in tell(found.provenance)


def test_a_dicom_mask_that_is_mirrored_lies_where_it_should() -> None:
    mirrored = LESION[:, ::-1].astype(np.uint8) * 255
    places = PLACED | {
        "ImageOrientationPatient": [-1, 0, 0, 0, 1, 0],
        "ImagePositionPatient": [0.1 * 59, 0, 0],
    }
    (found,) = read_annotations([("mask.dcm", dicom_file(mirrored, **places))], DICOM)
    assert np.array_equal(found.mask, LESION)


def test_a_segmentation_in_another_plane_is_told_to_lie_apart() -> None:
    data = segmentation(LESION, **PLACED | {"ImagePositionPatient": [0, 0, 50]})
    (found,) = read_annotations([("seg.dcm", data)], DICOM)
    assert np.array_equal(found.mask, LESION)
    assert "mask and image lie apart" in tell(found.provenance)


def test_where_only_one_of_image_and_segmentation_lies_in_space_that_is_told() -> None:
    (found,) = read_annotations([("seg.dcm", segmentation(LESION))], DICOM)
    assert "only the image says where in space it lies" in tell(found.provenance).lower()
    plain = read_scan(dicom_file(), "scan.dcm")
    (found,) = read_annotations([("seg.dcm", segmentation(LESION, **PLACED))], plain)
    assert "only the mask says where in space it lies" in tell(found.provenance).lower()


def test_one_position_for_all_frames_of_a_clip_says_nothing() -> None:
    clip = dicom_file(np.zeros((3, 48, 60), np.uint8), frames=3, **PLACED)
    assert read_scan(clip, "clip.dcm").world is None
