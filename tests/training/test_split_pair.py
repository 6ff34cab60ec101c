"""Pairs of networks under two splits: every image is tested once in each, by a stranger to it."""

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from tiny_world import TINY, draw_scan

from busdemo.evaluation.datasets import Case, read_index
from busdemo.training import split_pair
from busdemo.training.split_pair import FOLDS, SplitRecipe, deal, train_pairs


def write_data(folder: Path) -> None:
    (folder / "images").mkdir(parents=True)
    (folder / "masks").mkdir()
    lines = ["id,dataset,split,label,group"]
    for number in range(24):
        image, mask = draw_scan(number, (48, 40))
        cv2.imwrite(str(folder / "images" / f"{number}.webp"), image)
        cv2.imwrite(str(folder / "masks" / f"{number}.png"), mask * np.uint8(255))
        split = ("train", "val", "test")[number % 3]
        lines.append(f"{number},BUS-UCLM,{split},benign,p{number // 3}")
    (folder / "index.csv").write_text("\n".join(lines))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_data(folder / "set")
    return folder / "set"


@pytest.fixture(scope="module")
def cases(data: Path) -> list[Case]:
    return read_index(data)


def test_patients_are_dealt_whole_and_images_are_not(cases: list[Case]) -> None:
    groups = np.array([case.group for case in cases])
    by_patient, by_image = (deal(cases, kind, 1) for kind in ("patient", "image"))
    assert all(len(set(by_patient[groups == group])) == 1 for group in groups)
    assert any(len(set(by_image[groups == group])) > 1 for group in groups)


@pytest.mark.parametrize("kind", ["image", "patient"])
def test_parts_are_alike_in_size_and_the_same_for_the_same_seed(
    cases: list[Case], kind: str
) -> None:
    parts = deal(cases, kind, 1)
    sizes = np.bincount(parts, minlength=FOLDS)
    assert sizes.max() - sizes.min() <= (1 if kind == "image" else 3)
    assert np.array_equal(parts, deal(cases, kind, 1))
    assert not np.array_equal(parts, deal(cases, kind, 2))


def test_every_train_and_val_image_is_tested_once_a_split_and_epoch(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(split_pair.NETWORKS, "tiny", TINY)
    recipe = SplitRecipe(network="tiny", side_px=16, batch_size=4)
    table = train_pairs(data, {"BUS-UCLM": 2}, recipe)
    counted = table.groupby(["split_by", "epoch", "id"]).size()
    assert (counted == 1).all()
    assert len(counted) == 2 * 2 * 16
    assert set(table["id"]) == {case.id for case in read_index(data, "train", "val")}
    lesions = table["tp"] + table["fn"]
    assert (lesions > 0).all()
    assert pd.api.types.is_integer_dtype(lesions)
