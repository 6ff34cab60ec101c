"""Masks out: a mask to a file of any format that is written."""

from collections.abc import Callable
from dataclasses import dataclass

from busdemo.annotations.coco import write_coco
from busdemo.annotations.cvat import write_cvat
from busdemo.annotations.dicom_writing import write_dicom_picture, write_dicom_seg
from busdemo.annotations.json_tools import write_geojson
from busdemo.annotations.label_studio import write_label_studio
from busdemo.annotations.labelme import write_labelme
from busdemo.annotations.pictures import write_mask_png
from busdemo.annotations.via import write_via
from busdemo.annotations.volumes import write_metaimage, write_nifti, write_npy, write_nrrd
from busdemo.annotations.yolo import write_yolo
from busdemo.imaging.arrays import Mask, require_mask
from busdemo.imaging.images import Scan


@dataclass(frozen=True)
class Export:
    """A format that is written: its name for people, the file's ending, and its writer."""

    title: str
    suffix: str
    write: Callable[[Mask, str, Scan | None], bytes]


EXPORTS: dict[str, Export] = {
    "png": Export("PNG", ".png", lambda mask, _name, _scan: write_mask_png(mask)),
    "nifti": Export("NIfTI", ".nii.gz", lambda mask, _name, scan: write_nifti(mask, scan)),
    "nrrd": Export("NRRD, a segment", ".seg.nrrd", write_nrrd),
    "mha": Export("MetaImage", ".mha", lambda mask, _name, scan: write_metaimage(mask, scan)),
    "npy": Export("NumPy", ".npy", lambda mask, _name, _scan: write_npy(mask)),
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
    "label-studio": Export(
        "Label Studio JSON, brush",
        ".json",
        lambda mask, name, s: write_label_studio(mask, name, _image_name(s)),
    ),
    "via": Export("VIA JSON", ".json", lambda m, n, s: write_via(m, n, _image_name(s))),
    "qupath": Export("QuPath GeoJSON", ".geojson", lambda m, n, _scan: write_geojson(m, n)),
    "yolo": Export("YOLO segmentation", ".txt", lambda mask, _name, _scan: write_yolo(mask)),
    "cvat": Export(
        "CVAT XML", ".xml", lambda mask, name, s: write_cvat(mask, name, _image_name(s))
    ),
}
"""By the word that `write_annotation` and `busdemo convert --to` take."""


def write_annotation(
    mask: Mask, export: str, *, name: str = "lesion", scan: Scan | None = None
) -> bytes:
    """A (H, W) bool mask as the contents of a file of the format `export`, a key of `EXPORTS`.

    `name` labels the lesion in formats that have labels. `scan` is the image the mask belongs
    to: its name and pixel spacing go into formats that hold them.

    Raises KeyError for an unknown format, TypeError or ValueError if it is no mask.
    """
    require_mask(mask)
    return EXPORTS[export].write(mask, name, scan)


def _image_name(scan: Scan | None) -> str:
    return scan.name if scan else "image.png"
