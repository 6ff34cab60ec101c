"""What a Space installs: every package the page runs on, in the versions that constraints.txt pins.

Spaces install `gradio[oauth,mcp]`, `uvicorn`, `websockets` and `spaces` beside a Space's own
requirements. So they are pinned here, too: a Space whose pins they contradict does not build.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

INDEX = "--extra-index-url https://download.pytorch.org/whl/cpu"
"""The first line: torch and torchvision for processors, as a matching pair."""

EXTRAS = ("space",)
"""Optional dependencies of busdemo that its Space has."""

_SPACE = {
    "extra": "",
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "python_full_version": "3.11.14",
    "python_version": "3.11",
    "sys_platform": "linux",
}
"""The machine that Spaces run on."""

_OF_CUDA = re.compile(r"(cuda|nvidia)-.*|triton")
"""What torch asks for where there is a GPU; its wheels for processors do not."""


class CannotBuild(ValueError):
    """A Space cannot be put together; the message is one sentence."""


def list_requirements(checkout: Path, extras: Iterable[str] = EXTRAS) -> list[str]:
    """The lines of the Space's requirements.txt, from pyproject.toml and constraints.txt.

    Raises CannotBuild for a package that is not pinned, that is pinned to what another one cannot
    use, or that is not installed here: what a package needs is only known from itself.
    """
    project = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    optional = project["optional-dependencies"]
    wanted = [*project["dependencies"], *(line for extra in extras for line in optional[extra])]
    pins = read_pins(checkout / "constraints.txt")
    lines = set()
    for needed in _follow(wanted):
        name = canonicalize_name(needed.name)
        if name not in pins:
            raise CannotBuild(f"constraints.txt does not pin {name}.")
        if not needed.specifier.contains(pins[name], prereleases=True):
            raise CannotBuild(f"constraints.txt pins {name} to {pins[name]}; needed is {needed}.")
        lines.add(f"{name}=={pins[name]}")
    return [INDEX, *sorted(lines)]


def read_pins(constraints: Path) -> dict[NormalizedName, str]:
    """The version that constraints.txt pins of each package."""
    lines = constraints.read_text(encoding="utf-8").splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in pairs}


def _follow(lines: Iterable[str]) -> Iterator[Requirement]:
    """These requirements, what they need, what that needs, and so on; not what CUDA needs."""
    waiting = [Requirement(line) for line in lines]
    seen: set[tuple[NormalizedName, str]] = set()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if _OF_CUDA.fullmatch(name):
            continue
        yield requirement
        for extra in {"", *requirement.extras}:
            if (name, extra) not in seen:
                seen.add((name, extra))
                waiting += _needs(name, extra)


def _needs(name: NormalizedName, extra: str) -> list[Requirement]:
    try:
        found = [Requirement(line) for line in requires(name) or ()]
    except PackageNotFoundError as error:
        raise CannotBuild(f"{name} is not installed here: pip install -e '.[test]'.") from error
    here = _SPACE | {"extra": extra}
    return [one for one in found if one.marker is None or one.marker.evaluate(here)]
