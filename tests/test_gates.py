"""The gates themselves: what would let a fault pass is not there."""

import os
import re
import subprocess
import sys
import tomllib
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
from skipping import is_excused

TESTS = Path(__file__).parent
SLEEPS = re.compile(r"\btime\.sleep\(|\.wait_for_timeout\(|\basyncio\.sleep\((?!0\))")
MAY_SLEEP = {
    "waiting.py",  # between two looks at a condition
    "hub_server.py",  # a slow server, which is what is tested
}


def test_no_test_waits_for_a_time() -> None:
    """Use `waiting.wait_until`, Playwright's `wait_for_function`, or `stillness`."""
    files = [path for path in TESTS.rglob("*.py") if "benchmarks" not in path.parts]
    found = [path.name for path in files if SLEEPS.search(path.read_text("utf-8"))]
    assert sorted(set(found) - MAY_SLEEP - {Path(__file__).name}) == []


SKIPS = """
import pytest

def test_oracle():
    pytest.importorskip("an_oracle_that_is_missing")

@pytest.mark.skipif(True, reason="{reason}")
def test_marked():
    pass

@pytest.mark.xfail(reason="known")
def test_expected():
    assert False
"""


def run_in(folder: Path, source: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    (folder / "test_it.py").write_text(source)
    hooks = "from skipping import pytest_make_collect_report, pytest_runtest_makereport\n"
    (folder / "conftest.py").write_text(hooks)
    (folder / "pytest.ini").write_text("[pytest]\n")
    kept = {name: value for name, value in os.environ.items() if name != "CI"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)],
        env=kept | environment | {"PYTHONPATH": str(TESTS), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("source", "reason", "here", "in_ci"),
    [
        (SKIPS, "no oracle", "2 skipped, 1 xfailed", "1 failed, 1 xfailed, 1 error"),
        (SKIPS, "not at ../shared", "2 skipped, 1 xfailed", "1 failed, 1 skipped, 1 xfailed"),
        ("import pytest\npytest.importorskip('missing_one')\n", "", "1 skipped", "1 error"),
    ],
)
def test_a_skipped_oracle_fails_in_ci_and_missing_data_does_not(
    tmp_path: Path, source: str, reason: str, here: str, in_ci: str
) -> None:
    source = source.format(reason=reason)
    assert here in run_in(tmp_path, source).stdout
    assert in_ci in run_in(tmp_path, source, CI="true").stdout


def test_no_reason_for_a_missing_library_is_an_excuse() -> None:
    missing = ["could not import 'monai'", "no chromium on this machine", "OpenVINO comes with the"]
    assert not any(is_excused(reason) for reason in missing)


SETTINGS = re.compile(
    r"\.setLevel\(|catch_warnings\(|warnings\.(simplefilter|filterwarnings|resetwarnings)\("
    r"|np\.seterr\(|^\s+global ",
    re.MULTILINE,
)
MAY_SET = {
    "journal.py",  # the level of our own logger, by --log-level
    "cluster.py",  # Ray's logger, put back when Ray has computed
}


def test_no_setting_that_others_share_is_changed() -> None:
    """Use `imaging.quiet.hushed` for what a library says."""
    files = (TESTS.parent / "busdemo").rglob("*.py")
    found = {path.name for path in files if SETTINGS.search(path.read_text("utf-8"))}
    assert found - MAY_SET == set()


def test_no_two_files_of_tests_have_one_name() -> None:
    """Folders of tests are no packages: pytest would stop before the first test of the suite."""
    names = [path.name for path in TESTS.rglob("test_*.py")]
    assert [name for name in names if names.count(name) > 1] == []


def settings(*path: str) -> Any:
    """Of pyproject.toml."""
    found: Any = tomllib.loads((TESTS.parent / "pyproject.toml").read_text("utf-8"))
    for name in path:
        found = found[name]
    return found


def test_a_warning_is_an_error_but_for_those_that_are_named() -> None:
    """By the words they begin with; a whole category, or all of a library, would hide our own."""
    first, *excepted = settings("tool", "pytest", "ini_options", "filterwarnings")
    assert first == "error"
    for one in excepted:
        action, words, category = one.split(":")[:3]
        assert action == "ignore"
        assert len(words) >= 15
        assert category.endswith("Warning")


def test_an_expected_failure_that_passes_is_a_failure() -> None:
    assert settings("tool", "pytest", "ini_options", "xfail_strict") is True


def test_coverage_has_a_floor_and_the_whole_suite_is_held_to_it() -> None:
    assert settings("tool", "coverage", "report", "fail_under") >= 94
    makefile = (TESTS.parent / "Makefile").read_text("utf-8")
    assert re.search(r"^PYTEST = .*pytest .*--cov\b", makefile, re.MULTILINE)
    recipe = makefile.partition("\ntest: ")[2].partition("\n\n")[0]
    assert "$(PYTEST) tests/ui" in recipe
    assert "$(PYTEST) --ignore=tests/ui" in recipe
    assert recipe.endswith("$(BIN)/coverage report")


def test_mypy_reads_every_test() -> None:
    config = ConfigParser()
    config.read(TESTS / "mypy.ini")
    assert config["mypy"]["strict"] == "True"
    assert [name for name in config.sections() if "ignore_errors" in config[name]] == []


def test_tabs_never_import_each_other() -> None:
    (contract,) = [
        one
        for one in settings("tool", "importlinter", "contracts")
        if one["type"] == "independence"
    ]
    tabs = {f"busdemo.ui.{path.stem}" for path in (TESTS.parent / "busdemo/ui").glob("*_tab.py")}
    assert set(contract["modules"]) == tabs
