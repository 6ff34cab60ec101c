"""The Space as Spaces run it: its own packages, its own folder, in a frame of another site."""

import http.server
import importlib.util
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pytest
from gradio_client import Client, handle_file
from pixels import read_pixels, read_white
from waiting import wait_until

from busdemo.imaging.masks import STOPS
from busdemo.workflows.hosting import CHECKOUT, build_space

pytestmark = pytest.mark.space

EXAMPLE = CHECKOUT / "examples" / "breast-002"
PORT = 7860
MOST_MEMORY_KB, MOST_START_S = 2_000_000, 15


@dataclass(frozen=True)
class Running:
    """A Space that answers at `address`; `start_s` is the processor time it took until then."""

    address: str
    process: "subprocess.Popen[bytes]"
    start_s: float


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return build_space(tmp_path_factory.mktemp("space") / "app")


@pytest.fixture(scope="module")
def folder(files: list[Path]) -> Path:
    return next(path.parent for path in files if path.name == "app.py")


@pytest.fixture(scope="module")
def python(folder: Path) -> Path:
    """The Python of a new environment that has the Space's requirements and nothing else."""
    home = folder.parent / "environment"
    subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
    lines = (folder / "requirements.txt").read_text().splitlines()
    pinned = folder.parent / "pinned.txt"
    pinned.write_text("\n".join(line for line in lines if not line.startswith("--")))
    # The index's own torch is the one for CUDA, whose libraries are no part of the Space: they are
    # borrowed from the environment of the tests where it has them. All else is named by a pin.
    borrowed = importlib.util.find_spec("nvidia")
    install: list[str | Path] = [
        home / "bin" / "pip",
        "install",
        "--quiet",
        "--no-compile",
        "--requirement",
        pinned,
    ]
    subprocess.run([*install, *(["--no-deps"] if borrowed else [])], check=True)
    if borrowed:
        (packages,) = home.glob("lib/python*/site-packages")
        (packages / "nvidia").symlink_to(next(iter(borrowed.submodule_search_locations or ())))
    return home / "bin" / "python"


def choose_port() -> int:
    """Spaces' own, or a free one where something listens there already."""
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", PORT)):
            return PORT
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        print(f"Port {PORT} is taken.")
        return int(free.getsockname()[1])


def read_only_home(place: Path) -> Path:
    """A home folder in which nothing can be made, whoever runs the tests."""
    place.mkdir(exist_ok=True)
    place.chmod(0o555)
    return Path("/proc") if os.access(place, os.W_OK) else place


def start(folder: Path, python: Path) -> Running:
    port = choose_port()
    environment = {
        "PATH": f"{python.parent}:{os.environ['PATH']}",
        "HOME": str(read_only_home(folder.parent / "home")),
        "SPACE_ID": "org/busdemo",
        "SYSTEM": "spaces",
        "GRADIO_SERVER_NAME": "0.0.0.0",  # noqa: S104  (as there)
        "TMPDIR": str(folder.parent),
    }
    if port != PORT:
        environment["GRADIO_SERVER_PORT"] = str(port)
    process = subprocess.Popen([python, "app.py"], cwd=folder, env=environment)
    address = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        assert process.poll() is None, "the Space ended"
        with suppress(httpx.HTTPError):
            return httpx.get(address).is_success
        return False

    wait_until(answers, "The start of the Space")
    return Running(address, process, processor_seconds(process.pid))


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def stop(running: Running) -> None:
    running.process.terminate()
    running.process.wait()


@pytest.fixture(scope="module")
def space(folder: Path, python: Path) -> Iterator[Running]:
    stop(start(folder, python))  # the first start compiles what it imports
    running = start(folder, python)
    yield running
    stop(running)


@pytest.fixture(scope="module")
def client(space: Running) -> Client:
    return Client(space.address, verbose=False)


def test_it_starts_within_15_seconds(space: Running) -> None:
    # Of the processor, so that other programs count little; where they are many, they do count.
    crowd = os.getloadavg()[0] / (os.cpu_count() or 1)
    if space.start_s >= MOST_START_S and crowd > 2:
        pytest.skip(f"{space.start_s:.0f} s, with {crowd:.0f} programs for every core")
    assert space.start_s < MOST_START_S


def test_it_segments_as_stored(client: Client) -> None:
    mask, *_, receipt = client.predict(
        image=handle_file(EXAMPLE / "image.png"),
        model="unet",
        threshold=0,
        masks=[handle_file(EXAMPLE / "mask.png")],
        api_name="/segment",
    )
    stored = read_pixels(EXAMPLE / "unet.png")
    expected = stored >= round(receipt["threshold"] * STOPS)
    # Another processor may round a probability at the threshold to its other side.
    assert np.mean(read_white(mask) != expected) < 1e-4


def test_it_scores_as_stored(client: Client, tmp_path: Path) -> None:
    stored = read_pixels(EXAMPLE / "unet.png")
    mask, truth = stored >= STOPS // 2, read_white(EXAMPLE / "mask.png")
    cv2.imwrite(str(tmp_path / "mask.png"), mask.astype(np.uint8) * 255)
    scores = client.predict(
        masks=[handle_file(tmp_path / "mask.png")],
        references=[handle_file(EXAMPLE / "mask.png")],
        api_name="/score",
    )
    assert scores["dice"] == pytest.approx(2 * (mask & truth).sum() / (mask.sum() + truth.sum()))


def test_it_works_in_a_frame_of_another_site(space: Running, folder: Path) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no chromium on this machine")
    host = Host(space.address.replace("127.0.0.1", "localhost"))
    with playwright.sync_playwright() as player:
        browser = player.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(host.address)
        page.wait_for_selector("iframe")
        page.frames[1].wait_for_function(
            """() => {
              const viewer = window.__busdemoViewer;
              const done = (layer) => layer.state === 'ready' || layer.state === 'unusable';
              return viewer && viewer.state.grey && viewer.state.layers.length
                && viewer.state.layers.every(done);
            }""",
            timeout=120_000,
        )
        states = page.frames[1].evaluate(
            "Object.fromEntries(window.__busdemoViewer.state.layers.map((l) => [l.id, l.state]))"
        )
        browser.close()
    host.close()
    with_weights = {path.parent.name for path in folder.glob("weights/*/model.safetensors")}
    ready = {model for model, state in states.items() if state == "ready"}
    assert ready >= with_weights - {"detector", "classifier"}
    assert errors == []


def test_it_stays_below_2_gb_and_writes_nothing_beside_its_files(
    space: Running, files: list[Path], folder: Path, client: Client
) -> None:
    for model in json.loads((EXAMPLE.parent / "opening.json").read_text())["models"]:
        client.predict(
            image=handle_file(EXAMPLE / "image.png"),
            model=model,
            threshold=0,
            masks=None,
            two_stage=True,
            api_name="/segment",
        )
    client.predict(image=handle_file(EXAMPLE / "image.png"), paint=False, api_name="/classify")
    status = Path(f"/proc/{space.process.pid}/status").read_text()
    (peak,) = re.findall(r"^VmHWM:\s+(\d+) kB", status, re.M)
    assert int(peak) < MOST_MEMORY_KB
    there = {p for p in folder.rglob("*") if p.is_file() and p.suffix != ".pyc"}
    assert there == set(files)


class Host:
    """A page of another site that shows an address in a frame."""

    def __init__(self, framed: str) -> None:
        page = f'<iframe src="{framed}" style="width:1300px;height:800px"></iframe>'.encode()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self._server.server_port}/"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
