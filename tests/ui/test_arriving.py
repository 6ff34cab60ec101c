"""A page whose weights are still on the Hub when it opens, in a real Chromium."""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

pytest.importorskip("playwright")
from hub_client import add_remote, change_facts, surroundings
from hub_server import Fault, HubServer
from playwright.sync_api import Browser, Page
from tiny_world import add_model
from waiting import wait_until

from busdemo.inference.segmenter import SegmenterPool
from busdemo.ui.workspace import first_usable
from busdemo.zoo.cards import read_cards

pytestmark = pytest.mark.browser

LAYERS = "window.__busdemoViewer.state.layers"


@pytest.fixture
def release() -> threading.Event:
    """The Hub gives the weights of "far" once this is set."""
    return threading.Event()


@pytest.fixture
def address(tmp_path: Path, release: threading.Event) -> Iterator[str]:
    zoo = tmp_path / "weights"
    add_model(zoo, "near", facts={"order": 1})
    with HubServer() as hub, socket.socket() as free:
        for number, name in enumerate(("far", "gated"), start=2):
            add_remote(zoo, hub, name)
            change_facts(zoo / name, order=number)
        hub.repositories["org/gated"].gated = True
        hub.faults.append(Fault("/lfs/", until=release))
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        patient = surroundings(zoo, hub) | {"HF_HUB_DOWNLOAD_TIMEOUT": "300"}
        page = subprocess.Popen([sys.executable, "-m", "busdemo", "--port", str(port)], env=patient)
        wait_for(f"http://127.0.0.1:{port}", page)
        yield f"http://127.0.0.1:{port}"
        release.set()
        page.terminate()
        page.wait()


def test_where_no_model_is_there_yet_the_first_to_come_is_chosen(weights: Path) -> None:
    add_model(weights, "broken", facts={"sha256": "0" * 64})
    add_model(weights, "coming")
    pool = SegmenterPool(read_cards(weights))
    pool.slots["broken"].note("It cannot run.")
    assert first_usable(pool) == "coming"
    pool.downloads.arrived["coming"] = 0.5
    assert first_usable(pool) == "coming"
    del pool.downloads.arrived["coming"]
    pool.downloads.failed["coming"] = "It is not there."
    assert first_usable(pool) == ""


def wait_for(address: str, program: "subprocess.Popen[Any]") -> None:
    def answers() -> bool:
        assert program.poll() is None, "the page ended"
        with suppress(httpx.TransportError):
            httpx.get(address)
            return True
        return False

    wait_until(answers, "The start of the page")


def wait_for_states(page: Page, *states: str) -> None:
    page.wait_for_function(
        f"(wanted) => window.__busdemoViewer && {LAYERS}.map((l) => l.state).join() === wanted",
        arg=",".join(states),
        timeout=60_000,
    )


def test_others_run_while_weights_arrive_and_theirs_follow_without_a_reload(
    browser: Browser, address: str, release: threading.Event
) -> None:
    page = browser.new_page()
    page.goto(address)
    wait_for_states(page, "ready", "unusable", "unusable")
    reasons = page.evaluate(f"{LAYERS}.map((layer) => layer.reason)")
    assert reasons == [
        "",
        "Its weights are being downloaded (0 %).",
        "Its weights are downloaded after those of 1 other.",
    ]
    page.evaluate("window.__busdemoViewer.state.mark = 'the same page'")
    release.set()
    wait_for_states(page, "ready", "ready", "unusable")
    assert page.evaluate(f"{LAYERS}[2].reason").startswith("org/gated is gated")
    assert page.evaluate("window.__busdemoViewer.state.mark") == "the same page"
    page.close()
