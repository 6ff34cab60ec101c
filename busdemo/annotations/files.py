"""Annotation files in and out: any format to named masks, a mask to any format."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from busdemo.annotations.coco import write_coco
from busdemo.annotations.cvat import write_cvat
from busdemo.annotations.dicom_writing import write_dicom_picture, write_dicom_seg
from busdemo.annotations.labelme import write_labelme
from busdemo.annotations.nifti import write_nifti
from busdemo.annotations.parts import Part, Request, looks_inverted, merge_parts, tell_reading
from busdemo.annotations.pictures import Colour, find_colours, write_mask_png
from busdemo.annotations.registry import PICTURE, format_of, read_parts
from busdemo.annotations.yolo import write_yolo
from busdemo.imaging.arrays import Mask, require_mask
from busdemo.imaging.images import Scan
from busdemo.imaging.refusals import UnreadableImage, plain_name

Files = Sequence[tuple[str, bytes]]
"""Uploaded files: name and contents of each."""


_ANY_SIZE = (16, 16)


@dataclass(frozen=True, eq=False)
class NamedMask:
    """One mask of an annotation file, at the image's own size."""

    name: str
    """The file's name without its ending and, of several masks in it, which one."""
    mask: Mask
    """(H, W) bool, True = lesion."""
    sentence: str
    """How it came to be."""
    looks_inverted: bool
    """The lesion seems to be the background: worth offering `invert`, never done unasked."""
    sha256: tuple[str, ...]
    """Of each file it came from, in the order given."""
    label: str = ""
    """Which of the file's masks it is, as `Request.label` asks for it again."""
    frame: int = 1
    frames: int = 1
    """Which frame of the file it is, from 1, and how many there are to choose from."""


@dataclass(frozen=True)
class Export:
    """A format that is written: its name for people, the file's ending, and its writer."""

    title: str
    suffix: str
    write: Callable[[Mask, str, Scan | None], bytes]


EXPORTS: dict[str, Export] = {
    "png": Export("PNG", ".png", lambda mask, _name, _scan: write_mask_png(mask)),
    "nifti": Export("NIfTI", ".nii.gz", lambda mask, _name, scan: write_nifti(mask, scan)),
    "dicom": Export(
        "DICOM image", ".dcm", lambda mask, _name, scan: write_dicom_picture(mask, scan)
    ),
    "dicom-seg": Export("DICOM SEG", ".dcm", write_dicom_seg),
    "coco": Export("COCO JSON, RLE", ".json", lambda m, n, s: write_coco(m, n, _image_name(s))),
    "coco-polygons": Export(
        "COCO JSON, polygons",
        ".json",
        lambda mask, name, scan: write_coco(mask, name, _image_name(scan), polygons=True),
    ),
    "labelme": Export(
        "LabelMe JSON", ".json", lambda mask, name, s: write_labelme(mask, name, _image_name(s))
    ),
    "yolo": Export("YOLO segmentation", ".txt", lambda mask, _name, _scan: write_yolo(mask)),
    "cvat": Export(
        "CVAT XML", ".xml", lambda mask, name, s: write_cvat(mask, name, _image_name(s))
    ),
}
"""By the word that `write_annotation` and `busdemo convert --to` take."""


def read_annotations(
    files: Files,
    size_wh: tuple[int, int],
    *,
    image_name: str = "",
    merge: bool = False,
    invert: bool = False,
    request: Request | None = None,
) -> list[NamedMask]:
    """All masks of one or several files (name, bytes) of an image of `size_wh` px.

    A file that holds several colours, labels, categories, annotators or segments gives one mask
    for each; `merge` makes one mask of everything instead. `image_name` picks the image in a
    file that holds annotations of many. `request` chooses a frame, colours or one label (its other
    fields are set here).

    Raises UnreadableImage, one sentence, for a file that cannot be read; ValueError without files.
    """
    if not files:
        raise ValueError("An annotation needs at least one file.")
    wanted = replace(
        request or Request(size_wh), size_wh=size_wh, image_name=image_name, apart=not merge
    )
    read = [(name, data, read_parts(data, name, wanted)) for name, data in files]
    if merge:
        parts = [part for _, _, found in read for part in found]
        names = tuple(name for name, _ in files)
        digests = tuple(_digest(data) for _, data in files)
        return [_name_mask(parts, size_wh, names, digests, invert=invert)]
    return [
        _name_mask([part], size_wh, (name,), (_digest(data),), invert=invert)
        for name, data, parts in read
        for part in parts
    ]


def write_annotation(
    mask: Mask, export: str, *, name: str = "lesion", scan: Scan | None = None
) -> bytes:
    """A (H, W) bool mask as the contents of a file of the format `export`, a key of `EXPORTS`.

    `name` labels the lesion in formats that have labels. `scan` is the image the mask belongs
    to: its name and pixel spacing go into formats that hold them.

    Raises KeyError for an unknown format, TypeError or ValueError if it is no mask, and
    MissingLibrary where the format needs a library that is not installed.
    """
    require_mask(mask)
    return EXPORTS[export].write(mask, name, scan)


def read_size(data: bytes, name: str) -> tuple[int, int]:
    """Width and height in px of the image that an annotation file was made for.

    Raises UnreadableImage for a file that cannot be read or does not say.
    """
    if not format_of(data).knows_size:
        raise UnreadableImage(
            f"{plain_name(name)} does not say how large its image is; please give the image, too."
        )
    return read_parts(data, name, Request(_ANY_SIZE))[0].size_wh


def list_colours(data: bytes, name: str) -> tuple[Colour, ...]:
    """The colours a page can offer for a colour-coded picture; empty for any other file.

    Raises UnreadableImage for a picture that cannot be read.
    """
    return find_colours(data, name) if format_of(data) is PICTURE else ()


def _image_name(scan: Scan | None) -> str:
    return scan.name if scan else "image.png"


def _name_mask(
    parts: Sequence[Part],
    size_wh: tuple[int, int],
    names: tuple[str, ...],
    sha256: tuple[str, ...],
    *,
    invert: bool,
) -> NamedMask:
    merged = merge_parts(parts, size_wh, invert=invert)
    stem = _stem(names[0]) + (f" and {len(names) - 1} more" if len(names) > 1 else "")
    label = parts[0].label if len(parts) == 1 else ""
    return NamedMask(
        name=f"{stem}: {label}" if label else stem,
        mask=merged,
        sentence=tell_reading(parts, merged, files=len(names), invert=invert),
        looks_inverted=looks_inverted([~p.mask if invert else p.mask for p in parts]),
        sha256=sha256,
        label=label,
        frame=parts[0].frame if len(parts) == 1 else 1,
        frames=parts[0].frames if len(parts) == 1 else 1,
    )


def _stem(name: str) -> str:
    """A file's name without its ending, and without both of .nii.gz."""
    plain = plain_name(name)
    stem = PurePath(plain.removesuffix(".gz")).stem if plain.endswith(".nii.gz") else ""
    return stem or PurePath(plain).stem or plain


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
