"""The fixtures of the front end's tests are what Python computes now; the tests pass in Node."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from web.fixtures import FOLDER, build_all, write

ROOT = Path(__file__).parents[2]


def test_the_fixtures_are_what_python_computes_now() -> None:
    stale = [
        name
        for name, fixture in build_all().items()
        if (FOLDER / f"{name}.json").read_text("utf-8") != write(fixture)
    ]
    assert stale == [], "run python tests/web/fixtures.py"


def test_the_modules_pass_their_own_tests() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node on this machine")
    files = sorted(str(path) for path in (ROOT / "tests/web").glob("*.test.js"))
    run = subprocess.run([node, "--test", *files], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-4000:]
