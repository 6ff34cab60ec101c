import csv
import fcntl
import json
from dataclasses import replace
from pathlib import Path
from time import monotonic

import numpy as np
import pandas as pd
import pytest
from tiny_world import TINY, write_dataset

from busdemo.training import crossvalidation, variants
from busdemo.training.crossvalidation import IMAGES, PLAN, ROW, cross_validate, read_rows
from busdemo.training.fold_report import PAGE, TABLE, write_report
from busdemo.training.keeping import claim
from busdemo.training.loop import BEST, STATE
from busdemo.training.recipe import NETWORKS, Recipe
from busdemo.training.variants import VARIANTS, Variant

RECIPE = Recipe(stages=((2, 16),), batch_size=4, phantoms=1)
FIRST, SECOND = Variant("baseline", RECIPE, ""), Variant("balance", RECIPE, "")


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Variant, "config", TINY)
    monkeypatch.setattr(crossvalidation, "STORED_PX", 32)
    monkeypatch.setattr(crossvalidation, "keep_freed_memory", lambda: None)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = [
        (f"{dataset}{i}", dataset, "val" if i % 4 == 0 else "train", label)
        for dataset in "AB"
        for i in range(10)
        for label in ["normal" if i % 3 == 2 else "benign"]
    ]
    rows += [("hidden", "A", "test", "benign")]
    return write_dataset(tmp_path_factory.mktemp("data"), rows)


def test_folds_are_done_once_and_score_every_image_of_train_and_val(
    data: Path, tmp_path: Path
) -> None:
    cross_validate([FIRST], data, tmp_path)
    rows = read_rows(tmp_path)
    assert len(rows) == 7
    assert all(0 <= row["dice"] <= 1 and row["epochs"] == 2 for row in rows)
    held = [
        line["id"]
        for path in tmp_path.glob(f"*/fold-*/{IMAGES}")
        for line in csv.DictReader(path.read_text().splitlines())
    ]
    assert sorted(held) == sorted(f"{d}{i}" for d in "AB" for i in range(10))
    assert not list(tmp_path.glob(f"*/*/{STATE}"))
    assert len(list(tmp_path.glob(f"*/*/{BEST}"))) == 7

    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob(f"*/*/{ROW}")}
    cross_validate([FIRST], data, tmp_path)
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_recipes_are_tried_fold_by_fold_and_go_on_where_the_time_ended(
    data: Path, tmp_path: Path
) -> None:
    cross_validate([FIRST, SECOND], data, tmp_path, until=monotonic() - 1)
    assert list(tmp_path.glob(f"*/*/{STATE}")) == [tmp_path / "baseline" / "fold-1" / STATE]
    cross_validate([FIRST, SECOND], data, tmp_path, until=monotonic() - 1)
    begun = {
        path.parent.relative_to(tmp_path).as_posix() for path in tmp_path.glob("*/*/plan.json")
    }
    assert begun == {"baseline/fold-1", "balance/fold-1"}
    assert (tmp_path / "baseline" / "fold-1" / ROW).is_file()


def test_a_fold_that_another_process_holds_is_left_to_it(data: Path, tmp_path: Path) -> None:
    place = tmp_path / "baseline" / "fold-1"
    place.mkdir(parents=True)
    with (place / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with claim(place) as mine:
            assert not mine
        cross_validate([FIRST], data, tmp_path)
    assert not (place / ROW).exists()
    assert len(read_rows(tmp_path)) == 6
    with claim(place) as mine:
        assert mine


def test_a_folder_begun_with_another_recipe_is_refused(data: Path, tmp_path: Path) -> None:
    cross_validate([FIRST], data, tmp_path, until=0)
    other = replace(FIRST, recipe=replace(RECIPE, balance="cells"))
    with pytest.raises(ValueError, match="begun with another recipe"):
        cross_validate([other], data, tmp_path)


def test_a_choice_that_recipes_lacked_when_a_fold_was_begun_stands_at_its_default(
    data: Path, tmp_path: Path
) -> None:
    cross_validate([FIRST], data, tmp_path, until=0)
    plan = tmp_path / "baseline" / "fold-1" / PLAN
    about = json.loads(plan.read_text())
    del about["recipe"]["presence"]
    plan.write_text(json.dumps(about))
    cross_validate([FIRST], data, tmp_path, until=0)  # goes on
    (tmp_path / "baseline" / "fold-1" / ROW).unlink()
    about["recipe"]["border"] = 0.5
    plan.write_text(json.dumps(about))
    with pytest.raises(ValueError, match="begun with another recipe"):
        cross_validate([FIRST], data, tmp_path, until=0)


def test_the_report_compares_recipes_on_the_folds_they_share(tmp_path: Path) -> None:
    def write(variant: str, fold: str, dice: list[float], marked: float) -> None:
        place = tmp_path / "folds" / variant / fold
        place.mkdir(parents=True)
        names = [f"{fold}-{i}" for i in range(len(dice) + 1)]
        frame = pd.DataFrame({"id": names, "group": names, "dataset": "A", "dice": [*dice, np.nan]})
        frame.to_csv(place / IMAGES, index=False)
        row = {"variant": variant, "fold": fold, "dice": np.mean(dice), "dice_A": np.mean(dice)}
        row |= {"dice_mirrored": 0.5, "false_alarms": marked, "large_alarms": 0.0, "seconds": 120}
        (place / ROW).write_text(json.dumps(row))

    write("baseline", "fold-1", [0.5, 0.6], 1.0)
    write("baseline", "fold-2", [0.1, 0.1], 1.0)
    write("strong", "fold-1", [0.7, 0.8], 0.25)
    write_report(tmp_path / "folds", tmp_path / "page")
    page = (tmp_path / "page" / PAGE).read_text()
    assert "| baseline | 2 of 5 | .325 | – | .325 | 100 % | 0 % | .500 | 2 |" in page
    assert (
        "| strong | 1 of 5 | .750 | +0.200 (+0.200 to +0.200) | .750 | 25 % | 0 % | .500 | 2 |"
        in page
    )
    assert "A whole set held out\n\nNone is finished yet." in page
    assert (
        "- `lesion-free`: efficientnet_lite0, strong augmentation: True, lesion free: 0.1" in page
    )
    assert "on the one fold that all of these have done, `strong`" in page
    assert len(pd.read_csv(tmp_path / "page" / TABLE)) == 3


def test_a_report_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="No fold is finished"):
        write_report(tmp_path, tmp_path / "page")


def test_variants_are_one_network_under_one_budget_with_names_of_their_own() -> None:
    assert len({variant.name for variant in VARIANTS}) == len(VARIANTS)
    assert len({(variant.recipe, variant.encoder) for variant in VARIANTS}) == len(VARIANTS)
    assert {variant.recipe.stages for variant in VARIANTS} == {variants.PLAIN.stages}
    assert {variant.recipe.seed for variant in VARIANTS} == {1}
    assert NETWORKS["unet"]["_model_class"] == "Unet"
