"""Publishing to a Hub on loopback, through the Hub's own client, from the terminal."""

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hub_client import surroundings
from hub_server import Fault, HubServer
from huggingface_hub import ModelCard
from small_runs import small_run
from tiny_world import add_detector, add_model, add_recipe

from busdemo.evaluation.run_files import Run, read_run, write_run
from busdemo.workflows.run_publishing import write_run_card
from busdemo.zoo.cards import YOUR_MODELS, read_card, read_cards
from busdemo.zoo.publishing import select_publishable, stage_card


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
    add_detector(folder)
    (add_model(folder, "unfinished") / "model.safetensors").unlink()
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
    published |= {"mean": "org/busdemo-mean", "detector": "org/busdemo-detector"}
    assert "unfinished is left out: There are no weights in its folder." in first.stderr
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
            assert card.facts["bytes"] == len(files["model.safetensors"])
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


def test_a_hub_that_stumbles_still_gets_the_right_files(zoo: Path, hub: HubServer) -> None:
    hub.faults += [
        Fault("/preupload/", status=429, headers={"Retry-After": "0"}),
        Fault("/lfs/", status=500),
    ]
    done = busdemo(zoo, hub, "publish", "--model", "small", "--owner", "org")
    assert done.returncode == 0, done.stderr
    repository = hub.repositories["org/busdemo-small"]
    files = repository.commits[read_card(zoo / "small").facts["revision"]]
    assert files["model.safetensors"] == (zoo / "small" / "model.safetensors").read_bytes()
    assert not [fault for fault in hub.faults if fault.times]


@pytest.mark.parametrize(("place", "status"), [("/repos/create", 500), ("/commit/", 503)])
def test_what_breaks_off_leaves_the_old_commit_and_can_be_done_again(
    zoo: Path, hub: HubServer, place: str, status: int
) -> None:
    hub.faults.append(Fault(place, times=99, status=status))
    broken = busdemo(zoo, hub, "publish", "--model", "small", "--owner", "org")
    assert broken.returncode == 1
    sentence = broken.stderr.strip().splitlines()[-1]
    assert sentence.startswith("The Hub did not take org/busdemo-small: it ")
    assert f"(status {status})" in sentence
    assert "Traceback" not in broken.stderr
    assert "revision" not in read_card(zoo / "small").facts
    hub.faults.clear()
    again = busdemo(zoo, hub, "publish", "--model", "small", "--owner", "org")
    assert again.returncode == 0, again.stderr
    repository = hub.repositories["org/busdemo-small"]
    files = repository.commits[read_card(zoo / "small").facts["revision"]]
    assert files["model.safetensors"] == (zoo / "small" / "model.safetensors").read_bytes()


def test_a_run_becomes_a_data_set(zoo: Path, hub: HubServer, tmp_path: Path) -> None:
    run = tmp_path / "september"
    write_run(run, small_run(12))
    (run / "parts").mkdir()
    (run / "parts" / "plan.json").write_text("{}")
    done = busdemo(zoo, hub, "publish-run", str(run), "--owner", "org")
    assert done.returncode == 0, done.stderr
    repository = hub.repositories["datasets/org/busdemo-run-september"]
    commit = repository.revisions["main"]
    assert done.stdout == f"org/busdemo-run-september at {commit}\n"
    files = repository.commits[commit]
    assert set(files) == {".gitattributes", "README.md", "rows.parquet", "run.json"}
    assert len(read_run(files["rows.parquet"]).rows) == 12 * 3 * 2
    assert files["run.json"] == (run / "run.json").read_bytes()
    front, card = files["README.md"].decode().split("---\n")[1:3]
    assert yaml.safe_load(front)["configs"][0]["data_files"] == "rows.parquet"
    assert "What 3 models said of 12 images" in card
    assert f"| Strong | `{'0' * 64}` | 0.5 |" in card
    again = busdemo(zoo, hub, "publish-run", str(run), "--owner", "org")
    assert again.stdout == done.stdout


def test_what_is_no_run_is_said(zoo: Path, hub: HubServer, tmp_path: Path) -> None:
    done = busdemo(zoo, hub, "publish-run", str(tmp_path), "--owner", "org")
    assert done.returncode == 1
    assert done.stderr.strip().endswith(": it is no run.")
    assert hub.requests == []


def test_words_of_a_receipt_stay_words() -> None:
    run = small_run(2)
    models = {"strong": {**run.receipt["models"]["strong"], "name": "<b>a|b</b>\n# c"}}
    card = write_run_card(Run(run.rows, {**run.receipt, "models": models}))
    assert "| ‹b›a/b‹/b› # c |" in card


def test_every_card_of_the_zoo_is_a_card_of_the_hub(tmp_path: Path) -> None:
    cards = select_publishable(read_cards(task=None))
    assert {card.task for card in cards} == {"segmentation", "detection", "classification"}
    for card in cards:
        staged = stage_card(card, tmp_path / card.id)
        data = ModelCard.load(staged / "README.md").data
        assert (data.license, data.library_name) != (None, None)
        assert data.tags
        assert data.datasets
        assert data.eval_results, f"{card.id}: the model-index gives results"
        assert (staged / "model.safetensors").is_file() != bool(card.members)


def test_the_space_is_pushed(zoo: Path, hub: HubServer) -> None:
    done = busdemo(zoo, hub, "space", "push", "org/demo")
    assert done.returncode == 0, done.stderr
    repository = hub.repositories["spaces/org/demo"]
    files = repository.commits[repository.revisions["main"]]
    assert {"README.md", "requirements.txt", "app.py", "busdemo/__init__.py"} <= set(files)
    assert not [name for name in files if name.startswith("spaces/")]
    assert done.stdout == f"org/demo at {repository.revisions['main']}\n"
