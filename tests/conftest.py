"""Fixtures of all rooms. Its folder comes on the path: `tiny_world`, `tiny_networks`."""

import os
import sys
import tempfile
from pathlib import Path

import pytest
from memory import memory_is_given_back
from skipping import pytest_make_collect_report, pytest_runtest_makereport

__all__ = [
    "memory_is_given_back",
    "pytest_make_collect_report",
    "pytest_runtest_makereport",
    "weights",
]

# Hypothesis keeps what it found in the folder it is started from, unless it is told where else.
os.environ.setdefault(
    "HYPOTHESIS_STORAGE_DIRECTORY", str(Path(tempfile.gettempdir()) / "busdemo-hypothesis")
)

# Tests import OpenVINO themselves, and must not tell of it either: see `import_openvino`.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """An empty zoo's folder."""
    folder = tmp_path / "weights"
    folder.mkdir()
    return folder
