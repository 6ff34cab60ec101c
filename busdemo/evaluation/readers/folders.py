"""Any folder of images with masks: two folders, names that end in _mask, COCO, or imagefolder."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

from busdemo.annotations.names import (
    bare_name,
    is_called_a_mask_alone,
    mask_keys,
)
from busdemo.evaluation.datasets import Case, Skipped
from busdemo.evaluation.readers.files import (
    Found,
    class_of,
    is_picture,
    list_pictures,
    new_case,
    plain_id,
    read_number,
)
from busdemo.evaluation.readers.pairing import KINDS, Pairing, list_files, pair_files, walk
from busdemo.evaluation.readers.published import read_table

IMAGES = ("images", "image", "imgs", "img", "original", "originals", "jpegimages", "scans")
MASKS = (
    *("masks", "mask", "gt", "ground_truth", "groundtruth", "segmentations", "segmentation"),
    *("labels", "label", "annotations", "annotation", "ann", "segmentationclass"),
)
SET_TAILS = ("tr", "va", "ts")
"""What nnU-Net adds to both folders' names: imagesTr and labelsTr."""

SPLITS = {"train": "train", "training": "train", "val": "val", "valid": "val"} | {
    "validation": "val",
    "test": "test",
    "testing": "test",
    "imagestr": "train",
    "imagesva": "val",
    "imagests": "test",
}
"""What folders and files of a split are called, and what it is called here."""

MASK_COLUMNS = ("mask_file_name", "mask", "mask_path", "segmentation_file_name", "label_file_name")
GROUP_COLUMNS = ("group", "patient", "patient_id", "case", "case_id")


def read_two_folders(folder: Path) -> Found | None:
    """images/ and masks/ at any depth, whose files have the same names, but for what tools add.

    Also called image, imgs, original, and mask, label, labels, annotations, GT; imagesTr and
    labelsTr with `_0000` (nnU-Net); or masks/ beside the images themselves. The masks are
    pictures, NIfTI, or each image's own JSON, XML or YOLO file. Folders inside may name the class
    or the split; `NAME_mask.png`, `mask_NAME.png`, `NAME_seg.png`, several masks `NAME_mask_1.png`
    and a folder NAME/ of masks belong to `NAME`.
    """
    parts, taken = [], set[Path]()
    for place in walk(folder):
        if not taken & {place, *place.parents}:
            for images, masks, pairing in _find_pairs(place):
                taken |= {images, masks} - {place}
                parts.append((images, masks, pairing))
    return _collect(folder, parts) if parts else None


def read_named_masks(folder: Path) -> Found | None:
    """NAME.png with NAME_mask*.png, NAME_seg.png or NAME_label.png beside it, at any depth.

    Or with NAME.json (LabelMe) or NAME.txt (YOLO); or a folder for each case, with one image and
    mask.png, label.png or the like. Folders may name the class.
    """
    parts = []
    for place in walk(folder):
        files = [path for path in place.iterdir() if path.is_file()]
        names = {bare_name(path.name) for path in files if is_picture(path)}
        masks = [path for path in files if set(_names_another(path)) & names]
        images = [path for path in list_pictures(place) if path not in masks]
        pairing = pair_files(images, sorted(masks), place, place) or _pair_alone(images, files)
        if pairing:
            parts.append((place, place, pairing))
    return _collect(folder, parts) if parts else None


def _pair_alone(images: Sequence[Path], files: Sequence[Path]) -> Pairing:
    """The only image of a folder with what is called a mask and nothing else."""
    masks = sorted(
        path
        for path in files
        if is_called_a_mask_alone(path.name) and (is_picture(path) or path.suffix in KINDS)
    )
    others = [path for path in images if path not in masks]
    return Pairing({others[0]: masks} if len(others) == 1 else {})


def read_coco_folder(folder: Path) -> Found | None:
    """COCO: JSON files with `images` and `annotations`, the images below the same folder.

    A file called after a split, or in a folder called so, holds that split's images. An image
    without annotations is one in which nothing is marked.
    """
    cases: list[Case] = []
    skipped: list[Skipped] = []
    lost = 0
    for path in (file for file in list_files(folder) if file.suffix.lower() == ".json"):
        content = _read_json(path)
        if isinstance(content, dict) and {"images", "annotations"} <= set(content):
            known = {str(image.get("id")) for image in content["images"]}
            lost += sum(str(one.get("image_id")) not in known for one in content["annotations"])
            split = split_of(plain_id(path, folder))
            found = _read_coco_file(content, folder, split)
            cases, skipped = cases + found[0], skipped + found[1]
    notes = [f"Annotations whose image the file does not name, left out: {lost}."] * bool(lost)
    return Found("COCO", cases, skipped, notes) if cases or skipped else None


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
            skipped.append(Skipped(name, "Its file is missing.", split_of(name)))
        elif not all(mask.is_file() for mask in masks) or (not masks and label != "normal"):
            skipped.append(Skipped(name, "Its mask is missing.", split_of(name)))
        else:
            facts = {"label": label, "split": split_of(name), **_facts_of(row, name)}
            cases.append(new_case(image, name, folder.resolve().name, masks, **facts))
    return Found("imagefolder", cases, skipped)


def is_called_mask(path: PurePath) -> bool:
    """Does a file's name, or a folder's in its path, say that it is a mask?"""
    folders = {part.lower().removesuffix("tr").removesuffix("ts") for part in path.parts[:-1]}
    return (
        bool(folders & set(MASKS)) or "mask" in path.name.lower() or len(mask_keys(path.name)) > 1
    )


def _find_pairs(place: Path) -> Iterator[tuple[Path, Path, Pairing]]:
    """Folders of images and of masks right inside a folder, where names match."""
    inside = {path.name.lower(): path for path in sorted(place.iterdir()) if path.is_dir()}
    for tail in ("", *SET_TAILS):
        found = [inside[name + tail] for name in IMAGES if name + tail in inside]
        images = found[0] if found else place
        pictures = list_pictures(images, deep=bool(found))
        for masks in (inside[name + tail] for name in MASKS if name + tail in inside):
            if pairing := pair_files(pictures, list_files(masks), images, masks):
                yield images, masks, pairing
                break


def _collect(folder: Path, parts: Sequence[tuple[Path, Path, Pairing]]) -> Found:
    """All cases of some folders of images with masks."""
    cases: list[Case] = []
    skipped, strays = [], list[Path]()
    names = Counter(
        _name_case(image, images, folder) for images, _, pairs in parts for image in pairs.masks
    )
    longer = Counter(plain_id(image, folder) for *_, pairs in parts for image in pairs.masks)
    for images, _, pairing in parts:
        strays += pairing.strays
        for image, files in pairing.masks.items():
            name = _name_case(image, images, folder)
            if names[name] > 1 and longer[plain_id(image, folder)] == 1:
                name = plain_id(image, folder)
            label = class_of(image, folder)
            facts = {"label": label, "split": split_of(f"{images.name}/{name}")}
            if files or label == "normal":
                cases.append(new_case(image, name, folder.resolve().name, files, **facts))
            else:
                skipped.append(Skipped(name, "It has no mask.", str(facts["split"])))
    named = ", ".join(path.name for path in strays[:3]) + " and others" * (len(strays) > 3)
    notes = [f"Files among the masks that belong to no image: {len(strays)} ({named})."]
    kinds = dict.fromkeys(
        f"{images.name}/ and {masks.name}/" if images != masks else "NAME with NAME_mask"
        for images, masks, _ in parts
    )
    return Found(", ".join(kinds), cases, skipped, notes * bool(strays))


def _name_case(image: Path, images: Path, folder: Path) -> str:
    """An image's path without its ending and without the folder that only says `images`."""
    says_it = images.name.lower().removesuffix("tr").removesuffix("ts") in IMAGES
    within = images.parent if says_it and images != folder else images
    return (within.relative_to(folder) / plain_id(image, images)).as_posix()


def _names_another(path: Path) -> tuple[str, ...]:
    """The names of images that a file beside them may be the mask of."""
    if is_picture(path):
        return mask_keys(path.name)[1:]
    return mask_keys(path.name) if path.suffix.lower() in KINDS else ()


def _read_coco_file(
    content: dict[str, Any], folder: Path, split: str
) -> tuple[list[Case], list[Skipped]]:
    places = {path.name: path for path in list_pictures(folder, deep=True)}
    by_image = defaultdict(list)
    for annotation in content["annotations"]:
        by_image[str(annotation.get("image_id"))].append(annotation)
    cases: list[Case] = []
    skipped = []
    for image in content["images"]:
        name = str(image.get("file_name", ""))
        marked = by_image[str(image.get("id"))]
        path = folder / name if (folder / name).is_file() else places.get(Path(name).name)
        case_id = Path(name).with_suffix("").as_posix()
        if path is None:
            skipped.append(Skipped(case_id, "Its file is missing.", split))
        elif marked and not any(one.get("segmentation") for one in marked):
            skipped.append(Skipped(case_id, "Only boxes are drawn in it.", split))
        else:
            named = str(image.get("id"))
            part = {"images": [image | {"id": named}]}
            part["annotations"] = [one | {"image_id": named} for one in marked]
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


def split_of(name: str) -> str:
    """The split that a path or a file name speaks of, or ""."""
    words = name.lower().replace("_", "/").replace("-", "/").split("/")
    return next((SPLITS[word] for word in words if word in SPLITS), "")
