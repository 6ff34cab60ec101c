"""The browser's modules give Python's answer to real scans, through the shipped U-Net."""

import shutil
from pathlib import Path

import pytest
from web.device_parity import compare

from busdemo.ui.examples import EXAMPLES

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning"),
]


def test_grey_is_the_same_and_masks_hardly_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("node") is None:
        pytest.skip("no Node on this machine")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    files = sorted(EXAMPLES.glob("*/image.png"))[::2]
    assert len(files) >= 6
    for one in compare(files):
        assert one.same_grey, one
        assert one.share <= 0.001, one
        assert not one.dice < 0.999, one  # of two empty masks it is undefined
