"""Weights that arrive while a page runs: how far they are, and that nothing waits for them."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_client import add_remote, change_facts, start
from hub_server import Fault, HubServer
from tiny_world import add_model, draw_scan

from busdemo.inference.segmenter import SegmenterPool
from busdemo.zoo.cards import Card, read_cards
from busdemo.zoo.downloads import Downloads, NotHereYet
from busdemo.zoo.files import NotNow, UnusableModel

PROGRAM = """
import json
from busdemo.zoo.cards import read_cards
from busdemo.zoo.downloads import Downloads
downloads = Downloads(read_cards())
before = {id: downloads.describe(id) for id in ("big", "late", "broken", "here")}
downloads.fetch()
after = {id: downloads.describe(id) for id in before}
print(json.dumps([before, after, list(downloads.arrived)]))
"""


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        yield server


def test_a_download_that_broke_off_is_begun_again_when_the_model_is_asked_for(
    weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Hub's client is stood in for: the first time, the connection breaks."""
    for name in ("here", "far"):
        add_model(weights, name)
    answers: list[UnusableModel | None] = [NotNow("The Hub does not answer."), None]
    attempts, done = [], threading.Semaphore(0)

    def find(card: Card, _: object) -> None:
        attempts.append(card.id)
        if answer := answers.pop(0):
            raise answer

    monkeypatch.setattr("busdemo.zoo.downloads.is_here", lambda card: card.id == "here")
    monkeypatch.setattr("busdemo.zoo.downloads.find_weights", find)
    pool = SegmenterPool(read_cards(weights), Downloads(read_cards(weights)))
    pool.downloads.start(then=done.release)
    assert done.acquire(timeout=20)
    assert attempts == ["far"]
    assert pool.unavailable == {}  # it may be asked for
    with pytest.raises(NotHereYet, match=r"being downloaded \(0 %\)"):
        pool.predict("far", draw_scan()[0])
    assert done.acquire(timeout=20)
    assert attempts == ["far", "far"]
    assert pool.predict("far", draw_scan()[0]).shape == (70, 90)


def test_what_the_hub_refuses_for_good_is_not_asked_for_again(
    weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_model(weights, "far")
    attempts: list[str] = []

    def find(card: Card, _: object) -> None:
        attempts.append(card.id)
        raise UnusableModel("org/far is gated.")

    monkeypatch.setattr("busdemo.zoo.downloads.is_here", lambda _: False)
    monkeypatch.setattr("busdemo.zoo.downloads.find_weights", find)
    downloads = Downloads(read_cards(weights))
    downloads.fetch()
    for _ in range(2):
        with pytest.raises(UnusableModel, match="gated") as caught:
            downloads.check("far")
        assert not isinstance(caught.value, NotNow)
    assert attempts == ["far"]


KINDS = """
import json
from busdemo.zoo.cards import read_cards
from busdemo.zoo.files import UnusableModel
from busdemo.zoo.hub import find_weights
kinds = {}
for card in read_cards():
    try:
        find_weights(card)
    except UnusableModel as error:
        kinds[card.id] = type(error).__name__
print(json.dumps(kinds))
"""


def test_a_hub_that_is_ill_or_busy_may_be_asked_later_one_that_says_no_need_not(
    tmp_path: Path, hub: HubServer
) -> None:
    zoo = tmp_path / "weights"
    for number, name in enumerate(("ill", "busy", "forbidden", "gated")):
        add_remote(zoo, hub, name, padding=number)
    hub.repositories["org/gated"].gated = True
    hub.faults += [
        Fault("/org/ill/resolve", times=99, status=503),
        Fault("/org/busy/resolve", times=99, status=429, headers={"Retry-After": "0"}),
        Fault("/org/forbidden/resolve", times=99, status=403),
    ]
    out, errors = start(zoo, hub, KINDS).communicate("")
    assert out, errors
    never, later = "UnusableModel", "NotNow"
    assert json.loads(out) == {"ill": later, "busy": later, "forbidden": never, "gated": never}


def test_downloads_say_how_far_they_are_and_what_failed(tmp_path: Path, hub: HubServer) -> None:
    zoo = tmp_path / "weights"
    for number, name in enumerate(("big", "late", "broken")):
        add_remote(zoo, hub, name)
        change_facts(zoo / name, order=number)
    hub.repositories["org/broken"].gated = True
    add_model(zoo, "here")
    out, errors = start(zoo, hub, PROGRAM).communicate("")
    assert out, errors
    before, after, still = json.loads(out)
    assert before == {
        "big": "Its weights are being downloaded (0 %).",
        "late": "Its weights are downloaded after those of 1 other.",
        "broken": "Its weights are downloaded after those of 2 others.",
        "here": "",
    }
    gated = "org/broken is gated: ask for access on its page, then set HF_TOKEN."
    assert after == {"big": "", "late": "", "broken": gated, "here": ""}
    assert still == []
