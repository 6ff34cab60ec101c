"""Fixtures of all rooms. Its folder comes on the path: `tiny_world`, `tiny_networks`."""

import sys
from pathlib import Path

import pytest
from skipping import pytest_make_collect_report, pytest_runtest_makereport

__all__ = ["pytest_make_collect_report", "pytest_runtest_makereport", "weights"]

# Tests import OpenVINO themselves, and must not tell of it either: see `import_openvino`.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """An empty zoo's folder."""
    folder = tmp_path / "weights"
    folder.mkdir()
    return folder
