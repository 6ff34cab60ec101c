"""Any folder of images with masks: two folders, names that end in _mask, COCO, or imagefolder."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from busdemo.evaluation.datasets import Case, Skipped
from busdemo.evaluation.readers.files import (
    Found,
    class_of,
    find_folder,
    list_pictures,
    new_case,
    read_number,
)
from busdemo.evaluation.readers.published import read_table

IMAGES = ("images", "image", "imgs")
MASKS = ("masks", "mask", "annotations", "labels", "ground_truth")
SPLITS = {"train": "train", "training": "train", "val": "val", "valid": "val"} | {
    "validation": "val",
    "test": "test",
    "testing": "test",
}
"""What folders and files of a split are called, and what it is called here."""

MASK_COLUMNS = ("mask_file_name", "mask", "mask_path", "segmentation_file_name", "label_file_name")
GROUP_COLUMNS = ("group", "patient", "patient_id", "case", "case_id")


def read_two_folders(folder: Path) -> Found | None:
    """images/ and masks/, whose files have the same names, but for the ending and for `mask`.

    Folders inside may name the class; `NAME_mask.png`, `mask_NAME.png` and several masks
    `NAME_mask_1.png` belong to `NAME`.
    """
    images, masks = find_folder(folder, *IMAGES), find_folder(folder, *MASKS)
    pictures = list_pictures(images, deep=True) if images else []
    if not (images and masks and pictures and list_pictures(masks, deep=True)):
        return None
    by_name = defaultdict(list)
    for mask in list_pictures(masks, deep=True):
        by_name[mask.relative_to(masks).with_name(_bare(mask.stem)).as_posix()].append(mask)
    pairs = []
    for image in pictures:
        name = image.relative_to(images).with_suffix("").as_posix()
        pairs.append((image, name, by_name.get(name, [])))
    return _collect("images/ and masks/", folder, pairs)


def read_named_masks(folder: Path) -> Found | None:
    """NAME.png with NAME_mask*.png beside it, at any depth; folders may name the class."""
    pictures = list_pictures(folder, deep=True)
    masks = defaultdict(list)
    for path in pictures:
        if _bare(path.stem) != path.stem:
            masks[path.with_name(_bare(path.stem))].append(path)
    if not masks:
        return None
    pairs = [
        (path, path.relative_to(folder).with_suffix("").as_posix(), masks[path.with_suffix("")])
        for path in pictures
        if _bare(path.stem) == path.stem
    ]
    return _collect("NAME with NAME_mask", folder, pairs)


def read_coco_folder(folder: Path) -> Found | None:
    """COCO: JSON files with `images` and `annotations`, the images below the same folder.

    A file called after a split holds that split's images. An image without annotations is one
    in which nothing is marked.
    """
    cases: list[Case] = []
    skipped: list[Skipped] = []
    places = [folder, *(p for name in ("annotations",) if (p := find_folder(folder, name)))]
    for path in sorted(file for place in places for file in place.glob("*.json")):
        content = _read_json(path)
        if isinstance(content, dict) and {"images", "annotations"} <= set(content):
            found = _read_coco_file(content, folder, _split_of(path.stem))
            cases, skipped = cases + found[0], skipped + found[1]
    return Found("COCO", cases, skipped) if cases or skipped else None


def read_imagefolder(folder: Path) -> Found | None:
    """Hugging Face's `imagefolder`: metadata.csv or .jsonl with `file_name` and a mask's name.

    Columns `label`, `birads`, `device`, `mm_per_px`, and `patient` or `group`, are read where they
    are. Folders called train, validation and test are splits.
    """
    tables = sorted(p for p in folder.rglob("metadata.*") if p.suffix in (".csv", ".jsonl"))
    lines = [(table, row) for table in tables for row in _read_metadata(table)]
    lines = [
        (table, row) for table, row in lines if "file_name" in row and _masks_of(row) is not None
    ]
    if not lines:
        return None
    cases: list[Case] = []
    skipped: list[Skipped] = []
    for table, row in lines:
        image = table.parent / str(row["file_name"])
        name = image.relative_to(folder).with_suffix("").as_posix()
        masks = [table.parent / mask for mask in _masks_of(row) or []]
        label = str(row.get("label") or "").lower() or class_of(image, folder)
        if not image.is_file():
            skipped.append(Skipped(name, "Its file is missing."))
        elif not all(mask.is_file() for mask in masks) or (not masks and label != "normal"):
            skipped.append(Skipped(name, "Its mask is missing."))
        else:
            facts = {"label": label, "split": _split_of(name), **_facts_of(row, name)}
            cases.append(new_case(image, name, folder.resolve().name, masks, **facts))
    return Found("imagefolder", cases, skipped)


def _collect(kind: str, folder: Path, pairs: Sequence[tuple[Path, str, Sequence[Path]]]) -> Found:
    cases: list[Case] = []
    skipped = []
    for image, name, masks in pairs:
        label = class_of(image, folder)
        if masks or label == "normal":
            facts = {"label": label, "split": _split_of(name)}
            cases.append(new_case(image, name, folder.resolve().name, masks, **facts))
        else:
            skipped.append(Skipped(name, "It has no mask."))
    return Found(kind, cases, skipped)


def _read_coco_file(
    content: dict[str, Any], folder: Path, split: str
) -> tuple[list[Case], list[Skipped]]:
    places = {path.name: path for path in list_pictures(folder, deep=True)}
    by_image = defaultdict(list)
    for annotation in content["annotations"]:
        by_image[annotation.get("image_id")].append(annotation)
    cases: list[Case] = []
    skipped = []
    for image in content["images"]:
        name = str(image.get("file_name", ""))
        marked = by_image[image.get("id")]
        path = folder / name if (folder / name).is_file() else places.get(Path(name).name)
        case_id = Path(name).with_suffix("").as_posix()
        if path is None:
            skipped.append(Skipped(case_id, "Its file is missing."))
        elif marked and not any(one.get("segmentation") for one in marked):
            skipped.append(Skipped(case_id, "Only boxes are drawn in it."))
        else:
            part = {"images": [image], "annotations": marked}
            part["categories"] = content.get("categories", [])
            outlines = json.dumps(part).encode() if marked else b""
            facts = {"split": split, "label": class_of(path, folder), "outlines": outlines}
            cases.append(new_case(path, case_id, folder.resolve().name, **facts))
    return cases, skipped


def _read_json(path: Path) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


def _read_metadata(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".csv":
        return list(read_table(path))
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    try:
        rows = [json.loads(line) for line in lines if line.strip()]
    except ValueError:
        return []
    return [row for row in rows if isinstance(row, dict)]


def _masks_of(row: Mapping[str, Any]) -> list[str] | None:
    """The mask files that a line names; None where it has no column for them."""
    column = next((name for name in MASK_COLUMNS if name in row), None)
    if column is None:
        return None
    value = row[column]
    return [str(one) for one in (value if isinstance(value, list) else [value]) if one]


def _facts_of(row: Mapping[str, Any], name: str) -> dict[str, object]:
    group = next((str(row[column]) for column in GROUP_COLUMNS if row.get(column)), name)
    return {
        "group": group,
        "birads": str(row.get("birads") or ""),
        "device": str(row.get("device") or ""),
        "mm_per_px": read_number(str(row.get("mm_per_px") or "")),
    }


def _split_of(name: str) -> str:
    """The split that a path or a file name speaks of, or ""."""
    words = name.lower().replace("_", "/").replace("-", "/").split("/")
    return next((SPLITS[word] for word in words if word in SPLITS), "")


def _bare(stem: str) -> str:
    """A mask's name without what says that it is one."""
    lower = stem.lower()
    for word in ("mask", "segmentation", "gt"):
        if lower.startswith(f"{word}_"):
            return stem[len(word) + 1 :]
        if f"_{word}" in lower:
            return stem[: lower.rindex(f"_{word}")]
    return stem
