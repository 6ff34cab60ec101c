"""A model of one's own: from a folder, from a Hub, and what is refused."""

import hashlib
import json
import os
import pickle
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import cv2
import numpy as np
import pytest
import segmentation_models_pytorch as smp
import torch
import yaml
from hub_server import HubServer
from safetensors.torch import load_file, save_file
from tiny_world import add_model as add_tiny_model
from tiny_world import draw_scan

from busdemo.inference.segmenter import SegmenterPool
from busdemo.zoo.adding import LARGEST_SIDE_PX, add_model
from busdemo.zoo.cards import read_cards, read_facts
from busdemo.zoo.files import LARGEST_BYTES, UnusableModel
from busdemo.zoo.loading import SMP_CLASSES

IMAGENET_MEAN, IMAGENET_DEVIATION = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]

TRANSFORMS = {
    "__version__": "1.4.24",
    "transform": {
        "__class_fullname__": "Compose",
        "p": 1.0,
        "transforms": [
            {"__class_fullname__": "Resize", "p": 1.0, "height": 256, "width": 256},
            {
                "__class_fullname__": "Normalize",
                "p": 1.0,
                "mean": [0.5, 0.4, 0.3],
                "std": [0.2, 0.25, 0.3],
                "max_pixel_value": 255.0,
                "normalization": "standard",
            },
            {"__class_fullname__": "ToTensorV2", "p": 1.0, "transpose_mask": False},
        ],
        "bbox_params": None,
        "keypoint_params": None,
        "additional_targets": {},
        "is_check_shapes": True,
    },
}
"""As albumentations 1.4.24 writes it."""


def save_network(folder: Path, seed: int = 0, **arguments: Any) -> torch.nn.Module:
    """A small random U-Net, left in `folder` by smp itself."""
    torch.manual_seed(seed)
    network = smp.Unet(
        "tu-resnet18",
        encoder_depth=3,
        encoder_weights=None,
        decoder_channels=[8, 8, 8],
        **{"channels": [8, 8, 8, 8], **arguments},
    ).eval()
    torch.nn.init.normal_(network.segmentation_head[0].weight, std=10)
    network.save_pretrained(folder)
    return network


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A folder as smp leaves it: a U-Net of three channels."""
    save_network(tmp_path / "My U-Net_v2")
    return tmp_path / "My U-Net_v2"


def change_config(folder: Path, **changes: Any) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | changes))


def refusal_of(source: object, weights: Path, **options: Any) -> str:
    """The one sentence that says no; nothing new may lie in the zoo after it."""
    before = sorted(weights.rglob("*"))
    with pytest.raises(UnusableModel) as caught:
        add_model(str(source), weights, **options)
    assert sorted(weights.rglob("*")) == before
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def expected(network: torch.nn.Module, image: np.ndarray, mean: Any, deviation: Any) -> np.ndarray:
    """What smp's own network answers to an image of its input's size, prepared by hand."""
    grey = torch.from_numpy(image).float()[None, None] / 255
    mean, deviation = (
        torch.tensor(v, dtype=torch.float32)[:, None, None] for v in (mean, deviation)
    )
    with torch.inference_mode():
        return network((grey.expand(1, len(mean), -1, -1) - mean) / deviation)[0, 0].numpy()


# What joins the zoo.


def test_a_folder_of_smp_joins_the_zoo(saved: Path, weights: Path) -> None:
    add_tiny_model(weights, "small")
    card = add_model(str(saved), weights)
    assert [c.id for c in read_cards(weights)] == ["my-u-net-v2", "small"]
    assert (card.id, card.name, card.family, card.order) == (
        "my-u-net-v2",
        "My U-Net_v2",
        "Your models",
        50,
    )
    assert card.problem is None
    assert card.threshold == 0.5
    assert card.results == ()
    assert card.preprocessing is not None
    assert card.preprocessing.input_wh == (256, 256)
    assert (card.folder / "model.safetensors").read_bytes() == (
        saved / "model.safetensors"
    ).read_bytes()
    assert {path.name for path in card.folder.iterdir()} == {
        "README.md",
        "config.json",
        "preprocessor_config.json",
        "model.safetensors",
    }
    # Readable by whom the umask lets read, not only by who added it.
    (weights / "usual").mkdir()
    assert card.folder.stat().st_mode == (weights / "usual").stat().st_mode


def test_the_pool_computes_what_smps_own_network_does(tmp_path: Path, weights: Path) -> None:
    image, _ = draw_scan(size_wh=(256, 256))
    three = save_network(tmp_path / "three")
    one = save_network(tmp_path / "one", in_channels=1)
    for name in ("three", "one"):
        add_model(str(tmp_path / name), weights)
    pool = SegmenterPool(read_cards(weights))
    answers = {
        "three": expected(three, image, IMAGENET_MEAN, IMAGENET_DEVIATION),
        "one": expected(one, image, [0.0], [1.0]),
    }
    for model_id, logits in answers.items():
        probabilities = 1 / (1 + np.exp(-logits))
        assert probabilities.std() > 0.05
        assert np.abs(pool.predict(model_id, image) - probabilities).max() < 1e-4


def test_any_image_size_gives_a_map_of_that_size(saved: Path, weights: Path) -> None:
    add_model(str(saved), weights)
    pool = SegmenterPool(read_cards(weights))
    for size_wh in ((600, 500), (20, 300), (1000, 17)):
        probabilities = pool.predict("my-u-net-v2", draw_scan(size_wh=size_wh)[0])
        assert probabilities.shape == size_wh[::-1]
        assert np.isfinite(probabilities).all()


def test_a_sigmoid_at_the_end_is_not_taken_twice(tmp_path: Path, weights: Path) -> None:
    network = save_network(tmp_path / "sure", activation="sigmoid")
    add_model(str(tmp_path / "sure"), weights)
    image, _ = draw_scan(size_wh=(256, 256))
    probabilities = expected(network, image, IMAGENET_MEAN, IMAGENET_DEVIATION)
    found = SegmenterPool(read_cards(weights)).predict("sure", image)
    assert probabilities.std() > 0.05
    assert np.abs(found - probabilities).max() < 1e-4


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float32])
def test_weights_stay_as_they_were_saved(saved: Path, weights: Path, kind: torch.dtype) -> None:
    state = load_file(saved / "model.safetensors")
    save_file(
        {k: v.to(kind) if v.is_floating_point() else v for k, v in state.items()},
        saved / "model.safetensors",
    )
    card = add_model(str(saved), weights)
    stored = load_file(card.folder / "model.safetensors")
    assert {v.dtype for v in stored.values()} == {kind, torch.int64}
    content = (card.folder / "model.safetensors").read_bytes()
    assert card.sha256 == hashlib.sha256(content).hexdigest()
    image, _ = draw_scan()
    assert np.isfinite(SegmenterPool([card]).predict(card.id, image)).all()


@pytest.mark.parametrize("name", SMP_CLASSES)
def test_every_class_of_smp_joins(tmp_path: Path, weights: Path, name: str) -> None:
    torch.manual_seed(0)
    narrow = {"channels": [8, 8, 8, 8], "encoder_weights": None}
    network = getattr(smp, name)("tu-resnet18", **narrow)
    network.save_pretrained(tmp_path / name)
    card = add_model(str(tmp_path / name), weights, side_px=160)
    image, _ = draw_scan(size_wh=(64, 48))
    assert np.isfinite(SegmenterPool([card]).predict(card.id, image)).all()
    assert card.facts["gflops"] > 0


def test_what_older_releases_of_smp_wrote_is_understood(saved: Path, weights: Path) -> None:
    config = json.loads((saved / "config.json").read_text())
    del config["decoder_use_norm"], config["decoder_interpolation"], config["classes"]
    config |= {"decoder_use_batchnorm": True, "encoder_weights": "imagenet", "_resources": [1]}
    (saved / "config.json").write_text(json.dumps(config))
    card = add_model(str(saved), weights)
    kept = json.loads((card.folder / "config.json").read_text())
    assert kept["decoder_use_norm"] is True
    assert kept["encoder_weights"] is None
    assert "_resources" not in kept


def test_id_name_and_input_can_be_chosen(saved: Path, weights: Path) -> None:
    card = add_model(str(saved), weights, model_id="mine-2", name="  Größe \n 2 ", side_px=96)
    assert (card.id, card.name) == ("mine-2", "Größe 2")
    assert card.preprocessing is not None
    assert card.preprocessing.input_wh == (96, 96)


def test_a_zoo_that_is_not_there_yet_is_made(saved: Path, tmp_path: Path) -> None:
    add_model(str(saved), tmp_path / "new" / "zoo")
    assert [card.id for card in read_cards(tmp_path / "new" / "zoo")] == ["my-u-net-v2"]


def test_a_model_that_is_being_added_is_not_in_the_zoo_yet(weights: Path) -> None:
    (weights / ".adding-x" / "half").mkdir(parents=True)
    assert read_cards(weights) == []


# Its card.


def test_the_card_says_what_is_known_and_what_is_not(saved: Path, weights: Path) -> None:
    card = add_model(str(saved), weights)
    header, text = read_facts(card.folder / "README.md")
    assert header["library_name"] == "segmentation-models-pytorch"
    assert header["license"] == "mit"  # what smp writes by itself
    assert "repo_id" not in card.facts
    for words in (
        "# My U-Net_v2",
        "## How it works",
        "`Unet` of segmentation-models-pytorch, encoder `tu-resnet18`",
        "grey as three equal colours",
        "## Use",
        "ImageNet's, smp's default: the model was saved without its transforms",
        "The threshold is 0.5, not chosen on any data",
        "## Limits",
        "Where it was trained and how it was tested is not known here",
        "not a medical device",
    ):
        assert words in text
    assert str(saved.parent) not in text + yaml.safe_dump(header)


@pytest.mark.parametrize(
    "readme", [None, "", "---\n- a list\n---\n", "---\n: :\n-\n---\n", "---\nlicense: [a]\n---\n"]
)
def test_a_readme_without_a_licence_harms_nothing(
    saved: Path, weights: Path, readme: str | None
) -> None:
    (saved / "README.md").unlink()
    if readme is not None:
        (saved / "README.md").write_text(readme)
    card = add_model(str(saved), weights)
    header, text = read_facts(card.folder / "README.md")
    assert "license" not in header
    assert "It names no licence" in text


def test_the_normalisation_saved_by_albumentations_is_used(saved: Path, weights: Path) -> None:
    (saved / "albumentations_config_eval.json").write_text(json.dumps(TRANSFORMS))
    card = add_model(str(saved), weights)
    assert card.preprocessing is not None
    assert card.preprocessing.mean == (0.5, 0.4, 0.3)
    assert card.preprocessing.standard_deviation == (0.2, 0.25, 0.3)
    assert "those of its albumentations_config_eval.json" in card.facts["input"]


@pytest.mark.parametrize(
    "change",
    [
        {"normalization": "image"},
        {"p": 0.5},
        {"max_pixel_value": 1.0},
        {"mean": [0.5]},
        {"mean": None},
        {"std": [0.2, 0, 0.2]},
        {"std": [0.2, float("nan"), 0.2]},
        {"__class_fullname__": "OneOf", "transforms": []},
        {"__class_fullname__": 3},
    ],
    ids=str,
)
def test_a_normalisation_that_is_not_plain_is_not_guessed(
    saved: Path, weights: Path, change: dict[str, Any]
) -> None:
    transforms = json.loads(json.dumps(TRANSFORMS))
    transforms["transform"]["transforms"][1] |= change
    (saved / "albumentations_config_eval.json").write_text(json.dumps(transforms))
    card = add_model(str(saved), weights)
    assert card.preprocessing is not None
    assert list(card.preprocessing.mean) == IMAGENET_MEAN
    assert "names none that can be read plainly" in card.facts["input"]


def test_a_folder_in_the_zoos_own_layout_keeps_its_settings(tmp_path: Path, weights: Path) -> None:
    theirs = add_tiny_model(tmp_path / "theirs", "small", settings={"threshold": 0.4})
    card = add_model(str(theirs), weights)
    assert card.threshold == 0.4
    assert card.preprocessing is not None
    assert (card.preprocessing.input_wh, card.preprocessing.mean) == ((64, 48), (0.3,))
    assert "how the threshold was chosen is not known here" in card.facts["input"]
    image, _ = draw_scan()
    original = SegmenterPool(read_cards(tmp_path / "theirs")).predict("small", image)
    assert np.array_equal(SegmenterPool([card]).predict("small", image), original)


# What is refused.


class Trap:
    sprung = False

    def __reduce__(self) -> tuple[Any, ...]:
        return setattr, (Trap, "sprung", True)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "best.pt", "last.ckpt", "unet.pth"])
def test_a_pickle_is_refused_and_never_run(saved: Path, weights: Path, name: str) -> None:
    (saved / "model.safetensors").unlink()
    (saved / name).write_bytes(pickle.dumps(Trap()))
    sentence = f"Only safetensors are loaded; {name} is a pickle."
    assert refusal_of(saved, weights) == sentence
    assert refusal_of(saved / name, weights) == sentence
    (saved / name).rename(saved / "model.safetensors")
    assert "not safetensors" in refusal_of(saved, weights)
    assert not Trap.sprung


def test_a_pickle_beside_safetensors_is_left_alone(saved: Path, weights: Path) -> None:
    (saved / "pytorch_model.bin").write_bytes(pickle.dumps(Trap()))
    card = add_model(str(saved), weights)
    assert not (card.folder / "pytorch_model.bin").exists()
    assert not Trap.sprung


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"classes": 3}, "It tells 3 classes apart"),
        ({"classes": 0}, "classes apart"),
        ({"in_channels": 4}, "It takes 4 channels; it must take 1 or 3"),
        ({"in_channels": "3"}, "It takes 3 channels"),
        ({"_model_class": "Transformer"}, "unknown network class 'Transformer'"),
        ({"_model_class": ["Unet"]}, "unknown network class"),
        ({"_model_class": "from_pretrained"}, "unknown network class"),
        ({"_model_class": None}, "names no network class"),
        ({"auto_map": {"AutoModel": "modeling.Net"}}, "code of its own (auto_map)"),
        ({"trust_remote_code": True}, "code of its own (trust_remote_code)"),
        ({"activation": "softmax2d"}, "It ends in 'softmax2d'"),
        ({"activation": ["sigmoid"]}, "which gives no probability"),
        ({"aux_params": {"classes": 2}}, "It also classifies"),
        ({"checkpoint_path": "x.pth"}, "unknown keys: checkpoint_path"),
        ({"encoder_name": "tu-hf-hub:org/name"}, "unknown encoder 'tu-hf-hub:org/name'"),
        ({"encoder_name": "tu-local-dir:/etc"}, "unknown encoder"),
        ({"encoder_name": "tu-resnet-0"}, "does not build a network"),
        ({"encoder_name": "resnet18"}, "unknown keys: channels"),
        ({"decoder_channels": [16, 8, 8]}, "do not fit the network"),
        ({"encoder_depth": 9}, "does not build a network"),
    ],
    ids=str,
)
def test_a_config_that_cannot_be_used_is_refused(
    saved: Path,
    weights: Path,
    changes: dict[str, Any],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_network(*_: object, **__: object) -> NoReturn:
        raise AssertionError("a network connection was asked for")

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, no_network)
    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    change_config(saved, **changes)
    assert words in refusal_of(saved, weights)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", "[" * 100_000, "\x80", '{"a": "' + "b" * 1_000_000 + '"}']
)
def test_a_config_that_holds_no_settings_is_refused(saved: Path, weights: Path, text: str) -> None:
    (saved / "config.json").write_bytes(text.encode("latin-1"))
    assert refusal_of(saved, weights).startswith("config.json")


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_missing_file_is_named(saved: Path, weights: Path, name: str) -> None:
    (saved / name).unlink()
    assert refusal_of(saved, weights) == f"It has no {name}."
    (saved / name).mkdir()
    assert refusal_of(saved, weights) == f"It has no {name}."


def test_no_folder_is_refused(tmp_path: Path, weights: Path) -> None:
    assert "There is no folder org/name" in refusal_of("org/name", weights)
    (tmp_path / "empty").mkdir()
    assert refusal_of(tmp_path / "empty", weights) == "It has no config.json."


def test_weights_that_are_not_the_networks_are_refused(saved: Path, weights: Path) -> None:
    state = load_file(saved / "model.safetensors")
    save_file({**state, "more": torch.zeros(2)}, saved / "model.safetensors")
    assert "do not fit the network" in refusal_of(saved, weights)
    state.popitem()
    save_file(state, saved / "model.safetensors")
    assert "do not fit the network" in refusal_of(saved, weights)
    (saved / "model.safetensors").write_bytes(b"\0" * 100)
    assert "not safetensors" in refusal_of(saved, weights)


def test_weights_that_give_no_numbers_are_refused(saved: Path, weights: Path) -> None:
    state = load_file(saved / "model.safetensors")
    state["segmentation_head.0.bias"][0] = torch.nan
    save_file(state, saved / "model.safetensors")
    assert refusal_of(saved, weights) == "It gave numbers that are not finite."


def test_too_large_weights_are_refused_unread(saved: Path, weights: Path) -> None:
    os.truncate(saved / "model.safetensors", LARGEST_BYTES + 1)
    assert refusal_of(saved, weights) == "Its weights are larger than 2 GB."


def test_an_answer_of_another_size_is_refused(tmp_path: Path, weights: Path) -> None:
    smp.FPN("mobilenet_v2", encoder_weights=None, upsampling=2).save_pretrained(tmp_path / "half")
    assert "not one map of the size of its input" in refusal_of(tmp_path / "half", weights)


@pytest.mark.parametrize("side_px", [0, -32, 33, 100])
def test_a_side_that_is_no_multiple_of_32_is_refused(
    saved: Path, weights: Path, side_px: int
) -> None:
    assert "multiple of 32" in refusal_of(saved, weights, side_px=side_px)


def test_too_large_an_input_is_refused(saved: Path, weights: Path) -> None:
    assert "larger than" in refusal_of(saved, weights, side_px=2 * LARGEST_SIDE_PX)


@pytest.mark.parametrize(
    "model_id",
    ["../mine", "a/b", "/etc", "..", ".", ".mine", "Mine", "a--b", "-a", "a b", "a\n", "all", "ü"],
)
def test_an_id_that_is_no_plain_word_is_refused(saved: Path, weights: Path, model_id: str) -> None:
    assert "cannot be an id" in refusal_of(saved, weights, model_id=model_id)
    assert sorted(weights.parent.iterdir()) == [saved, weights]


def test_a_name_that_gives_no_id_asks_for_one(saved: Path, weights: Path) -> None:
    renamed = saved.rename(saved.with_name("模型"))
    assert "choose one with --id" in refusal_of(renamed, weights)
    assert add_model(str(renamed), weights, model_id="mine").name == "模型"


def test_a_name_that_cannot_be_printed_is_refused(saved: Path, weights: Path) -> None:
    assert "cannot be printed" in refusal_of(saved, weights, name="a\x1b[31mb")
    assert "cannot be printed" in refusal_of(saved, weights, name="\udcff")


def test_an_id_that_is_taken_is_refused_and_its_model_kept(saved: Path, weights: Path) -> None:
    card = add_model(str(saved), weights)
    before = card.sha256
    save_network(saved, seed=1)
    assert "has a model 'my-u-net-v2' already" in refusal_of(saved, weights)
    assert read_cards(weights)[0].sha256 == before
    assert add_model(str(saved), weights, model_id="second").sha256 != before


@pytest.mark.parametrize(
    "settings",
    [{"resize_rule": "crop"}, {"image_std": [0]}, {"image_mean": [0.1] * 3, "image_std": [1] * 3}],
    ids=str,
)
def test_own_settings_that_are_impossible_are_refused(
    tmp_path: Path, weights: Path, settings: dict[str, Any]
) -> None:
    theirs = add_tiny_model(tmp_path / "theirs", "small", settings=settings)
    refusal_of(theirs, weights)


# From a Hub, through its own client in a process of its own.

DRIVER = """
import contextlib, io, json, sys
from busdemo.cli import main
answers = []
for arguments in json.load(sys.stdin):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(arguments)
    answers.append([code, out.getvalue(), err.getvalue()])
json.dump(answers, sys.stdout)
"""


@dataclass(frozen=True)
class Answer:
    """What one command of the terminal left."""

    code: int
    out: str
    err: str


Terminal = Callable[..., list[Answer]]


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        yield server


@pytest.fixture
def terminal(tmp_path: Path, weights: Path, hub: HubServer) -> Terminal:
    """Run commands, one process for all of them; keywords are environment variables."""

    def run(*commands: list[str], **environment: str) -> list[Answer]:
        usual = {
            "HF_ENDPOINT": hub.address,
            "HF_HOME": str(tmp_path / "cache"),
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            "NO_PROXY": "127.0.0.1,localhost",
            "BUSDEMO_WEIGHTS": str(weights),
        }
        finished = subprocess.run(
            [sys.executable, "-c", DRIVER],
            input=json.dumps(commands),
            env=os.environ | usual | environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return [Answer(*answer) for answer in json.loads(finished.stdout)]

    return run


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_model_of_the_hub_joins_with_its_commit(
    saved: Path, tmp_path: Path, weights: Path, hub: HubServer, terminal: Terminal
) -> None:
    first = {**files_of(saved), "pytorch_model.bin": b"no", "logs/x.safetensors": b"no"}
    save_network(saved, seed=1)
    second = {**first, **files_of(saved)}
    old = hub.commit("org/My.Net", first, "main", "v1", "refs/pr/1")
    new = hub.commit("org/My.Net", second, "main")
    scan = tmp_path / "scan.png"
    cv2.imwrite(str(scan), draw_scan()[0])
    answers = terminal(
        ["add", "hf:org/My.Net"],
        ["add", "hf:org/My.Net@v1", "--id", "tagged", "--name", "The first"],
        ["add", "hf:org/My.Net@refs/pr/1", "--id", "proposed"],
        ["add", f"hf:org/My.Net@{old}", "--id", "pinned", "--input", "128"],
        ["segment", str(scan), "--model", "my-net", "--out", str(tmp_path / "out")],
    )
    assert [answer.code for answer in answers] == [0] * 5
    assert new in answers[0].out
    assert "ImageNet" in answers[0].out
    cards = {card.id: card for card in read_cards(weights)}
    assert {model_id: card.facts["revision"] for model_id, card in cards.items()} == {
        "my-net": new,
        "tagged": old,
        "proposed": old,
        "pinned": old,
    }
    for card in cards.values():
        files = second if card.facts["revision"] == new else first
        assert card.problem is None
        assert card.facts["repo_id"] == "org/My.Net"
        assert card.sha256 == hashlib.sha256(files["model.safetensors"]).hexdigest()
        assert card.facts["revision"] in (card.folder / "README.md").read_text()
    assert cards["tagged"].name == "The first"
    assert (tmp_path / "out" / "scan-my-net-mask.png").is_file()
    assert not [name for name in hub.fetched() if "pytorch_model" in name or "logs" in name]

    hub.requests.clear()
    cached, absent = terminal(
        ["add", "hf:org/My.Net@v1", "--id", "offline"],
        ["add", "hf:org/other"],
        HF_HUB_OFFLINE="1",
    )
    assert (cached.code, absent.code) == (0, 1)
    assert old in cached.out
    assert absent.err.strip().endswith("HF_HUB_OFFLINE forbids asking the Hub.")
    assert hub.requests == []


def test_what_the_hub_has_not_is_refused_in_a_sentence(
    saved: Path, weights: Path, hub: HubServer, terminal: Terminal
) -> None:
    files = files_of(saved)
    hub.commit("org/net", files, "main")
    hub.commit("org/gated", files, "main")
    hub.repositories["org/gated"].gated = True
    hub.commit("org/pickle", {"config.json": b"{}", "pytorch_model.bin": b"no"}, "main")
    hub.commit("org/huge", files, "main")
    hub.repositories["org/huge"].sizes["model.safetensors"] = LARGEST_BYTES + 1
    config = json.loads(files["config.json"]) | {"classes": 5}
    hub.commit("org/five", {**files, "config.json": json.dumps(config).encode()}, "main")
    hub.commit("org/private", files, "main")
    hub.repositories["org/private"].token = "hf_" + "b" * 34
    no_model = "There is no model {} on the Hub, or HF_TOKEN may not read it."
    wanted = {
        "hf:org/nothing": no_model.format("org/nothing"),
        "hf:org/private": no_model.format("org/private"),
        "hf:org/net@v9": "org/net has no revision 'v9'.",
        f"hf:org/net@{'0' * 40}": f"org/net has no revision '{'0' * 40}'.",
        "hf:org/gated": "org/gated is gated: ask for access on its page, then set HF_TOKEN.",
        "hf:org/pickle": "Only safetensors are loaded; pytorch_model.bin is a pickle.",
        "hf:org/huge": "Its weights are larger than 2 GB.",
        "hf:org/five": "It tells 5 classes apart; it must mark just one.",
        "hf:../../etc": "'hf:../../etc' is not of the form hf:ORG/NAME[@REVISION].",
        "hf:../etc": "'../etc' cannot be the name of a model on the Hub.",
        "hf:org/net@../../x": "'hf:org/net@../../x' is not of the form hf:ORG/NAME[@REVISION].",
        "hf:net": "'hf:net' is not of the form hf:ORG/NAME[@REVISION].",
    }
    answers = terminal(*(["add", source] for source in wanted))
    assert [answer.err.strip().splitlines()[-1] for answer in answers] == list(wanted.values())
    assert {answer.code for answer in answers} == {1}
    assert list(weights.iterdir()) == []
    asked = [path for _, path in hub.requests if "/resolve/" in path]
    assert not [path for path in asked if path.startswith(("/org/pickle", "/org/huge"))]


def test_a_private_model_needs_the_token(
    saved: Path, weights: Path, hub: HubServer, terminal: Terminal
) -> None:
    commit = hub.commit("org/private", files_of(saved), "main")
    token = hub.repositories["org/private"].token = "hf_" + "a" * 34
    (added,) = terminal(["add", "hf:org/private"], HF_TOKEN=token)
    assert added.code == 0
    assert commit in added.out
    for path in weights.rglob("*"):
        assert path.is_dir() or token.encode() not in path.read_bytes()


def test_a_hub_that_cannot_be_reached_is_said(weights: Path, terminal: Terminal) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    (answer,) = terminal(["add", "hf:org/net"], HF_ENDPOINT=address)
    assert answer.code == 1
    assert answer.err.strip().startswith("The Hub did not give org/net: ")
    assert "refused" in answer.err
    assert list(weights.iterdir()) == []
