"""NIfTI images, written by nibabel."""

import gzip

import nibabel as nib
import numpy as np
import pytest
from imaging.picture_files import refusal

from busdemo.imaging.images import ScanOptions, read_scan

CASE = np.random.default_rng(3).integers(0, 256, (48, 60)).astype(np.uint8)


def nifti(values: np.ndarray, zooms: tuple[float, ...] = (), units: str = "unknown") -> bytes:
    image = nib.Nifti1Image(values, np.diag([*(*zooms, 1, 1, 1)[:3], 1]))
    image.header.set_xyzt_units(units)
    return image.to_bytes()


@pytest.mark.parametrize("more", [(), (1,), (1, 1)])
def test_a_flat_image_is_read_with_its_first_axis_to_the_right(more: tuple[int, ...]) -> None:
    data = nifti(CASE.T.reshape(60, 48, *more))
    for packed in (data, gzip.compress(data)):
        assert np.array_equal(read_scan(packed, "scan.png").pixels, CASE)


def test_a_slice_is_chosen() -> None:
    data = nifti(np.stack([CASE.T, 255 - CASE.T], axis=2))
    assert np.array_equal(read_scan(data, "s", ScanOptions(2)).pixels, 255 - CASE)
    assert read_scan(data, "s").notes == ("frame 1 of 2",)


def test_spacing_is_read_and_one_without_a_unit_is_told_and_the_default_counts_as_unknown() -> None:
    assert read_scan(nifti(CASE.T, (0.2, 0.2), "mm"), "s").spacing_mm == pytest.approx(0.2)
    plain = read_scan(nifti(CASE.T, (0.2, 0.2)), "s")
    assert plain.spacing_mm == pytest.approx(0.2)
    assert plain.notes == ("a pixel of 0.2 mm: the header names no unit, mm is taken",)
    micron = read_scan(nifti(CASE.T, (200, 100), "micron"), "s")
    assert micron.spacing
    assert (micron.spacing.x, micron.spacing.y) == pytest.approx((0.2, 0.1))
    assert read_scan(nifti(CASE.T, (1, 1), "mm"), "s").spacing_mm is None


def test_a_bomb_is_refused_by_its_header_and_never_unpacked() -> None:
    header = nib.Nifti1Image(np.zeros((60, 48), np.uint8), np.eye(4)).header
    header.set_data_shape((30000, 30000, 100))
    bomb = gzip.compress(header.binaryblock + b"\0" * 2**24, 9)
    assert "256 MB" in refusal(bomb, "bomb.nii.gz")


def test_a_bomb_behind_a_small_image_costs_nothing() -> None:
    data = gzip.compress(nifti(CASE.T) + b"\0" * 2**24, 9)
    assert np.array_equal(read_scan(data, "s").pixels, CASE)


def test_damage_gets_one_sentence() -> None:
    data = nifti(CASE.T)
    assert "damaged" in refusal(data[:400], "scan.nii")
    assert "damaged" in refusal(gzip.compress(data)[:200], "scan.nii.gz")
    wild = data[:40] + b"\x07\x00" + b"\xff\xff" * 7 + data[56:]
    refusal(wild, "scan.nii")
    assert "NaN" in refusal(nifti(np.full((60, 48), np.nan, np.float32)), "scan.nii")
