"""Which build of torch an installation takes, against a stand-in for torch's own index."""

import json
import os
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import socket

import pytest

SCRIPT = Path(__file__).parents[1] / "scripts" / "torch_options.py"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a choice")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def index(tmp_path: Path) -> Iterator[str]:
    """A package index with `usual/` (torch 9.9) and `cpu/` (torch 9.9+cpu): its address."""
    for name, version in (("usual", "9.9"), ("cpu", "9.9+cpu")):
        folder = tmp_path / "index" / name / "torch"
        folder.mkdir(parents=True)
        with zipfile.ZipFile(folder / f"torch-{version}-py3-none-any.whl", "w") as wheel:
            about = f"torch-{version}.dist-info"
            head = f"Metadata-Version: 2.1\nName: torch\nVersion: {version}\n"
            wheel.writestr(f"{about}/METADATA", head)
            wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
            wheel.writestr(f"{about}/RECORD", "")
    handler = partial(Quiet, directory=str(tmp_path / "index"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def choose(index: str, programs: Path) -> tuple[str, str]:
    """What the script prints where its index is here and these are the programs: options, why."""
    environment = os.environ | {"TORCH_INDEX": index, "PATH": str(programs), "NO_PROXY": "*"}
    done = subprocess.run(
        [sys.executable, SCRIPT], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip(), done.stderr


def test_without_a_gpu_pip_takes_the_build_for_processors(index: str, tmp_path: Path) -> None:
    options, why = choose(f"{index}/cpu", tmp_path)
    assert "no NVIDIA GPU" in why
    wanted = [
        "install",
        "--dry-run",
        "--ignore-installed",
        "--no-deps",
        "--quiet",
        "--report",
        "-",
        "torch",
    ]
    alone = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": f"{index}/usual", "NO_PROXY": "*"}
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PIP_")}
    done = subprocess.run(
        [sys.executable, "-m", "pip", *wanted, *options.split(), "--report", "-", "torch"],
        env=kept | alone,
        stdout=subprocess.PIPE,
        check=True,
    )
    (part,) = json.loads(done.stdout)["install"]
    assert part["metadata"]["version"] == "9.9+cpu"


def test_with_a_gpu_the_package_index_decides(index: str, tmp_path: Path) -> None:
    driver = tmp_path / "nvidia-smi"
    driver.write_text("#!/bin/sh\necho 'GPU 0: a stand-in (UUID: GPU-0)'\n")
    driver.chmod(0o755)
    options, why = choose(f"{index}/cpu", tmp_path)
    assert options == ""
    assert "there is an NVIDIA GPU" in why


def test_a_driver_without_a_gpu_does_not_count(index: str, tmp_path: Path) -> None:
    driver = tmp_path / "nvidia-smi"
    driver.write_text("#!/bin/sh\necho 'No devices were found'\nexit 6\n")
    driver.chmod(0o755)
    assert choose(f"{index}/cpu", tmp_path)[0] == f"--extra-index-url {index}/cpu"


def test_an_index_that_lacks_torch_is_not_taken(index: str, tmp_path: Path) -> None:
    options, why = choose(f"{index}/elsewhere", tmp_path)
    assert options == ""
    assert f"{index}/elsewhere" in why


def test_an_index_that_stays_silent_is_waited_for_three_seconds(tmp_path: Path) -> None:
    with socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        started = time.monotonic()
        options, why = choose(f"http://127.0.0.1:{silent.getsockname()[1]}", tmp_path)
        took_s = time.monotonic() - started
    assert options == ""
    assert "within 3 s" in why
    assert took_s > 2.5


def test_what_is_installed_is_told_with_its_size() -> None:
    command = [sys.executable, str(SCRIPT), "--installed"]
    told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    assert told.startswith("torch 2.")
    assert " GB in " in told
