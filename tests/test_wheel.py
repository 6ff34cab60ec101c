"""The wheel: built, installed into an environment of its own, and used from an empty folder."""

import os
import shutil
import subprocess
import sys
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from socket import socket

import cv2
import numpy as np
import pytest

from busdemo.phantoms import EXAMPLES, simulate

ROOT = Path(__file__).parents[1]
FILES = "pyproject.toml", "setup.py", "README.md", "LICENSE"
FOLDERS = "weights", "examples"
NOT_CODE = shutil.ignore_patterns("__pycache__")

ASK = """
import busdemo, sys
from busdemo.workflows.programs import open_zoo
mask = open_zoo().segment(sys.argv[1])
print(busdemo.__file__, mask.dtype, *mask.shape, mask.any())
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of the checkout, which a build would leave files in."""
    checkout, out = tmp_path_factory.mktemp("checkout"), tmp_path_factory.mktemp("wheel")
    for name in FILES:
        shutil.copyfile(ROOT / name, checkout / name)
    shutil.copytree(ROOT / "busdemo", checkout / "busdemo", ignore=NOT_CODE)
    for name in FOLDERS:
        (checkout / name).symlink_to(ROOT / name)
    build = ["wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir"]
    subprocess.run([sys.executable, "-m", "pip", *build, out, checkout], check=True)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment with nothing but the wheel; heavy packages are borrowed."""
    place = tmp_path_factory.mktemp("environment")
    venv.create(place)
    python = place / "bin" / "python"
    install = ["install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([sys.executable, "-m", "pip", "--python", python, *install, wheel], check=True)
    (packages,) = place.glob("lib/python*/site-packages")
    borrowed = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "borrowed.pth").write_text("\n".join(borrowed))
    return python.parent


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scan") / "scan.png"
    cv2.imwrite(str(path), simulate(*EXAMPLES["simple-cyst"]).image)
    return path


def alone() -> dict[str, str]:
    """The environment's variables without those that name a folder of ours."""
    return {key: value for key, value in os.environ.items() if not key.startswith("BUSDEMO_")}


def list_files(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_it_holds_everything_that_a_checkout_has(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    code = list_files(ROOT / "busdemo")
    wanted = {f"busdemo/{name}" for name in code if not name.endswith(".d.ts")}  # for editors
    for folder in FOLDERS:
        wanted |= {f"busdemo/shipped/{folder}/{name}" for name in list_files(ROOT / folder)}
    assert wanted - held == set()
    assert "busdemo/shipped/weights/unet/model.safetensors" in held


def test_the_terminal_segments_an_image(programs: Path, scan: Path, tmp_path: Path) -> None:
    command: list[str | Path] = [programs / "busdemo", "segment", scan, "--out", "out"]
    subprocess.run(command, cwd=tmp_path, env=alone(), check=True)
    mask = cv2.imread(str(tmp_path / "out" / "scan-unet-mask.png"), cv2.IMREAD_UNCHANGED)
    assert mask is not None
    assert np.any(mask)
    assert {path.name for path in tmp_path.iterdir()} == {"out"}


def test_a_program_segments_an_image(programs: Path, scan: Path, tmp_path: Path) -> None:
    command: list[str | Path] = [programs / "python", "-c", ASK, scan]
    done = subprocess.run(
        command, cwd=tmp_path, env=alone(), check=True, stdout=subprocess.PIPE, text=True
    )
    place, *mask = done.stdout.split()
    height, width = simulate(*EXAMPLES["simple-cyst"]).image.shape
    assert Path(place).is_relative_to(programs.parent)
    assert mask == ["bool", str(height), str(width), "True"]


def test_the_page_opens_with_its_examples(programs: Path, tmp_path: Path) -> None:
    with serve(programs, tmp_path) as address, urllib.request.urlopen(address) as answer:  # noqa: S310
        page = answer.read()
    assert b"two-lesions" in page
    assert list(tmp_path.iterdir()) == []


@contextmanager
def serve(programs: Path, folder: Path) -> Iterator[str]:
    """The address of a page, as it says itself once it answers."""
    with closing(socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    with subprocess.Popen(
        [programs / "busdemo", "--port", port],
        cwd=folder,
        env=alone() | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout
            line = next(line for line in process.stdout if "http" in line)
            yield line.split()[-1]
        finally:
            process.terminate()
