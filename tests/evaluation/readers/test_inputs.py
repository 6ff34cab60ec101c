"""What `segment` is given: files, a folder of images, two folders, a data set."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from tiny_world import draw_scan

from busdemo.evaluation.readers.inputs import find_inputs

IMAGE, MASK = draw_scan()


def write(path: Path, array: np.ndarray = IMAGE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), array.astype(np.uint8) * (255 if array.dtype == np.bool_ else 1))
    return path


def test_one_image_takes_all_masks_and_several_one_each() -> None:
    a, b, c = Path("a.png"), Path("b.png"), Path("c.png")
    assert find_inputs([a], [b, c]).cases[0].mask_paths == (b, c)
    assert [case.mask_paths for case in find_inputs([a, b], [b, c]).cases] == [(b,), (c,)]
    assert [case.mask_paths for case in find_inputs([a, b], []).cases] == [(), ()]
    with pytest.raises(ValueError, match=r"^3 images need 3 masks, got 2\.$"):
        find_inputs([a, b, c], [b, c])


def test_a_folder_is_read_as_the_data_set_it_is(tmp_path: Path) -> None:
    image, mask = write(tmp_path / "images/a.png"), write(tmp_path / "GT/a.png", MASK)
    (case,) = find_inputs([tmp_path], []).cases
    assert (case.image_path, case.mask_paths) == (image, (mask,))


def test_a_folder_without_masks_gives_all_its_images(tmp_path: Path) -> None:
    write(tmp_path / "a.png")
    write(tmp_path / "more/b.jpg")
    inputs = find_inputs([tmp_path], [])
    assert [(case.id, case.mask_paths) for case in inputs.cases] == [("a", ()), ("more/b", ())]
    assert "no masks that belong to them" in inputs.notes[0]


def test_two_folders_are_paired_by_name(tmp_path: Path) -> None:
    images, masks = tmp_path / "here", tmp_path / "there"
    write(images / "A.png")
    write(images / "b.png")
    mask = write(masks / "a_seg.png", MASK)
    write(masks / "z.png", MASK)
    inputs = find_inputs([images], [masks])
    assert [(case.id, case.mask_paths) for case in inputs.cases] == [("A", (mask,))]
    assert [one.id for one in inputs.skipped] == ["b"]
    assert inputs.notes == ("Files in there that belong to no image: 1.",)


def test_a_folder_among_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is a folder: give it alone"):
        find_inputs([tmp_path, Path("a.png")], [])
    with pytest.raises(ValueError, match="takes one folder of masks"):
        find_inputs([tmp_path], [Path("a.png")])
