"""Conventions of papers on known masks; scikit-learn over the pixels is the oracle."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, f1_score, jaccard_score

from busdemo.evaluation.crops import read_crops
from busdemo.evaluation.protocols import COLUMNS, PAPERS, Scored, tabulate_protocols
from busdemo.evaluation.run_files import Run
from busdemo.evaluation.split_effect import compare_epochs, compare_splits, read_split_pair

SIZE = (12, 10)
RNG = np.random.default_rng(4)
TRUTHS = [RNG.random(SIZE) < share for share in (0.3, 0.1, 0.05, 0.2, 0, 0, 0)]
MASKS = [
    *(truth ^ (RNG.random(SIZE) < 0.05) for truth in TRUTHS[:3]),
    np.zeros(SIZE, np.bool_),
    np.zeros(SIZE, np.bool_),
    np.zeros(SIZE, np.bool_),
    RNG.random(SIZE) < 0.02,
]
"""Three lesions found, one missed, two normal images left empty and one marked."""


def count_rows(masks: list[np.ndarray]) -> pd.DataFrame:
    pairs = zip(masks, TRUTHS, strict=True)
    counts = [((m & t).sum(), (m & ~t).sum(), (~m & t).sum(), t.sum()) for m, t in pairs]
    table = pd.DataFrame(counts, columns=["tp", "fp", "fn", "lesion_px"])
    return table.assign(id=[str(n) for n in range(len(table))], height=SIZE[0], width=SIZE[1])


SCORED = Scored(count_rows(MASKS))
ALL_TRUTH, ALL_MASK = np.concatenate(TRUTHS).ravel(), np.concatenate(MASKS).ravel()
LESION_DICE = [
    f1_score(t.ravel(), m.ravel()) for t, m in zip(TRUTHS, MASKS, strict=True) if t.any()
]


def test_the_honest_value_is_the_mean_over_images_with_a_lesion() -> None:
    assert SCORED.honest_dice == pytest.approx(np.mean(LESION_DICE))
    ious = [jaccard_score(t.ravel(), m.ravel()) for t, m in zip(TRUTHS[:4], MASKS[:4], strict=True)]
    assert SCORED.honest_iou == pytest.approx(np.mean(ious))


def test_pooled_numbers_are_those_of_all_pixels_in_one_row() -> None:
    pooled = SCORED.pooled
    assert pooled["accuracy"] == pytest.approx(accuracy_score(ALL_TRUTH, ALL_MASK))
    assert pooled["dice"] == pytest.approx(f1_score(ALL_TRUTH, ALL_MASK))
    assert pooled["lesion_iou"] == pytest.approx(jaccard_score(ALL_TRUTH, ALL_MASK))
    background = jaccard_score(~ALL_TRUTH, ~ALL_MASK)
    assert pooled["background_iou"] == pytest.approx(background)
    nothing = accuracy_score(ALL_TRUTH, np.zeros_like(ALL_TRUTH))
    assert pooled["nothing"] == pytest.approx(nothing)


def test_empty_masks_can_be_made_perfect_in_two_ways() -> None:
    assert SCORED.normals_perfect == pytest.approx((sum(LESION_DICE) + 2) / 7)
    assert SCORED.empties_perfect == pytest.approx((sum(LESION_DICE) + 1 + 2) / 7)
    nothing = Scored(count_rows([np.zeros(SIZE, np.bool_)] * 7))
    assert nothing.empties_perfect == 1
    assert nothing.honest_dice == 0


def small_paper_run(models: dict[str, Any]) -> Run:
    """Every paper's model in one and two stages on every paper's data sets."""
    rows = [
        count_rows(MASKS).assign(model=model, stages=stages, dataset=dataset)
        for model in models
        for stages in (1, 2)
        for dataset in ("BUSI", "BUS-UCLM", "BrEaST")
    ]
    return Run(pd.concat(rows, ignore_index=True), {"models": models})


@pytest.fixture
def run() -> Run:
    return small_paper_run({facts["model"]: {"name": "X"} for facts in PAPERS.values()})


def test_every_paper_has_its_rows_and_every_row_its_words(run: Run) -> None:
    table = tabulate_protocols(run)
    assert list(table.columns) == COLUMNS
    assert {system[:2] for system in table["system"]} == {"L1", "L2", "L3", "L4", "L5"}
    assert table[["value under it", "honest value"]].notna().all().all()
    assert all(words.endswith(".") for words in table["what it hides"])


def test_a_run_without_the_papers_models_has_no_rows() -> None:
    assert tabulate_protocols(small_paper_run({"other": {}})).empty


def test_crops_of_the_ground_truth_leave_normal_images_unmarked(run: Run) -> None:
    model = PAPERS["L3"]["model"]
    perfect = count_rows(TRUTHS)[["id", "tp", "fp", "fn"]].assign(model=model)
    table = tabulate_protocols(run, perfect[:4]).set_index("convention")["value under it"]
    assert table["Crops around the ground truth instead of the detector's"] == 1
    assert table["Crops around the ground truth, and every normal image scored 1"] == 1
    assert len(tabulate_protocols(run, perfect[:3])) == len(tabulate_protocols(run))


def drawn_pair() -> pd.DataFrame:
    """Two patients of three images a part; the random split is better by 0.1 throughout."""
    rows = [
        {"dataset": "S", "split_by": by, "fold": p // 2, "epoch": epoch, "group": f"p{p}"}
        | {"id": f"{p}-{i}", "dice": 0.5 + 0.1 * (by == "image") + 0.05 * (epoch == 1 + p % 2)}
        for by in ("image", "patient")
        for p in range(4)
        for i in range(3)
        for epoch in (1, 2)
    ]
    return pd.DataFrame(rows)


def test_splits_are_compared_on_the_same_images() -> None:
    image, patient, difference = compare_splits(drawn_pair())
    assert (image - patient) == pytest.approx(0.1)
    assert difference.value == pytest.approx(0.1)
    assert (difference.n, difference.groups) == (12, 4)


def test_the_best_epoch_of_the_test_images_is_no_worse_than_one_chosen_elsewhere() -> None:
    best, honest = compare_epochs(drawn_pair())
    assert best == pytest.approx(0.525)
    # What was best for one patient is worst for the other of each part.
    assert honest == pytest.approx(0.5)


def test_the_pair_adds_two_rows(run: Run) -> None:
    table = tabulate_protocols(run, None, drawn_pair())
    added = table[table["convention"].str.contains("split at random|Best epoch")]
    assert len(added) == 2
    assert "+0.100" in added["what it hides"].iloc[0]


def test_the_shipped_tables_hold_every_image_once_a_split_and_epoch() -> None:
    pair, crops = read_split_pair(), read_crops()
    assert pair is not None
    assert crops is not None
    assert not pair.duplicated(["id", "split_by", "epoch"]).any()
    assert len(set(pair.groupby(["split_by", "epoch"])["id"].apply(frozenset))) == 1
    for _, part in pair[pair["split_by"] == "patient"].groupby("group"):
        assert len(set(part["fold"])) == 1
    assert not crops.duplicated(["id", "model"]).any()


def test_tables_that_are_not_there_are_left_out(tmp_path: Path) -> None:
    assert read_split_pair(tmp_path / "none.parquet") is None
    assert read_crops(tmp_path / "none.parquet") is None
