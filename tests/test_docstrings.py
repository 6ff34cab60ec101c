"""Public docstrings: what takes or gives arrays states shape and type; examples are true."""

import doctest
import importlib
import inspect
import pkgutil
import re
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import busdemo

ROOMS = ("busdemo.imaging", "busdemo.scoring", "busdemo.inference")

SIDE = r"[A-Za-z0-9_+ ]+"
SHAPE = re.compile(rf"\({SIDE},(?: {SIDE}(?:, {SIDE})*)?\)")
TYPE_OR_RANGE = re.compile(r"\b(bool|u?int(8|16|32|64)|float(32|64)?)\b|\d to \d|\[0, 1\]")

Function = Callable[..., Any]


def modules() -> Iterator[ModuleType]:
    for name in ROOMS:
        room = importlib.import_module(name)
        yield room
        for found in pkgutil.walk_packages(room.__path__, f"{name}."):
            yield importlib.import_module(found.name)


def modules_with_examples() -> Iterator[ModuleType]:
    package = Path(busdemo.__file__).parent
    for path in sorted(package.rglob("*.py")):
        if ">>> " in path.read_text("utf-8"):
            inside = path.relative_to(package.parent).with_suffix("")
            yield importlib.import_module(".".join(inside.parts))


def public_functions() -> Iterator[tuple[str, Function]]:
    """Functions and methods defined in the rooms, but for those whose name begins with _."""
    for module in modules():
        for name, thing in vars(module).items():
            if name.startswith("_") or getattr(thing, "__module__", "") != module.__name__:
                continue
            if inspect.isfunction(thing):
                yield f"{module.__name__}.{name}", thing
            elif inspect.isclass(thing):
                for inner, method in vars(thing).items():
                    bare = getattr(method, "__func__", getattr(method, "fget", method))
                    if not inner.startswith("_") and inspect.isfunction(bare):
                        yield f"{module.__name__}.{name}.{inner}", bare


def handles_arrays(function: Function) -> bool:
    return any(holds_array(hint) for hint in function.__annotations__.values())


def holds_array(hint: Any) -> bool:
    """Is it an array's or a tensor's type, or made of one: a union, a sequence, a tuple?"""
    if "Tensor" in (hint if isinstance(hint, str) else getattr(hint, "__name__", "")):
        return True
    return typing.get_origin(hint) is np.ndarray or any(map(holds_array, typing.get_args(hint)))


FUNCTIONS = [(name, function) for name, function in public_functions() if handles_arrays(function)]


@pytest.mark.parametrize(
    "function", [function for _, function in FUNCTIONS], ids=[name for name, _ in FUNCTIONS]
)
def test_a_function_of_arrays_states_shape_and_type_or_range(function: Function) -> None:
    told = inspect.getdoc(function) or ""
    assert SHAPE.search(told), "no shape such as (H, W)"
    assert TYPE_OR_RANGE.search(told), "no dtype such as bool, no range such as 0 to 199"


def test_the_examples_in_the_docstrings_are_true() -> None:
    results = [doctest.testmod(module) for module in modules_with_examples()]
    assert sum(result.failed for result in results) == 0
    assert sum(result.attempted for result in results) >= 30
