"""Files to named masks, and back."""

import numpy as np
import pytest
from imaging.picture_files import encode
from numpy.typing import NDArray

from busdemo.annotations.annotation import list_notes
from busdemo.annotations.files import list_colours, read_annotations, read_size
from busdemo.annotations.request import Options, Target
from busdemo.annotations.writing import write_annotation
from busdemo.imaging.refusals import UnreadableImage

TARGET = Target((60, 48))
LEFT = np.zeros((48, 60), np.bool_)
LEFT[10:30, 5:20] = True
RIGHT = np.zeros((48, 60), np.bool_)
RIGHT[20:40, 35:50] = True
RED, GREEN = (255, 0, 0), (0, 200, 0)


def coloured() -> NDArray[np.uint8]:
    picture = np.zeros((48, 60, 3), np.uint8)
    picture[LEFT] = RED
    picture[RIGHT] = GREEN
    return picture


def test_every_file_is_an_annotation_named_after_it() -> None:
    files = [("Dr A.png", encode(LEFT, "PNG")), ("Dr B.png", encode(RIGHT, "PNG"))]
    first, second = read_annotations(files, TARGET)
    assert (first.annotator, second.annotator) == ("Dr A", "Dr B")
    assert np.array_equal(first.mask, LEFT)
    assert np.array_equal(second.mask, RIGHT)


def test_files_are_merged_where_that_is_asked() -> None:
    files = [("a.png", encode(LEFT, "PNG")), ("b.png", encode(RIGHT, "PNG"))]
    (merged,) = read_annotations(files, TARGET, Options(merge=True))
    assert np.array_equal(merged.mask, LEFT | RIGHT)
    assert merged.annotator == "a and 1 more"
    assert list_notes(merged.provenance)[0].startswith("2 files merged")
    assert len(merged.provenance.sha256) == 2


def test_a_colour_coded_picture_gives_a_mask_for_each_colour() -> None:
    files = [("both.png", encode(coloured(), "PNG"))]
    read = read_annotations(files, TARGET)
    assert [list_notes(one.provenance)[0] for one in read] == [
        "Red #ff0000 is a mask of its own.",
        "Green #00c800 is a mask of its own.",
    ]
    assert {one.annotator for one in read} == {"both"}
    found = {one.provenance.label: one.mask for one in read}
    assert list(found) == ["red #ff0000", "green #00c800"]
    assert np.array_equal(found["red #ff0000"], LEFT)
    assert np.array_equal(found["green #00c800"], RIGHT)


def test_the_colours_of_a_picture_are_listed_with_their_pixels() -> None:
    colours = list_colours(encode(coloured(), "PNG"), "both.png")
    assert [(c.code, c.pixels) for c in colours] == [("#ff0000", 300), ("#00c800", 300)]
    assert list_colours(encode(LEFT, "PNG"), "grey.png") == ()


def test_a_chosen_colour_alone_is_lesion() -> None:
    files = [("both.png", encode(coloured(), "PNG"))]
    (chosen,) = read_annotations(files, TARGET, Options(colours=("#00C800",)))
    assert np.array_equal(chosen.mask, RIGHT)
    assert list_notes(chosen.provenance)[0] == "Green #00c800 taken as lesion."


def test_a_colour_that_is_not_there_is_refused_with_what_is() -> None:
    files = [("both.png", encode(coloured(), "PNG"))]
    with pytest.raises(UnreadableImage, match="it holds #ff0000, #00c800"):
        read_annotations(files, TARGET, Options(colours=("#123456",)))


def test_a_written_png_is_read_back_exactly() -> None:
    data = write_annotation(LEFT, "png")
    (back,) = read_annotations([("mask.png", data)], TARGET)
    assert np.array_equal(back.mask, LEFT)


@pytest.mark.parametrize(
    "data",
    [
        b"0 0.1 0.1 0.5 0.1 0.5 0.5\n",
        b'{"a": {"filename": "a.png", "regions": []}}',
        b'{"images": [{"id": 1, "file_name": "a.png"}], "annotations": []}',
        b'{"type": "FeatureCollection", "features": []}',
        b'[{"id": 1, "data": {"image": "a.png"}, "annotations": [{"result": []}]}]',
    ],
    ids=["YOLO", "VIA", "COCO", "QuPath", "Label Studio"],
)
def test_a_file_that_does_not_say_how_large_its_image_is_asks_for_the_image(data: bytes) -> None:
    with pytest.raises(UnreadableImage, match="does not say how large its image is"):
        read_size(data, "a file")
