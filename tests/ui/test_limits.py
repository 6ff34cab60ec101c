"""Nobody takes the whole server: costly requests are counted, files and memory given back."""

import asyncio
import gc
import os
import time
import weakref
from pathlib import Path
from typing import Any

import pytest

from busdemo.inference import memory
from busdemo.ui import limits
from busdemo.ui.background import keep_what_is_loaded, sweep_files
from busdemo.ui.limits import RateLimit, find_address


def build_scope(path: str = "/gradio_api/queue/join", **changes: Any) -> dict[str, Any]:
    scope = {"type": "http", "method": "POST", "path": path, "client": ("8.8.8.8", 1)}
    return scope | {"headers": []} | changes


def ask(limit: RateLimit, **changes: Any) -> tuple[int, dict[bytes, bytes], bytes]:
    """Status, headers and body of the answer; 200 where the page would have answered."""
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    asyncio.run(limit(build_scope(**changes), receive, send))
    return sent[0]["status"], dict(sent[0].get("headers", ())), sent[-1].get("body", b"")


async def page(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200})


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(limits.time, "monotonic", lambda: now[0])
    return now


@pytest.mark.usefixtures("clock")
def test_the_request_after_the_last_is_refused_with_the_seconds_to_wait() -> None:
    limit = RateLimit(page, per_minute=6)
    assert [ask(limit)[0] for _ in range(6)] == [200] * 6
    status, headers, body = ask(limit)
    assert status == 429
    assert headers[b"retry-after"] == b"10"
    assert b"please wait 10 s" in body


def test_the_bucket_fills_up_again_but_not_over_its_brim(clock: list[float]) -> None:
    limit = RateLimit(page, per_minute=6)
    for _ in range(7):
        ask(limit)
    clock[0] += 10
    assert [ask(limit)[0] for _ in range(2)] == [200, 429]
    clock[0] += 3600
    assert [ask(limit)[0] for _ in range(7)] == [200] * 6 + [429]


@pytest.mark.usefixtures("clock")
def test_addresses_have_buckets_of_their_own() -> None:
    limit = RateLimit(page, per_minute=1)
    assert ask(limit)[0] == 200
    assert ask(limit)[0] == 429
    assert ask(limit, client=("9.9.9.9", 1))[0] == 200


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(
    "asked",
    [
        {"path": "/gradio_api/file=/tmp/scan.png", "method": "GET"},
        {"path": "/assets/index.js", "method": "GET"},
        {"path": "/busdemo/assets/index.js", "root_path": "/busdemo", "method": "HEAD"},
        {"path": "/healthz", "method": "GET"},
        {"type": "lifespan"},
    ],
    ids=str,
)
def test_files_and_the_pages_health_are_free(asked: dict[str, Any]) -> None:
    limit = RateLimit(page, per_minute=1)
    assert {ask(limit, **asked)[0] for _ in range(3)} == {200}


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(
    "asked",
    [
        {"path": "/gradio_api/queue/enter"},  # what a later Gradio may call it
        {"path": "/gradio_api/v7/run/segment", "method": "PUT"},
        {"path": "/gradio_api/call/segment", "method": "GET"},
        {"path": "/", "method": "GET"},
        {"path": "/assets/", "method": "POST"},
        {"path": "/gradio_api/queue/join/assets/", "method": "GET"},
    ],
    ids=str,
)
def test_all_else_is_counted_whatever_it_is_called(asked: dict[str, Any]) -> None:
    limit = RateLimit(page, per_minute=1)
    assert [ask(limit, **asked)[0] for _ in range(2)] == [200, 429]


@pytest.mark.usefixtures("clock")
def test_so_is_a_connection_that_stays_open() -> None:
    limit, sent = RateLimit(page, per_minute=1), []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    for _ in range(2):
        asyncio.run(limit(build_scope(type="websocket"), page, send))
    assert [message["type"] for message in sent] == ["http.response.start", "websocket.close"]


def test_who_floods_the_page_does_not_flood_the_log_and_is_not_named(
    clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    limit = RateLimit(page, per_minute=1)
    for _ in range(100):
        ask(limit)
    assert [record.getMessage() for record in caplog.records] == [
        "refused: too many requests of one address (1)"
    ]
    clock[0] += limits.TOLD_EVERY_S
    for _ in range(2):
        ask(limit)
    assert caplog.records[-1].getMessage() == "refused: too many requests of one address (99)"
    assert "8.8.8.8" not in caplog.text


def test_quiet_addresses_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_ADDRESSES", 2)
    limit = RateLimit(page, per_minute=1)
    for last in range(5):
        ask(limit, client=(f"9.9.9.{last}", 1))
    assert len(limit._buckets) == 2


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("8.8.8.8", b"", "8.8.8.8"),
        ("8.8.8.8", b"1.2.3.4", "8.8.8.8"),
        ("127.0.0.1", b"1.2.3.4", "1.2.3.4"),
        ("10.0.0.7", b"6.6.6.6, 1.2.3.4", "1.2.3.4"),
        ("10.0.0.7", b"", "10.0.0.7"),
        ("testclient", b"1.2.3.4", "testclient"),
    ],
)
def test_only_a_proxy_nearby_may_name_the_visitor(peer: str, forwarded: bytes, found: str) -> None:
    headers = [(b"x-forwarded-for", forwarded)] if forwarded else []
    assert find_address(build_scope(client=(peer, 1), headers=headers)) == found


def test_files_that_lost_their_owner_are_deleted_when_they_are_old(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    old, new = tmp_path / "one" / "old.png", tmp_path / "new.png"
    for path, age_s in ((old, 7000), (new, 60)):
        path.write_bytes(b"x")
        os.utime(path, (time.time() - age_s,) * 2)
    sweep_files(tmp_path, 6600)
    assert not old.exists()
    assert new.exists()


def test_what_is_loaded_is_left_out_of_the_search_for_cycles_and_what_comes_later_is_not() -> None:
    class Visitor:
        itself: object

    try:
        keep_what_is_loaded()
        assert gc.get_freeze_count() > 10_000
        visitor = Visitor()
        visitor.itself = visitor
        left = weakref.ref(visitor)
        del visitor
        gc.collect()
        assert left() is None
    finally:
        gc.unfreeze()


def test_glibc_is_told_once_to_share_its_pools(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(memory, "_tell_glibc", lambda *words: told.append(words))
    memory.share_freed_memory()
    assert told == [(-8, 2)]  # M_ARENA_MAX in malloc.h
