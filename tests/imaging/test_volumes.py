"""NRRD, MetaImage and NumPy files as their own libraries write them: pynrrd, SimpleITK, numpy."""

import io
from pathlib import Path
from typing import Any

import nrrd
import numpy as np
import pytest
import SimpleITK as sitk
from imaging.picture_files import refusal
from numpy.typing import NDArray

from busdemo.imaging.images import ScanOptions, read_scan

CASE = np.random.default_rng(3).integers(0, 256, (48, 60)).astype(np.uint8)
STACK = np.stack([CASE, 255 - CASE])


def itk(values: NDArray[np.generic], ending: str, folder: Path, **more: bool) -> bytes:
    """What SimpleITK writes of (H, W), (slices, H, W) or (H, W, 3)."""
    image = sitk.GetImageFromArray(values, isVector=values.shape[-1] == 3)
    image.SetSpacing((0.2, 0.1, 3.0)[: image.GetDimension()])
    image.SetOrigin((5.0, -7.0, 11.0)[: image.GetDimension()])
    path = folder / f"a{ending}"
    sitk.WriteImage(image, str(path), **more)
    return path.read_bytes()


def npy(values: NDArray[np.generic], **more: bool) -> bytes:
    kept = io.BytesIO()
    np.save(kept, values, **more)
    return kept.getvalue()


def npz(**arrays: Any) -> bytes:
    kept = io.BytesIO()
    np.savez_compressed(kept, **arrays)
    return kept.getvalue()


@pytest.mark.parametrize("ending", [".nrrd", ".mha"])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.int16, np.float32, np.int64])
def test_what_simpleitk_writes_is_read(
    ending: str, packed: bool, kind: type[np.generic], tmp_path: Path
) -> None:
    scan = read_scan(itk(STACK.astype(kind), ending, tmp_path, useCompression=packed), "a")
    assert np.array_equal(scan.pixels, CASE)
    assert scan.spacing
    assert (scan.spacing.x, scan.spacing.y) == pytest.approx((0.2, 0.1))
    assert (scan.frame, scan.frames) == (1, 2)
    second = read_scan(
        itk(STACK.astype(kind), ending, tmp_path, useCompression=packed), "a", ScanOptions(2)
    )
    assert np.array_equal(second.pixels, 255 - CASE)


@pytest.mark.parametrize("ending", [".nrrd", ".mha"])
def test_they_lie_in_space_where_nibabel_has_the_same_as_nifti(ending: str, tmp_path: Path) -> None:
    worlds = [
        np.array(read_scan(itk(STACK, one, tmp_path), "a", ScanOptions(2)).world)
        for one in (ending, ".nii")
    ]
    assert np.allclose(worlds[0], worlds[1], atol=1e-4)


@pytest.mark.parametrize("ending", [".nrrd", ".mha"])
def test_a_direction_of_space_is_read_as_simpleitk_has_it(ending: str, tmp_path: Path) -> None:
    image = sitk.GetImageFromArray(STACK)
    image.SetSpacing((0.2, 0.1, 3.0))
    image.SetDirection((0, 1, 0, 0, 0, -1, -1, 0, 0))
    image.SetOrigin((1, 2, 3))
    for name in (f"a{ending}", "a.nii"):
        sitk.WriteImage(image, str(tmp_path / name))
    worlds = [
        np.array(read_scan((tmp_path / name).read_bytes(), "a", ScanOptions(2)).world)
        for name in (f"a{ending}", "a.nii")
    ]
    assert np.allclose(worlds[0], worlds[1], atol=1e-4)


@pytest.mark.parametrize("ending", [".nrrd", ".mha"])
def test_a_flat_or_coloured_picture_is_read(ending: str, tmp_path: Path) -> None:
    assert np.array_equal(read_scan(itk(CASE, ending, tmp_path), "a").pixels, CASE)
    grey = np.stack([CASE] * 3, axis=-1)
    assert np.array_equal(read_scan(itk(grey, ending, tmp_path), "a").pixels, CASE)


@pytest.mark.parametrize("encoding", ["raw", "gzip", "bzip2", "ascii"])
def test_every_encoding_of_pynrrd_is_read(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "a.nrrd"
    nrrd.write(str(path), CASE.T, {"encoding": encoding, "spacings": [0.2, 0.1]})
    scan = read_scan(path.read_bytes(), "a")
    assert np.array_equal(scan.pixels, CASE)
    assert scan.spacing
    assert (scan.spacing.x, scan.spacing.y, scan.world) == (0.2, 0.1, None)


def test_a_big_endian_nrrd_is_read(tmp_path: Path) -> None:
    nrrd.write(str(tmp_path / "a.nrrd"), CASE.T.astype(">u2"), {"endian": "big", "encoding": "raw"})
    assert np.array_equal(read_scan((tmp_path / "a.nrrd").read_bytes(), "a").pixels, CASE)


@pytest.mark.parametrize(
    "data",
    [
        npy(CASE),
        npy(CASE.T.copy().T),
        npy(STACK),
        npy(CASE[None]),
        npy(CASE[..., None]),
        npy(np.stack([CASE] * 3, axis=-1)),
        npy(CASE.astype(np.int64)),
        npz(image=CASE),
    ],
    ids=["plain", "Fortran", "stack", "one", "channel", "RGB", "int64", "npz"],
)
def test_numpy_s_arrays_are_read(data: bytes) -> None:
    assert np.array_equal(read_scan(data, "a.npy").pixels, CASE)


def test_what_lies_in_another_file_is_never_opened(tmp_path: Path) -> None:
    itk(CASE, ".mhd", tmp_path)
    itk(CASE, ".nhdr", tmp_path)
    for ending in (".mhd", ".nhdr"):
        sentence = refusal((tmp_path / f"a{ending}").read_bytes(), f"a{ending}")
        assert "keeps its values in another file" in sentence
    lines = ("NRRD0004", "type: uint8", "sizes: 60 48", "encoding: raw", "datafile: /etc/passwd")
    secret = "\n".join([*lines, "", ""]).encode()
    assert "in another file" in refusal(secret, "a.nrrd")


def test_objects_of_numpy_are_never_loaded() -> None:
    assert "damaged or of a kind" in refusal(npy(np.array([{}]), allow_pickle=True), "a.npy")


def test_of_several_arrays_that_are_no_masks_it_says_their_names() -> None:
    assert "several arrays (a, b)" in refusal(npz(a=CASE, b=CASE), "a.npz")


@pytest.mark.parametrize("ending", [".nrrd", ".mha", ".npy", ".npz"])
def test_a_header_that_promises_too_much_is_refused_unread(ending: str, tmp_path: Path) -> None:
    data = {".npy": npy(CASE), ".npz": npz(a=CASE)}.get(ending) or itk(CASE, ending, tmp_path)
    for size in (b"60 48", b"(48, 60)"):
        data = data.replace(size, size.replace(b"60", b"60000000"))
    refusal(data[:-9], f"a{ending}")
