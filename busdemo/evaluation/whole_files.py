"""Files that are whole or not there at all, however many processes write them, however one ends."""

import os
import uuid
from collections.abc import Callable
from pathlib import Path

UNFINISHED = ".partial"
"""How the names of files end that are being written."""


def replace_file(path: Path, write: Callable[[Path], object], *, synced: bool = True) -> None:
    """Let `write` fill a file beside `path`, of a name nobody else has, then move it there.

    Unless `synced` is False, its bytes are on the disk before. An error of `write` leaves nothing.
    """
    unfinished = path.with_name(f"{path.name}.{uuid.uuid4().hex}{UNFINISHED}")
    try:
        write(unfinished)
        if synced:
            with unfinished.open("rb+") as file:
                os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def sweep_unfinished(folder: Path) -> None:
    """Delete what killed processes left behind in a folder that nobody else writes into now."""
    for path in folder.glob(f"*{UNFINISHED}"):
        path.unlink(missing_ok=True)
