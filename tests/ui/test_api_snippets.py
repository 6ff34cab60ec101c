"""Every program that "Use via API" shows runs as it stands, from an empty folder."""

import json
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from hf_gradio.cli import app as gradio_cli
from playwright._impl._driver import compute_driver_executable
from typer.testing import CliRunner

from busdemo.ui.page import launch

ANSWERS = {
    "segment": "mask_sha256",
    "classify": "malignant",
    "explain": "gradcam",
    "score": "precision",
    "describe": "circularity",
    "compare": "yardstick",
    "study": "started_from",
}
"""A word of each endpoint's answer."""


@pytest.fixture(scope="module")
def shown() -> Iterator[dict[str, Any]]:
    """What the page's own description of its API says of each endpoint."""
    page, address = launch(wait=False)
    yield httpx.get(f"{address}gradio_api/info", timeout=60).json()["named_endpoints"]
    page.close()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_all_endpoints_are_shown_and_no_sample_is_a_pdf(shown: dict[str, Any]) -> None:
    assert {name.strip("/") for name in shown} == set(ANSWERS)
    assert "pdf" not in json.dumps(shown)


@pytest.mark.parametrize("endpoint", ANSWERS)
def test_python(shown: dict[str, Any], endpoint: str) -> None:
    printed = StringIO()
    with redirect_stdout(printed):
        exec(shown[f"/{endpoint}"]["code_snippets"]["python"], {})  # noqa: S102
    assert ANSWERS[endpoint] in printed.getvalue()


@pytest.mark.parametrize("endpoint", ANSWERS)
def test_javascript(shown: dict[str, Any], endpoint: str) -> None:
    Path("ask.mjs").write_text(shown[f"/{endpoint}"]["code_snippets"]["javascript"])
    node, _ = compute_driver_executable()
    done = subprocess.run([node, "ask.mjs"], check=True, stdout=subprocess.PIPE, text=True)
    assert ANSWERS[endpoint] in done.stdout


@pytest.mark.parametrize("endpoint", ANSWERS)
def test_bash(shown: dict[str, Any], endpoint: str) -> None:
    if not shutil.which("curl"):
        pytest.skip("no curl on this machine")
    code = shown[f"/{endpoint}"]["code_snippets"]["bash"]
    done = subprocess.run(["bash", "-euc", code], check=True, stdout=subprocess.PIPE, text=True)
    assert "event: complete" in done.stdout
    assert ANSWERS[endpoint] in done.stdout


@pytest.mark.parametrize("endpoint", ANSWERS)
def test_gradio_in_a_terminal(shown: dict[str, Any], endpoint: str) -> None:
    if not shutil.which("curl"):
        pytest.skip("no curl on this machine")
    *downloads, command = shown[f"/{endpoint}"]["code_snippets"]["cli"].splitlines()
    for line in downloads:
        subprocess.run(["bash", "-euc", line], check=True)
    program, *arguments = shlex.split(command)
    assert program == "{command}"  # the page puts in what is installed: gradio or hf-gradio
    done = CliRunner().invoke(gradio_cli, arguments)
    assert done.exit_code == 0, done.output
    assert ANSWERS[endpoint] in done.output
