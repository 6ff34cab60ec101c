import unicodedata

import pytest

from busdemo.annotations.names import bare_name, find_named, image_keys, mask_keys


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("images/IMG_1.JPG", "img_1"),
        ("C:\\scans\\a.png", "a"),
        ("c1.nii.gz", "c1"),
        ("1.2.840.10008", "1.2.840.10008"),
        ("benign (1).png", "benign (1)"),
        (".png", ".png"),
    ],
)
def test_folders_ending_and_case_are_no_part_of_a_name(name: str, bare: str) -> None:
    assert bare_name(name) == bare


def test_a_decomposed_umlaut_is_the_same_letter() -> None:
    name = "Läsion 1 (groß).JPG"
    assert bare_name(unicodedata.normalize("NFD", name)) == bare_name(name)


@pytest.mark.parametrize(
    "name", ["cb0618f6-scan_7.png", "scan_7_png.rf.0a1b2c3d4e.jpg", "scan_7_0000.nii.gz"]
)
def test_what_tools_add_to_an_images_name_is_taken_off(name: str) -> None:
    assert "scan_7" in image_keys(name)


@pytest.mark.parametrize(
    "name",
    [
        "p1.png",
        "p1_seg.png",
        "p1_label.png",
        "P1_Mask.PNG",
        "p1_mask_2.png",
        "p1_lesion_seg.png",
        "p1-segmentation.nii.gz",
        "mask_p1.png",
        "gt_p1.png",
    ],
)
def test_a_masks_name_leads_to_its_image(name: str) -> None:
    assert "p1" in mask_keys(name)


def test_a_number_is_no_addition() -> None:
    assert image_keys("bus_0001.png") == ("bus_0001",)
    assert mask_keys("case_12.png") == ("case_12",)


def test_a_word_alone_is_a_name() -> None:
    assert mask_keys("mask.png") == ("mask",)


def test_the_closest_kind_of_match_counts() -> None:
    assert find_named("a.png", ["A.jpg", "cb0618f6-a.png"]) == [0]
    assert find_named("a.png", ["images/cb0618f6-a.png", "b.png"]) == [0]
    assert find_named("c.png", ["a.png", "b.png"]) == []
