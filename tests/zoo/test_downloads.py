"""Weights that arrive while a page runs: how far they are, and that nothing waits for them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_client import add_remote, change_facts, start
from hub_server import HubServer
from tiny_world import add_model

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
        "big": "Its weights are being downloaded (0%).",
        "late": "Its weights are downloaded after those of 1 other.",
        "broken": "Its weights are downloaded after those of 2 others.",
        "here": "",
    }
    gated = "org/broken is gated: ask for access on its page, then set HF_TOKEN."
    assert after == {"big": "", "late": "", "broken": gated, "here": ""}
    assert still == []
