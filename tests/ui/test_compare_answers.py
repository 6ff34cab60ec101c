"""What the comparison asks the server: masks read, numbers measured, mistakes in one sentence."""

import base64
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import nibabel
import numpy as np
import pytest
from annotations.test_situations import SITUATIONS
from pixels import decode_pixels

from busdemo.annotations.annotation import Annotation
from busdemo.annotations.pictures import write_mask_png
from busdemo.annotations.writing import EXPORTS
from busdemo.scoring.agreement import METRICS, compare
from busdemo.scoring.consensus import staple
from busdemo.ui.compare.answers import measure, read_masks
from busdemo.ui.compare.files import build_file_writer
from busdemo.ui.compare.stored import StoredScans
from busdemo.ui.examples import EXAMPLES, read_examples

HEIGHT, WIDTH = 40, 50
HOW = ("frame", "invert", "least_score", "image_name")
STORED = StoredScans(Path("/nowhere"), EXAMPLES)
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
    sent = decode_pixels(png) > 0
    np.testing.assert_array_equal(sent, expected.mask)
    assert [one["name"] for one in answer["staple"]] == ["A", "C"]
    assert [one["sensitivity"] for one in answer["staple"]] == pytest.approx(
        expected.sensitivities, abs=1e-6
    )


FIELDS = {"width": WIDTH, "height": HEIGHT}


def read_one(name: str, data: bytes, **how: Any) -> list[dict[str, Any]]:
    """A person's masks."""
    answer = read_masks(FIELDS | {"files": [{"name": name, "data": text(data), **how}]})
    assert answer["errors"] == []
    (person,) = answer["people"]
    masks: list[dict[str, Any]] = person["masks"]
    return masks


def refusal_of(name: str, data: bytes, **how: Any) -> dict[str, Any]:
    answer = read_masks(FIELDS | {"files": [{"name": name, "data": text(data), **how}]})
    assert answer["people"] == []
    (refusal,) = answer["errors"]
    refused: dict[str, Any] = refusal
    return refused


def pixels_of(mask: dict[str, Any]) -> np.ndarray:
    return decode_pixels(base64.b64decode(mask["png"])) > 0


def test_a_frame_of_a_mask_is_read_again_and_a_wrong_one_is_a_sentence() -> None:
    volume = np.stack([MASKS["a"].T, MASKS["c"].T], axis=2).astype(np.uint8)
    data = nibabel.Nifti1Image(volume, np.eye(4)).to_bytes()
    (first,) = read_one("v.nii", data)
    assert (first["label"], first["frame"], first["frames"]) == ("", 1, 2)
    (second,) = read_one("v.nii", data, frame=2)
    np.testing.assert_array_equal(pixels_of(second), MASKS["c"])
    assert "slice 2 of 2" in second["note"].lower()
    for frame in (0, 3, -1):
        assert "frames 1 to 2" in refusal_of("v.nii", data, frame=frame)["sentence"]


def test_one_file_is_one_person_with_a_mask_for_each_label_and_one_of_all() -> None:
    labels = np.zeros((HEIGHT, WIDTH), np.uint8)
    labels[MASKS["a"]], labels[:5] = 1, 2
    first, second, merged = read_one("reader.png", cv2.imencode(".png", labels)[1].tobytes())
    assert [one["label"] for one in (first, second)] == ["label 1", "label 2"]
    assert [one["merged"] for one in (first, second, merged)] == [False, False, True]
    np.testing.assert_array_equal(pixels_of(merged), labels > 0)
    assert "labels merged: label 1, label 2" in merged["note"].lower()
    assert merged["provenance"]["labels"] == ["label 1", "label 2"]


@pytest.mark.parametrize(
    "situation",
    [n for n, s in SITUATIONS.items() if not (s.options.label and isinstance(s.expected, str))],
)
def test_other_tools_files_are_read_on_the_page_as_everywhere(situation: str) -> None:
    one = SITUATIONS[situation]
    (width, height), target = one.target.size_wh, one.target
    where = {"width": width, "height": height, "image": target.name}
    frames = {"frame": target.frame, "frames": target.frames}
    how = {k: v for k, v in asdict(one.options).items() if k in HOW and v is not None}
    file = {"name": "mask", "data": text(one.data), **how}
    answer = read_masks(where | frames | {"files": [file]})
    if isinstance(one.expected, str):
        assert one.expected in answer["errors"][0]["sentence"]
        return
    masks = [mask for person in answer["people"] for mask in person["masks"]]
    wanted = (
        masks
        if one.options.label is None
        else [mask for mask in masks if mask["label"] == one.options.label]
    )
    marked = np.logical_or.reduce([pixels_of(mask) for mask in wanted])
    assert np.count_nonzero(marked ^ one.expected) <= 2


def test_a_mask_lies_on_the_page_where_its_header_has_it() -> None:
    world = [[-0.1, 0, 0], [0, -0.2, 0], [0, 0, 0]]
    affine = np.diag([-0.1, -0.2, 1.0, 1.0])
    turned = nibabel.as_closest_canonical(
        nibabel.Nifti1Image(MASKS["a"].T.astype(np.uint8)[..., None], affine)
    )
    file = {"name": "v.nii", "data": text(turned.to_bytes())}
    spacing = {"x": 0.1, "y": 0.2, "whose": "NIfTI header"}
    facts = {"world": world, "spacing": spacing}
    answer = read_masks(FIELDS | {"files": [file], "facts": facts})
    (mask,) = answer["people"][0]["masks"]
    np.testing.assert_array_equal(pixels_of(mask), MASKS["a"])
    assert "where both lie in space" in mask["note"]
    assert mask["provenance"]["spacing"] == spacing


@pytest.mark.parametrize(
    "wrong", [3, [[1, 2, 3]] * 3, [[0, 0, 0]] * 3, [["a"] * 3] * 3, [[1e9, 0, 0]] * 3]
)
def test_a_place_in_space_that_is_none_is_left_out(wrong: Any) -> None:
    file = {"name": "a.png", "data": text(write_mask_png(MASKS["a"]))}
    answer = read_masks(FIELDS | {"files": [file], "facts": {"world": wrong, "spacing": wrong}})
    assert answer["people"][0]["masks"][0]["provenance"]["spacing"] is None


def test_images_of_other_names_are_offered_and_one_that_is_chosen_is_read() -> None:
    sizes = {"width": WIDTH, "height": HEIGHT}
    images = [{"id": n, "file_name": f"other{n}.png", **sizes} for n in range(2)]
    square = [[5, 5, 20, 5, 20, 20, 5, 20]]
    pieces = [{"id": 1, "image_id": 1, "category_id": 1, "segmentation": square}]
    data = json.dumps({"images": images, "annotations": pieces, "categories": []}).encode()
    assert refusal_of("all.json", data)["names"] == ["other0.png", "other1.png"]
    (mask,) = read_one("all.json", data, image_name="other1.png")
    assert pixels_of(mask).sum() == 225


def test_scores_are_told_and_the_least_that_counts_is_changed() -> None:
    image = {"id": 1, "file_name": "scan.png", "width": WIDTH, "height": HEIGHT}
    square = [[5, 5, 20, 5, 20, 20, 5, 20]]
    piece = {"id": 1, "image_id": 1, "category_id": 1, "segmentation": square, "score": 0.4}
    data = json.dumps({"images": [image], "annotations": [piece], "categories": []}).encode()
    refused = refusal_of("found.json", data)
    assert refused["scored"]
    assert "with a score below 0.5" in refused["sentence"]
    (mask,) = read_one("found.json", data, least_score=0.3)
    assert mask["provenance"]["scored"]
    assert pixels_of(mask).sum() == 225


def test_an_inverted_mask_is_asked_about_and_inverted_on_request() -> None:
    data = write_mask_png(~MASKS["a"])
    (asked,) = read_one("mask.png", data)
    assert asked["provenance"]["looks_inverted"]
    assert "is it inverted?" in asked["note"]
    (mask,) = read_one("mask.png", data, invert=True)
    np.testing.assert_array_equal(pixels_of(mask), MASKS["a"])


def test_an_outline_that_was_started_from_a_model_is_no_person_of_the_yardstick() -> None:
    copied = annotator("b") | {"provenance": {"drawn_from": "U-Net", "blind": False}}
    yardstick = measure(request(annotator("a"), copied, annotator("c", "model")))["yardstick"]
    assert yardstick["people"] is None
    assert "Left out, as started from somebody else's mask: B." in yardstick["sentence"]


def test_a_simulated_reader_is_called_one() -> None:
    made = annotator("b") | {"provenance": {"simulated": True}}
    sentence = measure(request(annotator("a"), made))["yardstick"]["sentence"]
    assert sentence.endswith("Simulated, not people: B.")


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
    answer = read_masks(FIELDS | {"files": files})
    (mask,) = answer["people"][0]["masks"]
    assert mask["note"]
    assert len(mask["sha256"][0]) == 64
    assert [one["file"] for one in answer["errors"]] == [1]
    assert "film.gif" in answer["errors"][0]["sentence"]


@pytest.mark.parametrize("wrong", [None, {}, {"files": 3, "width": 5}, {"width": 0, "height": 0}])
def test_reading_nothing_gives_no_mask(wrong: Any) -> None:
    assert read_masks(wrong)["people"] == []


def file_request(kind: str, **changes: Any) -> dict[str, Any]:
    image = np.full((HEIGHT, WIDTH), 90, np.uint8)
    png = cv2.imencode(".png", image)[1].tobytes()
    fields = {"kind": kind, "metric": "hd95", "image": text(png)}
    scan = {"title": EVIL, "sha256": "a" * 64}
    model = annotator("c", "model") | {"model": "tiny", "stop": 90, "steps": {"keep": "largest"}}
    evil = annotator("b") | {"name": EVIL, "note": EVIL, "colour": '"><script>'}
    return request(annotator("a"), evil, model, **fields, scan=scan, **changes)


def save(kind: str, **changes: Any) -> dict[str, Any]:
    return build_file_writer({}, STORED)(file_request(kind, **changes))


def test_a_mask_is_saved_in_any_format_that_is_written() -> None:
    file = save("mask", key="a", format="png")
    pixels = decode_pixels(base64.b64decode(file["data"]))
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


def test_report_and_json_keep_what_reading_said_of_a_mask() -> None:
    (mask,) = read_one("mask.png", write_mask_png(~MASKS["a"]), invert=True)
    read = annotator("a") | {"provenance": mask["provenance"], "note": "typed by somebody"}
    sent = [read, annotator("b"), annotator("c", "model")]
    numbers = json.loads(base64.b64decode(save("json", annotators=sent, spacing=0.1)["data"]))
    kept = numbers["annotators"][0]
    assert kept["how"] == mask["note"]
    told = {**mask["provenance"], "notes": mask["provenance"]["notes"]}
    told["spacing"] = {"x": 0.1, "y": 0.1, "whose": "the page"}
    assert kept["provenance"] == json.loads(json.dumps(told))
    page = base64.b64decode(save("report", annotators=sent)["data"]).decode()
    assert "nverted as asked" in page
    assert "typed by somebody" not in page


def test_the_reference_and_the_spacing_say_where_they_are_from() -> None:
    (mask,) = read_one("truth.png", write_mask_png(MASKS["a"]))
    truth = annotator("a") | {"kind": "truth", "provenance": {"drawn_from": "nobody"}}
    sent = [truth, annotator("b"), annotator("c", "model")]
    spacing = {"x": 0.1, "y": 0.1, "whose": "PixelSpacing"}
    facts = {"reference": mask["provenance"], "spacing": spacing}
    asked = {"annotators": sent, "spacing": 0.1, "facts": facts}
    numbers = json.loads(base64.b64decode(save("json", **asked)["data"]))
    kept = numbers["annotators"][0]["provenance"]
    assert kept["files"] == ["truth.png"]
    assert (kept["drawn_from"], kept["spacing"]) == ("", spacing)
    assert numbers["image"]["spacing"] == spacing


def test_a_label_that_is_compared_is_named_and_so_is_who_lacks_it() -> None:
    numbers = json.loads(base64.b64decode(save("json", label="tumour", without=["D"])["data"]))
    assert numbers["label"] == "tumour"
    assert numbers["notes"] == ["Without the label tumour: D."]


@pytest.mark.parametrize(
    "wrong", [None, 3, {"files": "a"}, {"files": ["a"]}, {"sha256": [EVIL], "frame": True}]
)
def test_provenance_that_nobody_here_wrote_is_left_out(wrong: Any) -> None:
    sent = [annotator("a") | {"provenance": wrong}, annotator("b"), annotator("c", "model")]
    numbers = json.loads(base64.b64decode(save("json", annotators=sent)["data"]))
    assert (kept := numbers["annotators"][0]["provenance"])["files"] == []
    assert (kept["sha256"], kept["frame"]) == ([], 1)


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
    answer = build_file_writer({}, STORED)(file_request("json") | wrong)
    assert answer["error"].endswith(".")


def test_lengths_are_in_mm_where_the_pixel_size_is_known() -> None:
    px, mm = measure(request()), measure(request(spacing=0.1))
    assert (px["units"]["hd95"], mm["units"]["hd95"]) == ("px", "mm")
    assert mm["units"]["area_difference"] == "mm²"
    assert np.allclose(np.array(mm["matrices"]["hd95"]), 0.1 * np.array(px["matrices"]["hd95"]))
    assert "0.001 to 10 mm" in measure(request(spacing=-3))["error"]


def test_a_scan_that_the_server_has_need_not_be_sent_again(tmp_path: Path) -> None:
    request = file_request("json")
    png = base64.b64decode(request.pop("image"))
    place = tmp_path / ("b" * 64) / "pixels.png"
    place.parent.mkdir()
    place.write_bytes(png)
    write = build_file_writer({}, StoredScans(tmp_path, EXAMPLES))
    request["scan"]["url"] = f"http://here/gradio_api/file={place}"
    sent = write(file_request("json"))
    assert write(request) == sent
    place.unlink()
    assert write(request) == {"lacks": "image"}


@pytest.mark.parametrize(
    "url",
    [None, 7, "", "http://[", "file=/etc/passwd", "/../../image.png", f"/{'c' * 64}/mask.png"],
)
def test_an_address_that_is_no_scan_s_reads_nothing(tmp_path: Path, url: Any) -> None:
    assert StoredScans(tmp_path, EXAMPLES).read(url) is None


def test_an_example_is_read_where_it_lies() -> None:
    folder = next(iter(read_examples().values())).folder
    found = StoredScans(Path("/nowhere"), EXAMPLES).read(f"/gradio_api/file={folder}/image.png")
    assert found == (folder / "image.png").read_bytes()
