import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import busdemo

PACKAGE = Path(busdemo.__file__).parent

HEAVY = ("torch", "segmentation_models_pytorch", "gradio")


def heavy_modules_after(statement: str) -> list[str]:
    """Which of the slow packages a fresh interpreter holds after a statement."""
    tell = f"import json, sys; print(json.dumps([m for m in {HEAVY} if m in sys.modules]))"
    code = f"{statement}\n{tell}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    return list(json.loads(done.stdout))


@pytest.mark.parametrize(
    "modules",
    [
        "busdemo",
        "busdemo.cli",
        "busdemo.imaging.images, busdemo.annotations.files, busdemo.scoring.overlap, "
        "busdemo.views.pictures, busdemo.phantoms, busdemo.zoo.cards",
    ],
)
def test_importing_brings_neither_torch_nor_gradio(modules: str) -> None:
    assert heavy_modules_after(f"import {modules}") == []


def test_the_check_itself_sees_a_heavy_module() -> None:
    assert heavy_modules_after("import sys; sys.modules['torch'] = sys") == ["torch"]


def test_no_public_class_has_the_name_of_another() -> None:
    places: dict[str, list[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(path.relative_to(PACKAGE).as_posix())
    assert {name: found for name, found in places.items() if len(found) > 1} == {}
