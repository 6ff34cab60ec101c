"""The real scans among the examples: by rule, as the set gives them, with whose they are."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from busdemo.evaluation.datasets import read_index
from busdemo.evaluation.shown_scans import CREDIT, choose_scans, write_credits

FOLDER = Path(__file__).parents[2] / "examples"
DATA = Path(__file__).parents[2].parent / "shared" / "data"


def row(number: int, label: str, **facts: str) -> dict[str, str]:
    common = {"dataset": "BrEaST", "split": "test", "shape": "irregular", "margin": "indistinct"}
    usual = common | {"lesion_px": "900", "pixel_size_cm": "0.01"}
    return {"id": f"breast-{number:03}", "label": label} | usual | facts


ROWS = [
    row(1, "benign", split="train", shape="oval"),
    row(2, "benign", dataset="BUSI", shape="oval"),
    row(3, "benign"),
    row(4, "benign", shape="oval"),
    row(5, "benign", shape="oval", lesion_px="100", pixel_size_cm="0.04"),
    row(6, "malignant"),
    row(7, "malignant", margin="not circumscribed - spiculated"),
    row(8, "benign", lesion_px="120"),
    row(9, "normal", lesion_px="0", pixel_size_cm=""),
    row(10, "malignant", margin="spiculated"),
]


def test_the_lowest_number_of_every_kind_is_taken_once_and_only_of_the_test_split() -> None:
    assert list(choose_scans(ROWS[::-1])) == [
        "breast-004",
        "breast-003",
        "breast-007",
        "breast-006",
        "breast-008",
        "breast-009",
    ]


def test_the_smallest_is_so_in_mm_not_in_px() -> None:
    chosen = choose_scans(ROWS)
    assert chosen["breast-008"] == "the smallest lesion, in mm²"


@pytest.fixture
def index() -> list[dict[str, object]]:
    listed: list[dict[str, object]] = json.loads((FOLDER / "index.json").read_text("utf-8"))
    return listed


def test_six_real_scans_come_first(index: list[dict[str, object]]) -> None:
    assert [entry["simulated"] for entry in index] == [False] * 6 + [True] * (len(index) - 6)
    assert "shape" not in index[5]  # normal
    assert index[0]["birads"] == "4b"


def test_whose_they_are_stands_beside_them(index: list[dict[str, object]], tmp_path: Path) -> None:
    write_credits(tmp_path, index)
    told = (tmp_path / "README.md").read_text("utf-8")
    assert told == (FOLDER / "README.md").read_text("utf-8")
    assert CREDIT in told
    assert "CC BY 4.0" in CREDIT
    assert "10.7937/9WKK-Q141" in CREDIT


@pytest.mark.skipif(not DATA.is_dir(), reason="the data sets are not at hand")
def test_they_are_the_set_s_own_pixels() -> None:
    for case in read_index(DATA, "test"):
        if not (FOLDER / case.id).is_dir():
            continue
        image, mask = case.read()
        kept_image, kept_mask = (
            np.asarray(cv2.imread(str(FOLDER / case.id / f"{one}.png"), 0))
            for one in ("image", "mask")
        )
        assert np.array_equal(kept_image, image)
        assert np.array_equal(kept_mask > 0, mask)
