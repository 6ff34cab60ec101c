"""The formats, told apart by their first bytes and never by a file's name."""

from collections.abc import Callable
from dataclasses import dataclass

from busdemo.annotations.cvat import is_xml, read_cvat
from busdemo.annotations.dicom_seg import is_dicom_seg, read_dicom_seg
from busdemo.annotations.json_files import is_json, read_json
from busdemo.annotations.nifti import read_nifti_mask
from busdemo.annotations.parts import Part, Request
from busdemo.annotations.pictures import read_picture
from busdemo.annotations.yolo import is_yolo, read_yolo
from busdemo.imaging.refusals import kind_of, plain_name, require_bounded

Reader = Callable[[bytes, str, Request], list[Part]]
"""A file's bytes and name to its masks; UnreadableImage with one sentence where it has none."""


@dataclass(frozen=True)
class Format:
    """A format that is read: its name for people, what tells it, and what reads it."""

    title: str
    detect: Callable[[bytes], bool]
    read: Reader
    knows_size: bool = True
    """Does a file say how large its image is?"""
    reads: str = ""
    """What of a file becomes lesion; with `leaves`, a line of docs/files.md."""
    leaves: str = ""
    """What of a file is left out, or refused in a sentence."""


FORMATS: tuple[Format, ...] = (
    Format(
        "DICOM segmentation",
        is_dicom_seg,
        read_dicom_seg,
        reads="each segment a mask, fractional ones cut at half, of the frame that shows most",
        leaves="more than 500 frames or 100 segments",
    ),
    Format(
        "NIfTI",
        lambda data: kind_of(data) == "NIFTI",
        read_nifti_mask,
        reads="one slice, the one with most lesion; each label a mask",
        leaves="anatomical directions; pairs of .hdr and .img",
    ),
    Format(
        "JSON",
        is_json,
        read_json,
        reads="COCO: polygons and run-length codes, by category and annotator; "
        "LabelMe: polygons, rectangles, circles, by label",
        leaves="COCO with boxes alone; LabelMe's points and lines",
    ),
    Format(
        "CVAT XML",
        is_xml,
        read_cvat,
        reads="CVAT for images 1.1: polygons, boxes, ellipses, masks, by label",
        leaves="points and lines; XML with document types",
    ),
    Format(
        "YOLO text",
        is_yolo,
        read_yolo,
        knows_size=False,
        reads="outlines, by class; a blank file marks nothing",
        leaves="boxes",
    ),
)
"""Asked in this order; what none of them knows is read as a picture."""

PICTURE = Format(
    "picture",
    lambda _: True,
    read_picture,
    reads="grey or coloured, 1 to 16 bits: what lies above half, or each colour or label a mask; "
    "of a DICOM image's frames the one with most lesion",
    leaves="pages of a TIFF and frames of a WebP after the first",
)


def format_of(data: bytes) -> Format:
    """The format that a file's contents announce."""
    return next((known for known in FORMATS if known.detect(data)), PICTURE)


def read_parts(data: bytes, name: str, request: Request) -> list[Part]:
    """The masks of one file, at least one; UnreadableImage with one sentence otherwise."""
    plain = plain_name(name)
    require_bounded(data, plain)
    return format_of(data).read(data, plain, request)
