"""Files made to do harm, or just wrong: one sentence each, and no more."""

import gzip
import io
import json
import zipfile

import nibabel as nib
import numpy as np
import pytest

from busdemo.annotations.files import read_annotations
from busdemo.annotations.request import Target
from busdemo.imaging.refusals import UnreadableImage

TARGET = Target((60, 48), "a")
HEADER = nib.Nifti1Image(np.zeros((60, 48), np.uint8), np.eye(4)).header


def labelme(points: object, **more: object) -> bytes:
    shape = {"label": "l", "points": points, "shape_type": "polygon"}
    return json.dumps({"shapes": [shape], "imageWidth": 60, "imageHeight": 48, **more}).encode()


def coco(segmentation: object, width: object = 60, height: object = 48) -> bytes:
    return json.dumps(
        {
            "images": [{"id": 1, "file_name": "a", "width": width, "height": height}],
            "annotations": [{"image_id": 1, "category_id": 1, "segmentation": segmentation}],
        }
    ).encode()


def npy(values: np.ndarray, *, allow_pickle: bool = False) -> bytes:
    kept = io.BytesIO()
    np.save(kept, values, allow_pickle=allow_pickle)
    return kept.getvalue()


def npz(data: bytes, name: str = "mask.npy") -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return kept.getvalue()


def bomb() -> bytes:
    header = HEADER.copy()
    header.set_data_shape((30000, 30000, 100))
    return gzip.compress(header.binaryblock + b"\0" * 2**22)


LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;&b;">]>'
    b'<annotations><image name="&c;" width="60" height="48"/></annotations>'
)
ZIGZAG = np.stack([np.linspace(0, 60, 10_000), np.tile([0, 48], 5000)], axis=1).tolist()
HOSTILE = {
    "zip bomb in a NIfTI": (bomb(), "256 MB"),
    "run lengths that overrun": (coco({"size": [48, 60], "counts": [10, 99999]}), "run-length"),
    "run lengths that fall short": (coco({"size": [48, 60], "counts": [1, 2]}), "run-length"),
    "negative run lengths": (coco({"size": [48, 60], "counts": [-5, 2885]}), "run-length"),
    "huge run lengths": (coco({"size": [48, 60], "counts": [10**400]}), "run-length"),
    "text runs that overrun": (coco({"size": [48, 60], "counts": "oooooo0"}), "run-length"),
    "text runs never ended": (coco({"size": [48, 60], "counts": "oo"}), "run-length"),
    "text runs of other letters": (coco({"size": [48, 60], "counts": "é"}), "run-length"),
    "runs of an absurd size": (coco({"size": [10**9, 10**9], "counts": [1]}), "run-length"),
    "runs of another size": (coco({"size": [24, 60], "counts": [1440]}), "does not fit its image"),
    "an absurd image size": (coco([[0, 0, 9, 0, 9, 9]], 10**9, 10**9), "image size"),
    "an image size of words": (coco([[0, 0, 9, 0, 9, 9]], "wide", []), "image size"),
    "two corners": (coco([[0, 0, 9, 9]]), "three corners"),
    "an odd number of numbers": (coco([[0, 0, 9, 0, 9, 9, 4]]), "pairs"),
    "boxes only": (coco([]), "as a box alone"),
    "NaN": (labelme([[0, 0], [9, float("nan")], [9, 9]]), "not numbers"),
    "infinity": (labelme([[0, 0], [float("inf"), 0], [9, 9]]), "not numbers"),
    "huge numbers": (labelme([[0, 0], [1e300, 0], [9, 9]]), "far outside"),
    "huger numbers": (labelme([[0, 0], [10**400, 0], [9, 9]]), "pairs of numbers"),
    "words for numbers": (labelme([["a", "b"]] * 3), "pairs of numbers"),
    "too many corners": (labelme(ZIGZAG * 11), "100,000 corners"),
    "deep JSON": (b'{"shapes": ' + b"[" * 100_000, "not valid JSON"),
    "deep, closed JSON": (b"[" * 100_000 + b"]" * 100_000, "not valid JSON"),
    "cut JSON": (labelme(ZIGZAG)[:-9], "not valid JSON"),
    "other JSON": (b'{"a": 1}', "of no kind that is read here"),
    "JSON of bytes": (b'{"\xff\xfe"', "not valid JSON"),
    "XML entities": (LAUGHS, "document type"),
    "cut XML": (b"<annotations><image", "not valid XML"),
    "other XML": (b"<svg/>", "no images"),
    "a CVAT mask beyond its image": (
        b'<annotations><image name="a" width="60" height="48"><mask label="m" rle="1,2,3" '
        b'left="58" top="0" width="3" height="2"/></image></annotations>',
        "does not lie inside",
    ),
    "CVAT corners of words": (
        b'<annotations><image name="a" width="60" height="48"><polygon points="a,b;c,d;e,f"/>'
        b"</image></annotations>",
        "pairs of numbers",
    ),
    "a picture in letters of no base64": (
        labelme([[1, 1], [9, 9]]).replace(b'"polygon"', '"mask", "mask": "é"'.encode()),
        "whose picture is damaged",
    ),
    "a turn without end": (
        b'<annotations><image name="a" width="60" height="48"><box xtl="1" ytl="1" xbr="9" ybr="9"'
        b' rotation="inf"/></image></annotations>',
        "not numbers",
    ),
    "XML of an unknown encoding": (b'<?xml version="1.0" encoding="utf-99"?><a/>', "not valid XML"),
    "a score beyond all numbers": (
        coco({}).replace(b'"image_id"', b'"score": 1' + b"0" * 400 + b', "image_id"'),
        "run-length",
    ),
    "an .npy of one line": (npy(np.zeros(60)), "damaged or of a kind"),
    "an .npz without an array": (npz(b"", name="a.npy.txt"), "damaged or of a kind"),
    "an .npz of pickles": (npz(npy(np.array([{}]), allow_pickle=True)), "damaged or of a kind"),
    "an .npz that promises much": (npz(bytes(300 * 2**20)), "damaged or of a kind"),
    "YOLO boxes": (b"0 0.5 0.5 0.2 0.2\n", "as a box alone"),
    "YOLO in pixels": (b"0 5 5 50 5 50 40\n", "no shares"),
    "YOLO with words": (b"0 .1 .1 .2 .1 .2 .2\n0 a b c d e f\n", "no YOLO outline"),
    "an empty file": (b"", "empty"),
    "a text": (b"the lesion is on the left", "not a mask"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_gets_one_sentence(kind: str) -> None:
    data, words = HOSTILE[kind]
    with pytest.raises(UnreadableImage) as caught:
        read_annotations([("../../etc/mask.bin", data)], TARGET)
    sentence = str(caught.value)
    assert words in sentence
    assert sentence.startswith("mask.bin ")
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_ten_thousand_corners_that_cross_are_filled_by_the_even_odd_rule() -> None:
    (found,) = read_annotations([("a.json", labelme(ZIGZAG))], TARGET)
    assert 0.2 < found.mask.mean() < 0.8
    (bow,) = read_annotations([("a", labelme([[0, 0], [40, 40], [40, 0], [0, 40]]))], TARGET)
    assert 700 < bow.mask.sum() < 900


def test_an_outline_beyond_the_image_is_cut_off() -> None:
    (found,) = read_annotations(
        [("a", labelme([[-500, -9], [900, -9], [900, 24], [-5, 24]]))], TARGET
    )
    assert found.mask[:24].mean() > 0.9
    assert not found.mask[24:].any()


def test_an_intricate_outline_on_a_large_image_is_refused_not_filled() -> None:
    tall = (np.array(ZIGZAG) * [50, 100]).tolist()
    with pytest.raises(UnreadableImage, match="too intricate"):
        read_annotations(
            [("a", labelme(tall, imageWidth=3000, imageHeight=4800))], Target((3000, 4800))
        )


def test_an_image_that_cannot_be_told_is_asked_for() -> None:
    content = json.loads(coco([[0, 0, 9, 0, 9, 9]]))
    content["images"].append({"id": 2, "file_name": "b", "width": 60, "height": 48})
    with pytest.raises(UnreadableImage, match="annotations of 2 images"):
        read_annotations([("a", json.dumps(content).encode())], Target((60, 48), "c"))
