"""The quick start: what docs/python.md shows runs, and says what it should."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_world import add_model, draw_scan

from busdemo.annotations.pictures import write_mask_png
from busdemo.workflows.programs import open_zoo, score

ROOT = Path(__file__).parents[1]


def test_the_first_lines_of_the_document_score_well(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    example = ROOT / "examples" / "oval-fibroadenoma"
    for name, file in (("scan", "image"), ("outline", "mask")):
        (tmp_path / f"{name}.png").write_bytes((example / f"{file}.png").read_bytes())
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "docs/python.md").read_text("utf-8")
    code, *_ = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    assert len([line for line in code.splitlines() if " = " in line]) == 3
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102
    assert names["numbers"]["dice"] > 0.7
    assert names["numbers"]["outcome"] == "agreement"


def test_arrays_and_files_are_one_and_the_same(weights: Path, tmp_path: Path) -> None:
    add_model(weights, "a")
    zoo, (image, mask) = open_zoo(weights), draw_scan()
    assert zoo.models == ["a"]
    (tmp_path / "scan.png").write_bytes(write_mask_png(mask))
    (tmp_path / "outline.png").write_bytes(write_mask_png(mask))
    found = zoo.segment(image, "a", threshold=0.3)
    assert found.shape == image.shape
    assert found.dtype == np.bool_
    from_file = zoo.segment(tmp_path / "scan.png", "a")
    assert np.array_equal(from_file, zoo.segment(mask.astype(np.uint8) * 255, "a"))
    assert score(found, mask) == score(found, tmp_path / "outline.png")
    assert score(found, mask) == score(found, [str(tmp_path / "outline.png")])
