"""Files as other tools write them, made from a phantom: each is read right, or refused in words.

A line of `SITUATIONS` is one situation: the file, how it is asked for, and what must come of it. A
plausible number from a misread file is the worst this tool can do.
"""

import base64
import csv
import io
import json
import zlib
from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from busdemo.annotations.annotation import tell
from busdemo.annotations.files import read_annotations
from busdemo.annotations.label_studio import encode_brush
from busdemo.annotations.outlines import fill_outlines
from busdemo.annotations.pictures import write_mask_png
from busdemo.annotations.request import AS_THEY_ARE, Options, Target
from busdemo.annotations.rle import encode_rle
from busdemo.imaging.arrays import Mask
from busdemo.imaging.refusals import UnreadableImage

HEIGHT, WIDTH = 96, 120
TARGET = Target((WIDTH, HEIGHT), "scan001.png")


def draw(x: int, y: int, rx: int, ry: int) -> Mask:
    canvas = np.zeros((HEIGHT, WIDTH), np.uint8)
    return np.asarray(cv2.ellipse(canvas, (x, y), (rx, ry), 15, 0, 360, 1, -1) > 0)


LESION, SECOND = draw(60, 40, 24, 14), draw(20, 80, 9, 6)
BOX = np.zeros((HEIGHT, WIDTH), np.bool_)
BOX[30:60, 40:80] = True
SQUARE = [[40.0, 30.0], [80.0, 30.0], [80.0, 60.0], [40.0, 60.0]]
STRAY = [[3.0, 3.0], [9.0, 9.0]]


def to_json(content: object) -> bytes:
    return json.dumps(content).encode()


def labelme(*shapes: dict[str, object], **more: object) -> bytes:
    size = {"imageWidth": WIDTH, "imageHeight": HEIGHT, "imagePath": "scan001.png"}
    return to_json({"version": "5.5.0", "shapes": list(shapes), **size, **more})


def polygon(points: object, label: str = "lesion", kind: str = "polygon") -> dict[str, object]:
    return {"label": label, "points": points, "shape_type": kind}


def ai_mask(mask: Mask) -> dict[str, object]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    top, bottom, left, right = rows[0], rows[-1], columns[0], columns[-1]
    png = write_mask_png(mask[top : bottom + 1, left : right + 1])
    corners = [[float(left), float(top)], [float(right), float(bottom)]]
    return polygon(corners, kind="mask") | {"mask": base64.b64encode(png).decode()}


def coco(
    *annotations: dict[str, object], names: tuple[str, ...] = ("scan001.png",), ids: int = 0
) -> bytes:
    images = [
        {"id": n + ids, "file_name": name, "width": WIDTH, "height": HEIGHT}
        for n, name in enumerate(names)
    ]
    return to_json({"images": images, "annotations": list(annotations), "categories": []})


def piece(segmentation: object, image_id: object = 0, **more: object) -> dict[str, object]:
    return {"image_id": image_id, "category_id": 1, "segmentation": segmentation, **more}


def cvat(shape: str) -> bytes:
    size = f'width="{WIDTH}" height="{HEIGHT}"'
    return f'<annotations><image name="scan001.png" {size}>{shape}</image></annotations>'.encode()


def video(*tracks: str) -> bytes:
    size = f"<original_size><width>{WIDTH}</width><height>{HEIGHT}</height></original_size>"
    meta = f"<meta><task><size>9</size>{size}</task></meta>"
    return f"<annotations>{meta}{''.join(tracks)}</annotations>".encode()


def track(frame: int, points: str, more: str = 'outside="0"') -> str:
    return f'<polygon frame="{frame}" points="{points}" {more}/>'


def percent(points: list[list[float]]) -> list[list[float]]:
    return [[100 * x / WIDTH, 100 * y / HEIGHT] for x, y in points]


def result(value: dict[str, object], **more: object) -> dict[str, object]:
    return {"original_width": WIDTH, "original_height": HEIGHT, "value": value, **more}


def task(*annotations: tuple[object, list[object]], name: str = "scan001.png") -> dict[str, object]:
    given = [{"completed_by": who, "result": results} for who, results in annotations]
    return {"id": 1, "data": {"image": f"/data/upload/1/cb0618f6-{name}"}, "annotations": given}


def via(*shapes: dict[str, object], name: str = "scan001.png") -> dict[str, object]:
    regions = [{"shape_attributes": s, "region_attributes": {"label": "lesion"}} for s in shapes]
    return {"filename": name, "size": 9, "regions": regions, "file_attributes": {}}


def via_polygon(points: list[list[float]]) -> dict[str, object]:
    x, y = zip(*points, strict=True)
    return {"name": "polygon", "all_points_x": x, "all_points_y": y}


def via_csv(*rows: tuple[str, dict[str, object]]) -> bytes:
    kept = io.StringIO()
    lines = csv.writer(kept)
    lines.writerow(["#filename", "file_size", "region_shape_attributes", "region_attributes"])
    lines.writerows([name, 9, json.dumps(shape), "{}"] for name, shape in rows)
    return kept.getvalue().encode()


def feature(kind: str, coordinates: object, name: str = "Tumor") -> dict[str, object]:
    geometry = {"type": kind, "coordinates": coordinates}
    properties = {"objectType": "annotation", "classification": {"name": name}}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def geojson(*features: dict[str, object]) -> bytes:
    return to_json({"type": "FeatureCollection", "features": list(features)})


def supervisely(*objects: dict[str, object]) -> bytes:
    return to_json({"size": {"width": WIDTH, "height": HEIGHT}, "objects": list(objects)})


def bitmap(mask: Mask, left: int, top: int) -> dict[str, object]:
    clear = np.dstack([mask[top:, left:].astype(np.uint8) * 255] * 4)
    kept = io.BytesIO()
    Image.fromarray(clear, "RGBA").save(kept, "PNG")
    data = base64.b64encode(zlib.compress(kept.getvalue())).decode()
    return {"geometryType": "bitmap", "bitmap": {"data": data, "origin": [left, top]}}


def darwin(*annotations: dict[str, object]) -> bytes:
    slot = {"slot_name": "0", "width": WIDTH, "height": HEIGHT}
    item = {"name": "scan001.png", "slots": [slot]}
    return to_json({"version": "2.0", "item": item, "annotations": list(annotations)})


def yolo(*lines: str) -> bytes:
    return "\n".join(lines).encode()


def shares(points: list[list[float]]) -> str:
    return " ".join(f"{x / WIDTH} {y / HEIGHT}" for x, y in points)


def labels_png(values: NDArray[np.integer], *, palette: bool = False) -> bytes:
    image = Image.fromarray(values.astype(np.uint8), "P" if palette else "L")
    if palette:
        colours = [0] * 768
        colours[3:6], colours[765:] = [128, 0, 0], [224, 224, 192]
        image.putpalette(colours)
    kept = io.BytesIO()
    image.save(kept, "PNG")
    return kept.getvalue()


def pages(*masks: Mask) -> bytes:
    images = [Image.fromarray(mask.astype(np.uint8) * np.uint8(255)) for mask in masks]
    kept = io.BytesIO()
    images[0].save(kept, "TIFF", save_all=True, append_images=images[1:])
    return kept.getvalue()


def rim(mask: Mask) -> Mask:
    grown = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return np.asarray(grown & ~mask)


def turned(points: list[list[float]], degrees: float) -> Mask:
    """A box turned about its centre, by OpenCV, whose angles run clockwise as seen."""
    (x0, y0), (x1, y1) = points[0], points[2]
    middle, size = ((x0 + x1) / 2, (y0 + y1) / 2), (x1 - x0, y1 - y0)
    return fill_outlines(
        [cv2.boxPoints((middle, size, degrees)).astype(float)], (WIDTH, HEIGHT), ""
    )


def ellipse(cx: float, cy: float, rx: float, ry: float) -> Mask:
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    return np.asarray(((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 <= 1)


HOLE = [[50.0, 40.0], [60.0, 40.0], [60.0, 50.0], [50.0, 50.0]]
HOLED = BOX.copy()
HOLED[40:50, 50:60] = False
SMALL = [[4.0, 4.0], [14.0, 4.0], [14.0, 9.0], [4.0, 9.0]]
BOTH = BOX.copy()
BOTH[4:9, 4:14] = True
POINTS = ";".join(f"{x},{y}" for x, y in SQUARE)
GONE = 'outside="1"'
FLAT = [number for point in SQUARE for number in point]
VOID = np.where(LESION, 1, np.where(rim(LESION), 255, 0))
NOTHING = LESION & False


@dataclass(frozen=True, eq=False)
class Situation:
    """`expected` is the mask that must come, or words of the sentence that refuses the file."""

    data: bytes
    expected: Mask | str
    says: str = ""
    options: Options = AS_THEY_ARE
    target: Target = TARGET


SITUATIONS = {
    "LabelMe's AI mask": Situation(labelme(ai_mask(LESION)), LESION),
    "an AI mask beside a polygon": Situation(
        labelme(ai_mask(SECOND), polygon(SQUARE)), SECOND | BOX
    ),
    "X-AnyLabeling's turned box": Situation(labelme(polygon(SQUARE, kind="rotation")), BOX),
    "LabelMe of another image": Situation(
        labelme(polygon(SQUARE), imagePath="..\\other.png"),
        BOX,
        "made for an image called other.png, not scan001.png",
    ),
    "only a point": Situation(
        labelme(polygon([[1, 1]], kind="point")),
        "could not be read fully: 1 shape without an inside left out",
    ),
    "a stray polygon of two points": Situation(
        labelme(polygon(STRAY), polygon(SQUARE)),
        BOX,
        "1 shape of fewer than three corners left out",
    ),
    "a stray polygon of two points in COCO": Situation(
        coco(piece([[3, 3, 9, 9], FLAT])), BOX, "1 shape of fewer than three corners left out"
    ),
    "ids as text (VIA's COCO)": Situation(
        coco(piece(FLAT, "1"), piece([[0, 0, 9, 0, 9, 9]], "0"), names=("a.png", "scan001.png")),
        BOX,
    ),
    "an id that matches no image": Situation(
        coco(piece(FLAT, "7")), "1 shape of an image that the file does not list left out"
    ),
    "Label Studio's prefix": Situation(
        coco(
            piece(FLAT, 1),
            names=("images\\bc267355-other.png", "up/images/cb0618f6-scan001.png"),
        ),
        BOX,
    ),
    "Roboflow's suffix": Situation(
        coco(piece(FLAT, 1), names=("b.png", "scan001_png.rf.0a1b2c3d4e5f.jpg")), BOX
    ),
    "names that do not decide": Situation(
        coco(piece(FLAT, 1), names=("a.png", "b.png")), "please choose one: a.png, b.png"
    ),
    "a name that was asked for": Situation(
        coco(piece(FLAT, 1), names=("a.png", "b.png")), BOX, options=Options(image_name="b.png")
    ),
    "one image of another name": Situation(
        coco(piece(FLAT), names=("b.png",)), BOX, "made for an image called b.png"
    ),
    "results with low scores": Situation(
        to_json([piece(encode_rle(BOX), score=0.97), piece(encode_rle(SECOND), score=0.04)]),
        BOX,
        "1 shape with a score below 0.5 left out; scores from 0.5 taken as lesion",
    ),
    "results, from a score that was asked for": Situation(
        to_json([piece(encode_rle(BOX), score=0.97), piece(encode_rle(SECOND), score=0.04)]),
        BOX | SECOND,
        options=Options(least_score=0.01),
    ),
    "results with low scores alone": Situation(
        to_json([piece(encode_rle(BOX), score=0.2)]), "could not be read fully"
    ),
    "CVAT's turned box": Situation(
        cvat('<box label="l" xtl="40" ytl="30" xbr="80" ybr="60" rotation="35"/>'),
        turned(SQUARE, 35),
    ),
    "CVAT's turned ellipse": Situation(
        cvat('<ellipse label="l" cx="60" cy="48" rx="30" ry="12" rotation="90"/>'),
        ellipse(60, 48, 12, 30),
    ),
    "a frame of CVAT's video, as the image's": Situation(
        video(f'<track label="l">{track(1, "1,1;9,1;9,9")}{track(2, POINTS)}</track>'),
        BOX,
        "frame 3 of 9, as the image's",
        target=Target((WIDTH, HEIGHT), "", 3, 9),
    ),
    "CVAT's video, of a frame that was saved": Situation(
        video(f'<track label="l">{track(1, "1,1;9,1;9,9")}{track(2, POINTS)}</track>'),
        BOX,
        "frame 3 of 9, as its name says",
        target=Target((WIDTH, HEIGHT), "frame_000002.PNG"),
    ),
    "CVAT's video, where nothing says which frame": Situation(
        video(f'<track label="l">{track(4, POINTS)}{track(5, POINTS, GONE)}</track>'),
        BOX,
        "frame 5 of 9, the one with most shapes",
    ),
    "CVAT's video between two key frames": Situation(
        video(f'<track label="l">{track(0, POINTS)}{track(8, POINTS)}</track>'),
        "1 shape between two key frames left out",
        target=Target((WIDTH, HEIGHT), "", 4, 9),
    ),
    "Label Studio's polygon": Situation(
        to_json([task((1, [result({"points": percent(SQUARE), "polygonlabels": ["l"]})]))]), BOX
    ),
    "Label Studio's turned rectangle": Situation(
        to_json(
            [
                task(
                    (
                        1,
                        [
                            result(
                                {
                                    **dict(zip("xy", percent([[60.0, 30.0]])[0], strict=True)),
                                    "width": 100 * 20 / WIDTH,
                                    "height": 100 * 30 / HEIGHT,
                                    "rotation": 90,
                                    "rectanglelabels": ["l"],
                                }
                            )
                        ],
                    )
                )
            ]
        ),
        fill_outlines(
            [np.array([[60.0, 30.0], [60.0, 50.0], [30.0, 50.0], [30.0, 30.0]])],
            (WIDTH, HEIGHT),
            "",
        ),
    ),
    "Label Studio's ellipse": Situation(
        to_json(
            [task((1, [result({"x": 50, "y": 50, "radiusX": 10, "radiusY": 25, "rotation": 0})]))]
        ),
        ellipse(60, 48, 12, 24),
    ),
    "Label Studio's brush": Situation(
        to_json([task((1, [result({"format": "rle", "rle": encode_brush(LESION)})]))]), LESION
    ),
    "Label Studio in short": Situation(
        to_json(
            [
                {"image": "/data/a.png", "id": 1, "tag": [result({}) | {"points": percent(SMALL)}]},
                {
                    "image": "s3://b/scan001.png?X-Amz=1",
                    "id": 2,
                    "tag": [result({}) | {"points": percent(SQUARE)}],
                },
            ]
        ),
        BOX,
    ),
    "Label Studio's task without a mark": Situation(
        to_json([task((1, []))]), NOTHING, "this image is taken as normal"
    ),
    "Label Studio's task that nobody completed": Situation(
        to_json([task()]), "no annotation of this image that was completed"
    ),
    "Label Studio's predictions": Situation(
        to_json([task() | {"predictions": [{"result": [result({"points": percent(SQUARE)})]}]}]),
        "1 shape that a model predicted left out",
    ),
    "a point of Label Studio": Situation(
        to_json([task((1, [result({"x": 5, "y": 5, "width": 1, "keypointlabels": ["l"]})]))]),
        "1 shape without an inside left out",
    ),
    "a choice beside a shape in Label Studio": Situation(
        to_json([task((1, [result({"choices": ["bad"]}), result({"points": percent(SQUARE)})]))]),
        BOX,
    ),
    "VIA's export over two images": Situation(
        to_json({"a": via(via_polygon(SMALL), name="a.png"), "b": via(via_polygon(SQUARE))}), BOX
    ),
    "VIA's project": Situation(
        to_json({"_via_settings": {}, "_via_img_metadata": {"b": via(via_polygon(SQUARE))}}), BOX
    ),
    "VIA 1, whose regions are a table": Situation(
        to_json({"a": via() | {"regions": {"0": {"shape_attributes": via_polygon(SQUARE)}}}}), BOX
    ),
    "VIA's other shapes": Situation(
        to_json(
            {
                "a": via(
                    {"name": "rect", "x": 4, "y": 4, "width": 10, "height": 5},
                    {"name": "circle", "cx": 30, "cy": 60, "r": 12},
                    {"name": "ellipse", "cx": 80, "cy": 40, "rx": 9, "ry": 20, "theta": 0},
                )
            }
        ),
        (BOTH & ~BOX) | ellipse(30, 60, 12, 12) | ellipse(80, 40, 9, 20),
    ),
    "VIA's point": Situation(
        to_json({"a": via({"name": "point", "cx": 4, "cy": 4})}),
        "1 shape without an inside left out",
    ),
    "VIA's CSV": Situation(
        via_csv(
            ("a.png", {}), ("scan001.png", via_polygon(SMALL)), ("scan001.png", via_polygon(SQUARE))
        ),
        BOTH,
    ),
    "QuPath's polygon with a hole": Situation(
        geojson(feature("Polygon", [[*SQUARE, SQUARE[0]], [*HOLE, HOLE[0]]])), HOLED
    ),
    "QuPath's polygons in one": Situation(
        geojson(feature("MultiPolygon", [[SQUARE], [SMALL]])), BOTH
    ),
    "QuPath's class of several names": Situation(
        to_json(
            {
                "type": "Feature",
                "geometry": {"type": "Polygon", "coordinates": [SQUARE]},
                "properties": {"classification": {"names": ["Tumor", "Positive"]}},
            }
        ),
        BOX,
        options=Options(label="Tumor: Positive"),
    ),
    "QuPath's ignored class": Situation(
        geojson(feature("Polygon", [SQUARE]), feature("Polygon", [SMALL], "Ignore*")),
        BOX,
        "1 shape that is to be ignored left out",
    ),
    "Supervisely's bitmap": Situation(supervisely(bitmap(LESION, 20, 10)), LESION),
    "Supervisely's polygon and rectangle": Situation(
        supervisely(
            {"geometryType": "polygon", "points": {"exterior": SQUARE, "interior": [HOLE]}},
            {"geometryType": "rectangle", "points": {"exterior": [SMALL[0], SMALL[2]]}},
        ),
        (BOTH & ~BOX) | HOLED,
    ),
    "ISAT": Situation(
        to_json(
            {
                "info": {"name": "scan001.png", "width": WIDTH, "height": HEIGHT},
                "objects": [
                    {"category": "lesion", "segmentation": SQUARE},
                    {"category": "__background__", "segmentation": SMALL},
                ],
            }
        ),
        BOX,
        "1 shape that is the background left out",
    ),
    "Darwin's polygon with a hole": Situation(
        darwin(
            {
                "name": "lesion",
                "polygon": {
                    "paths": [[{"x": x, "y": y} for x, y in ring] for ring in (SQUARE, HOLE)]
                },
            }
        ),
        HOLED,
    ),
    "Darwin's ellipse": Situation(
        darwin(
            {
                "name": "l",
                "ellipse": {"center": {"x": 60, "y": 48}, "radius": {"x": 12, "y": 30}, "angle": 0},
            }
        ),
        ellipse(60, 48, 12, 30),
    ),
    "Darwin's box": Situation(
        darwin({"name": "l", "bounding_box": {"x": 1, "y": 1, "w": 5, "h": 5}}),
        "1 shape drawn as a box alone left out",
    ),
    "X-AnyLabeling's scores": Situation(
        labelme(polygon(SQUARE) | {"score": 0.9}, polygon(SMALL) | {"score": 0.2}),
        BOX,
        "1 shape with a score below 0.5 left out",
    ),
    "YOLO with a confidence": Situation(yolo(f"0 {shares(SQUARE)} 0.91"), BOX),
    "YOLO with a low confidence": Situation(
        yolo(f"0 {shares(SQUARE)} 0.91", f"0 {shares([[1, 1], [9, 1], [9, 9]])} 0.1"),
        BOX,
        "1 shape with a score below 0.5 left out",
    ),
    "YOLO with a class of 0.0": Situation(yolo(f"0.0 {shares(SQUARE)}"), BOX),
    "255 beside a label": Situation(labels_png(VOID), LESION, "taken as “ignore” and left out"),
    "255 beside a label, with a palette": Situation(
        labels_png(VOID, palette=True), LESION, "taken as “ignore” and left out"
    ),
    "255 alone": Situation(labels_png(LESION * 255), LESION),
    "an inverted mask": Situation(write_mask_png(~LESION), ~LESION, "is it inverted?"),
    "an inverted mask, as asked": Situation(
        write_mask_png(~LESION), LESION, "inverted as asked", Options(invert=True)
    ),
    "a stack with the lesion on page 3": Situation(
        pages(NOTHING, NOTHING, LESION, NOTHING), LESION, "frame 3 of 4, the one with most lesion"
    ),
    "a page for each lesion": Situation(
        pages(LESION, SECOND), LESION | SECOND, "pages 1, 2 of 2 merged, as lesions of one image"
    ),
    "a stack for an image's second frame": Situation(
        pages(LESION, SECOND), SECOND, "as the image's", target=Target((WIDTH, HEIGHT), "", 2, 2)
    ),
    "a frame that a stack lacks": Situation(
        pages(LESION, SECOND), "none for frame 3", target=Target((WIDTH, HEIGHT), "", 3, 3)
    ),
    "one mask for an image of several frames": Situation(
        write_mask_png(LESION),
        LESION,
        "taken for frame 2 of 3",
        target=Target((WIDTH, HEIGHT), "", 2, 3),
    ),
    "a label that is not there": Situation(
        labelme(polygon(SQUARE, "cyst")), "has no label 'tumour'", options=Options(label="tumour")
    ),
    "an empty mask": Situation(write_mask_png(NOTHING), NOTHING, "this image is taken as normal"),
    "an empty LabelMe file": Situation(labelme(), NOTHING, "this image is taken as normal"),
}


@pytest.mark.parametrize("name", SITUATIONS)
def test_a_file_is_read_right_or_refused_in_words(name: str) -> None:
    one = SITUATIONS[name]
    options = Options(**{**vars(one.options), "merge": True})
    if isinstance(one.expected, str):
        with pytest.raises(UnreadableImage) as caught:
            read_annotations([("reader.bin", one.data)], one.target, options)
        assert one.expected in str(caught.value)
        return
    (found,) = read_annotations([("reader.bin", one.data)], one.target, options)
    different = np.count_nonzero(found.mask ^ one.expected)
    assert different <= 0.005 * max(1, int(np.count_nonzero(one.expected)))
    assert one.says.lower() in tell(found.provenance).lower()


@pytest.mark.parametrize(
    "name", [n for n, s in SITUATIONS.items() if not isinstance(s.expected, str)]
)
def test_read_apart_or_merged_the_same_pixels_are_lesion(name: str) -> None:
    one = SITUATIONS[name]
    apart = read_annotations([("reader.bin", one.data)], one.target, one.options)
    options = Options(**{**vars(one.options), "merge": True})
    (merged,) = read_annotations([("reader.bin", one.data)], one.target, options)
    assert np.array_equal(np.logical_or.reduce([each.mask for each in apart]), merged.mask)
    readers = {each.annotator for each in apart}
    assert readers in ({"reader"}, {"annotator 1"})


def test_each_reader_of_a_label_studio_file_is_a_person_also_who_marks_nothing() -> None:
    brush = result({"rle": encode_brush(LESION), "brushlabels": ["lesion"]})
    outline = result({"points": percent(SQUARE), "polygonlabels": ["lesion"]})
    who = {"id": 4, "email": "c@example.org"}
    data = to_json([task((1, [brush]), (2, [outline]), (who, []))])
    found = read_annotations([("project.json", data)], TARGET)
    assert [(one.annotator, one.provenance.label) for one in found] == [
        ("annotator 1", "lesion"),
        ("annotator 2", "lesion"),
        ("c@example.org", ""),
    ]
    assert np.array_equal(found[0].mask, LESION)
    assert np.array_equal(found[1].mask, BOX)
    assert not found[2].mask.any()
