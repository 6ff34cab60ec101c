"""BUSI, BUS-UCLM, BUS-BRA and BrEaST, exactly as their authors give them out."""

import csv
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from busdemo.annotations.names import bare_name, mask_keys
from busdemo.evaluation.datasets import Case, Skipped
from busdemo.evaluation.readers.files import (
    CLASSES,
    Found,
    find_folder,
    list_pictures,
    new_case,
    read_number,
)
from busdemo.evaluation.readers.spreadsheet import read_sheet


@dataclass(frozen=True)
class Listed:
    """A line of a data set's table: where its files should lie, and what it says of them."""

    image: Path
    masks: tuple[Path, ...]
    facts: Mapping[str, object]


def read_busi(folder: Path) -> Found | None:
    """benign/, malignant/ and normal/ with NAME.png, NAME_mask.png and NAME_mask_1.png.

    Al-Dhabyani et al., Data in Brief 2020; also with images/ and masks/ in each class's folder.
    There are no patients: every image is its own group.
    """
    places = [place for name in sorted(CLASSES) if (place := find_folder(folder, name))]
    cases: list[Case] = []
    skipped = []
    masked = False
    for place in places:
        label = place.name.lower()
        pictures = list_pictures(place, deep=True)
        masks = defaultdict(list)
        for mask in [path for path in pictures if _is_busi_mask(path, place)]:
            masks[mask_keys(mask.name)[-1]].append(mask)
        masked |= any(name.startswith(f"{label} (") for name in masks)
        for image in [path for path in pictures if not _is_busi_mask(path, place)]:
            own = masks[bare_name(image.name)]
            if own or label == "normal":
                cases.append(new_case(image, image.stem, "BUSI", own, label=label))
            else:
                skipped.append(Skipped(image.stem, "It has no mask."))
    if not masked:
        return None
    several = sum(len(case.files()) > 2 for case in cases)
    notes = [f"Images with several masks, merged: {several}."] * bool(several)
    return Found("BUSI", cases, skipped, notes)


def _is_busi_mask(path: Path, place: Path) -> bool:
    folders = path.relative_to(place).parts[:-1]
    return "_mask" in path.stem or any(name.lower().startswith("mask") for name in folders)


def read_bus_uclm(folder: Path) -> Found | None:
    """INFO.csv with images/ and masks/, green benign and red malignant.

    Vallez et al., Sci Data 2025. A file's name begins with its patient; a label may be one of an
    image whose mask is empty. Doppler images and those with marks stay in.
    """
    images, masks = find_folder(folder, "images"), find_folder(folder, "masks")
    rows = read_table(folder / "INFO.csv")
    if images is None or masks is None or not rows or "Doppler" not in rows[0]:
        return None

    listed = [
        Listed(
            images / row["Image"],
            (masks / row["Image"],),
            {"label": row["Label"].lower(), "group": row["Image"].split("_")[0]},
        )
        for row in rows
    ]
    return _collect("BUS-UCLM", images, listed)


def read_bus_bra(folder: Path) -> Found | None:
    """bus_data.csv with Images/bus_ID.png and Masks/mask_ID.png.

    Gomez-Flores et al., Medical Physics 2024. Both breasts of a patient are one case.
    """
    images, masks = find_folder(folder, "images"), find_folder(folder, "masks")
    rows = read_table(folder / "bus_data.csv")
    if images is None or masks is None or not rows or "Pathology" not in rows[0]:
        return None

    listed = [
        Listed(
            images / f"{row['ID']}.png",
            (masks / f"{row['ID'].replace('bus_', 'mask_', 1)}.png",),
            {
                "label": row["Pathology"],
                "birads": row["BIRADS"],
                "device": row["Device"],
                "group": f"case {row['Case']}",
            },
        )
        for row in rows
    ]
    return _collect("BUS-BRA", images, listed)


def read_breast(folder: Path) -> Found | None:
    """caseNNN.png and caseNNN_tumor.png with the clinical data in an .xlsx beside or above them.

    Pawlowska et al., Sci Data 2024. Normal cases have no mask; masks of other findings (ducts,
    implants) are no lesions of the ground truth.
    """
    images = folder if list(folder.glob("case*_tumor.png")) else None
    for place in sorted(path for path in folder.iterdir() if path.is_dir()):
        images = images or (place if list(place.glob("case*_tumor.png")) else None)
    sheets = sorted([*folder.glob("*.xlsx"), *folder.parent.glob("*.xlsx")])
    rows = next((r for s in sheets if (r := read_sheet(s)) and "Mask_tumor_filename" in r[0]), [])
    if images is None or not rows:
        return None
    listed = [
        Listed(
            images / row["Image_filename"],
            tuple(images / name for name in row["Mask_tumor_filename"].split("&") if name),
            {
                "label": row["Classification"],
                "birads": row["BIRADS"],
                "mm_per_px": 10 * read_number(row["Pixel_size"]),  # the table is in cm
            },
        )
        for row in rows
    ]
    found = _collect("BrEaST", images, listed)
    here = {case.image_path.name for case in found.cases}
    others = sum(bool(r["Mask_other_filename"]) and r["Image_filename"] in here for r in rows)
    note = [f"Images with masks of other findings, which are left out: {others}."] * bool(others)
    return Found(found.kind, found.cases, found.skipped, [*found.notes, *note])


def read_table(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV with a header, commas or semicolons; empty where there is none."""
    if not path.is_file():
        return []
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    head = text.partition("\n")[0]
    delimiter = ";" if head.count(";") > head.count(",") else ","
    rows = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    return [{str(k).strip(): str(v or "").strip() for k, v in row.items()} for row in rows]


def _collect(name: str, folder: Path, listed: Sequence[Listed]) -> Found:
    """The listed images that are there and have their masks."""
    here = [line for line in listed if line.image.is_file()]
    complete = [line for line in here if all(mask.is_file() for mask in line.masks)]
    cases = [new_case(one.image, one.image.stem, name, one.masks, **one.facts) for one in complete]
    named = {path for line in listed for path in (line.image, *line.masks)}
    skipped = [
        Skipped(one.image.stem, "Its mask is missing.") for one in here if one not in complete
    ]
    skipped += [
        Skipped(path.stem, "The table does not name it.")
        for path in list_pictures(folder)
        if path not in named and not path.stem[-7:].startswith("_other")
    ]
    absent = len(listed) - len(here)
    notes = [f"Images of the table whose files are not here: {absent}."] * bool(absent)
    return Found(name, cases, skipped, notes)
