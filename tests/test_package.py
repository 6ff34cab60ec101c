import json
import subprocess
import sys

import pytest

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
