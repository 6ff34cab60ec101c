"""What is to be segmented: images, folders of images, and data sets in folders, as cases."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from busdemo.evaluation.datasets import Skipped
from busdemo.evaluation.readers.files import FileCase, list_pictures, new_case
from busdemo.evaluation.readers.finding import read_dataset
from busdemo.evaluation.readers.folders import is_called_mask
from busdemo.evaluation.readers.pairing import list_files, pair_files


@dataclass(frozen=True)
class Inputs:
    """Cases, with the masks that were found for them, and what to say of them."""

    cases: tuple[FileCase, ...]
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()


def find_inputs(images: Sequence[Path], masks: Sequence[Path]) -> Inputs:
    """Images and their masks, from files or from folders.

    One image takes all the masks; several images take none, or one each in order. A folder is
    read as a data set where it is one, otherwise every picture in it; with a folder of masks,
    names decide. Raises ValueError or FileNotFoundError with one sentence.
    """
    if len(images) == 1 and images[0].is_dir():
        if not masks:
            return _read_folder(images[0])
        if len(masks) > 1 or not masks[0].is_dir():
            raise ValueError("A folder of images takes one folder of masks.")
        return _pair_folders(images[0], masks[0])
    if folder := next((path for path in (*images, *masks) if path.is_dir()), None):
        raise ValueError(f"{folder.name} is a folder: give it alone, or a folder of masks with it.")
    if len(images) == 1 or not masks:
        given = [list(masks) for _ in images]
    elif len(masks) == len(images):
        given = [[mask] for mask in masks]
    else:
        raise ValueError(f"{len(images)} images need {len(images)} masks, got {len(masks)}.")
    pairs = zip(images, given, strict=True)
    return Inputs(tuple(new_case(image, image.stem, "", files) for image, files in pairs))


def _read_folder(folder: Path) -> Inputs:
    """A data set, or all pictures of a folder that do not say that they are masks."""
    try:
        found = read_dataset(folder)
    except ValueError as error:
        pictures = list_pictures(folder, deep=True)
        images = [path for path in pictures if not is_called_mask(path.relative_to(folder))]
        if not images:
            raise
        return Inputs(tuple(_name(image, folder) for image in images), notes=(str(error),))
    cases = tuple(case for case in found.cases if isinstance(case, FileCase))
    return Inputs(cases, found.skipped, found.notes)


def _pair_folders(images: Path, masks: Path) -> Inputs:
    pictures = list_pictures(images, deep=True)
    pairing = pair_files(pictures, list_files(masks), images, masks)
    if not pairing:
        raise ValueError(f"No file in {masks.name} has the name of an image in {images.name}.")
    paired = [(image, files) for image, files in pairing.masks.items() if files]
    without = [image for image, files in pairing.masks.items() if not files]
    strays = len(pairing.strays)
    notes = [f"Files in {masks.name} that belong to no image: {strays}."] * bool(strays)
    return Inputs(
        tuple(_name(image, images, *files) for image, files in paired),
        tuple(Skipped(image.stem, "It has no mask.") for image in without),
        tuple(notes),
    )


def _name(image: Path, folder: Path, *masks: Path) -> FileCase:
    inside = image.relative_to(folder).with_suffix("").as_posix()
    return new_case(image, inside, folder.name, masks)
