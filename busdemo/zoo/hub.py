"""Models on the Hugging Face Hub: the files of one commit, through the Hub's own client.

Where the Hub is, the token and the cache are the client's: HF_ENDPOINT, HF_TOKEN, HF_HOME and
HF_HUB_OFFLINE (then only what is in the cache is found).
"""

import contextlib
import re
from pathlib import Path

from huggingface_hub import HfApi, snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HFValidationError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from busdemo.zoo.loading import UnusableModel
from busdemo.zoo.saved import FILES, check_files


def fetch_model(repo_id: str, revision: str | None) -> tuple[Path, str]:
    """A folder with the files of a saved model, and the commit (40 hex digits) they are of.

    `revision` is a branch, tag or commit; None is the main branch. What cannot be used is refused
    before it is downloaded, as far as the names and sizes of the files tell. Raises UnusableModel.
    """
    try:
        with contextlib.suppress(OfflineModeIsEnabled):
            info = HfApi().model_info(repo_id, revision=revision, files_metadata=True)
            check_files({file.rfilename: file.size for file in info.siblings or ()})
        folder = Path(snapshot_download(repo_id, revision=revision, allow_patterns=list(FILES)))
    except UnusableModel:
        raise
    except Exception as error:  # what the client raises depends on the HTTP library below it
        raise UnusableModel(_explain(error, repo_id, revision)) from error
    if not re.fullmatch(r"[0-9a-f]{40}", folder.name):
        raise UnusableModel(f"The Hub did not say which commit of {repo_id} it gave.")
    return folder, folder.name


def _explain(error: Exception, repo_id: str, revision: str | None) -> str:
    match error:
        case HFValidationError():
            return f"{repo_id!r} cannot be the name of a model on the Hub."
        case GatedRepoError():
            return f"{repo_id} is gated: ask for access on its page, then set HF_TOKEN."
        case RepositoryNotFoundError():
            return f"There is no model {repo_id} on the Hub, or HF_TOKEN may not read it."
        case RevisionNotFoundError():
            return f"{repo_id} has no revision {revision!r}."
        case LocalEntryNotFoundError(__cause__=OfflineModeIsEnabled()):
            return f"{repo_id} is not in the cache, and HF_HUB_OFFLINE forbids asking the Hub."
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
    return f"The Hub did not give {repo_id}: {reason}."
