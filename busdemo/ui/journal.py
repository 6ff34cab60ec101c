"""What an operator reads: one line an event, and nothing of a visitor's.

No file name, image, number or address of a visitor is written, and no words of an exception, which
may quote them: of an unexpected one, its class and where in the program it was raised.
"""

import contextlib
import functools
import inspect
import logging
import time
import traceback
from collections.abc import Callable, Iterator, MutableMapping
from typing import Any

import gradio as gr

from busdemo.imaging.refusals import UnreadableImage
from busdemo.zoo.files import NotNow, UnusableModel

SLOW_S = 10.0
"""A request that takes longer is told of."""

FAILED = "Something went wrong here. Please try again; the scan and its results are still there."

UNREADABLE = "unreadable file"
"""A kind of refusal."""

_STATUSES = {413: "upload too large", 503: "queue full"}
_SPEAKERS = ("busdemo", "uvicorn", "huggingface_hub", "asyncio")
"""Whose words are written: other libraries may quote a file."""

log = logging.getLogger(__name__)

Handler = Callable[..., Any]


class _Lines(logging.Formatter):
    """One format for all: time in UTC, level, who, what; an exception without its words."""

    converter = time.gmtime  # type: ignore[assignment]

    def __init__(self) -> None:
        form = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
        super().__init__(form, datefmt="%Y-%m-%dT%H:%M:%SZ")

    def formatException(self, info: Any) -> str:
        """Its class and its frames."""
        return describe(info[1])


def start_logging(level: str = "info") -> None:
    """From now on, write what happens to stderr, from a level of `logging` on."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Lines())
    handler.addFilter(lambda record: record.name.partition(".")[0] in _SPEAKERS)
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    logging.getLogger("busdemo").setLevel(level.upper())
    logging.captureWarnings(True)  # they may quote a file, so they go nowhere


def adopt_server() -> None:
    """Let the HTTP server's words come in the same format; to be called once it has started."""
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True


def refuse(kind: str) -> None:
    """Note that something was refused, by its kind alone."""
    log.info("refused: %s", kind)


def describe(error: BaseException) -> str:
    """An exception's class and where it was raised, without its words."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
    return "\n  ".join([type(error).__name__, *places])


def watch(name: str, handler: Handler, count_waiting: Callable[[], int]) -> Handler:
    """The handler of a page's event, with a word on what it refused, where it failed, how long it
    took and how many requests wait."""
    if inspect.isgeneratorfunction(handler):

        @functools.wraps(handler)
        def steps(*arguments: Any, **named: Any) -> Iterator[Any]:
            with _watching(name, count_waiting):
                yield from handler(*arguments, **named)

        return steps

    @functools.wraps(handler)
    def answer(*arguments: Any, **named: Any) -> Any:
        with _watching(name, count_waiting):
            return handler(*arguments, **named)

    return answer


@contextlib.contextmanager
def _watching(name: str, count_waiting: Callable[[], int]) -> Iterator[None]:
    started = time.monotonic()
    try:
        yield
    except gr.Error as error:
        refuse(_kind_of(error))
        raise
    except Exception as error:
        log.error("%s failed: %s", name, describe(error))
        raise gr.Error(FAILED, print_exception=False) from error
    finally:
        took_s = time.monotonic() - started
        slow = took_s >= SLOW_S
        form = "slow: %s took %.1f s, %d wait" if slow else "%s took %.1f s, %d wait"
        log.log(logging.WARNING if slow else logging.DEBUG, form, name, took_s, count_waiting())


def _kind_of(error: gr.Error) -> str:
    kinds = (
        (UnreadableImage, UNREADABLE),
        (NotNow, "model that did not answer this time"),
        (UnusableModel, "model that cannot run"),
    )
    cause = error.__cause__
    return next((kind for one, kind in kinds if isinstance(cause, one)), "wrong request")


class RefusalLog:
    """ASGI middleware: notes what the server refused before a handler saw it."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        """Pass a request on and look at the answer's status."""

        async def look(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start" and message["status"] in _STATUSES:
                refuse(_STATUSES[message["status"]])
            await send(message)

        asks = scope["type"] == "http" and scope["method"] == "POST"
        await self._app(scope, receive, look if asks else send)
