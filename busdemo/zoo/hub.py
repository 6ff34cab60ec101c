"""Models on the Hugging Face Hub: the files of one commit, through the Hub's own client.

A card's weights are looked for in its folder, then in the client's cache, then on the Hub.

Where the Hub is, the token and the cache are the client's: HF_ENDPOINT, HF_TOKEN, HF_HOME and
HF_HUB_OFFLINE (then only what is in the cache is found).
"""

import contextlib
import errno
import hashlib
import logging
import re
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, hf_hub_download, snapshot_download, try_to_load_from_cache
from huggingface_hub.constants import HF_HUB_CACHE, HF_HUB_OFFLINE
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from tqdm import tqdm

from busdemo.zoo.cards import Card, Origin
from busdemo.zoo.files import FILES, WEIGHTS_FILE, NotNow, UnusableModel, check_files

_log = logging.getLogger(__name__)

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""The disk, what a user may use of it, or what one file may."""

_PASSING = (500, 502, 503, 504)
"""Statuses of a server that may be well again in a moment."""

_REFUSALS = {
    401: "it does not accept HF_TOKEN (status 401)",
    403: "HF_TOKEN may not read it (status 403)",
    429: "it was asked too often (status 429); try again later",
}

_TRIES, _WAIT_S = 3, 1.0

Report = Callable[[float], None]
"""Is told how much has arrived, 0 to 1."""


def is_here(card: Card) -> bool:
    """Are the card's weights in its folder or, undamaged, in the client's cache?"""
    if card.origin is None or (card.folder / WEIGHTS_FILE).is_file():
        return True
    origin = card.origin
    cached = try_to_load_from_cache(origin.repo_id, WEIGHTS_FILE, revision=origin.revision)
    return isinstance(cached, str) and _digest(Path(cached)) == card.sha256


def find_weights(card: Card, report: Report | None = None) -> Path:
    """The card's weights: in its folder, in the client's cache, or downloaded from the Hub.

    A file that was damaged on its way or in the cache is fetched once more. Raises UnusableModel
    with one sentence when the Hub does not give it, or gives another than the card names by its
    sha256, NotNow when it broke off or may give it later; no half file is ever left where a later
    call would find it.
    """
    origin, local = card.origin, card.folder / WEIGHTS_FILE
    if origin is None or local.is_file():
        return local
    if not (HF_HUB_OFFLINE or is_here(card)):
        _log.warning("%s", announce(card, origin))
    path = _download(origin, report)
    if _digest(path) != card.sha256:
        path = _download_again(origin, path, report)
    if (found := _digest(path)) != card.sha256:
        raise UnusableModel(
            f"The weights that {origin.repo_id} gives at its pinned commit are not the ones the "
            f"card names (sha256 {found[:12]}…, not {card.sha256[:12]}…)."
        )
    return path


def announce(card: Card, origin: Origin) -> str:
    """What is about to be downloaded, how large it is and where it goes, in one sentence."""
    told = card.facts.get("bytes")
    size = f"{told / 1e6:.1f} MB" if isinstance(told, int) else "of unknown size"
    return f"Downloading the weights of {card.id}, {size}, from {origin.repo_id} to {HF_HUB_CACHE}."


def _download_again(origin: Origin, damaged: Path, report: Report | None) -> Path:
    """A file in place of a damaged one, or that one where the Hub gives none: offline, say."""
    try:
        return _download(origin, report, force_download=True)
    except NotNow:
        raise
    except UnusableModel:
        return damaged


def _download(origin: Origin, report: Report | None, **options: Any) -> Path:
    """The weights in the client's cache; UnusableModel when the Hub does not give them."""
    if report:
        options["tqdm_class"] = _reporting(report)
    where = {"repo_id": origin.repo_id, "filename": WEIGHTS_FILE, "revision": origin.revision}
    try:
        return _fetch_patiently(partial(hf_hub_download, **where, **options))
    except Exception as error:  # what the client raises depends on the HTTP library below it
        raise _explain(error, origin.repo_id, origin.revision) from error


def _fetch_patiently(fetch: Callable[[], str]) -> Path:
    """What `fetch` brings: the client goes on after a cut or a 429, but not after one 500."""
    for _ in range(_TRIES - 1):
        try:
            return Path(fetch())
        except HfHubHTTPError as error:
            if _status(error) not in _PASSING:
                raise
            time.sleep(_WAIT_S)
    return Path(fetch())


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _status(error: BaseException | None) -> int:
    """The HTTP status that an error tells of, 0 where it tells of none."""
    return error.response.status_code if isinstance(error, HfHubHTTPError) else 0


def _reporting(report: Report) -> type[Any]:
    """A progress bar that draws nothing and tells `report`."""

    class Reporting(tqdm):  # type: ignore[type-arg]
        def __init__(self, *args: Any, **options: Any) -> None:
            options.pop("name", None)  # the Hub client's own
            super().__init__(*args, **options | {"disable": False, "file": _Nowhere()})

        def update(self, n: float | None = 1) -> bool | None:
            drawn = super().update(n)
            if self.total:
                report(min(1.0, self.n / self.total))
            return drawn

    return Reporting


class _Nowhere:
    def write(self, _: str) -> None:
        """Take a bar's text and drop it."""

    def flush(self) -> None:
        """Nothing is kept."""


def fetch_model(repo_id: str, revision: str | None) -> tuple[Path, str]:
    """A folder with the files of a saved model, and the commit (40 hex digits) they are of.

    `revision` is a branch, tag or commit; None is the main branch. What cannot be used is refused
    before it is downloaded, as far as the names and sizes of the files tell. Raises UnusableModel.
    """
    try:
        with contextlib.suppress(OfflineModeIsEnabled):
            info = HfApi().model_info(repo_id, revision=revision, files_metadata=True)
            check_files({file.rfilename: file.size for file in info.siblings or ()})
        wanted = {"revision": revision, "allow_patterns": list(FILES)}
        folder = _fetch_patiently(partial(snapshot_download, repo_id, **wanted))
    except UnusableModel:
        raise
    except Exception as error:  # as above
        raise _explain(error, repo_id, revision) from error
    if not re.fullmatch(r"[0-9a-f]{40}", folder.name):
        raise UnusableModel(f"The Hub did not say which commit of {repo_id} it gave.")
    return folder, folder.name


def _explain(error: Exception, repo_id: str, revision: str | None) -> UnusableModel:
    """What a failed request means, in one sentence; NotNow where another may succeed.

    The most particular meaning comes first.
    """
    if isinstance(error, OSError) and error.errno in _FULL:
        return NotNow(f"There is no space on the disk for {repo_id}.")
    if isinstance(error, LocalEntryNotFoundError) and isinstance(
        error.__cause__, OfflineModeIsEnabled
    ):
        return UnusableModel(
            f"{repo_id} is not in the cache, and HF_HUB_OFFLINE forbids asking the Hub."
        )
    meanings = {
        HFValidationError: f"{repo_id!r} cannot be the name of a model on the Hub.",
        GatedRepoError: f"{repo_id} is gated: ask for access on its page, then set HF_TOKEN.",
        RepositoryNotFoundError: (
            f"There is no model {repo_id} on the Hub, or HF_TOKEN may not read it."
        ),
        RevisionNotFoundError: f"{repo_id} has no revision {revision!r}.",
        RemoteEntryNotFoundError: f"{repo_id} has no {WEIGHTS_FILE} at revision {revision!r}.",
    }
    for kind, sentence in meanings.items():
        if isinstance(error, kind):
            return UnusableModel(sentence)
    reason = find_reason(error)
    # The client says ValueError of what it cannot be asked for at all.
    refused = reason in (_REFUSALS[401], _REFUSALS[403]) or type(error) is ValueError
    kind = UnusableModel if refused else NotNow
    return kind(f"The Hub did not give {repo_id}: {reason}.")


def find_reason(error: BaseException) -> str:
    """Why a request failed, without a full stop: the client may hide it behind other errors."""
    chain = [error]
    while chain[-1].__cause__ is not None:
        chain.append(chain[-1].__cause__)
    for status in map(_status, chain):
        if status in _REFUSALS:
            return _REFUSALS[status]
        if status in _PASSING:
            return f"it is in trouble itself (status {status}); try again later"
    # The class is looked up by its name: the HTTP library below the client may change.
    if "TimeoutException" in (kind.__name__ for one in chain for kind in type(one).__mro__):
        return "it does not answer; try again later"
    first = chain[-1] if isinstance(error, LocalEntryNotFoundError) else error
    return (str(first).strip().splitlines() or [type(first).__name__])[0].rstrip(".")
