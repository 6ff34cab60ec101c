"""Files are whole or absent, and several processes may write one at the same time."""

from pathlib import Path

import pytest

from busdemo.evaluation.whole_files import UNFINISHED, replace_file, sweep_unfinished
from busdemo.training.keeping import claim


def test_one_who_writes_the_same_file_at_the_same_time_disturbs_nobody(tmp_path: Path) -> None:
    path = tmp_path / "README.md"

    def write_while_another_does(unfinished: Path) -> None:
        unfinished.write_text("ours")
        replace_file(path, lambda theirs: theirs.write_text("theirs"))

    replace_file(path, write_while_another_does)
    assert path.read_text() == "ours"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "row.json"
    path.write_text("before")

    def fail(unfinished: Path) -> None:
        unfinished.write_text("half")
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        replace_file(path, fail)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_has_the_rights_of_any_other(tmp_path: Path) -> None:
    replace_file(tmp_path / "one", lambda path: path.write_text(""))
    (tmp_path / "other").write_text("")
    assert (tmp_path / "one").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_what_a_killed_process_left_goes_when_the_next_has_the_folder(tmp_path: Path) -> None:
    left, kept = tmp_path / f"state.1234{UNFINISHED}", tmp_path / "state"
    for path in (left, kept):
        path.write_text("")
    with claim(tmp_path) as mine:
        assert mine
        assert not left.exists()
        left.write_text("of the one that has it")
        with claim(tmp_path) as second:
            assert not second
        assert left.exists()
    sweep_unfinished(tmp_path)
    assert not left.exists()
    assert kept.exists()
