"""Any folder of images with masks, and one sentence for everything that is wrong with one."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from tiny_world import draw_scan, write_dataset

from busdemo.annotations.coco import write_coco
from busdemo.evaluation.readers.finding import read_dataset, report_skipped

IMAGE, MASK = draw_scan()


def write(path: Path, array: np.ndarray = IMAGE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), array.astype(np.uint8) * (255 if array.dtype == np.bool_ else 1))
    return path


def ids(folder: Path, split: str = "all") -> list[str]:
    return [case.id for case in read_dataset(folder, split).cases]


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        ("images/a.png", "masks/a.png"),
        ("Images/a.jpg", "Masks/a_mask.png"),
        ("images/a.png", "masks/mask_a.png"),
        ("imgs/a.webp", "annotations/a.bmp"),
        ("images/a.png", "labels/a_segmentation.png"),
        ("a.png", "a_mask.png"),
        ("a.tif", "a_mask_1.png"),
        ("image/a.png", "label/a.png"),
        ("original/a.png", "GT/a.png"),
        ("images/A.JPG", "masks/a.png"),
        ("images/a.png", "masks/0/a.png"),
        ("images/a.png", "masks/a/lesion_1.png"),
        ("images/a.png", "masks/a_label.png"),
        ("imgs/a.png", "masks/a_lesion_seg.png"),
        ("a.png", "masks/a.png"),
        ("images/a_png.rf.0a1b2c.jpg", "masks/a_mask.png"),
    ],
)
def test_images_find_their_masks_by_name(tmp_path: Path, image: str, mask: str) -> None:
    write(tmp_path / image)
    write(tmp_path / mask, MASK)
    (case,) = read_dataset(tmp_path).cases
    assert case.id == Path(image).stem
    assert np.array_equal(case.read()[1], MASK)


def test_folders_name_classes_and_splits(tmp_path: Path) -> None:
    for name in ("train/benign/1", "test/benign/1", "test/normal/2"):
        write(tmp_path / f"images/{name}.png")
        write(tmp_path / f"masks/{name}.png", MASK & ("normal" not in name))
    dataset = read_dataset(tmp_path, "test")
    assert [(c.id, c.label, c.split) for c in dataset.cases] == [
        ("test/benign/1", "benign", "test"),
        ("test/normal/2", "normal", "test"),
    ]
    assert dataset.split == "test"
    assert len(ids(tmp_path)) == 3
    with pytest.raises(
        ValueError, match=r"no images of the split 'val' in .*; it has test, train,"
    ):
        read_dataset(tmp_path, "val")


def coco_of(tmp_path: Path, name: str = "test.json") -> None:
    one = json.loads(write_coco(MASK, "lesion", "a.png"))
    other = json.loads(write_coco(~MASK, "lesion", "sub/b.png"))
    for part, number in ((one, 1), (other, 2)):
        part["images"][0]["id"] = part["annotations"][0]["image_id"] = number
    height, width = MASK.shape
    blank = {"id": 3, "file_name": "c.png", "width": width, "height": height}
    gone = {"id": 4, "file_name": "d.png", "width": width, "height": height}
    boxed = {"id": 5, "file_name": "e.png", "width": width, "height": height}
    box = {"id": 9, "image_id": 5, "category_id": 1, "bbox": [1, 1, 5, 5], "segmentation": []}
    content = {
        "images": [*one["images"], *other["images"], blank, gone, boxed],
        "annotations": [*one["annotations"], *other["annotations"], box],
        "categories": one["categories"],
    }
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(json.dumps(content))
    for image in ("a.png", "sub/b.png", "c.png", "e.png"):
        write(tmp_path / "images" / image)


def test_coco_ids_may_be_text_and_lost_annotations_are_told(tmp_path: Path) -> None:
    content = json.loads(write_coco(MASK, "lesion", "a.png"))
    content["annotations"][0]["image_id"] = str(content["images"][0]["id"])
    content["annotations"].append({**content["annotations"][0], "image_id": "77"})
    write(tmp_path / "train/a.png")
    (tmp_path / "train/_annotations.coco.json").write_text(json.dumps(content))
    dataset = read_dataset(tmp_path)
    assert [(case.id, case.split) for case in dataset.cases] == [("a", "train")]
    assert np.array_equal(dataset.cases[0].read()[1], MASK)
    assert "Annotations whose image the file does not name, left out: 1." in dataset.notes


@pytest.mark.parametrize("name", ["test.json", "annotations/instances_test.json"])
def test_coco_gives_each_image_its_own_annotations(tmp_path: Path, name: str) -> None:
    coco_of(tmp_path, name)
    dataset = read_dataset(tmp_path)
    expected = {"a": MASK, "sub/b": ~MASK, "c": MASK & False}
    assert [case.id for case in dataset.cases] == list(expected)
    for case in dataset.cases:
        assert np.array_equal(case.read()[1], expected[case.id])
    assert {case.split for case in dataset.cases} == {"test"}
    assert [(s.id, s.why) for s in dataset.skipped] == [
        ("d", "Its file is missing."),
        ("e", "Only boxes are drawn in it."),
    ]


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_imagefolder_reads_its_metadata(tmp_path: Path, kind: str) -> None:
    rows = [
        {"file_name": "1.png", "mask_file_name": "m/1.png", "label": "Benign", "patient": "p7"},
        {"file_name": "2.png", "mask_file_name": "", "label": "normal", "patient": "p8"},
        {"file_name": "3.png", "mask_file_name": "m/3.png", "label": "benign", "patient": "p8"},
    ]
    rows[0] |= {"birads": "4a", "mm_per_px": "0.07"}
    folder = tmp_path / "validation"
    for name in ("1", "2", "3"):
        write(folder / f"{name}.png")
    write(folder / "m/1.png", MASK)
    if kind == "csv":
        keys = list(rows[0])
        lines = [",".join(keys), *(",".join(row.get(key, "") for key in keys) for row in rows)]
    else:
        lines = [json.dumps(row) for row in rows]
    (folder / f"metadata.{kind}").write_text("\n".join(lines))
    dataset = read_dataset(tmp_path, "val")
    first, second = dataset.cases
    assert (first.id, first.label, first.group) == ("validation/1", "benign", "p7")
    assert (first.birads, first.mm_per_px) == ("4a", 0.07)
    assert np.array_equal(first.read()[1], MASK)
    assert (second.label, bool(second.read()[1].any())) == ("normal", False)
    assert [(s.id, s.why) for s in dataset.skipped] == [("validation/3", "Its mask is missing.")]


def test_an_index_is_read_with_its_splits_and_what_it_knows(tmp_path: Path) -> None:
    write_dataset(tmp_path / "data", [("a", "A", "test", "benign"), ("b", "A", "val", "normal")])
    dataset = read_dataset(tmp_path / "data", "test")
    assert (dataset.name, dataset.split, len(dataset.cases)) == ("data", "test", 1)
    assert "To be evaluated: 1 (1 benign); groups: 1." in dataset.notes


def test_the_folders_digest_changes_with_what_is_in_it(tmp_path: Path) -> None:
    write(tmp_path / "images/a.png")
    write(tmp_path / "masks/a.png", MASK)
    before = read_dataset(tmp_path).sha256
    assert read_dataset(tmp_path).sha256 == before
    write(tmp_path / "masks/a.png", ~MASK & draw_scan(1)[1])
    assert read_dataset(tmp_path).sha256 != before


def test_a_mask_of_the_images_shape_is_resized_and_told(tmp_path: Path) -> None:
    write(tmp_path / "a.png", np.repeat(np.repeat(IMAGE, 2, 0), 2, 1))
    write(tmp_path / "a_mask.png", MASK)
    dataset = read_dataset(tmp_path)
    assert np.array_equal(dataset.cases[0].read()[1], np.repeat(np.repeat(MASK, 2, 0), 2, 1))
    assert "Masks of another size than their image, resized: 1." in dataset.notes


def test_a_mask_of_another_shape_is_skipped_unless_it_is_empty(tmp_path: Path) -> None:
    for name, mask in (("a", MASK[:40]), ("b", MASK[:40] & False), ("c", MASK)):
        write(tmp_path / f"{name}.png")
        write(tmp_path / f"{name}_mask.png", mask)
    dataset = read_dataset(tmp_path)
    assert [case.id for case in dataset.cases] == ["b", "c"]
    assert report_skipped(dataset.skipped) == [
        "Skipped 1 (a): The mask is 90x40 px, its image 90x70 px."
    ]


def test_what_is_wrong_with_some_images_is_told_and_the_others_stay(tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "b.jpg", "c.png", "d.png"):
        write(tmp_path / "images" / name)
    for name in ("a", "b", "d"):
        write(tmp_path / f"masks/{name}.png", MASK)
    (tmp_path / "images/d.png").write_bytes(b"no picture")
    dataset = read_dataset(tmp_path)
    assert [case.id for case in dataset.cases] == ["a"]
    assert sorted(report_skipped(dataset.skipped)) == [
        "Skipped 1 (b): 2 images have this name.",
        "Skipped 1 (c): It has no mask.",
        "Skipped 1 (d): d.png cannot be read as a picture.",
    ]


def test_a_folder_that_holds_nothing_to_evaluate_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"^There is no folder nowhere\.$"):
        read_dataset(tmp_path / "nowhere")
    with pytest.raises(ValueError, match=r"^There are no images in .+\.$"):
        read_dataset(tmp_path)
    write(tmp_path / "images/a.png")
    write(tmp_path / "images/b.png")
    with pytest.raises(ValueError, match=r"holds 2 pictures, but no masks .* What is read: index"):
        read_dataset(tmp_path)
    write(tmp_path / "masks/other.png", MASK)
    with pytest.raises(ValueError, match=r"holds 3 pictures, but no masks that belong to them"):
        read_dataset(tmp_path)
    (tmp_path / "index.csv").write_text("id,split\na,test\n")
    with pytest.raises(ValueError, match="lacks the column 'dataset'"):
        read_dataset(tmp_path)
