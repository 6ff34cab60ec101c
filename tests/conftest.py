"""Fixtures of all rooms. Being here puts this folder on the path, for `tiny_world`."""

from pathlib import Path

import pytest


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """An empty zoo's folder."""
    folder = tmp_path / "weights"
    folder.mkdir()
    return folder
