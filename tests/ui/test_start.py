"""The page is there before torch is, and draws its opening case without it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from ui.chromium import open_page

import busdemo

LATE = ("torch", "torchvision", "timm", "segmentation_models_pytorch", "openvino", "scipy.stats")
TELL = f"print(json.dumps([m for m in {LATE} if m in sys.modules]), flush=True)"

SERVE = f"""
import json, sys
from busdemo.ui import page

page.start_background = lambda *_: None  # the models stay away for as long as we look
_, address = page.launch(wait=False)
print(address, flush=True)
sys.stdin.readline()
{TELL}
"""

DRAWN = """() => {
  const state = window.__busdemoViewer && window.__busdemoViewer.state;
  return state && state.grey && state.layers.length
    && state.layers.every((layer) => layer.state === 'ready' && layer.levels);
}"""


@pytest.mark.browser
def test_the_opening_case_is_drawn_with_all_models_while_torch_is_not_there(
    browser: Browser,
) -> None:
    command = [sys.executable, "-c", SERVE]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin
        assert server.stdout
        try:
            address = next(line for line in server.stdout if line.startswith("http")).strip()
            with open_page(browser, address) as page:
                page.wait_for_function(DRAWN)
            server.stdin.write("\n")
            server.stdin.flush()
            assert json.loads(server.stdout.readline()) == []
        finally:
            server.terminate()


@pytest.mark.parametrize("first", ["busdemo.ui.page", "gradio"])
def test_importing_the_page_brings_no_torch_and_writes_no_interface_files(first: str) -> None:
    code = f"import json, sys, {first}, busdemo.ui.page\n{TELL}"
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True)
    assert json.loads(done.stdout) == []
    assert list(Path(busdemo.__file__).parent.rglob("*.pyi")) == []
