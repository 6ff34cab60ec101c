"""What a browser asks for to run a model itself."""

import hashlib
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from tiny_world import add_model, add_recipe

from busdemo.inference.segmenter import SegmenterPool
from busdemo.ui.device_files import build_device_routes
from busdemo.zoo.cards import read_cards

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning"),
]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("zoo")
    for model_id in ("one", "two", "broken"):
        add_model(folder / "weights", model_id)
    add_recipe(folder / "weights", "both", ["one", "two"])
    (folder / "weights/broken/config.json").write_text("{}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        pool = SegmenterPool(read_cards(folder / "weights"))
        yield TestClient(Starlette(routes=build_device_routes(pool)))


def test_a_model_says_where_its_network_lies_and_what_it_sees(client: TestClient) -> None:
    told = client.get("/busdemo-device/one.json").json()
    assert (told["id"], told["members"], told["rule"]) == ("one", [], "letterbox")
    assert (told["width"], told["height"], told["mean"], told["deviation"]) == (
        64,
        48,
        [0.3],
        [0.2],
    )
    file = client.get(f"/busdemo-device/{told['file']}")
    assert len(file.content) == told["size"]
    assert hashlib.sha256(file.content).hexdigest() == told["sha256"]
    assert "immutable" in file.headers["cache-control"]


def test_a_download_that_broke_off_goes_on_where_it_was(client: TestClient) -> None:
    told = client.get("/busdemo-device/one.json").json()
    whole = client.get(f"/busdemo-device/{told['file']}").content
    rest = client.get(f"/busdemo-device/{told['file']}", headers={"range": "bytes=100-"})
    assert (rest.status_code, rest.content) == (206, whole[100:])


def test_a_recipe_names_its_members(client: TestClient) -> None:
    told = client.get("/busdemo-device/both.json").json()
    assert told == {"id": "both", "name": "Both", "members": ["one", "two"]}


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("none.json", 404, "There is no such model here."),
        ("broken.json", 409, "config.json names the unknown network class 'None'."),
        (f"{'0' * 64}.onnx", 404, "not here any more"),
    ],
)
def test_what_is_not_there_is_said_in_one_sentence(
    client: TestClient, path: str, status: int, sentence: str
) -> None:
    answer = client.get(f"/busdemo-device/{path}")
    assert answer.status_code == status
    assert sentence in answer.json()["detail"]
