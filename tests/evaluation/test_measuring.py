import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from monai.metrics import (
    compute_average_surface_distance,
    compute_hausdorff_distance,
    compute_surface_dice,
)
from numpy.typing import NDArray
from tiny_world import add_detector, add_model, add_recipe, draw_scan, write_dataset

from busdemo.evaluation.datasets import Case, read_index
from busdemo.evaluation.measuring import Examiner, Stopwatch, score_answer
from busdemo.evaluation.run_files import SCHEMA
from busdemo.imaging.arrays import ProbabilityMap
from busdemo.imaging.masks import STOPS
from busdemo.inference.presence import PresenceLook, PresenceScore, open_judge
from busdemo.inference.segmenter import SegmenterPool
from busdemo.inference.two_stage import open_two_stage
from busdemo.zoo.cards import read_cards
from busdemo.zoo.files import UnusableModel
from busdemo.zoo.presence import Evidence

ROWS = [("a", "A", "test", "benign"), ("b", "B", "test", "normal")]


def open_zoo(weights: Path, *, staged: bool = True) -> Examiner:
    """Two small networks, their mean and a detector."""
    add_model(weights, "one", seed=1)
    add_model(weights, "two", seed=2, settings={"threshold": 0.3})
    add_recipe(weights, "mean", ["one", "two"])
    add_detector(weights)
    pool = SegmenterPool(read_cards(weights))
    both = open_two_stage(pool, weights) if staged else None
    return Examiner(pool, both, ("one", "two", "mean"))


def cases_of(folder: Path) -> list[Case]:
    return read_index(write_dataset(folder / "data", ROWS))


def test_a_case_gives_a_row_for_every_model_and_number_of_stages(
    weights: Path, tmp_path: Path
) -> None:
    case = cases_of(tmp_path)[0]
    measured = open_zoo(weights).measure(case)
    rows = measured.rows.to_pandas()
    assert measured.rows.schema.equals(SCHEMA)
    assert rows[["model", "stages"]].to_numpy().tolist() == [
        [model, stages] for stages in (1, 2) for model in ("one", "two", "mean")
    ]
    assert rows["stop"].tolist() == [100, 60, 80] * 2
    assert set(rows["id"]) == {"a"}
    assert (rows["ms"] > 0).all()
    assert (rows["ms"][3:].to_numpy() > 0).all()


def test_numbers_follow_from_the_thresholded_map_at_native_size(
    weights: Path, tmp_path: Path
) -> None:
    examiner = open_zoo(weights)
    assert examiner.staged is not None
    for case in cases_of(tmp_path):
        image, truth = case.read()
        for row in examiner.measure(case).rows.to_pylist():
            stages = examiner.staged if row["stages"] == 2 else examiner.pool
            look = stages.look_at(image)
            answer = look.predict(row["model"])
            mask = answer >= np.float32(row["stop"] / STOPS)
            shared = int((mask & truth).sum())
            assert (row["tp"], row["fp"]) == (shared, int(mask.sum()) - shared)
            assert row["tp"] + row["fn"] == row["lesion_px"] == int(truth.sum())
            assert (row["height"], row["width"]) == truth.shape
            for name, part in (("lesion", truth), ("background", ~truth)):
                edges = np.append(np.arange(STOPS) / STOPS, 2).astype(np.float32)
                expected = np.histogram(answer[part], edges)[0]
                assert row[f"{name}_histogram"] == expected.tolist()


def blurred(mask: NDArray[np.bool_]) -> ProbabilityMap:
    return np.where(mask, 0.8, 0.1).astype(np.float32)


@pytest.mark.filterwarnings("ignore:.*always_return_as_numpy")
@pytest.mark.parametrize("seed", range(4))
def test_distances_are_monais(seed: int) -> None:
    truth = draw_scan(seed)[1]
    mask = np.roll(draw_scan(seed + 9)[1], seed, axis=0)
    row = score_answer(blurred(mask), truth, STOPS // 2)
    pair = [torch.from_numpy(one[None, None].astype(np.float32)) for one in (mask, truth)]
    assert row["hd95_px"] == pytest.approx(
        float(compute_hausdorff_distance(*pair, include_background=True, percentile=95)), abs=1e-4
    )
    assert row["assd_px"] == pytest.approx(
        float(compute_average_surface_distance(*pair, include_background=True, symmetric=True)),
        abs=1e-4,
    )
    assert row["nsd"] == pytest.approx(
        float(compute_surface_dice(*pair, [2.0], include_background=True)), abs=1e-6
    )


def test_empty_masks_follow_the_table_of_outcomes() -> None:
    lesion, nothing = draw_scan(0)[1], np.zeros((70, 90), np.bool_)
    rejected = score_answer(blurred(nothing), nothing, 100)
    assert rejected["outcome"] == "correct rejection"
    assert all(math.isnan(rejected[name]) for name in ("dice", "iou", "hd95_px", "nsd"))
    alarm = score_answer(blurred(lesion), nothing, 100)
    assert (alarm["outcome"], alarm["dice"], alarm["hd95_px"]) == ("false alarm", 0, math.inf)
    missed = score_answer(blurred(nothing), lesion, 100)
    assert (missed["outcome"], missed["dice"], missed["assd_px"]) == ("missed lesion", 0, math.inf)


class Slow:
    """Answers after a time that depends on the model; counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def predict(self, model_id: str) -> ProbabilityMap:
        self.asked.append(model_id)
        return np.zeros((2, 2), np.float32)


def test_a_recipe_takes_as_long_as_its_members(weights: Path) -> None:
    look = Slow()
    watch = Stopwatch(open_zoo(weights).pool.cards, look, before_ms=1000)
    watch.predict("mean")
    assert look.asked == ["one", "two", "mean"]
    together = watch.ms("one") + watch.ms("two") - 1000
    assert watch.ms("mean") == pytest.approx(together)
    watch.predict("one")
    assert watch.ms("mean") == pytest.approx(together)


def test_without_a_box_two_stages_say_what_one_stage_said(weights: Path, tmp_path: Path) -> None:
    examiner = open_zoo(weights)
    (weights / "detector" / "preprocessor_config.json").write_text(
        (weights / "detector" / "preprocessor_config.json").read_text().replace("0.005", "0.995")
    )
    examiner = Examiner(examiner.pool, open_two_stage(examiner.pool, weights), examiner.model_ids)
    rows = examiner.measure(cases_of(tmp_path)[0]).rows.to_pandas()
    direct, staged = (rows[rows["stages"] == n].drop(columns=["stages", "ms"]) for n in (1, 2))
    assert direct.to_dict("records").__repr__() == staged.to_dict("records").__repr__()
    assert (rows["ms"][3:].to_numpy() > rows["ms"][:3].to_numpy()).all()


def test_an_image_that_cannot_be_read_gives_no_rows_and_a_reason(
    weights: Path, tmp_path: Path
) -> None:
    case = cases_of(tmp_path)[0]
    case.image_path.write_bytes(b"no picture")
    measured = open_zoo(weights, staged=False).measure(case)
    assert measured.rows.num_rows == 0
    assert measured.problem == "a.webp cannot be read."


def test_a_model_that_fails_on_an_image_is_a_sentence_with_its_name(
    weights: Path, tmp_path: Path
) -> None:
    examiner = open_zoo(weights, staged=False)
    examiner.pool.slots["two"].note("It gave numbers that are not finite.")
    with pytest.raises(
        UnusableModel, match=r"^The run stopped at a\. It gave numbers that are not"
    ):
        examiner.measure(cases_of(tmp_path)[0])


def test_an_answer_is_the_processed_mask_and_nothing_where_presence_is_under_its_cut_off(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    examiner, case = open_zoo(weights), cases_of(tmp_path)[0]
    plain = examiner.measure(case).rows.to_pandas()
    assert plain["presence"].isna().all()
    assert plain[["answer_tp", "answer_fp", "answer_fn"]].to_numpy().tolist() == (
        plain[["tp", "fp", "fn"]].to_numpy().tolist()  # small networks have no steps of their own
    )
    evidence = Evidence(0.5, 0.5, 0.5, 0.5, 0.5)
    found = {"one": PresenceScore(0.2, 0.6, evidence), "two": PresenceScore(0.7, 0.6, evidence)}
    monkeypatch.setattr(PresenceLook, "judge", lambda _, model_id: found.get(model_id))
    judged = replace(examiner, judge=open_judge(examiner.pool, staged=examiner.staged))
    rows = judged.measure(case).rows.to_pandas()
    withheld, shown = rows[rows["model"] == "one"], rows[rows["model"] == "two"]
    assert withheld["presence"].tolist() == [0.2, 0.2]  # in two stages that of the whole frame
    assert withheld["answer_dice"].tolist() == [0, 0]
    assert withheld["answer_fn"].tolist() == withheld["lesion_px"].tolist()
    assert withheld["dice"].tolist() == plain[plain["model"] == "one"]["dice"].tolist()
    assert shown["answer_dice"].tolist() == shown["dice"].tolist()
    assert rows[rows["model"] == "mean"]["presence"].isna().all()
