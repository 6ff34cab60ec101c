"""How tools lay out folders: each image finds its masks, and none another image's."""

import unicodedata
from pathlib import Path

import cv2
import nibabel
import numpy as np
import pytest
from tiny_world import draw_scan

from busdemo.annotations.labelme import write_labelme
from busdemo.annotations.yolo import write_yolo
from busdemo.evaluation.readers.finding import read_dataset

IMAGE, MASK = draw_scan()


def write(path: Path, array: np.ndarray = IMAGE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), array.astype(np.uint8) * (255 if array.dtype == np.bool_ else 1))
    return path


@pytest.mark.parametrize(
    ("tail", "split"), [("Tr", "train"), ("Ts", "test")], ids=["training", "test"]
)
def test_nnunets_folders_name_the_split(tmp_path: Path, tail: str, split: str) -> None:
    write(tmp_path / f"images{tail}/bus_001_0000.png")
    write(tmp_path / f"labels{tail}/bus_001.png", MASK)
    (case,) = read_dataset(tmp_path).cases
    assert (case.id, case.split) == ("bus_001_0000", split)
    assert np.array_equal(case.read()[1], MASK)


def test_a_folder_of_each_split_holds_images_and_masks(tmp_path: Path) -> None:
    for split in ("train", "test"):
        write(tmp_path / split / "images/1.png")
        write(tmp_path / split / "masks/1.png", MASK)
    dataset = read_dataset(tmp_path)
    assert [(c.id, c.split) for c in dataset.cases] == [("test/1", "test"), ("train/1", "train")]


def test_masks_of_one_image_are_merged_from_its_folder(tmp_path: Path) -> None:
    half = MASK.copy()
    half[: MASK.shape[0] // 2] = False
    write(tmp_path / "images/c0.png")
    write(tmp_path / "masks/c0/lesion_1.png", half)
    write(tmp_path / "masks/c0/lesion_2.png", MASK & ~half)
    assert np.array_equal(read_dataset(tmp_path).cases[0].read()[1], MASK)


def test_names_match_in_either_form_of_an_umlaut(tmp_path: Path) -> None:
    write(tmp_path / "images" / unicodedata.normalize("NFC", "Läsion 1.png"))
    write(tmp_path / "masks" / unicodedata.normalize("NFD", "läsion 1_mask.PNG"), MASK)
    assert len(read_dataset(tmp_path).cases) == 1


@pytest.mark.parametrize("kind", ["labelme", "yolo"])
@pytest.mark.parametrize("folders", [("", ""), ("images/", "labels/")], ids=["beside", "apart"])
def test_each_images_own_outlines_are_read(
    tmp_path: Path, kind: str, folders: tuple[str, str]
) -> None:
    write(tmp_path / folders[0] / "a.png")
    labelme = kind == "labelme"
    place = tmp_path / folders[1] / ("a.json" if labelme else "a.txt")
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(write_labelme(MASK, "lesion", "a.png") if labelme else write_yolo(MASK))
    (case,) = read_dataset(tmp_path).cases
    assert np.count_nonzero(case.read()[1] != MASK) < 0.1 * np.count_nonzero(MASK)


def test_pairs_of_nifti_files_are_read(tmp_path: Path) -> None:
    for name, values in (("images/a", IMAGE), ("labels/a", MASK)):
        (tmp_path / name).parent.mkdir()
        nibabel.save(
            nibabel.Nifti1Image(values.T.astype(np.uint8), np.eye(4)), tmp_path / f"{name}.nii.gz"
        )
    (case,) = read_dataset(tmp_path).cases
    assert case.id == "a"
    assert np.array_equal(case.read()[1], MASK)


def test_a_mask_of_another_image_is_never_taken(tmp_path: Path) -> None:
    write(tmp_path / "images/train/1.png")
    write(tmp_path / "images/test/2.png")
    write(tmp_path / "masks/train/1.png", MASK)
    write(tmp_path / "masks/test/1.png", MASK)
    dataset = read_dataset(tmp_path)
    assert [case.id for case in dataset.cases] == ["train/1"]
    assert [(s.id, s.why) for s in dataset.skipped] == [("test/2", "It has no mask.")]
    assert "Files among the masks that belong to no image: 1 (1.png)." in dataset.notes


def test_what_labelling_tools_leave_beside_masks_is_no_mask(tmp_path: Path) -> None:
    write(tmp_path / "images/a.png")
    write(tmp_path / "masks/a.png", MASK)
    (tmp_path / "masks/a.json").write_text("{}")
    (tmp_path / "masks/classes.txt").write_text("lesion")
    dataset = read_dataset(tmp_path)
    assert np.array_equal(dataset.cases[0].read()[1], MASK)
    assert "Files among the masks that belong to no image: 1 (classes.txt)." in dataset.notes


def test_a_link_to_a_folder_above_is_not_followed_for_ever(tmp_path: Path) -> None:
    write(tmp_path / "set/images/a.png")
    write(tmp_path / "set/masks/a.png", MASK)
    (tmp_path / "set/images/again").symlink_to(tmp_path)
    assert [case.id for case in read_dataset(tmp_path).cases] == ["set/a"]


def test_an_index_takes_images_and_masks_of_any_kind(tmp_path: Path) -> None:
    write(tmp_path / "images/a.png")
    write(tmp_path / "images/B.JPG")
    write(tmp_path / "masks/a_mask.bmp", MASK)
    write(tmp_path / "masks/B.png", MASK)
    rows = ["id,dataset,split,label", "a,A,test,benign", "B,A,test,benign", "c,A,test,benign"]
    (tmp_path / "index.csv").write_text("\n".join(rows))
    dataset = read_dataset(tmp_path, "test")
    assert [case.id for case in dataset.cases] == ["a", "B"]
    assert all(np.array_equal(case.read()[1], MASK) for case in dataset.cases)
    assert [(one.id, one.why) for one in dataset.skipped] == [("c", "c.webp is missing.")]


def test_inverted_masks_are_said_and_turned_only_when_asked(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        write(tmp_path / f"images/{name}.png")
        write(tmp_path / f"masks/{name}.png", ~MASK)
    dataset, turned = read_dataset(tmp_path), read_dataset(tmp_path, invert=True)
    assert any("seem to be inverted (3 of 3 looked at)" in note for note in dataset.notes)
    assert np.array_equal(dataset.cases[0].read()[1], ~MASK)
    assert "All masks are read inverted, as asked." in turned.notes
    assert np.array_equal(turned.cases[0].read()[1], MASK)
    assert turned.sha256 != dataset.sha256


def test_masks_as_they_should_be_are_not_called_inverted(tmp_path: Path) -> None:
    write(tmp_path / "images/a.png")
    write(tmp_path / "masks/a.png", MASK)
    assert not any("inverted" in note for note in read_dataset(tmp_path).notes)


def test_what_is_skipped_in_one_split_is_not_told_of_another(tmp_path: Path) -> None:
    write(tmp_path / "images/train/1.png")
    for name in ("test/2", "test/3"):
        write(tmp_path / f"images/{name}.png")
    write(tmp_path / "masks/test/2.png", MASK)
    assert [one.id for one in read_dataset(tmp_path, "test").skipped] == ["test/3"]
    assert len(read_dataset(tmp_path).skipped) == 2
