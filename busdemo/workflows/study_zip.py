"""A study in one ZIP: images and a folder or an export file for each reader; unpacked with care."""

import shutil
import stat
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from busdemo.annotations.collection import open_collection
from busdemo.evaluation.readers.files import is_picture
from busdemo.evaluation.readers.folders import IMAGES
from busdemo.evaluation.studies.sources import NO_MASKS
from busdemo.imaging.refusals import plain_name

MOST_FILES = 5_000
MOST_BYTES = 500 * 2**20
"""Of all files, unpacked."""

MOST_IMAGES = 200
"""Of a study on a shared page."""

PATIENTS = "patients.csv"
_PIECE = 1 << 20

LAYOUT = (
    "a folder images and beside it a folder of masks or one export file for each reader, called "
    "as the reader"
)


def unpack(archive: Path, folder: Path) -> Path:
    """Unpack a ZIP below an empty folder; the folder that its files lie in.

    Only plain files are written, and never more than the limits, whatever the ZIP says of itself.
    Raises ValueError with one sentence for a ZIP that is damaged, locked, too large, holds a ZIP or
    a path that leads out of it.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            listed = [one for one in opened.infolist() if not one.is_dir()]
            _check(listed, archive.name)
            left = MOST_BYTES
            for one in listed:
                if not _is_hidden(one.filename):
                    left = _write(opened, one, folder, left)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        name = plain_name(archive.name)
        raise ValueError(f"{name} is no ZIP that can be read; please pack it again.") from error
    return _enter(folder)


def find_readers(folder: Path) -> tuple[Path | None, list[tuple[str, Path]], Path | None]:
    """The folder of images, the readers with their names ("" if a file names them), patients.

    Raises ValueError with one sentence where nobody's masks are found.
    """
    inside = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    folders = [path for path in inside if path.is_dir()]
    images = next((path for path in folders if path.name.lower() in IMAGES), None)
    readers = [(path.name, path) for path in folders if path != images]
    patients = next((path for path in inside if path.name.lower() == PATIENTS), None)
    exports = [path for path in inside if path.is_file() and path != patients]
    for path in exports:
        if path.suffix.lower() not in NO_MASKS and not is_picture(path):
            readers.append(("" if _names_readers(path) else path.stem, path))
    if not readers:
        raise ValueError(f"The ZIP holds no readers: it needs {LAYOUT}.")
    return images, readers, patients


def _names_readers(path: Path) -> bool:
    collection = open_collection(path.name, path.read_bytes())
    if collection is None:
        return False
    found = {who for n in range(len(collection.sheets)) for who in collection.look(n).readers}
    return bool(found - {""})


def _check(listed: Sequence[zipfile.ZipInfo], name: str) -> None:
    called = plain_name(name)
    if not listed:
        raise ValueError(f"{called} is empty: it needs {LAYOUT}.")
    if len(listed) > MOST_FILES:
        raise ValueError(f"{called} holds {len(listed):,} files; at most {MOST_FILES:,} are read.")
    if sum(one.file_size for one in listed) > MOST_BYTES:
        raise ValueError(f"{called} unpacks to more than {MOST_BYTES >> 20} MB.")
    for one in listed:
        path = PurePosixPath(one.filename.replace("\\", "/"))
        inside = plain_name(one.filename)
        if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
            raise ValueError(f"{called} holds a path that leads out of it ({inside}).")
        if stat.S_ISLNK(one.external_attr >> 16):
            raise ValueError(f"{called} holds a link ({inside}); please pack the files themselves.")
        if one.flag_bits & 1:
            raise ValueError(f"{called} is locked with a password.")
        if path.suffix.lower() == ".zip":
            raise ValueError(f"{called} holds another ZIP ({inside}); please unpack that first.")


def _write(opened: zipfile.ZipFile, one: zipfile.ZipInfo, folder: Path, left: int) -> int:
    """Write a file piece by piece; how many bytes may still follow."""
    path = folder / PurePosixPath(one.filename.replace("\\", "/"))
    path.parent.mkdir(parents=True, exist_ok=True)
    with opened.open(one) as source, path.open("wb") as target:
        while piece := source.read(_PIECE):
            left -= len(piece)
            if left < 0:
                shutil.rmtree(folder, ignore_errors=True)
                raise ValueError(f"The ZIP unpacks to more than {MOST_BYTES >> 20} MB.")
            target.write(piece)
    return left


def _is_hidden(name: str) -> bool:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return any(part.startswith(".") or part == "__MACOSX" for part in parts)


def _enter(folder: Path) -> Path:
    """Past folders that hold nothing but one folder."""
    inside = list(folder.iterdir())
    while len(inside) == 1 and inside[0].is_dir():
        folder = inside[0]
        inside = list(folder.iterdir())
    return folder
