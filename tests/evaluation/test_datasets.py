import csv
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest
from tiny_world import draw_scan, write_dataset

from busdemo.evaluation.datasets import Split, read_index

DATA = Path(__file__).parents[3] / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the data sets are not at ../shared")
ROWS = [
    ("one", "A", "train", "benign"),
    ("two", "A", "test", "normal"),
    ("three", "B", "val", "malignant"),
    ("four", "B", "train", "normal"),
]


def test_cases_come_in_the_indexs_order_with_what_it_says(tmp_path: Path) -> None:
    cases = read_index(write_dataset(tmp_path / "data", ROWS))
    assert [(c.id, c.dataset, c.split, c.label) for c in cases] == ROWS
    assert [c.is_normal for c in cases] == [False, True, False, True]


@pytest.mark.parametrize(
    ("splits", "ids"),
    [
        ((), ["one", "two", "three", "four"]),
        (("train",), ["one", "four"]),
        (("val", "test"), ["two", "three"]),
    ],
)
def test_splits_are_chosen_by_name(
    tmp_path: Path, splits: tuple[Split, ...], ids: list[str]
) -> None:
    folder = write_dataset(tmp_path / "data", ROWS)
    assert [case.id for case in read_index(folder, *splits)] == ids


def test_a_case_reads_its_image_and_its_mask(tmp_path: Path) -> None:
    for seed, case in enumerate(read_index(write_dataset(tmp_path / "data", ROWS))):
        image, mask = case.read()
        drawn, lesion = draw_scan(seed, normal=case.is_normal)
        assert image.dtype == np.uint8
        assert mask.dtype == np.bool_
        assert np.array_equal(image, drawn)
        assert np.array_equal(mask, lesion)
        assert mask.any() != case.is_normal


@pytest.mark.parametrize("lesion", [1, 255])
def test_any_value_above_zero_is_lesion(tmp_path: Path, lesion: int) -> None:
    case = read_index(write_dataset(tmp_path / "data", ROWS[:1]))[0]
    truth = draw_scan(0)[1]
    cv2.imwrite(str(case.mask_path), truth * np.uint8(lesion))
    assert np.array_equal(case.read()[1], truth)


def test_a_folder_without_an_index_is_a_plain_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"There is no index\.csv in"):
        read_index(tmp_path)


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    case = read_index(write_dataset(tmp_path / "data", ROWS[:1]))[0]
    case.image_path.write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"one\.webp cannot be read"):
        case.read()


@needs_data
def test_the_real_index_is_read_whole_and_no_group_stands_in_two_splits() -> None:
    cases = read_index(DATA)
    assert len(cases) == len({case.id for case in cases}) == 3031
    counts = Counter(case.dataset for case in cases)
    assert counts == {"BUSI": 650, "BUS-UCLM": 573, "BUS-BRA": 1591, "BrEaST": 217}
    with (DATA / "index.csv").open(newline="") as lines:
        groups = {(row["group"], row["split"]) for row in csv.DictReader(lines)}
    assert len({group for group, _ in groups}) == len(groups)


@needs_data
def test_real_images_and_masks_have_the_indexs_sizes_and_areas() -> None:
    with (DATA / "index.csv").open(newline="") as lines:
        rows = {row["id"]: row for row in csv.DictReader(lines)}
    for case in read_index(DATA)[::150]:
        image, mask = case.read()
        row = rows[case.id]
        assert image.shape == mask.shape == (int(row["height"]), int(row["width"]))
        assert np.count_nonzero(mask) == int(row["lesion_px"])
        assert mask.any() != case.is_normal
