"""What an operator reads: enough to act on, and nothing of a visitor's."""

import asyncio
import functools
import io
import logging
import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from tiny_world import add_model

from busdemo.imaging.refusals import UnreadableImage
from busdemo.inference.segmenter import SegmenterPool
from busdemo.ui import journal
from busdemo.ui.compare.answers import read_masks
from busdemo.ui.journal import FAILED, RefusalLog, adopt_server, start_logging, watch
from busdemo.zoo.cards import read_cards
from busdemo.zoo.files import NotNow, UnusableModel

QUOTED = "Mueller-1950-mamma.dcm"


def watched(handler: Callable[..., Any], waiting: int = 0) -> Callable[..., Any]:
    return watch("drop_image", handler, lambda: waiting)


def raising(error: Exception) -> Callable[[], None]:
    def handler() -> None:
        if isinstance(error, gr.Error):
            raise error
        try:
            raise error
        except ValueError as cause:
            raise gr.Error(str(cause), print_exception=False) from cause

    return handler


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (UnreadableImage(f"{QUOTED} is no image."), "unreadable file"),
        (NotNow(f"{QUOTED}"), "model that did not answer this time"),
        (UnusableModel(f"{QUOTED}"), "model that cannot run"),
        (ValueError(f"{QUOTED}"), "wrong request"),
        (gr.Error(f"{QUOTED}"), "wrong request"),
    ],
    ids=repr,
)
def test_a_refusal_is_told_by_its_kind_and_reaches_the_visitor(
    error: Exception, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with pytest.raises(gr.Error, match=QUOTED):
        watched(raising(error))()
    assert caplog.messages == [f"refused: {kind}"]


def test_what_should_not_happen_is_told_without_its_words(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    def handler() -> None:
        raise KeyError(QUOTED)

    with pytest.raises(gr.Error) as caught:
        watched(handler)()
    assert caught.value.message == FAILED
    assert caught.value.print_exception is False  # Gradio would print the words
    (told,) = caplog.messages
    assert told.startswith("drop_image failed: KeyError\n")
    assert re.search(r"test_journal\.py:\d+ in handler", told)
    assert QUOTED not in caplog.text + "".join(capsys.readouterr())


def test_a_file_that_cannot_be_read_in_the_comparison_is_told_by_its_kind(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    files = [{"name": QUOTED, "data": "AAAA"}]
    assert read_masks({"width": 9, "height": 9, "files": files})["errors"]
    assert caplog.messages == ["refused: unreadable file"]


def test_a_slow_request_is_told_of_with_how_many_wait_and_others_only_to_who_asks(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    clock = iter([0.0, 12.34, 20.0, 20.5])
    monkeypatch.setattr(journal.time, "monotonic", lambda: next(clock))

    def steps() -> Iterator[int]:
        yield from (1, 2)

    assert list(watched(steps, waiting=3)()) == [1, 2]
    assert watched(lambda: 7)() == 7
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "slow: drop_image took 12.3 s, 3 wait"),
        ("DEBUG", "drop_image took 0.5 s, 0 wait"),
    ]


def test_a_watched_handler_is_to_gradio_what_it_was() -> None:
    import inspect

    class Tab:
        def steps(self, one: int, event: gr.EventData) -> Iterator[Any]:
            yield one, event

    handler = watched(Tab().steps)
    assert inspect.isgeneratorfunction(handler)
    assert list(inspect.signature(handler).parameters) == ["one", "event"]
    assert gr.utils.get_type_hints(handler)["event"] is gr.EventData
    endpoint = watched(functools.partial(lambda bound, image: (bound, image), 1))
    assert list(inspect.signature(endpoint).parameters) == ["image"]


@pytest.mark.parametrize(
    ("method", "status", "told"),
    [
        ("POST", 413, ["refused: upload too large"]),
        ("POST", 503, ["refused: queue full"]),
        ("POST", 200, []),
        ("GET", 503, []),  # of the page's health, before it is ready
    ],
)
def test_what_the_server_refuses_is_told(
    method: str, status: int, told: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    sent: list[Any] = []

    async def server(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": status})

    async def send(message: Any) -> None:
        sent.append(message["status"])

    scope = {"type": "http", "method": method}
    asyncio.run(RefusalLog(server)(scope, None, send))
    assert (sent, caplog.messages) == ([status], told)


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What is written once logging has started; all is put back afterwards."""
    root, ours, written = logging.getLogger(), logging.getLogger("busdemo"), io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    handlers, levels = root.handlers[:], (root.level, ours.level)
    root.handlers.clear()
    start_logging("info")
    yield written
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    ours.setLevel(levels[1])


@pytest.mark.filterwarnings(f"default:{QUOTED}")
def test_every_line_has_one_format_and_libraries_that_may_quote_a_file_are_silent(
    lines: io.StringIO,
) -> None:
    adopt_server()  # other tests start servers, which set up logging of their own
    logging.getLogger("busdemo.ui.page").info("the page is open at %s", "http://127.0.0.1:7860/")
    logging.getLogger("busdemo.ui.page").debug("not asked for")
    logging.getLogger("pydicom").error("Invalid value %s", QUOTED)
    warnings.warn(QUOTED, stacklevel=1)
    try:
        raise ValueError(QUOTED)
    except ValueError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    time = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    assert re.fullmatch(
        rf"{time} INFO    busdemo\.ui\.page: the page is open at http://127\.0\.0\.1:7860/\n"
        rf"{time} ERROR   uvicorn\.error: Exception in ASGI application\n"
        r"ValueError\n  .+test_journal\.py:\d+ in test_every_line\w+\n",
        lines.getvalue(),
    )


def test_a_model_that_is_loaded_or_cannot_be_is_told_with_the_reason(
    weights: Path, lines: io.StringIO
) -> None:
    add_model(weights, "good")
    add_model(weights, "forged", facts={"sha256": "0" * 64})
    SegmenterPool(read_cards(weights)).warm_up()
    told = [line.split(" ", 1)[1] for line in lines.getvalue().splitlines()]
    loaded, broken = sorted(told)
    assert re.fullmatch(r"INFO    busdemo\.inference\.slots: good loaded in \d+\.\d s", loaded)
    assert broken.startswith("WARNING busdemo.inference.slots: forged cannot run: The weights are")
