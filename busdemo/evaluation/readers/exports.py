"""Images with a file over many of them: what labelling tools export, beside what was labelled."""

from collections import defaultdict
from pathlib import Path

from busdemo.annotations.names import image_keys
from busdemo.annotations.registry import list_images
from busdemo.evaluation.datasets import Skipped
from busdemo.evaluation.readers.files import Found, class_of, list_pictures, new_case, plain_id
from busdemo.evaluation.readers.folders import split_of
from busdemo.evaluation.readers.pairing import KINDS, list_files

_NO_FILE = "Its file is missing, or is one of several so called."


def read_exports(folder: Path) -> Found | None:
    """A file of CVAT, VIA, Label Studio or another tool over many images that lie below the folder.

    What a file calls an image is compared with the images' names, but for what tools add. Images
    that no file names are skipped; one without a shape is one in which nothing is marked.
    """
    pictures = list_pictures(folder, deep=True)
    by_name: dict[str, set[Path]] = defaultdict(set)
    for path in pictures:
        for key in image_keys(path.name):
            by_name[key].add(path)
    marked: dict[Path, list[Path]] = defaultdict(list)
    skipped = []
    for path in (file for file in list_files(folder) if file.suffix.lower() in KINDS[1:]):
        for title in _list_titles(path):
            known = (by_name[key] for key in image_keys(title) if key in by_name)
            found = next((images for images in known if len(images) == 1), set[Path]())
            for image in found:
                marked[image].append(path)
            if not found:
                skipped.append(Skipped(title, _NO_FILE))
    if not marked:
        return None
    cases = [
        new_case(
            image,
            plain_id(image, folder),
            folder.resolve().name,
            files,
            label=class_of(image, folder),
            split=split_of(plain_id(image, folder)),
        )
        for image, files in marked.items()
    ]
    skipped += [
        Skipped(plain_id(p, folder), "No file names it.") for p in pictures if p not in marked
    ]
    several = sum(len(files) > 1 for files in marked.values())
    notes = [f"Images that several files mark, whose masks are merged: {several}."] * bool(several)
    return Found("images with a file over many of them", cases, skipped, notes)


def _list_titles(path: Path) -> tuple[str, ...]:
    try:
        return list_images(path.read_bytes(), path.name)
    except (OSError, ValueError):
        return ()
