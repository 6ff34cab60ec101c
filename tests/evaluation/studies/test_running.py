"""A study from folders and exports to rows: who matches, who is what, and what the numbers are."""

import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from study_world import (
    SIDE,
    disc,
    draw,
    write_label_studio,
    write_masks,
    write_readers,
    write_via,
)

from busdemo.evaluation.benchmark import build_benchmark
from busdemo.evaluation.evaluating import compute_here, evaluate_dataset
from busdemo.evaluation.run_files import read_run
from busdemo.evaluation.studies.matching import GROUND_TRUTH, StudyCase
from busdemo.evaluation.studies.pair_rows import read_pairs
from busdemo.evaluation.studies.running import OpenStudy, StudyOrder, open_study
from busdemo.scoring.overlap import score_overlap

COUNT = 12
NAMES = [f"case{n:02d}" for n in range(COUNT)]


def readers_of(root: Path, *names: str) -> list[tuple[str, Path]]:
    return [(name, root / name) for name in names]


def compute(opened: OpenStudy, out: Path) -> int:
    receipt = opened.receipt(command="", place="here", workers=1)
    return evaluate_dataset(opened.matched.dataset, out, receipt, compute_here(opened.examiner, 1))


@pytest.fixture
def world(tmp_path: Path) -> Path:
    return write_readers(tmp_path, {"ana": 0, "ben": 1.5, "cem": -1}, COUNT)


def test_every_two_annotators_of_every_image_are_a_row(world: Path) -> None:
    opened = open_study(StudyOrder(readers_of(world, "ana", "ben"), world / "images"))
    assert compute(opened, world / "out") == COUNT
    pairs, receipt = read_pairs(world / "out")
    people = pairs[(pairs["a"] == "ana") & (pairs["b"] == "ben")].set_index("id")
    assert people.index.tolist() == NAMES
    for number, name in enumerate(NAMES):
        overlap = score_overlap(draw(number), draw(number, 1.5))
        assert people.loc[name, "dice"] == pytest.approx(overlap.dice, nan_ok=True)
    assert int((people["a_px"] + people["b_px"] == 0).sum()) == COUNT // 4
    assert receipt["study"]["roles"]["ana"] == "person"
    assert len(receipt["study"]["files"]["ana"]) == COUNT


def test_the_study_is_a_run_like_any_other(world: Path) -> None:
    opened = open_study(StudyOrder(readers_of(world, "ana", "ben"), world / "images"))
    compute(opened, world / "out")
    run = read_run(world / "out")
    board = build_benchmark(run)  # refuses rows whose counts and histograms contradict each other
    assert [one.name for one in board.systems] == [
        "ben",
        "consensus (majority vote)",
        "consensus (STAPLE)",
    ]
    rows = run.rows[run.rows["model"] == "ben"].set_index("id")
    assert rows.loc["case00", "dice"] == score_overlap(draw(0, 1.5), draw(0)).dice


def test_the_reference_may_be_a_consensus(world: Path) -> None:
    wanted = StudyOrder(readers_of(world, "ana", "ben", "cem"), reference="consensus:majority")
    compute(open_study(wanted), world / "out")
    rows = read_run(world / "out").rows
    assert set(rows["model"]) == {"ana", "ben", "cem", "consensus (STAPLE)"}
    ana = rows[rows["model"] == "ana"]
    assert ana["dice"].dropna().tolist() == [1.0] * 9  # the middle one of three discs


def test_masks_alone_are_compared_without_images(world: Path) -> None:
    shutil.rmtree(world / "images")
    opened = open_study(StudyOrder(readers_of(world, "ana", "ben")))
    assert [case.id for case in opened.matched.dataset.cases] == NAMES
    assert compute(opened, world / "out") == COUNT


def test_a_data_set_s_ground_truth_is_an_annotator_and_the_reference(world: Path) -> None:
    data = world / "data"
    shutil.copytree(world / "images", data / "images")
    shutil.copytree(world / "ana", data / "masks")
    opened = open_study(StudyOrder(readers_of(world, "ben"), data))
    assert opened.setup.plan.reference == GROUND_TRUTH
    assert list(opened.setup.plan.roles) == [GROUND_TRUTH, "ben"]
    compute(opened, world / "out")
    pairs, _ = read_pairs(world / "out")
    assert set(pairs["a_role"]) == {"ground truth"}


def test_a_killed_study_goes_on_where_it_was(world: Path) -> None:
    opened = open_study(StudyOrder(readers_of(world, "ana", "ben")))
    receipt = opened.receipt(command="", place="here", workers=1)

    def stop(cases: Any) -> Any:
        for number, case in list(cases)[:5]:
            yield number, opened.examiner.measure(case)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate_dataset(opened.matched.dataset, world / "out", receipt, stop)
    (world / "out/parts/00002.pairs").write_bytes(b"cut short")
    again = open_study(StudyOrder(readers_of(world, "ana", "ben")))
    assert compute(again, world / "out") == COUNT - 4
    assert compute(again, world / "out") == 0
    pairs, _ = read_pairs(world / "out")
    assert pairs["id"].drop_duplicates().tolist() == NAMES


def test_another_study_is_not_mixed_in(world: Path) -> None:
    compute(open_study(StudyOrder(readers_of(world, "ana", "ben"))), world / "out")
    other = open_study(StudyOrder(readers_of(world, "ana", "ben"), tolerance_px=3.0))
    with pytest.raises(ValueError, match="Another run lies in out"):
        compute(other, world / "out")


def test_an_export_file_over_all_images_is_an_annotator(world: Path) -> None:
    write_via(world / "via.json", {name: draw(n) for n, name in enumerate(NAMES)})
    wanted = StudyOrder([("ana", world / "ana"), ("via", world / "via.json")], world / "images")
    opened = open_study(wanted)
    compute(opened, world / "out")
    pairs, _ = read_pairs(world / "out")
    rows = pairs[(pairs["a"] == "ana") & (pairs["b"] == "via")]
    assert len(rows) == COUNT
    assert rows["hd95_px"].max() <= 1  # corners stand in pixels' middles


def test_an_export_s_own_readers_are_annotators_without_a_name(tmp_path: Path) -> None:
    drawn = {7: draw, 9: lambda n: draw(n, 2)}
    export = write_label_studio(tmp_path / "export.json", drawn, 6)
    opened = open_study(StudyOrder([("", export)]))
    assert list(opened.setup.plan.people) == ["annotator 7", "annotator 9"]
    with pytest.raises(ValueError, match="names 2 readers"):
        open_study(StudyOrder([("ana", export)]))


def test_an_export_whose_readers_are_unnamed_needs_a_name(world: Path) -> None:
    via = write_via(world / "via.json", {"case00": draw(0)})
    with pytest.raises(ValueError, match="does not say who outlined"):
        open_study(StudyOrder([("", via), ("ana", world / "ana")], world / "images"))


def test_a_reader_without_any_of_the_images_is_left_out_and_told(world: Path) -> None:
    write_masks(world / "dan", {"other": draw(0)})
    opened = open_study(StudyOrder(readers_of(world, "ana", "ben", "dan"), world / "images"))
    assert list(opened.setup.plan.people) == ["ana", "ben"]
    assert any("dan is left out: none of the 1 masks" in words for words in opened.notes)


def test_names_that_match_twice_are_told_and_left_out(world: Path) -> None:
    write_masks(world / "ana", {"case00_mask": draw(0)})
    opened = open_study(StudyOrder(readers_of(world, "ana", "ben"), world / "images"))
    assert any("ana has 2 masks of it" in words for words in opened.notes)
    first = opened.matched.dataset.cases[0]
    assert isinstance(first, StudyCase)
    assert [who for who, _ in first.places] == ["ben"]


def test_several_lesions_in_files_of_their_own_are_one_mask(tmp_path: Path) -> None:
    left, right = disc(6, (16, 32)), disc(6, (48, 32))
    write_masks(tmp_path / "ana", {"case_mask": left, "case_mask_1": right})
    write_masks(tmp_path / "ben", {"case": left | right})
    compute(open_study(StudyOrder(readers_of(tmp_path, "ana", "ben"))), tmp_path / "out")
    pairs, _ = read_pairs(tmp_path / "out")
    row = pairs.iloc[0]
    assert (row["dice"], row["a_lesions"], row["a_matched"]) == (1.0, 2, 2)


def test_what_nobody_marked_and_stray_masks_are_told(world: Path) -> None:
    write_masks(world / "images", {"unread": draw(0)})
    write_masks(world / "ana", {"stray": draw(0)})
    opened = open_study(StudyOrder(readers_of(world, "ana", "ben"), world / "images"))
    assert [(one.id, one.why) for one in opened.matched.dataset.skipped] == [
        ("unread", "Nobody marked it.")
    ]
    assert any("1 masks belong to no image (stray.png)" in words for words in opened.notes)


def test_masks_of_another_size_are_resized_and_of_another_shape_left_out(world: Path) -> None:
    double = cv2.resize(draw(0).astype(np.uint8), None, fx=2, fy=2, interpolation=0)
    cv2.imwrite(str(world / "ben/case00.png"), double * 255)
    cv2.imwrite(str(world / "ben/case01.png"), double[:SIDE] * 255)
    opened = open_study(StudyOrder(readers_of(world, "ana", "ben"), world / "images"))
    assert "ben: 1 masks of another size, resized." in opened.notes
    compute(opened, world / "out")
    pairs, receipt = read_pairs(world / "out")
    people = pairs[(pairs["a"] == "ana") & (pairs["b"] == "ben")].set_index("id")
    assert people.loc["case00", "dice"] == 1
    assert "case01" not in people.index
    assert receipt["study"]["not_read"] == [
        "case01, ben: case01.png is 128x64 px, its image 64x64 px."
    ]


def test_a_label_map_is_compared_label_by_label_or_together(tmp_path: Path) -> None:
    for who, more in (("ana", 0), ("ben", 2)):
        (tmp_path / who).mkdir()
        for number in range(4):
            values = draw(number, more).astype(np.uint8)
            if number == 0:  # an image that shows one of the labels alone
                values[values > 0] = 2
            else:
                values[:32] *= 2
            cv2.imwrite(str(tmp_path / who / f"c{number}.png"), values)
    each = open_study(StudyOrder(readers_of(tmp_path, "ana", "ben")))
    assert each.setup.plan.labels == ("label 1", "label 2")
    compute(each, tmp_path / "each")
    pairs, _ = read_pairs(tmp_path / "each")
    first = pairs[(pairs["id"] == "c0") & (pairs["b"] == "ben")].set_index("structure")
    assert (first.loc["label 1", "a_px"], first.loc["label 1", "b_px"]) == (0, 0)
    assert first.loc["label 2", "a_px"] == np.count_nonzero(draw(0))
    rows = read_run(tmp_path / "each").rows
    assert rows["dataset"].drop_duplicates().tolist() == ["label 1", "label 2"]
    compute(
        open_study(StudyOrder(readers_of(tmp_path, "ana", "ben"), label="all")), tmp_path / "all"
    )
    merged, _ = read_pairs(tmp_path / "all")
    assert merged[merged["b"] == "ben"]["a_px"].tolist() == [int(draw(n).sum()) for n in range(4)]


def test_programs_and_outlines_started_from_a_model_are_no_people(world: Path) -> None:
    wanted = StudyOrder(
        readers_of(world, "ana", "ben", "cem"),
        programs=("cem",),
        started_from={"ben": "unet"},
    )
    plan = open_study(wanted).setup.plan
    assert dict(plan.roles) == {"ana": "person", "ben": "assisted", "cem": "program"}
    assert plan.people == ("ana",)  # one person alone: no consensus


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"reference": "dan"}, "There is no reference 'dan'"),
        ({"label": "cyst"}, "No label 'cyst' is in the masks"),
        ({"programs": ("dan",)}, "No reader is called 'dan'"),
        ({"models": ("unet",)}, "Models need images"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    world: Path, changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        open_study(StudyOrder(readers_of(world, "ana", "ben"), **changes))


def test_a_reader_that_is_nowhere_or_twice_is_one_sentence(world: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"There is no nobody\."):
        open_study(StudyOrder(readers_of(world, "ana", "nobody")))
    with pytest.raises(ValueError, match="Two annotators are called 'ana'"):
        open_study(StudyOrder([("ana", world / "ana"), ("ana", world / "ben")]))


def test_patients_come_from_a_table(world: Path) -> None:
    lines = [f"{name}.png,patient{n // 3}" for n, name in enumerate(NAMES)]
    (world / "patients.csv").write_text("\n".join(["image,patient", *lines]), encoding="utf-8")
    wanted = StudyOrder(readers_of(world, "ana", "ben"), patients=world / "patients.csv")
    opened = open_study(wanted)
    assert f"Patients: 4, for {COUNT} images." in opened.notes
    (world / "patients.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(ValueError, match="needs the columns image and patient"):
        open_study(wanted)


def test_a_damaged_mask_costs_its_reader_that_image_alone(world: Path) -> None:
    (world / "ben/case02.png").write_bytes(b"no picture")
    opened = open_study(StudyOrder(readers_of(world, "ana", "ben", "cem"), world / "images"))
    assert any("ben, case02.png" in words for words in opened.notes)
    compute(opened, world / "out")
    pairs, _ = read_pairs(world / "out")
    rows = pairs[pairs["id"] == "case02"]
    assert len(rows[(rows["a"] == "ana") & (rows["b"] == "cem")]) == 1
    assert "ben" not in {*rows["a"], *rows["b"]}


def test_where_no_image_is_left_the_first_reason_is_told(tmp_path: Path) -> None:
    for who in ("ana", "ben"):
        (tmp_path / who).mkdir()
        (tmp_path / who / "case.png").write_bytes(b"no picture")
    with pytest.raises(
        ValueError, match=r"No image can be compared\. ana, case\.png: case\.png is"
    ):
        open_study(StudyOrder(readers_of(tmp_path, "ana", "ben")))
