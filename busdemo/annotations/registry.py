"""The formats that are read, told apart by their contents and never by a file's name.

A new one is a function `read_...(file, request)` and a line here; the table in the documentation is
written from these lines.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from busdemo.annotations.annotation import Annotation
from busdemo.annotations.coco import is_coco, list_coco
from busdemo.annotations.cvat import list_cvat
from busdemo.annotations.dicom_seg import is_dicom_seg, read_dicom_seg
from busdemo.annotations.json_tools import (
    is_darwin,
    is_geojson,
    is_isat,
    is_supervisely,
    list_darwin,
    list_geojson,
    list_isat,
    list_supervisely,
)
from busdemo.annotations.label_studio import is_label_studio, list_label_studio
from busdemo.annotations.labelled import Sheet, read_sheets
from busdemo.annotations.labelme import is_labelme, list_labelme
from busdemo.annotations.pictures import read_picture
from busdemo.annotations.request import MaskFile, Request, Target
from busdemo.annotations.via import is_via, is_via_csv, list_via, list_via_csv
from busdemo.annotations.volumes import read_volume_mask
from busdemo.annotations.yolo import is_yolo, list_yolo
from busdemo.imaging.refusals import (
    UnreadableImage,
    Wanted,
    kind_of,
    plain_name,
    require_bounded,
    require_known_kind,
)

Reader = Callable[[MaskFile, Request], list[Annotation]]
"""A file to its masks, at least one, each at the file's own size (outlines: at the image's).

A reader names an annotator only where the file does, and fills in of the provenance what it alone
knows. It raises UnreadableImage with one sentence where there is nothing to read.
"""


@dataclass(frozen=True)
class Format:
    """A format that is read: its name for people, what tells it, and what reads it."""

    title: str
    endings: tuple[str, ...]
    """What its files are called, for people: nothing is decided by it."""
    detect: Callable[[MaskFile], bool]
    reader: Reader | None = None
    """What reads it, where it is no file of labelled shapes."""
    sheets: Callable[[MaskFile, Request], list[Sheet]] | None = None
    """The images that a file of labelled shapes speaks of, at least one."""
    reads: str = ""
    """What of a file becomes lesion; with `leaves`, a line of docs/files.md."""
    leaves: str = ""
    """What of a file is left out, or refused in a sentence."""

    def read(self, file: MaskFile, request: Request) -> list[Annotation]:
        """See `Reader`."""
        if self.sheets is not None:
            return read_sheets(self.sheets(file, request), request, file.name)
        return self.reader(file, request) if self.reader else []


FORMATS: tuple[Format, ...] = (
    Format(
        "DICOM segmentation",
        (".dcm",),
        lambda file: is_dicom_seg(file.data),
        read_dicom_seg,
        reads="each segment a label, fractional ones cut at half; of several frames the one that "
        "refers to the image's, otherwise the one that shows most",
        leaves="the background's segment; more than 500 frames or 100 segments",
    ),
    Format(
        "NIfTI",
        (".nii", ".nii.gz"),
        lambda file: kind_of(file.data) == "NIFTI",
        read_volume_mask,
        reads="one slice, where both lie in space, otherwise the image's or "
        "the one with most lesion; each value a label",
        leaves="pairs of .hdr and .img",
    ),
    Format(
        "NRRD",
        (".nrrd",),
        lambda file: kind_of(file.data) == "NRRD",
        read_volume_mask,
        reads="as NIfTI; of a .seg.nrrd each segment a label, in layers, too",
        leaves="headers whose values lie in another file (.nhdr)",
    ),
    Format(
        "MetaImage",
        (".mha",),
        lambda file: kind_of(file.data) == "METAIMAGE",
        read_volume_mask,
        reads="as NIfTI",
        leaves="headers whose values lie in another file (.mhd)",
    ),
    Format(
        "NumPy",
        (".npy", ".npz"),
        lambda file: kind_of(file.data) in ("NPY", "NPZ"),
        read_volume_mask,
        reads="(H, W), (slices, H, W) or RGB, as NIfTI; of an .npz the only array, or each called "
        "a mask as a label",
        leaves="objects (pickles), which are never loaded",
    ),
    Format(
        "LabelMe",
        (".json",),
        lambda file: is_labelme(file.content),
        sheets=list_labelme,
        reads="polygons, rectangles, circles, masks, also X-AnyLabeling's turned ones and its "
        "scores, by label",
        leaves="points and lines",
    ),
    Format(
        "Label Studio",
        (".json",),
        lambda file: is_label_studio(file.content),
        sheets=list_label_studio,
        reads="JSON and JSON-MIN: polygons, brushes, rectangles and ellipses, by label and by who "
        "completed them",
        leaves="points; predictions, cancelled annotations, turned images",
    ),
    Format(
        "V7 Darwin",
        (".json",),
        lambda file: is_darwin(file.content),
        sheets=list_darwin,
        reads="polygons with their holes, ellipses, by label",
        leaves="boxes, points, lines and raster layers",
    ),
    Format(
        "COCO",
        (".json",),
        lambda file: is_coco(file.content),
        sheets=list_coco,
        reads="polygons and run-length codes, by category and annotator; of results with scores "
        "those from 0.5",
        leaves="boxes",
    ),
    Format(
        "VIA",
        (".json",),
        lambda file: is_via(file.content),
        sheets=list_via,
        reads="exports and projects of VIA 1 and 2: polygons, rectangles, circles, ellipses, by "
        "their first attribute or the one called label, class or name",
        leaves="points and open lines",
    ),
    Format(
        "VIA CSV",
        (".csv",),
        lambda file: is_via_csv(file.data),
        sheets=list_via_csv,
        reads="the same, a line each",
        leaves="the same",
    ),
    Format(
        "QuPath GeoJSON",
        (".geojson", ".json"),
        lambda file: is_geojson(file.content),
        sheets=list_geojson,
        reads="polygons with their holes, and several as one, by class",
        leaves="points and lines; classes that end with * (“ignore”)",
    ),
    Format(
        "ISAT",
        (".json",),
        lambda file: is_isat(file.content),
        sheets=list_isat,
        reads="polygons, by category",
        leaves="the background",
    ),
    Format(
        "Supervisely",
        (".json",),
        lambda file: is_supervisely(file.content),
        sheets=list_supervisely,
        reads="bitmaps, polygons with their holes and rectangles, by class and by who drew them",
        leaves="points and lines",
    ),
    Format(
        "CVAT XML",
        (".xml",),
        lambda file: file.is_xml,
        sheets=list_cvat,
        reads="CVAT for images 1.1, and one frame of CVAT for video 1.1: polygons, boxes and "
        "ellipses, also turned ones, masks, by label",
        leaves="points and lines; XML with document types",
    ),
    Format(
        "YOLO text",
        (".txt",),
        lambda file: is_yolo(file.data),
        sheets=list_yolo,
        reads="outlines, by class, with a confidence those from 0.5; a blank file marks nothing",
        leaves="boxes",
    ),
)
"""Asked in this order; what none of them knows is read as a picture."""

PICTURE = Format(
    "picture",
    (".png", ".jpg", ".bmp", ".tif", ".webp", ".gif", ".avif", ".heic", ".dcm"),
    lambda _: True,
    read_picture,
    reads="grey or coloured, 1 to 16 bits: what lies above half, or each colour or value a label; "
    "of frames and TIFF pages the image's or the one with most lesion, pages with separate lesions "
    "merged",
    leaves="255 beside class labels (“ignore”); frames of a WebP or GIF after the first",
)


MASK = Wanted(
    "a mask",
    "please use a picture, a volume (NIfTI, NRRD and others), DICOM SEG or a labelling tool's file "
    "(COCO, LabelMe, Label Studio, VIA, CVAT, YOLO and others)",
)
"""What a file of none of them should have been."""


def _refuse_json(file: MaskFile, _: Request) -> list[Annotation]:
    titles = [one.title for one in FORMATS if ".json" in one.endings]
    known = f"{', '.join(titles[:-1])} or {titles[-1]}"
    raise UnreadableImage(f"{file.name} is JSON, but of no kind that is read here ({known}).")


_OTHER_JSON = Format("JSON", (".json",), lambda file: file.is_json, _refuse_json)


def format_of(data: bytes) -> Format:
    """The format that a file's contents announce; UnreadableImage for damaged JSON."""
    return recognise(MaskFile("The file", data))


def list_images(data: bytes, name: str) -> tuple[str, ...]:
    """What the images are called that a file of labelled shapes speaks of; often none or one.

    Raises UnreadableImage for a file that cannot be read.
    """
    file = MaskFile(plain_name(name), data)
    require_bounded(data, file.name)
    sheets = recognise(file).sheets
    found = sheets(file, Request(Target((16, 16)))) if sheets else []
    return tuple(sheet.title for sheet in found if sheet.title)


def read_file(name: str, data: bytes, request: Request) -> list[Annotation]:
    """The masks of one file, at least one; UnreadableImage with one sentence otherwise."""
    file = MaskFile(plain_name(name), data)
    require_bounded(data, file.name, MASK)
    known = recognise(file)
    if known is PICTURE:
        require_known_kind(data, file.name, MASK)
    digest = hashlib.sha256(data).hexdigest()
    return [sign(one, file.name, known, digest) for one in known.read(file, request)]


def recognise(file: MaskFile) -> Format:
    """The format that a file's contents announce; UnreadableImage for damaged JSON."""
    return next((known for known in (*FORMATS, _OTHER_JSON) if known.detect(file)), PICTURE)


def sign(one: Annotation, name: str, known: Format, digest: str) -> Annotation:
    """The annotation with the file it is from: its name, format and sha256."""
    facts = replace(one.provenance, files=(name,), sha256=(digest,), format=known.title)
    return replace(one, provenance=facts)
