"""Who waits for a comparison keeps nobody from the page."""

import asyncio
import inspect
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import gradio as gr
import httpx
import pytest

from busdemo.ui.compare.component import Compare, CompareData
from busdemo.ui.compare.files import serve_answers
from busdemo.ui.compare.stored import StoredScans
from busdemo.ui.queues import BUSY, Desk

VISITORS = 44
"""More than Gradio has threads."""


class Slow:
    """Questions that are answered once they are `released`, and how many were begun."""

    def __init__(self) -> None:
        self.released, self.begun = threading.Event(), threading.Semaphore(0)

    def answer(self, request: Any) -> dict[str, Any]:
        self.begun.release()
        assert self.released.wait(timeout=60)
        return {"asked": request}


@pytest.fixture
def slow() -> Iterator[Slow]:
    slow = Slow()
    yield slow
    slow.released.set()


def test_forty_visitors_who_wait_for_a_comparison_do_not_keep_another_from_the_page(
    slow: Slow,
) -> None:
    desk = Desk()
    with gr.Blocks() as page:
        compare = Compare(CompareData(), answers=[desk.serve(slow.answer, {"error": BUSY})])
    _, address, _ = page.launch(prevent_thread_lock=True, quiet=True)

    async def visit() -> tuple[int, list[int]]:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=address, limits=limits, timeout=60) as client:
            asked = {"component_id": compare._id, "fn_name": "answer", "session_hash": "a"}
            questions = [
                asyncio.create_task(
                    client.post("gradio_api/component_server", json=asked | {"data": n})
                )
                for n in range(VISITORS)
            ]
            while desk.held < VISITORS:
                await asyncio.sleep(0)
                assert not any(question.done() for question in questions)
            opened = (await client.get("")).status_code
            slow.released.set()
            answers = await asyncio.gather(*questions)
            return opened, sorted(answer.json()["asked"] for answer in answers)

    try:
        opened, answered = asyncio.run(visit())
    finally:
        page.close()
    assert opened == 200
    assert answered == list(range(VISITORS))
    assert desk.held == 0


def test_when_too_many_wait_the_next_is_told_so_and_a_later_one_is_answered(slow: Slow) -> None:
    desk = Desk(desks=1, most_waiting=1)
    ask = desk.serve(slow.answer, {"error": BUSY})

    async def visit() -> list[Any]:
        first, second = (asyncio.create_task(_to_end(ask, n)) for n in (1, 2))
        while desk.held < 2:
            await asyncio.sleep(0)
        refused = await ask(3)
        slow.released.set()
        return [refused, await first, await second, await ask(4)]

    assert asyncio.run(visit()) == [{"error": BUSY}, {"asked": 1}, {"asked": 2}, {"asked": 4}]


async def _to_end(ask: Any, request: Any) -> Any:
    return await ask(request)


def test_who_has_left_is_not_answered(slow: Slow) -> None:
    desk = Desk(desks=1)
    ask = desk.serve(slow.answer, {"error": BUSY})

    async def visit() -> Any:
        first = asyncio.create_task(_to_end(ask, "first"))
        gone = asyncio.create_task(_to_end(ask, "gone"))
        while desk.held < 2:
            await asyncio.sleep(0)
        gone.cancel()
        await asyncio.wait([gone])  # only then does the desk know that nobody waits
        slow.released.set()
        return await first

    assert asyncio.run(visit()) == {"asked": "first"}
    assert desk.held == 0
    assert slow.begun.acquire(timeout=1)
    assert not slow.begun.acquire(blocking=False)


def test_all_that_the_comparison_asks_waits_at_the_desk() -> None:
    desk = Desk()
    answers = serve_answers({}, desk, StoredScans(Path("/nowhere"), Path("/nowhere")))
    assert [answer.__name__ for answer in answers] == ["read_masks", "measure", "write_file"]
    assert all(inspect.iscoroutinefunction(answer) for answer in answers)
    with ThreadPoolExecutor(1) as apart:
        told = [apart.submit(asyncio.run, answer({})).result() for answer in answers]
    assert told[0]["errors"][0]["sentence"] == "There is no image yet."
    assert [one["error"] for one in told[1:]] == ["There is no image yet."] * 2
