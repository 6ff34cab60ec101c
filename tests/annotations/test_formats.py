"""Every format: there and back again, and against files of its own reference library."""

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from PIL import Image

from busdemo.annotations.annotation import list_notes
from busdemo.annotations.contours import trace_outlines
from busdemo.annotations.files import list_colours, read_annotations
from busdemo.annotations.outlines import fill_outlines
from busdemo.annotations.request import Options, Target
from busdemo.annotations.rle import decode_rle, encode_rle
from busdemo.annotations.writing import EXPORTS, write_annotation
from busdemo.cli.converting import FORMATS
from busdemo.imaging.arrays import Mask
from busdemo.imaging.images import Scan
from busdemo.imaging.refusals import UnreadableImage
from busdemo.imaging.spacing import Spacing

NATIVE = Path(__file__).parents[3] / "shared" / "native"
needs_native = pytest.mark.skipif(not NATIVE.is_dir(), reason="no published files at hand")

MASKS = hnp.arrays(np.bool_, st.tuples(st.integers(1, 9), st.integers(1, 9)))
EASY = [name for name in EXPORTS if name != "dicom-seg"]  # highdicom writes the time of day


def hard_mask() -> Mask:
    """A ring, a component on the border, one pixel, and two that touch at a corner."""
    mask = np.zeros((48, 60), np.bool_)
    y, x = np.mgrid[:48, :60]
    distance = np.hypot(y - 24, x - 20)
    mask[(distance < 15) & (distance > 6)] = True
    mask[0:5, 50:60] = mask[40, 50] = mask[41, 51] = mask[30, 45] = True
    return mask


HARD = hard_mask()
TARGET = Target((60, 48), "case 1.png")
SCAN = Scan(HARD.astype(np.uint8), "case 1.png", "ab" * 32, (), Spacing(0.2, 0.2))


def read_one(data: bytes, size_wh: tuple[int, int] = (60, 48)) -> Mask:
    (found,) = read_annotations([("a.bin", data)], Target(size_wh, "case 1.png"))
    return found.mask


def test_the_terminal_offers_every_format_that_is_written() -> None:
    assert tuple(EXPORTS) == FORMATS


@pytest.mark.parametrize("export", EXPORTS)
@pytest.mark.parametrize("mask", [HARD, ~HARD, HARD & False], ids=["hard", "inverse", "empty"])
def test_a_mask_comes_back_exactly(export: str, mask: Mask) -> None:
    data = write_annotation(mask, export, name='a "<lesion>" & more', scan=SCAN)
    assert np.array_equal(read_one(data), mask)


@pytest.mark.parametrize("export", EASY)
def test_the_same_mask_gives_the_same_file(export: str) -> None:
    assert write_annotation(HARD, export) == write_annotation(HARD, export)


@settings(deadline=None, max_examples=60)
@given(MASKS)
def test_any_mask_comes_back_exactly_from_its_outlines_and_its_runs(mask: Mask) -> None:
    outlines = [outline.astype(float) for outline in trace_outlines(mask)]
    assert np.array_equal(fill_outlines(outlines, mask.shape[::-1], "m"), mask)
    assert np.array_equal(decode_rle(encode_rle(mask), "m"), mask)


@settings(deadline=None, max_examples=60)
@given(MASKS)
def test_runs_are_the_same_text_as_pycocotools_writes(mask: Mask) -> None:
    from pycocotools import mask as coco

    expected = coco.encode(np.asfortranarray(mask.astype(np.uint8)))
    assert encode_rle(mask) == {**expected, "counts": expected["counts"].decode()}


@pytest.mark.parametrize("export", ["coco", "coco-polygons"])
def test_pycocotools_sees_the_same_mask(export: str) -> None:
    from pycocotools.coco import COCO

    kept = COCO()
    kept.dataset = json.loads(write_annotation(HARD, export, scan=SCAN))
    kept.createIndex()
    seen = np.zeros(HARD.shape, np.bool_)
    for one in kept.loadAnns(kept.getAnnIds(imgIds=[1])):
        seen |= kept.annToMask(one).astype(np.bool_)
    assert sum(a["area"] for a in kept.dataset["annotations"]) == HARD.sum()
    assert np.array_equal(seen, HARD)


def test_uncompressed_runs_are_read() -> None:
    code = {"size": [2, 3], "counts": [1, 2, 3]}
    assert np.array_equal(decode_rle(code, "m"), [[False, True, False], [True, False, False]])


def test_nifti_is_as_simpleitk_would_read_it() -> None:
    import nibabel as nib

    image = nib.Nifti1Image.from_bytes(
        __import__("gzip").decompress(write_annotation(HARD, "nifti", scan=SCAN))
    )
    assert np.array_equal(np.asarray(image.dataobj).T > 0, HARD)
    assert image.header.get_zooms() == pytest.approx((0.2, 0.2))


def test_of_a_volume_the_slice_with_most_lesion_is_read_and_any_can_be_chosen() -> None:
    import nibabel as nib

    volume = np.stack([HARD.T & False, HARD.T, ~HARD.T & False], axis=2).astype(np.uint8)
    volume[3, 3, 2] = 1
    data = nib.Nifti1Image(volume, np.eye(4)).to_bytes()
    (found,) = read_annotations([("a.nii", data)], TARGET)
    assert np.array_equal(found.mask, HARD)
    assert list_notes(found.provenance)[0].startswith("Slice 2 of 3, the one with most lesion")
    (third,) = read_annotations([("a.nii", data)], TARGET, Options(frame=3))
    assert third.mask.sum() == 1


def test_labels_of_a_volume_are_masks_of_their_own() -> None:
    import nibabel as nib

    labels = HARD.T.astype(np.uint8)
    labels[:, :20] *= 2
    data = nib.Nifti1Image(labels, np.eye(4)).to_bytes()
    found = read_annotations([("a.nii.gz", data)], TARGET)
    assert [one.provenance.label for one in found] == ["label 1", "label 2"]
    assert {one.annotator for one in found} == {"a"}


def segmentation_file(frames: NDArray[np.uint8], segments: list[int], labels: list[str]) -> bytes:
    """A DICOM SEG of several frames, each of one segment."""
    from imaging.dicom_files import dicom_file
    from pydicom import Dataset
    from pydicom.pixels import pack_bits

    def item(**elements: object) -> Dataset:
        dataset = Dataset()
        for keyword, value in elements.items():
            setattr(dataset, keyword, value)
        return dataset

    return dicom_file(
        frames,
        frames=len(frames),
        SOPClassUID="1.2.840.10008.5.1.4.1.1.66.4",
        SegmentationType="BINARY",
        BitsAllocated=1,
        BitsStored=1,
        HighBit=0,
        PixelData=pack_bits(frames),
        SegmentSequence=[
            item(SegmentNumber=n, SegmentLabel=label) for n, label in enumerate(labels, start=1)
        ],
        PerFrameFunctionalGroupsSequence=[
            item(SegmentIdentificationSequence=[item(ReferencedSegmentNumber=n)]) for n in segments
        ],
    )


def test_of_a_segment_on_several_frames_any_can_be_chosen_by_its_label() -> None:
    few = HARD.copy()
    few[10:] = False
    frames = np.stack([few, HARD, HARD[::-1], few[::-1]]).astype(np.uint8)
    data = segmentation_file(frames, [1, 1, 2, 2], ["lesion", "cyst"])
    found = read_annotations([("a.dcm", data)], TARGET)
    assert [(f.label, f.frame, f.frames) for f in (one.provenance for one in found)] == [
        ("lesion", 2, 2),
        ("cyst", 1, 2),
    ]
    wanted = Options(frame=2, label="cyst")
    (cyst,) = read_annotations([("a.dcm", data)], TARGET, wanted)
    assert np.array_equal(cyst.mask, few[::-1])
    assert (cyst.annotator, cyst.provenance.label) == ("a", "cyst")
    with pytest.raises(UnreadableImage, match="frames 1 to 2"):
        read_annotations([("a.dcm", data)], TARGET, replace(wanted, frame=3))


def test_of_a_dicom_image_the_frame_with_most_lesion_is_the_mask() -> None:
    from imaging.dicom_files import dicom_file

    small, empty = HARD.copy(), np.zeros_like(HARD)
    small[:20] = False
    frames = np.stack([empty, small, HARD]).astype(np.uint8) * np.uint8(255)
    data = dicom_file(frames, frames=3)
    (found,) = read_annotations([("a.dcm", data)], TARGET)
    assert np.array_equal(found.mask, HARD)
    assert (found.provenance.frame, found.provenance.frames) == (3, 3)
    assert list_notes(found.provenance)[0].startswith("Frame 3 of 3, the one with most lesion")
    for number, mask in enumerate([empty, small, HARD], start=1):
        wanted = Options(frame=number, label="")
        (chosen,) = read_annotations([("a.dcm", data)], TARGET, wanted)
        assert np.array_equal(chosen.mask, mask)


def test_a_label_stays_itself_on_slices_that_lack_the_others() -> None:
    import nibabel as nib

    both = HARD.T.astype(np.uint8)
    both[:, :20] *= 2
    one = np.where(both == 2, both, 0)
    volume = np.stack([both, one, both * 0], axis=2)
    data = nib.Nifti1Image(volume, np.eye(4)).to_bytes()
    for frame, plane in enumerate([both, one, both * 0], start=1):
        for label, value in (("label 1", 1), ("label 2", 2)):
            wanted = Options(frame=frame, label=label)
            (found,) = read_annotations([("a.nii", data)], TARGET, wanted)
            assert np.array_equal(found.mask, value == plane.T)
            assert found.provenance.label == label


def test_highdicom_reads_the_segmentation_that_was_written() -> None:
    import highdicom as hd

    data = write_annotation(HARD, "dicom-seg", name="lesion A", scan=SCAN)
    segmentation = hd.seg.segread(io.BytesIO(data))
    assert segmentation.get_segment_description(1).segment_label == "lesion A"
    assert np.array_equal(segmentation.pixel_array.squeeze() > 0, HARD)
    assert segmentation.PatientName == ""


def coco_of(*images: tuple[str, NDArray[np.bool_]]) -> bytes:
    return json.dumps(
        {
            "images": [
                {"id": n, "file_name": name, "width": m.shape[1], "height": m.shape[0]}
                for n, (name, m) in enumerate(images)
            ],
            "annotations": [
                {"id": n, "image_id": n, "category_id": 5, "segmentation": encode_rle(m)}
                for n, (_, m) in enumerate(images)
            ],
            "categories": [{"id": 5, "name": "tumour"}],
        }
    ).encode()


def test_the_right_image_is_picked_by_name_then_by_size() -> None:
    data = coco_of(("b/case 2.png", ~HARD), ("a/Case 1.jpg", HARD))
    assert np.array_equal(read_one(data), HARD)
    other = coco_of(("x.png", ~HARD[:20]), ("y.png", HARD))
    assert np.array_equal(read_one(other), HARD)


def test_annotators_and_categories_are_masks_of_their_own() -> None:
    content = json.loads(coco_of(("case 1.png", HARD)))
    first = content["annotations"][0]
    content["annotations"] += [
        {**first, "annotator": "Dr A"},
        {**first, "attributes": {"annotator": "Dr B"}},
    ]
    found = read_annotations([("set.json", json.dumps(content).encode())], TARGET)
    assert [(one.annotator, one.provenance.label) for one in found] == [
        ("set", "tumour"),
        ("Dr A", "tumour"),
        ("Dr B", "tumour"),
    ]


def test_outlines_for_another_size_are_scaled_and_said() -> None:
    data = json.dumps(
        {
            "shapes": [{"label": "l", "points": [[20, 20], [60, 20], [60, 60], [20, 60]]}],
            "imageWidth": 120,
            "imageHeight": 96,
        }
    ).encode()
    (found,) = read_annotations([("a.json", data)], TARGET)
    assert found.mask[10:30, 10:30].all()
    assert found.mask.sum() == 400
    assert list_notes(found.provenance)[0] == "Resized 120x96 to 60x48, as outlines."


def test_a_yolo_line_is_read_in_shares() -> None:
    mask = read_one(b"3 0.25 0.25 0.75 0.25 0.75 0.75 0.25 0.75\n")
    assert mask[12:36, 15:45].all()
    assert mask.sum() == 24 * 30


def test_every_kind_of_cvat_shape_is_read() -> None:
    xml = b"""<?xml version="1.0"?><annotations><image id="0" name="case 1.png" width="60"
    height="48"><polygon label="p" points="1,1;5,1;5,4;1,4"/><box label="b" xtl="10" ytl="10"
    xbr="14" ybr="12"/><ellipse label="e" cx="30" cy="30" rx="5" ry="5"/><mask label="m"
    rle="1, 2, 3" left="50" top="40" width="3" height="2"/><points label="x" points="1,1"/>
    </image></annotations>"""
    found = {m.provenance.label: m for m in read_annotations([("a.xml", xml)], TARGET)}
    sums = {name: int(one.mask.sum()) for name, one in found.items()}
    assert sums == {"p": 12, "b": 8, "e": sums["e"], "m": 2}
    assert abs(sums["e"] - 25 * np.pi) < 4
    assert found["m"].mask[40, 51:53].all()
    assert "1 shape without an inside left out" in list_notes(found["p"].provenance)[0]


@needs_native
def test_published_masks_survive_every_format() -> None:
    paths = sorted(NATIVE.rglob("*_mask.png"))[:2] + sorted(NATIVE.rglob("*_tumor.png"))[:2]
    paths += sorted((NATIVE / "BUSBRA" / "Masks").glob("*.png"))[:2]
    assert len(paths) == 6
    for path in paths:
        with Image.open(path) as image:
            size_wh = image.size
        (mask,) = read_annotations(
            [(path.name, path.read_bytes())], Target(size_wh), Options(merge=True)
        )
        scan = Scan(mask.mask.astype(np.uint8), "case 1.png", "ab" * 32, (), Spacing(0.1, 0.1))
        for export in EXPORTS:
            data = write_annotation(mask.mask, export, scan=scan)
            assert np.array_equal(read_one(data, size_wh), mask.mask), (path.name, export)


@needs_native
def test_the_colours_of_the_published_masks_are_told_apart() -> None:
    found = [
        (path.name, list_colours(path.read_bytes(), path.name))
        for path in sorted((NATIVE / "BUS-UCLM" / "masks").glob("*.png"))
    ]
    codes = {colour.code for _, colours in found for colour in colours}
    assert codes == {"#00ff00", "#ff0000"}
