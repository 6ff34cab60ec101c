"""Fixtures of all rooms. Its folder comes on the path: `tiny_world`, `tiny_networks`."""

from pathlib import Path

import pytest


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """An empty zoo's folder."""
    folder = tmp_path / "weights"
    folder.mkdir()
    return folder
