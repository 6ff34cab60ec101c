"""Another program's masks in a run of the zoo, from the command to the leaderboard."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tiny_world import write_world

from busdemo.evaluation.benchmark import build_benchmark
from busdemo.evaluation.evaluating import compute_here, evaluate_dataset
from busdemo.evaluation.readers.finding import read_dataset
from busdemo.evaluation.run_files import read_run
from busdemo.evaluation.setup import choose_setup, write_receipt
from busdemo.evaluation.studies.programs import open_programs

ROWS = [(f"case{n}", "A", "test", ("benign", "normal")[n % 2]) for n in range(4)]


@pytest.fixture
def world(tmp_path: Path) -> Path:
    root = write_world(tmp_path, ROWS)
    shutil.copytree(root / "data/masks", root / "nnunet")
    return root


def run(world: Path, out: str) -> None:
    dataset = read_dataset(world / "data", "test")
    _, examiner, _ = choose_setup(["one"], two_stage=False, weights=world / "weights")
    programs, _ = open_programs([("nnunet", world / "nnunet")], dataset)
    examiner = replace(examiner, programs=programs)
    receipt = write_receipt(dataset, examiner, command="", place="here", workers=1)
    evaluate_dataset(dataset, world / out, receipt, compute_here(examiner, 1))


def test_a_program_is_a_row_beside_the_models(world: Path) -> None:
    run(world, "out")
    found = read_run(world / "out")
    board = build_benchmark(found)
    assert [one.name for one in board.systems] == ["One", "nnunet"]
    dice = found.rows[found.rows["model"] == "nnunet"]["dice"]
    assert dice.dropna().tolist() == [1.0, 1.0]  # its masks are the ground truth's
    assert found.receipt["models"]["nnunet"]["family"] == "other programs"


def test_an_image_without_its_mask_or_with_a_damaged_one_is_no_row_and_told(world: Path) -> None:
    (world / "nnunet/case0.png").unlink()
    run(world, "out")
    rows = read_run(world / "out").rows
    assert rows[rows["model"] == "nnunet"]["id"].tolist() == ["case1", "case2", "case3"]
    board = build_benchmark(read_run(world / "out"))
    assert np.isnan(board.measured["dice"][0, 1])


def test_a_program_with_none_of_the_images_is_one_sentence(world: Path) -> None:
    dataset = read_dataset(world / "data", "test")
    (world / "other").mkdir()
    shutil.copy(world / "nnunet/case0.png", world / "other/unknown.png")
    with pytest.raises(ValueError, match="none of the 1 masks in other belongs to an image"):
        open_programs([("x", world / "other")], dataset)
