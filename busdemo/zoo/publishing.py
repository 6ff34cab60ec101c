"""Putting folders on the Hugging Face Hub: the zoo's models, a run of results, the Space.

The Hub's own client does the transfer; the token is its HF_TOKEN, the place its HF_ENDPOINT. What
is there already is left alone, so publishing twice gives the same commits.
"""

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError, HFValidationError

from busdemo.zoo.cards import YOUR_MODELS, Card, read_facts, repository_name, write_card
from busdemo.zoo.files import WEIGHTS_FILE
from busdemo.zoo.hub import find_reason, find_weights

Kind = Literal["model", "dataset", "space"]

COLLECTION = "busdemo: breast-ultrasound lesion segmentation"

_OURS_ALONE = ("repo_id", "revision", "bytes")
"""Facts that only a card here has: a commit cannot name itself, and its weights lie beside it."""


class NotPublished(RuntimeError):
    """The Hub did not take something; the message is one sentence."""


@dataclass(frozen=True)
class Published:
    """A folder on the Hub: its repository and the commit, 40 hexadecimal digits."""

    repo_id: str
    revision: str


def select_publishable(cards: Iterable[Card]) -> list[Card]:
    """The cards that can be published: ours, and able to run."""
    return [card for card in cards if card.family != YOUR_MODELS and not card.problem]


def publish_card(card: Card, owner: str) -> Published:
    """Create or update a model's repository, and pin the commit in its card here.

    Raises NotPublished, or UnusableModel when its weights are nowhere.
    """
    with tempfile.TemporaryDirectory() as temporary:
        staged = stage_card(card, Path(temporary) / card.id)
        repo_id = f"{owner}/{repository_name(card.id)}"
        published = push_folder(staged, repo_id, "model", f"{card.name}, {card.sha256[:12]}")
        sizes = [path.stat().st_size for path in staged.glob(WEIGHTS_FILE)]
    header, text = read_facts(card.folder / "README.md")
    header["busdemo"] |= {"repo_id": published.repo_id, "revision": published.revision}
    header["busdemo"] |= {"bytes": sizes[0]} if sizes else {}
    write_card(card.folder / "README.md", header, text)
    return published


def stage_card(card: Card, folder: Path) -> Path:
    """A copy of the card's folder as the Hub gets it, weights included."""
    shutil.copytree(card.folder, folder)
    if not card.members and not (folder / WEIGHTS_FILE).is_file():
        shutil.copyfile(find_weights(card), folder / WEIGHTS_FILE)
    header, text = read_facts(folder / "README.md")
    facts = header["busdemo"]
    header["busdemo"] = {key: facts[key] for key in facts if key not in _OURS_ALONE}
    write_card(folder / "README.md", header, text)
    return folder


def push_folder(folder: Path, repo_id: str, kind: Kind, message: str) -> Published:
    """Make a repository on the Hub hold what `folder` holds; NotPublished when it does not.

    A folder that is there already gives the commit it has.
    """
    api = HfApi()
    try:
        space: dict[str, Any] = {"space_sdk": "gradio"} if kind == "space" else {}
        api.create_repo(repo_id, repo_type=kind, exist_ok=True, **space)
        info = api.upload_folder(
            repo_id=repo_id,
            folder_path=folder,
            repo_type=kind,
            commit_message=message,
            ignore_patterns=["**/__pycache__/**", "*.pyc"],
        )
    except Exception as error:  # what the client raises depends on the HTTP library below it
        raise NotPublished(_explain(error, repo_id)) from error
    return Published(repo_id, str(info.oid))


def collect(owner: str, published: Iterable[Published]) -> str:
    """List models in the owner's collection, made if it is not there; its slug on the Hub."""
    api = HfApi()
    try:
        collection = api.create_collection(COLLECTION, namespace=owner, exists_ok=True)
        for item in published:
            api.add_collection_item(collection.slug, item.repo_id, "model", exists_ok=True)
    except Exception as error:  # as above
        raise NotPublished(_explain(error, f"{owner}'s collection")) from error
    return str(collection.slug)


def describe_plan(cards: Iterable[Card], owner: str) -> Iterator[str]:
    """What publishing would send, a line a model; nothing is sent."""
    for card in cards:
        files = sorted(path for path in card.folder.iterdir() if path.is_file())
        size = sum(path.stat().st_size for path in files) / 1e6
        names = ", ".join(path.name for path in files)
        yield f"{card.id} -> {owner}/{repository_name(card.id)}: {names} ({size:.1f} MB)"


def _explain(error: Exception, what: str) -> str:
    if isinstance(error, HFValidationError):
        return f"{what!r} cannot be a name on the Hub."
    status = error.response.status_code if isinstance(error, HfHubHTTPError) else None
    if status in (401, 403):
        return f"The Hub does not let HF_TOKEN write to {what} (status {status})."
    return f"The Hub did not take {what}: {find_reason(error)}."
