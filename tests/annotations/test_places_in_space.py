"""Masks lie where their headers have it, whatever way round their arrays are kept."""

import io
from pathlib import Path
from typing import Any

import nibabel as nib
import nrrd
import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from imaging.dicom_files import dicom_file

from busdemo.annotations.annotation import tell
from busdemo.annotations.files import read_annotations
from busdemo.annotations.request import Target
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


PLACED: dict[str, Any] = {
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
    for tag, value in own.items():
        dataset.PerFrameFunctionalGroupsSequence[0][tag] = value
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


@pytest.mark.parametrize("ending", [".nrrd", ".mha", ".nii"])
@pytest.mark.parametrize("of_image", [".nrrd", ".mha", ".nii"])
def test_a_mask_of_one_kind_lies_on_an_image_of_another(
    ending: str, of_image: str, tmp_path: Path
) -> None:
    plain = sitk.GetImageFromArray(LESION.astype(np.uint8)[None])
    plain.SetSpacing((0.1, 0.2, 1.0))
    plain.SetOrigin((4.0, -3.0, 2.0))
    turned = sitk.DICOMOrient(plain, "RAS")
    sitk.WriteImage(turned, str(tmp_path / f"mask{ending}"))
    sitk.WriteImage(plain, str(tmp_path / f"scan{of_image}"))
    scan = read_scan((tmp_path / f"scan{of_image}").read_bytes(), "scan")
    (found,) = read_annotations([("mask", (tmp_path / f"mask{ending}").read_bytes())], scan)
    assert np.array_equal(found.mask, LESION)
    assert "where both lie in space" in tell(found.provenance)


@pytest.mark.parametrize("export", ["nifti", "nrrd", "mha"])
def test_a_mask_lies_where_its_image_does_in_every_volume(export: str, tmp_path: Path) -> None:
    image = sitk.GetImageFromArray(np.ones((1, 48, 60), np.uint8))
    image.SetSpacing((0.1, 0.2, 1.0))
    image.SetDirection((0, 1, 0, -1, 0, 0, 0, 0, 1))
    image.SetOrigin((4.0, -3.0, 2.0))
    sitk.WriteImage(image, str(tmp_path / "scan.mha"))
    scan = read_scan((tmp_path / "scan.mha").read_bytes(), "scan.mha")
    ending = {"nifti": ".nii.gz", "nrrd": ".seg.nrrd", "mha": ".mha"}[export]
    (tmp_path / f"mask{ending}").write_bytes(write_annotation(LESION, export, scan=scan))
    written = sitk.ReadImage(str(tmp_path / f"mask{ending}"))
    assert np.array_equal(sitk.GetArrayFromImage(written)[0] > 0, LESION)
    assert written.GetSpacing() == pytest.approx(image.GetSpacing())
    assert written.GetOrigin() == pytest.approx(image.GetOrigin())
    assert written.GetDirection() == pytest.approx(image.GetDirection())


def slicer(values: np.ndarray, folder: Path, **more: object) -> bytes:
    """A .seg.nrrd as 3D Slicer writes it, by pynrrd; layers first, if several."""
    segments = {
        f"Segment{n}_{key}": value
        for n, (name, at) in enumerate(SEGMENTS.items())
        for key, value in (("Name", name), ("LabelValue", "1"), ("Layer", str(at)))
    }
    header = {
        "space": "left-posterior-superior",
        "kinds": ["list", *["domain"] * 3],
        "space directions": np.array([[np.nan] * 3, *np.eye(3) * 0.1]),
        "space origin": [0, 0, 0],
    }
    nrrd.write(str(folder / "a.nrrd"), values, {**header, **segments, **more})
    return (folder / "a.nrrd").read_bytes()


SEGMENTS = {"lesion": 0, "calcification": 1}


def test_segments_of_slicer_in_layers_are_labels(tmp_path: Path) -> None:
    spot = LESION.copy()
    spot[5:10] = False
    layers = np.stack([LESION.T, spot.T])[..., None].astype(np.uint8)
    found = read_annotations([("ana.seg.nrrd", slicer(layers, tmp_path))], Target((60, 48)))
    assert [(one.annotator, one.provenance.label) for one in found] == [
        ("ana", "lesion"),
        ("ana", "calcification"),
    ]
    assert np.array_equal(found[0].mask, LESION)
    assert np.array_equal(found[1].mask, spot)


def test_segments_of_an_older_slicer_have_a_layer_each(tmp_path: Path) -> None:
    layers = np.stack([LESION.T, LESION.T[::-1]])[..., None].astype(np.uint8)
    named = {"Segment0_Name": "lesion", "Segment1_Name": "cyst"}
    kinds = {"kinds": ["list", "domain", "domain", "domain"]}
    nrrd.write(str(tmp_path / "a.nrrd"), layers, {**kinds, **named})
    data = (tmp_path / "a.nrrd").read_bytes()
    found = read_annotations([("ana.seg.nrrd", data)], Target((60, 48)))
    assert [one.provenance.label for one in found] == ["lesion", "cyst"]
    assert np.array_equal(found[1].mask, LESION[:, ::-1])


def test_a_segmentation_that_slicer_cut_out_is_put_back(tmp_path: Path) -> None:
    part = np.stack([LESION[5:20, 30:50].T] * 2)[..., None].astype(np.uint8)
    corner = {"Segmentation_ReferenceImageExtentOffset": "30 5 0"}
    small = slicer(part, tmp_path, **corner)
    (lesion, _) = read_annotations([("a.seg.nrrd", small)], Target((60, 48)))
    assert np.array_equal(lesion.mask, LESION)
    assert "put back to column 30 and row 5" in tell(lesion.provenance).lower()


def test_masks_of_an_npz_are_labels_and_its_image_is_none() -> None:
    kept = io.BytesIO()
    np.savez(kept, image=LESION * 200, mask_a=LESION, mask_b=~LESION)
    found = read_annotations([("ana.npz", kept.getvalue())], Target((60, 48)))
    assert [one.provenance.label for one in found] == ["mask_a", "mask_b"]
    assert np.array_equal(found[1].mask, ~LESION)
