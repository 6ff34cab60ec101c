"""Where requests wait: one queue for all that runs models, one desk for what masks are asked."""

import asyncio
import functools
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from busdemo.ui.journal import refuse

MODELS: dict[str, Any] = {"concurrency_id": "models", "concurrency_limit": 1}
"""The queue of all that runs models: answers arrive in the order of the questions, and two networks
never fight for the same two cores."""

ON_PAGE: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
"""An event of the page itself, no endpoint."""

DESKS = 2
"""Questions about masks that are answered at once, as many as there are cores."""

MOST_WAITING = 64
"""Questions about masks that wait; further ones are refused in words."""

BUSY = "Too many comparisons wait just now; please try again in a moment."

Json = dict[str, Any]


class Desk:
    """Answers what a component's script asks without Gradio's queue, a few questions at a time.

    Gradio would run such a function in one of the 40 threads that answer everybody: visitors who
    wait there would keep others from getting the page. Here who waits holds no thread, and a
    question whose asker has left is not answered.
    """

    def __init__(self, desks: int = DESKS, most_waiting: int = MOST_WAITING) -> None:
        self._threads = ThreadPoolExecutor(desks, thread_name_prefix="desk")
        self._most = desks + most_waiting
        self._held = 0
        self._lock = threading.Lock()

    def serve(self, answer: Callable[[Any], Json], busy: Json) -> Callable[[Any], Awaitable[Json]]:
        """The function as Gradio may call it; it gives `busy` when too many wait."""

        @functools.wraps(answer)
        async def ask(request: Any) -> Json:
            if not self._enter():
                refuse("too many comparisons wait")
                return busy
            future = self._threads.submit(answer, request)
            future.add_done_callback(self._leave)
            return await asyncio.wrap_future(future)

        return ask

    @property
    def held(self) -> int:
        """Questions that wait or are being answered."""
        return self._held

    def _enter(self) -> bool:
        with self._lock:
            if self._held >= self._most:
                return False
            self._held += 1
            return True

    def _leave(self, _: object) -> None:
        with self._lock:
            self._held -= 1
