"""What the commands that train say before they train."""

from pathlib import Path

import pytest

from busdemo.cli import main
from busdemo.training.plan import TRAININGS


def test_the_plan_is_listed_without_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "unet").mkdir()
    (tmp_path / "unet" / "curves.csv").write_text("epoch,seconds\n1,9\n2,9\n")
    assert main(["train", "--list", "--runs", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(TRAININGS)
    assert lines[0].endswith(f"2 of {TRAININGS['unet'].recipe.epochs} epochs")
    assert lines[1].endswith("to do")


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["train", "nothing"], 2, "Unknown model 'nothing'; known: unet,"),
        (["crossvalidate", "nothing"], 2, "Unknown recipe 'nothing'; known: baseline,"),
        (["crossvalidate", "--data", "DIR", "--folds", "DIR"], 1, "There is no index.csv in"),
        (["crossvalidate", "--folds", "DIR", "--report", "DIR"], 1, "No fold is finished in"),
        (["transfers", "--runs", "DIR", "--out", "DIR"], 1, "No training without a set is"),
    ],
)
def test_what_cannot_be_done_gets_one_sentence(
    words: list[str],
    code: int,
    sentence: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([str(tmp_path) if word == "DIR" else word for word in words]) == code
    told = capsys.readouterr().err
    assert told.startswith(sentence)
    assert len(told.splitlines()) == 1
    assert not list(tmp_path.iterdir())
