"""How much one address may ask of the server: a bucket of requests that fills up steadily.

Every request is counted but those for files that are given as they lie on the disk, and for the
page's health. What the browser computes asks nothing. A classroom behind one address shares its
bucket.
"""

import ipaddress
import json
import logging
import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from busdemo.ui.gradio_private import STATIC_PATHS
from busdemo.ui.health import PATH as HEALTH

log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Message = Callable[..., Awaitable[Any]]
App = Callable[[Scope, Message, Message], Awaitable[None]]

PER_MINUTE = 600
"""Requests a minute of one address; as many may come at once. Whatever a visitor does takes two,
with a file three."""

TOLD_EVERY_S = 60.0
"""What was refused is told the operator this often at most: who floods us shall not flood the log.
"""

MOST_ADDRESSES = 10_000
"""Remembered at once; those that were quiet longest are forgotten first."""

_SENTENCE = "Too many requests from your address; please wait {seconds} s."


class RateLimit:
    """ASGI middleware: answers 429 with `Retry-After` to an address that asks too much."""

    def __init__(self, app: App, per_minute: int = PER_MINUTE) -> None:
        self._app = app
        self._per_minute = per_minute
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._refused, self._told = 0, -math.inf

    async def __call__(self, scope: Scope, receive: Message, send: Message) -> None:
        """Pass a request on, or refuse it."""
        wait_s = self._take(find_address(scope)) if _is_counted(scope) else 0.0
        if not wait_s:
            await self._app(scope, receive, send)
            return
        self._tell()
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1013})  # try again later
            return
        seconds = math.ceil(wait_s)
        body = json.dumps({"detail": _SENTENCE.format(seconds=seconds)}).encode()
        headers = [(b"content-type", b"application/json"), (b"retry-after", b"%d" % seconds)]
        await send({"type": "http.response.start", "status": 429, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _tell(self) -> None:
        self._refused += 1
        if time.monotonic() - self._told >= TOLD_EVERY_S:
            log.warning("refused: too many requests of one address (%d)", self._refused)
            self._refused, self._told = 0, time.monotonic()

    def _take(self, address: str) -> float:
        """Seconds to wait for a request of an address, 0 when it may pass."""
        now, rate = time.monotonic(), self._per_minute / 60
        left, since = self._buckets.pop(address, (float(self._per_minute), now))
        left = min(float(self._per_minute), left + (now - since) * rate)
        passes = left >= 1
        self._buckets[address] = (left - passes, now)
        if len(self._buckets) > MOST_ADDRESSES:
            self._buckets.popitem(last=False)
        return 0.0 if passes else (1 - left) / rate


def find_address(scope: Scope) -> str:
    """The visitor's address; behind a proxy on this machine or network, the one it names last.

    Earlier names in `X-Forwarded-For` are the visitor's own to write, so they count for nothing.
    """
    peer = str((scope.get("client") or ("",))[0])
    forwarded = dict(scope["headers"]).get(b"x-forwarded-for", b"").decode("latin-1")
    named = forwarded.rpartition(",")[2].strip()
    return named[:64] if named and _is_near(peer) else peer


def _is_counted(scope: Scope) -> bool:
    if scope["type"] != "http":
        return bool(scope["type"] == "websocket")
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    return not (scope["method"] in ("GET", "HEAD") and path.startswith((*STATIC_PATHS, HEALTH)))


def _is_near(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_private
    except ValueError:
        return False
