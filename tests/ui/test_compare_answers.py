"""What the comparison asks the server: masks read, numbers measured, mistakes in one sentence."""

import base64
import json
from typing import Any

import cv2
import nibabel
import numpy as np
import pytest

from busdemo.annotations.annotation import Annotation
from busdemo.annotations.pictures import write_mask_png
from busdemo.annotations.writing import EXPORTS
from busdemo.scoring.agreement import METRICS, compare
from busdemo.scoring.consensus import staple
from busdemo.ui.compare.answers import measure, read_masks
from busdemo.ui.compare.files import build_file_writer

HEIGHT, WIDTH = 40, 50
EVIL = '<img src=x onerror="alert(1)">.png'


def disc(x: float, y: float, radius: float) -> np.ndarray:
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    return np.asarray(np.hypot(columns - x, rows - y) <= radius)


MASKS = {"a": disc(20, 20, 9), "b": disc(23, 19, 9), "c": disc(21, 22, 7)}


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def annotator(key: str, kind: str = "person") -> dict[str, Any]:
    return {"key": key, "name": key.upper(), "kind": kind, "png": text(write_mask_png(MASKS[key]))}


def request(*annotators: dict[str, Any], **changes: Any) -> dict[str, Any]:
    listed = list(annotators) or [annotator("a"), annotator("b"), annotator("c", "model")]
    fields = {"width": WIDTH, "height": HEIGHT, "tolerance": 2, "reference": "a"}
    return fields | {"annotators": listed} | changes


def test_the_numbers_are_those_of_a_comparison_in_python() -> None:
    comparison = compare([Annotation(key.upper(), "person", mask) for key, mask in MASKS.items()])
    numbers = json.loads(json.dumps(measure(request())))
    for metric in METRICS:
        expected = comparison.matrix(metric.id)
        np.testing.assert_allclose(numbers["matrices"][metric.id], expected, atol=1e-6)
    np.testing.assert_allclose(numbers["nsd"], comparison.nsd_curve("A"), atol=1e-6)


def test_people_are_the_yardstick_and_a_simulated_outline_is_nobody() -> None:
    dice = compare([Annotation(k, "person", m) for k, m in MASKS.items()]).matrix("dice")
    yardstick = measure(request())["yardstick"]
    assert yardstick["people"] == pytest.approx([dice[0, 1], dice[0, 1]])
    assert yardstick["models"][0]["key"] == "c"
    outline = annotator("a") | {"kind": "outline"}
    alone = measure(request(outline, annotator("b"), annotator("c", "model")))["yardstick"]
    assert alone["people"] is None
    assert "missing" in alone["sentence"]


def test_staple_masks_come_back_with_what_they_estimate_of_everyone() -> None:
    merged = {"key": "s", "name": "S", "kind": "consensus", "rule": "staple", "among": ["a", "c"]}
    answer = measure(request(annotator("a"), annotator("b"), annotator("c"), merged))
    expected = staple([MASKS["a"], MASKS["c"]])
    png = base64.b64decode(answer["consensus"][0]["png"])
    sent = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED) > 0
    np.testing.assert_array_equal(sent, expected.mask)
    assert [one["name"] for one in answer["staple"]] == ["A", "C"]
    assert [one["sensitivity"] for one in answer["staple"]] == pytest.approx(
        expected.sensitivities, abs=1e-6
    )


def test_a_frame_of_a_mask_is_read_again_and_a_wrong_one_is_a_sentence() -> None:
    volume = np.stack([MASKS["a"].T, MASKS["c"].T], axis=2).astype(np.uint8)
    file = {"name": "v.nii", "data": text(nibabel.Nifti1Image(volume, np.eye(4)).to_bytes())}
    fields = {"width": WIDTH, "height": HEIGHT}
    (first,) = read_masks(fields | {"files": [file]})["masks"]
    assert (first["file"], first["label"], first["frame"], first["frames"]) == (0, "", 1, 2)
    (second,) = read_masks(fields | {"files": [file | {"frame": 2, "label": ""}]})["masks"]
    png = np.frombuffer(base64.b64decode(second["png"]), np.uint8)
    np.testing.assert_array_equal(cv2.imdecode(png, cv2.IMREAD_UNCHANGED) > 0, MASKS["c"])
    assert second["note"].startswith("Slice 2 of 2") or "frame 2 of 2" in second["note"].lower()
    for frame in (0, 3, -1):
        answer = read_masks(fields | {"files": [file | {"frame": frame}]})
        assert answer["masks"] == []
        assert "frames 1 to 2" in answer["errors"][0]


def test_an_empty_mask_gives_words_json_knows() -> None:
    empty = annotator("b") | {"png": text(write_mask_png(np.zeros((HEIGHT, WIDTH), np.bool_)))}
    numbers = json.loads(json.dumps(measure(request(annotator("a"), empty)), allow_nan=False))
    assert numbers["matrices"]["hd95"][0][1] == "inf"
    assert numbers["matrices"]["diameter_difference"][0][1] is None


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        {},
        [],
        request(width="50"),
        request(width=10**6, height=10**6),
        request(annotators="all"),
        request(tolerance=-1),
        request(tolerance="2"),
        request(tolerance=float("nan")),
        request(reference="nobody"),
        request(annotator("a"), annotator("a")),
        request(annotator("a") | {"png": "no base64!"}),
        request(annotator("a") | {"png": text(b"GIF89a")}),
        request(annotator("a") | {"png": text(write_mask_png(MASKS["a"][:20]))}),
        request(annotator("a") | {"png": text(write_mask_png(MASKS["a"])[:60])}),
        request(annotator("a"), {"key": "s", "rule": "staple", "among": "a"}),
        request(annotator("a"), {"key": "s", "rule": "staple", "among": 7}),
        request(*[annotator("a")] * 25),
    ],
)
def test_what_is_no_list_of_annotators_gets_one_sentence(wrong: Any) -> None:
    error = measure(wrong)["error"]
    assert error.endswith(".")
    assert "\n" not in error


def test_mask_files_come_back_named_and_described_and_wrong_ones_get_a_sentence() -> None:
    files = [
        {"name": EVIL, "data": text(write_mask_png(MASKS["a"]))},
        {"name": "film.gif", "data": text(b"GIF89a" + bytes(40))},
    ]
    answer = read_masks({"files": files, "width": WIDTH, "height": HEIGHT})
    (mask,) = answer["masks"]
    assert mask["note"]
    assert len(mask["sha256"][0]) == 64
    assert len(answer["errors"]) == 1
    assert "film.gif" in answer["errors"][0]


@pytest.mark.parametrize("wrong", [None, {}, {"files": 3, "width": 5}, {"width": 0, "height": 0}])
def test_reading_nothing_gives_no_mask(wrong: Any) -> None:
    assert read_masks(wrong)["masks"] == []


def file_request(kind: str, **changes: Any) -> dict[str, Any]:
    image = np.full((HEIGHT, WIDTH), 90, np.uint8)
    png = cv2.imencode(".png", image)[1].tobytes()
    fields = {"kind": kind, "metric": "hd95", "image": text(png)}
    scan = {"title": EVIL, "sha256": "a" * 64}
    model = annotator("c", "model") | {"model": "tiny", "stop": 90, "steps": {"keep": "largest"}}
    evil = annotator("b") | {"name": EVIL, "note": EVIL, "colour": '"><script>'}
    return request(annotator("a"), evil, model, **fields, scan=scan, **changes)


def save(kind: str, **changes: Any) -> dict[str, Any]:
    return build_file_writer({})(file_request(kind, **changes))


def test_a_mask_is_saved_in_any_format_that_is_written() -> None:
    file = save("mask", key="a", format="png")
    pixels = cv2.imdecode(np.frombuffer(base64.b64decode(file["data"]), np.uint8), -1)
    np.testing.assert_array_equal(pixels > 0, MASKS["a"])
    assert file["name"].endswith("-A.png")
    for export in EXPORTS:
        found = save("mask", key="a", format=export)
        assert "error" in found or len(base64.b64decode(found["data"])) > 0


def test_the_json_holds_what_was_measured_and_the_scan_s_own_digest() -> None:
    numbers = json.loads(base64.b64decode(save("json")["data"]))
    assert numbers["image"]["sha256"] == "a" * 64
    assert [one["annotator"] for one in numbers["annotators"]] == ["A", EVIL, "C"]
    comparison = compare([Annotation(key, "person", mask) for key, mask in MASKS.items()])
    np.testing.assert_allclose(numbers["matrices"]["assd"], comparison.matrix("assd"))


def test_the_table_is_the_metric_asked_for() -> None:
    lines = base64.b64decode(save("csv")["data"]).decode().splitlines()
    assert lines[0].startswith("hd95,A,")
    assert len(lines) == 4


def test_a_simulation_s_outline_is_told_from_people_and_consensus_masks() -> None:
    sent = [annotator("a") | {"kind": "outline"}, annotator("b"), annotator("c", "model")]
    page = base64.b64decode(save("report", annotators=sent)["data"]).decode()
    assert "1 person, 1 model, 1 exact outline" in page
    assert "<td>exact outline</td>" in page


@pytest.mark.parametrize("kind", ["report", "svg"])
def test_hostile_names_stay_text_in_report_and_contours(kind: str) -> None:
    page = base64.b64decode(save(kind)["data"]).decode()
    assert "<img src=x" not in page
    assert "<script" not in page
    assert "&lt;img src=x" in page


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "virus"},
        {"kind": "csv", "metric": "beauty"},
        {"kind": "mask", "key": "a", "format": "exe"},
        {"kind": "mask", "key": "nobody", "format": "png"},
        {"kind": "json", "image": "%"},
        {"kind": "json", "image": text(b"GIF89a" + bytes(30))},
    ],
)
def test_what_is_no_file_of_ours_gets_one_sentence(wrong: dict[str, Any]) -> None:
    answer = build_file_writer({})(file_request("json") | wrong)
    assert answer["error"].endswith(".")


def test_lengths_are_in_mm_where_the_pixel_size_is_known() -> None:
    px, mm = measure(request()), measure(request(spacing=0.1))
    assert (px["units"]["hd95"], mm["units"]["hd95"]) == ("px", "mm")
    assert mm["units"]["area_difference"] == "mm²"
    assert np.allclose(np.array(mm["matrices"]["hd95"]), 0.1 * np.array(px["matrices"]["hd95"]))
    assert "0.001 to 10 mm" in measure(request(spacing=-3))["error"]
