"""What Gradio does not promise to keep still does what it is used for."""

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import httpx
import plotly.graph_objects as go
import pytest
from gradio_client import Client
from waiting import wait_until

from busdemo.ui.findings.component import Findings, FindingsData
from busdemo.ui.gradio_private import (
    STATIC_PATHS,
    count_running,
    count_waiting,
    find_uploads,
    keep_file,
    pack_plot,
    read_event,
    watch_handlers,
)
from busdemo.ui.queues import MODELS


class Small:
    """A page of one component of ours and two endpoints: `answer` skips and answers in turns,
    `wait` waits until it is `released`."""

    def __init__(self) -> None:
        self.released, self.watched = threading.Event(), list[str]()
        with gr.Blocks() as self.page:
            self.component = Findings(FindingsData())
            gr.Button().click(self.answer, None, self.component, api_name="answer")
            gr.Button().click(self.wait, None, None, api_name="wait", **MODELS)
        watch_handlers(self.page, self.watch)
        _, address, _ = self.page.launch(prevent_thread_lock=True, quiet=True)
        self.address = address.rstrip("/")

    def answer(self) -> Iterator[object]:
        for turn in ("first", "second", "third"):
            yield gr.skip()
            yield FindingsData(turn=turn)

    def wait(self) -> None:
        assert self.released.wait(timeout=60)

    def watch(self, name: str, handler: Callable[..., Any]) -> Callable[..., Any]:
        self.watched.append(name)
        return handler


@pytest.fixture(scope="module")
def small() -> Iterator[Small]:
    small = Small()
    yield small
    small.page.close()


@pytest.fixture
def client(small: Small) -> Iterator[Client]:
    client = Client(small.address, verbose=False)
    yield client
    client.close()


def test_a_session_does_not_grow_with_what_is_skipped(small: Small, client: Client) -> None:
    """Gradio files a component anew, under a new id, for every value after a `gr.skip()`."""
    for _ in range(2):
        client.predict(api_name="/answer")
    session = small.page.state_holder[client.session_hash]
    assert set(session.blocks_config.blocks) == set(small.page.blocks)
    (shown,) = (b for b in session.blocks_config.blocks.values() if isinstance(b, Findings))
    assert session.config_values[shown._id]["props"]["value"]["turn"] == "third"


def test_who_waits_and_who_is_answered_are_counted(small: Small, client: Client) -> None:
    small.released.clear()
    jobs = [client.submit(api_name="/wait") for _ in range(3)]
    wait_until(lambda: (count_running(small.page), count_waiting(small.page)) == (1, 2))
    small.released.set()
    for job in jobs:
        job.result(timeout=60)
    wait_until(lambda: (count_running(small.page), count_waiting(small.page)) == (0, 0))


def test_every_handler_is_watched_by_its_name(small: Small) -> None:
    assert small.watched == ["answer", "wait"]


@pytest.mark.parametrize(
    ("sent", "read"), [({"a": 1}, {"a": 1}), (None, {}), ([1], {}), ("x", {})], ids=repr
)
def test_an_event_is_a_mapping_whatever_was_sent(sent: Any, read: dict[str, Any]) -> None:
    assert read_event(gr.EventData(None, sent)) == read


def test_a_kept_file_lies_among_the_uploads_under_its_name() -> None:
    path = Path(keep_file(b"mask", "scan-mask.png", find_uploads()))
    assert path.read_bytes() == b"mask"
    assert path.name == "scan-mask.png"
    assert path.is_relative_to(find_uploads())


def test_a_figure_is_packed_as_a_plot_takes_it() -> None:
    plot = json.dumps({"data": [], "layout": {"height": 7}})
    shown = gr.Plot(render=False).postprocess(pack_plot(plot))
    assert json.loads(shown.plot)["layout"]["height"] == 7
    assert shown.type == gr.Plot(render=False).postprocess(go.Figure()).type


def test_files_are_told_from_what_is_computed(small: Small) -> None:
    page = httpx.get(small.address, timeout=30).text
    files = [part.split('"')[0] for part in page.split('src="')[1:] + page.split('href="')[1:]]
    paths = [httpx.URL(small.address).join(file).path for file in files if not is_foreign(file)]
    assert any(path.startswith("/assets/") for path in paths)
    assert {path for path in paths if not path.startswith(STATIC_PATHS)} <= {"/"}
    for path in ("/config", "/gradio_api/queue/join", "/gradio_api/component_server", "/"):
        assert not path.startswith(STATIC_PATHS)


def is_foreign(file: str) -> bool:
    return file.startswith(("http", "data:", "//")) and "127.0.0.1" not in file
