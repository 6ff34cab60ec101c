"""Publishing to a Hub on loopback, through the Hub's own client, from the terminal."""

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hub_client import surroundings
from hub_server import HubServer
from tiny_world import add_model, add_recipe

from busdemo.zoo.cards import YOUR_MODELS, read_card


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        server.uploads.writers = {"hf_" + "w" * 34}
        yield server


@pytest.fixture
def zoo(tmp_path: Path) -> Path:
    folder = tmp_path / "weights"
    add_model(folder, "small")
    add_model(folder, "other", seed=1)
    add_model(folder, "yours", facts={"family": YOUR_MODELS})
    add_recipe(folder, "mean", ["small", "other"])
    return folder


def busdemo(
    zoo: Path, hub: HubServer, *arguments: str, token: str = "hf_" + "w" * 34
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "busdemo", *arguments],
        env=surroundings(zoo, hub) | {"HF_TOKEN": token, "HF_HUB_DISABLE_PROGRESS_BARS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_publishing_makes_one_repository_a_card_and_lists_them(zoo: Path, hub: HubServer) -> None:
    first = busdemo(zoo, hub, "publish", "--owner", "org")
    assert first.returncode == 0, first.stderr
    published = {"small": "org/busdemo-small", "other": "org/busdemo-other"}
    published["mean"] = "org/busdemo-mean"
    assert set(hub.repositories) == set(published.values()), "and not the one somebody added"
    for model_id, repo_id in published.items():
        card, repository = read_card(zoo / model_id), hub.repositories[repo_id]
        assert card.facts["repo_id"] == repo_id
        assert card.facts["revision"] == repository.revisions["main"]
        assert f"{model_id}: {repo_id} at {card.facts['revision']}" in first.stdout
        files = repository.commits[card.facts["revision"]]
        assert set(files) >= {"README.md", "config.json", "preprocessor_config.json"}
        facts = yaml.safe_load(files["README.md"].decode().split("---\n")[1])["busdemo"]
        assert "revision" not in facts, "a commit cannot name itself"
        if not card.members:
            assert hashlib.sha256(files["model.safetensors"]).hexdigest() == card.sha256
    (collection,) = hub.uploads.collections.values()
    assert sorted(item["id"] for item in collection["items"]) == sorted(published.values())

    heads = {name: dict(repository.revisions) for name, repository in hub.repositories.items()}
    cards = {path: path.read_bytes() for path in zoo.rglob("README.md")}
    again = busdemo(zoo, hub, "publish", "--owner", "org")
    assert again.returncode == 0, again.stderr
    assert {name: r.revisions for name, r in hub.repositories.items()} == heads
    assert {path: path.read_bytes() for path in zoo.rglob("README.md")} == cards


def test_what_was_published_can_be_pulled(zoo: Path, hub: HubServer, tmp_path: Path) -> None:
    published = busdemo(zoo, hub, "publish", "--model", "small", "--owner", "org")
    assert published.returncode == 0, published.stderr
    (zoo / "small" / "model.safetensors").unlink()
    scan = Path(__file__).parents[2] / "examples" / "oval-fibroadenoma" / "image.png"
    out = tmp_path / "out"
    done = busdemo(zoo, hub, "segment", str(scan), "--model", "small", "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert (out / "image-small-mask.png").is_file()


def test_a_dry_run_sends_nothing(zoo: Path, hub: HubServer) -> None:
    planned = busdemo(zoo, hub, "publish", "--owner", "org", "--dry-run")
    assert planned.returncode == 0
    assert "small -> org/busdemo-small: README.md, config.json, model.safetensors" in planned.stdout
    assert "yours" not in planned.stdout
    assert hub.requests == []


def test_what_cannot_be_published_is_said(zoo: Path, hub: HubServer) -> None:
    unknown = busdemo(zoo, hub, "publish", "--model", "yours", "--owner", "org")
    assert unknown.returncode == 2
    assert unknown.stderr.startswith("No model 'yours' can be published; known: ")
    nobody = busdemo(zoo, hub, "publish")
    assert nobody.returncode == 2
    assert nobody.stderr.strip() == "Name the owner on the Hub with --owner or BUSDEMO_HUB."
    reader = busdemo(zoo, hub, "publish", "--owner", "org", token="hf_" + "r" * 34)
    assert reader.returncode == 1
    sentence = reader.stderr.strip().splitlines()[-1]
    assert sentence.startswith("The Hub does not let HF_TOKEN write to org/busdemo-")
    assert "revision" not in read_card(zoo / "small").facts


def test_a_run_becomes_a_data_set(zoo: Path, hub: HubServer, tmp_path: Path) -> None:
    run = tmp_path / "september"
    run.mkdir()
    (run / "rows.parquet").write_bytes(b"PAR1 numbers PAR1")
    (run / "receipt.json").write_text("{}")
    done = busdemo(zoo, hub, "publish-run", str(run), "--owner", "org")
    assert done.returncode == 0, done.stderr
    repository = hub.repositories["datasets/org/busdemo-run-september"]
    files = repository.commits[repository.revisions["main"]]
    assert files["rows.parquet"] == b"PAR1 numbers PAR1"
    again = busdemo(zoo, hub, "publish-run", str(run), "--owner", "org")
    assert again.stdout == done.stdout


def test_the_space_is_pushed(zoo: Path, hub: HubServer) -> None:
    done = busdemo(zoo, hub, "space", "push", "org/demo")
    assert done.returncode == 0, done.stderr
    repository = hub.repositories["spaces/org/demo"]
    files = repository.commits[repository.revisions["main"]]
    assert {"README.md", "requirements.txt", "app.py", "busdemo/__init__.py"} <= set(files)
    assert not [name for name in files if name.startswith("spaces/")]
