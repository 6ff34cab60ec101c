"""Folders of images with a tool's file over many of them, and a folder for each case."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from tiny_world import draw_scan

from busdemo.annotations.writing import write_annotation
from busdemo.evaluation.readers.finding import read_dataset
from busdemo.imaging.images import read_scan

IMAGE, MASK = draw_scan()
TURNED = MASK[::-1]


def write(path: Path, array: np.ndarray = IMAGE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), array.astype(np.uint8) * (255 if array.dtype == np.bool_ else 1))
    return path


def export(folder: Path, kind: str) -> None:
    """Two images in images/, and one file of both."""
    files = []
    for name, mask in (("a", MASK), ("b", TURNED)):
        image = write(folder / f"images/{name}.png")
        scan = read_scan(image.read_bytes(), f"up/1/cb0618f6-{name}.png")
        files.append(write_annotation(mask, kind, scan=scan))
    first, second = files
    if kind == "cvat":
        (folder / "annotations.xml").write_bytes(
            first.replace(b"</annotations>", second[second.index(b"<image") :])
        )
    elif kind == "via":
        (folder / "via.json").write_text(json.dumps(json.loads(first) | json.loads(second)))
    else:
        (folder / "p.json").write_text(json.dumps(json.loads(first) + json.loads(second)))


@pytest.mark.parametrize("kind", ["cvat", "via", "label-studio"])
def test_one_file_over_many_images_gives_each_its_own_mask(kind: str, tmp_path: Path) -> None:
    export(tmp_path, kind)
    found = {case.id: case.read()[1] for case in read_dataset(tmp_path).cases}
    assert set(found) == {"images/a", "images/b"}
    assert np.array_equal(found["images/a"], MASK)
    assert np.array_equal(found["images/b"], TURNED)


def test_an_image_that_no_file_names_and_a_name_without_an_image_are_skipped(
    tmp_path: Path,
) -> None:
    export(tmp_path, "via")
    (tmp_path / "images/b.png").rename(tmp_path / "images/c.png")
    dataset = read_dataset(tmp_path)
    assert [case.id for case in dataset.cases] == ["images/a"]
    assert {one.why for one in dataset.skipped} == {
        "No file names it.",
        "Its file is missing, or is one of several so called.",
    }


@pytest.mark.parametrize("image", ["image.png", "scan7.png"])
@pytest.mark.parametrize("mask", ["mask.png", "label_1.png", "segmentation.nii.gz"])
def test_a_folder_for_each_case_is_read(image: str, mask: str, tmp_path: Path) -> None:
    for case in ("p1", "p2"):
        path = write(tmp_path / case / image)
        scan = read_scan(path.read_bytes(), image)
        kind = "nifti" if mask.endswith(".gz") else "png"
        (tmp_path / case / mask).write_bytes(write_annotation(MASK, kind, scan=scan))
    cases = read_dataset(tmp_path).cases
    assert len(cases) == 2
    assert all(np.array_equal(case.read()[1], MASK) for case in cases)


def test_supervisely_s_folders_are_read(tmp_path: Path) -> None:
    write(tmp_path / "img/a.png")
    height, width = MASK.shape
    box = {"geometryType": "rectangle", "points": {"exterior": [[3, 4], [30, 20]]}}
    content = {"size": {"width": width, "height": height}, "objects": [box]}
    (tmp_path / "ann").mkdir()
    (tmp_path / "ann/a.png.json").write_text(json.dumps(content))
    (case,) = read_dataset(tmp_path).cases
    assert case.read()[1].sum() == 27 * 16
