"""A zoo whose weights are on a Hub on loopback, asked for through the Hub's own client."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hub_server import HubServer
from tiny_world import add_model

from busdemo.zoo.cards import read_facts, write_card

DRIVER = """
import json, resource, sys
from busdemo.zoo.cards import read_cards
from busdemo.zoo.hub import find_weights, is_here
from busdemo.zoo.files import UnusableModel
asked = json.load(sys.stdin)
if "largest_file" in asked:
    import signal
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (asked["largest_file"],) * 2)
answers = {}
for card in read_cards():
    reports = []
    try:
        path = str(find_weights(card, reports.append))
    except UnusableModel as error:
        path = "refused: " + str(error)
    answers[card.id] = [path, is_here(card), reports]
json.dump(answers, sys.stdout)
"""

Answers = dict[str, Any]
"""By model: where its weights are or why not, whether they are here, what was reported."""


def add_remote(zoo: Path, hub: HubServer, model_id: str, *, padding: int = 0) -> bytes:
    """A model whose weights only the Hub has, `padding` bytes longer than they need be."""
    folder = add_model(zoo, model_id)
    content = (folder / "model.safetensors").read_bytes() + b" " * padding
    (folder / "model.safetensors").unlink()
    commit = hub.commit(f"org/{model_id}", {"model.safetensors": content}, "main")
    digest = hashlib.sha256(content).hexdigest()
    change_facts(folder, repo_id=f"org/{model_id}", revision=commit, sha256=digest)
    return content


def change_facts(folder: Path, **facts: str | int) -> None:
    header, text = read_facts(folder / "README.md")
    header["busdemo"] |= facts
    write_card(folder / "README.md", header, text)


def surroundings(zoo: Path, hub: HubServer) -> dict[str, str]:
    """The environment of a program whose zoo is here and whose Hub is `hub`, with a cache of its
    own beside the zoo."""
    return os.environ | {
        "HF_ENDPOINT": hub.address,
        "HF_HOME": str(zoo.parent / "cache"),
        "HF_HUB_DISABLE_XET": "1",  # the Hub of the tests speaks Git LFS
        "BUSDEMO_WEIGHTS": str(zoo),
        "NO_PROXY": "127.0.0.1,localhost",
    }


def start(
    zoo: Path, hub: HubServer, program: str = DRIVER, **environment: str
) -> "subprocess.Popen[str]":
    """A Python program in a process of its own, because the client reads its settings once."""
    return subprocess.Popen(
        [sys.executable, "-c", program],
        env=surroundings(zoo, hub) | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ask(zoo: Path, hub: HubServer, *, largest_file: int = 0, **environment: str) -> Answers:
    asked = {"largest_file": largest_file} if largest_file else {}
    process = start(zoo, hub, **environment)
    out, errors = process.communicate(json.dumps(asked))
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
    answers: Answers = json.loads(out)
    return answers
