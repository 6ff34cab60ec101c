"""A manifest of the situations in which other tools' files are read wrongly, through two doors.

The terminal and the HTTP interface are asked the same, and must say the same of the same files.
"""

import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import gradio as gr
import nibabel as nib
import numpy as np
import pytest
from annotations.test_situations import HEIGHT, LESION, SECOND, SITUATIONS, WIDTH, labelme, polygon
from annotations.test_situations import SQUARE as SQUARE_CORNERS
from imaging.dicom_files import dicom_file, ultrasound_region
from numpy.typing import NDArray
from PIL import Image

from busdemo.annotations.pictures import write_mask_png
from busdemo.annotations.writing import write_annotation
from busdemo.cli import main
from busdemo.imaging.arrays import Mask
from busdemo.imaging.images import read_scan
from busdemo.inference.segmenter import SegmenterPool
from busdemo.ui.api.compare import compare_files

CASES = Path(__file__).parents[2] / "shared" / "cases"
GREY = cv2.GaussianBlur(
    np.random.default_rng(5).integers(0, 256, (HEIGHT, WIDTH)).astype(np.uint8), (5, 5), 2
)
CLIP = np.stack([GREY, GREY[::-1], GREY[:, ::-1]])
LPS = np.diag([-0.1, -0.1, 1.0, 1.0])


def picture(values: NDArray[Any], form: str = "PNG", **more: Any) -> bytes:
    kept = io.BytesIO()
    Image.fromarray(values).save(kept, form, **more)
    return kept.getvalue()


def heic() -> bytes:
    from pillow_heif import from_pillow

    kept = io.BytesIO()
    from_pillow(Image.fromarray(np.dstack([GREY] * 3))).save(kept)
    return kept.getvalue()


def nifti(*planes: Mask, affine: NDArray[Any] = LPS, turned: str = "") -> bytes:
    image = nib.Nifti1Image(np.stack([p.T for p in planes], axis=2).astype(np.uint8), affine)
    image.header.set_xyzt_units("mm")
    if turned:
        ways = nib.orientations.axcodes2ornt(turned)
        start = nib.io_orientation(affine)
        image = image.as_reoriented(nib.orientations.ornt_transform(start, ways))
    return image.to_bytes()


def turned_photo() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return picture(np.rot90(GREY).copy(), exif=exif)


PNG = ("scan001.png", picture(GREY))


@dataclass(frozen=True, eq=False)
class Entry:
    """An image, the mask that is right, a file of it, and what must be said; or why it is refused.

    `expected` is a Dice with the right mask, or words of the sentence that refuses the file.
    """

    file: tuple[str, bytes]
    truth: Mask = field(default_factory=lambda: LESION)
    image: tuple[str, bytes] = PNG
    expected: float | str = 1.0
    says: str = ""
    options: tuple[str, ...] = ()
    """Of the terminal, such as --frame 2; the HTTP interface takes the same by the same names."""


def known(name: str, file: str = "reader.json", **more: Any) -> Entry:
    """A situation of the annotations' own tests."""
    one = SITUATIONS[name]
    if isinstance(one.expected, str):
        return Entry((file, one.data), expected=one.expected, says=one.says, **more)
    return Entry((file, one.data), one.expected, says=one.says, **more)


SCAN = read_scan(PNG[1], PNG[0])
PLACED = read_scan(nifti(np.ones((HEIGHT, WIDTH), np.bool_)), "scan.nii")
MANIFEST: dict[str, tuple[Entry, ...]] = {
    "labelme-ai-mask": (known("LabelMe's AI mask"),),
    "labelme-mixed": (known("an AI mask beside a polygon"), known("only a point")),
    "via-coco-string-ids": (
        known("ids as text (VIA's COCO)"),
        known("an id that matches no image"),
    ),
    "cine-and-volumes": (
        Entry(
            ("ana.nii", nifti(SECOND, LESION, SECOND, affine=np.eye(4))),
            image=("cine.dcm", dicom_file(CLIP, frames=3)),
            says="slice 2 of 3, as the image's",
            options=("--frame", "2"),
        ),
        Entry(
            ("ana.nii", nifti(LESION, SECOND, affine=np.eye(4))),
            image=("cine.dcm", dicom_file(CLIP, frames=3)),
            expected="none for frame 3",
            options=("--frame", "3"),
        ),
    ),
    "void-255": (known("255 beside a label"), known("255 beside a label, with a palette")),
    "cvat-rotation": (known("CVAT's turned box"), known("CVAT's turned ellipse")),
    "nifti-orientation": (
        Entry(
            ("mask.nii", nifti(LESION, turned="RAS")),
            image=("scan.nii", nifti(GREY)),
            says="where both lie in space",
        ),
        Entry(("mask.nii", nifti(LESION)), says="only the mask says where in space it lies"),
    ),
    "tiff-stack-mask": (
        known("a stack with the lesion on page 3", "stack.tif"),
        known("a page for each lesion", "two.tif"),
    ),
    "coco-results-scores": (known("results with low scores"), known("names that do not decide")),
    "dicom-spacing-conflict": (
        Entry(
            ("ana.png", write_mask_png(LESION)),
            image=(
                "scan.dcm",
                dicom_file(
                    GREY,
                    PixelSpacing=[0.2, 0.2],
                    SequenceOfUltrasoundRegions=[ultrasound_region(0.0078)],
                ),
            ),
            says="the calibrated ultrasound region 0.078 mm: the latter",
        ),
    ),
    "labelstudio-coco-prefix": (known("Label Studio's prefix"),),
    "labelstudio-json": (
        known("Label Studio's polygon"),
        known("Label Studio's brush"),
        known("Label Studio's turned rectangle"),
        known("Label Studio in short"),
    ),
    "stray-two-point-polygon": (
        known("a stray polygon of two points"),
        known("a stray polygon of two points in COCO"),
    ),
    "yolo-save-conf": (known("YOLO with a confidence", "scan001.txt"),),
    "other-json-tools": (
        known("VIA's export over two images"),
        known("VIA's project"),
        known("VIA's CSV", "via.csv"),
        known("QuPath's polygon with a hole", "a.geojson"),
        known("Supervisely's bitmap"),
        known("ISAT"),
        known("Darwin's polygon with a hole"),
    ),
    "nrrd-mha-mat-npy": (
        *(
            Entry((name, write_annotation(LESION, export, scan=SCAN)))
            for export, name in (("nrrd", "a.seg.nrrd"), ("mha", "a.mha"), ("npy", "a.npy"))
        ),
        Entry(
            ("a.seg.nrrd", write_annotation(LESION, "nrrd", scan=PLACED)),
            image=("scan.nii", nifti(GREY)),
        ),
        Entry(("a.mat", b"MATLAB 5.0 MAT-file" + bytes(200)), expected="imwrite(mask"),
    ),
    "exif-rotated": (
        Entry(
            ("upright.png", write_mask_png(LESION)),
            image=("IMG.png", turned_photo()),
            says="",
        ),
        Entry(
            ("stored.png", write_mask_png(np.rot90(LESION).copy())),
            image=("IMG.png", turned_photo()),
            expected=-1,
            says="its shape differs from the image's",
        ),
    ),
    "heic-avif-video": (
        Entry(("a.png", write_mask_png(LESION)), image=("a.avif", picture(GREY, "AVIF"))),
        Entry(
            ("a.png", write_mask_png(LESION)),
            image=(
                "a.gif",
                picture(GREY, "GIF", save_all=True, append_images=[Image.fromarray(GREY[::-1])]),
            ),
            says="first of several frames",
        ),
        Entry(("a.png", write_mask_png(LESION)), image=("a.heic", heic())),
        Entry(
            ("a.png", write_mask_png(LESION)),
            image=("a.mp4", b"\0\0\0\x18ftypisom" + bytes(40)),
            expected="is a video",
        ),
    ),
}
ELSEWHERE = {
    "anisotropic-shape": "test_describing.py",
    "seg-labelmap-background": "annotations/test_formats.py",
    "screen-layout": "test_cli.py",
    "folders": "evaluation/readers/test_layouts.py",
}
"""Cases whose tests ask for more than a comparison."""

EVERY = [
    pytest.param(one, id=f"{case} {n}")
    for case, entries in MANIFEST.items()
    for n, one in enumerate(entries)
]


def ask_terminal(one: Entry, paths: list[str], folder: Path) -> dict[str, Any]:
    """The comparison's numbers as JSON; ValueError with what was said instead."""
    report = folder / "out.html"
    if main(["compare", *paths, *one.options, "--report", str(report)]):
        raise ValueError("refused")
    numbers: dict[str, Any] = json.loads(report.with_suffix(".json").read_text("utf-8"))
    return numbers


def ask_http(one: Entry, paths: list[str]) -> dict[str, Any]:
    """The same of the endpoint; gr.Error with a sentence."""
    words = iter(one.options)
    given: dict[str, Any] = {word[2:].replace("-", "_"): next(words) for word in words}
    given |= {"frame": int(given.get("frame", 0))}
    return compare_files(SegmenterPool({}), paths[0], paths[1:], **given)[1]


@pytest.mark.parametrize("one", EVERY)
def test_the_terminal_and_the_http_interface_read_it_right(
    one: Entry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [one.image, ("truth.png", write_mask_png(one.truth)), one.file]
    for name, data in files:
        (tmp_path / name).write_bytes(data)
    paths = [str(tmp_path / name) for name, _ in files]
    if isinstance(one.expected, str):
        with pytest.raises(ValueError, match="refused"):
            ask_terminal(one, paths, tmp_path)
        assert one.expected in capsys.readouterr().err
        with pytest.raises(gr.Error) as caught:
            ask_http(one, paths)
        assert one.expected in str(caught.value)
        return
    answers = [ask_terminal(one, paths, tmp_path), ask_http(one, paths)]
    for numbers in answers:
        (row,) = numbers["against_reference"]
        assert one.expected < 0 or row["dice"] >= 0.995 * one.expected
        told = " ".join([*numbers["image"]["notes"], numbers["annotators"][1]["how"]])
        assert one.says.lower() in told.lower()
    first, second = (numbers["against_reference"] for numbers in answers)
    assert first == second


def test_people_are_counted_by_file_and_compared_label_by_label(tmp_path: Path) -> None:
    image = tmp_path / PNG[0]
    image.write_bytes(PNG[1])
    ana, ben = tmp_path / "ana.json", tmp_path / "ben.json"
    ana.write_bytes(
        labelme(polygon(SQUARE_CORNERS, "tumour"), polygon([[1, 1], [9, 1], [9, 9]], "spot"))
    )
    ben.write_bytes(labelme(polygon(SQUARE_CORNERS, "tumour")))
    one = Entry(("", b""))
    numbers = ask_terminal(one, [str(image), str(ana), str(ben)], tmp_path)
    assert numbers["label"] == "tumour"
    assert [who["annotator"] for who in numbers["annotators"]] == ["ana", "ben"]
    assert numbers["against_reference"][0]["dice"] == 1


@pytest.mark.skipif(not CASES.is_dir(), reason="the cases are not at hand")
def test_every_case_is_in_the_manifest() -> None:
    folders = {path.name for path in CASES.iterdir() if path.is_dir()}
    listed = {*MANIFEST, *ELSEWHERE, "one-reader-two-labels"}
    assert folders == listed
    assert all((Path(__file__).parent / file).is_file() for file in ELSEWHERE.values())
