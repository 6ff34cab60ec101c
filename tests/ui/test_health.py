"""Docker and load balancers are told whether the page can answer."""

from pathlib import Path

import gradio as gr
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from tiny_world import add_model

from busdemo.inference.segmenter import SegmenterPool
from busdemo.ui.health import PATH, build_health
from busdemo.zoo.cards import read_cards


@pytest.fixture
def pool(weights: Path) -> SegmenterPool:
    add_model(weights, "one")
    add_model(weights, "two")
    (add_model(weights, "bare") / "model.safetensors").unlink()
    return SegmenterPool(read_cards(weights))


@pytest.fixture
def client(pool: SegmenterPool) -> TestClient:
    with gr.Blocks() as page:
        gr.HTML()
    return TestClient(Starlette(routes=[build_health(page, pool)]))


def test_it_is_ready_once_a_model_is_loaded(client: TestClient, pool: SegmenterPool) -> None:
    before = client.get(PATH)
    assert (before.status_code, before.json()["ready"]) == (503, False)
    pool.get("one")
    after = client.get(PATH)
    assert after.status_code == 200
    assert after.json() == {"ready": True, "models": {"usable": 2, "all": 3}, "queue": 0}


def test_models_on_their_way_or_noted_are_not_usable(
    client: TestClient, pool: SegmenterPool
) -> None:
    pool.downloads.arrived["one"] = 0.5
    pool.slots["two"].note("It cannot compute a 64x48 input.")
    assert client.get(PATH).json()["models"] == {"usable": 0, "all": 3}
    assert client.head(PATH).status_code == 503
