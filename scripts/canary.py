"""What the newest releases of our frameworks would break: `make canary`, no part of `make test`.

Makes an environment of its own with the newest gradio, torch, huggingface_hub and smp that the
package index gives, whatever pyproject.toml allows, and runs there the tests of what is private to
them, of the Hub's client, of smp's networks, and of the page as a whole. Nothing but Python is
needed to run it. Which build of torch is taken is said by `torch_options.py`, as for `make demo`.
"""

import re
import shutil
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

import torch_options  # beside this file

ROOT = Path(__file__).parents[1]
PLACE = ROOT / "build" / "canary"
PYTHON = PLACE / "bin" / "python"

NEWEST = ("gradio", "torch", "torchvision", "huggingface_hub", "segmentation-models-pytorch")
"""Taken without bounds; torchvision goes with torch."""

TOOLS = ("pytest", "gradio_client", "playwright", "httpx", "nibabel", "onnx", "onnxruntime")

TESTS = (
    *("tests/ui/test_gradio_private.py", "tests/zoo/test_torch_private.py"),
    *("tests/ui/test_preview.py", "tests/ui/test_api_snippets.py"),
    *("tests/zoo/test_hub.py", "tests/zoo/test_architectures.py", "tests/ui/test_smoke.py"),
)


def main() -> int:
    """0 where nothing would break, otherwise what pip or pytest ended with."""
    shutil.rmtree(PLACE, ignore_errors=True)
    venv.create(PLACE, with_pip=True)
    wanted = [*list_requirements(), *TOOLS]
    options, reason = torch_options.choose()
    print(reason)
    for arguments in (["--upgrade", *options, *wanted], ["--no-deps", "--editable", str(ROOT)]):
        pip = [str(PYTHON), "-m", "pip", "install", "--quiet", *arguments]
        if code := subprocess.call(pip):
            print("The newest releases cannot be installed together.")
            return code
    for line in describe_changes():
        print(line)
    pytest = [str(PYTHON), "-m", "pytest", "-q", "-W", "default", "-p", "no:cacheprovider"]
    # A file that cannot even be imported hides no other.
    code = subprocess.call([*pytest, "--continue-on-collection-errors", *TESTS], cwd=ROOT)
    print("Nothing would break." if code == 0 else "The tests above would break.")
    return code


def list_requirements() -> list[str]:
    """What the project needs, the newest of `NEWEST`, the others as pyproject.toml says."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    names = {normalize(name): name for name in NEWEST}
    return [names.get(normalize(line), line) for line in project["dependencies"]]


def describe_changes() -> list[str]:
    """A line each of `NEWEST`: the version that is pinned, and the one that was installed."""
    told = "from importlib.metadata import version; print(*map(version, {!r}))"
    command = [str(PYTHON), "-c", told.format(NEWEST)]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if "==" in line)
    pinned = {normalize(name): version for name, version in pins.items()}
    return [
        f"{name}: {pinned.get(normalize(name), 'not')} pinned, {version} installed"
        for name, version in zip(NEWEST, found, strict=True)
    ]


def normalize(requirement: str) -> str:
    """A requirement's name as the package index has it."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\s\[<>=!~;]", requirement)[0]).lower()


if __name__ == "__main__":
    sys.exit(main())
