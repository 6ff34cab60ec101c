import csv
import hashlib
import io
import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tiny_world import add_model, draw_scan

from busdemo.annotations.annotation import Annotation
from busdemo.annotations.pictures import write_mask_png
from busdemo.imaging.images import Scan, UnreadableImage, read_scan
from busdemo.imaging.post_processing import PostProcessing
from busdemo.inference.engines import TorchEngine
from busdemo.inference.segmenter import SegmenterPool
from busdemo.views.pictures import draw_overlay
from busdemo.workflows.lesions import summarize_lesions, tabulate_lesions
from busdemo.workflows.receipts import (
    InvalidReceipt,
    encode_receipt,
    read_receipt,
    replay,
    write_receipt,
)
from busdemo.workflows.segmenting import (
    Choice,
    draw_results,
    invert_reference,
    read_reference,
    segment,
    tabulate_numbers,
    write_table,
)
from busdemo.zoo.cards import read_cards
from busdemo.zoo.files import UnusableModel

IMAGE, LESION = draw_scan(4, (80, 60))
MASK_FILES = [("truth.png", write_mask_png(LESION))]


def to_png(pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


SCAN = read_scan(to_png(IMAGE), "scan.png")


@pytest.fixture
def pool(weights: Path) -> SegmenterPool:
    add_model(weights, "small")
    return SegmenterPool(read_cards(weights))


def receipt_of(
    pool: SegmenterPool, stop: int = 100, reference: Annotation | None = None
) -> dict[str, Any]:
    segmentation, _ = segment(SCAN, "small", pool)
    return read_receipt(json.dumps(write_receipt(SCAN, segmentation, Choice(stop), reference)))


def test_a_segmentation_holds_the_mask_of_every_threshold(pool: SegmenterPool) -> None:
    segmentation, probability_map = segment(SCAN, "small", pool)
    assert segmentation.card.id == "small"
    assert probability_map.shape == SCAN.pixels.shape
    areas = []
    for stop in (1, 60, 100, 140, 199):
        mask = segmentation.mask(stop)
        assert np.array_equal(mask, probability_map >= np.float32(stop / 200))
        areas.append(np.count_nonzero(mask))
    assert areas == sorted(areas, reverse=True)
    assert len(set(areas)) > 2  # the tests below need thresholds that matter


def test_a_model_that_cannot_run_says_why(pool: SegmenterPool) -> None:
    pool.slots["small"].note("It is ill.")
    with pytest.raises(UnusableModel, match="It is ill"):
        segment(SCAN, "small", pool)


def test_numbers_without_a_reference_are_the_area() -> None:
    assert tabulate_numbers(LESION, None) == {"area_px": np.count_nonzero(LESION)}


def test_numbers_against_a_reference_hold_scores_and_outcome() -> None:
    mask = np.zeros_like(LESION)
    mask[:, :40] = LESION[:, :40]
    hit, lesion = np.count_nonzero(mask), np.count_nonzero(LESION)
    numbers = tabulate_numbers(mask, LESION)
    assert numbers["hit_px"] == numbers["area_px"] == hit
    assert numbers["extra_px"] == 0
    assert numbers["missed_px"] == lesion - hit
    assert numbers["dice"] == pytest.approx(2 * hit / (hit + lesion))
    assert numbers["iou"] == numbers["recall"] == pytest.approx(hit / lesion)
    assert numbers["precision"] == 1


def test_undefined_numbers_are_none_and_json_can_hold_them() -> None:
    nothing = np.zeros_like(LESION)
    numbers = tabulate_numbers(nothing, nothing)
    assert (numbers["dice"], numbers["precision"], numbers["recall"]) == (None, None, None)
    assert numbers["outcome"] == "correct rejection"
    assert json.loads(json.dumps(numbers, allow_nan=False)) == numbers


def test_a_reference_has_the_scans_size_and_its_files_name() -> None:
    reference = read_reference(MASK_FILES, SCAN)
    assert reference.provenance.title == "truth.png"
    assert np.array_equal(reference.mask, LESION)
    data = MASK_FILES[0][1]
    odd = read_reference([("/srv/up\ud800/a.png", data)], SCAN)
    assert odd.provenance.title == "a.png"
    several = read_reference([*MASK_FILES, ("b.png", data)], SCAN)
    assert several.provenance.title == "truth.png and 1 more"


def test_an_inverted_reference_can_be_turned_back() -> None:
    reference = read_reference(MASK_FILES, SCAN)
    inverted = invert_reference(reference, MASK_FILES, SCAN)
    assert inverted.provenance.inverted
    assert np.array_equal(inverted.mask, ~LESION)
    again = invert_reference(inverted, MASK_FILES, SCAN)
    assert not again.provenance.inverted
    assert np.array_equal(again.mask, LESION)


def test_a_reference_that_is_no_image_is_refused() -> None:
    with pytest.raises(UnreadableImage, match="is not a mask"):
        read_reference([("notes.txt", b"no mask")], SCAN)


def test_a_receipt_survives_json_and_names_all_that_is_needed(pool: SegmenterPool) -> None:
    segmentation, _ = segment(SCAN, "small", pool)
    receipt = write_receipt(SCAN, segmentation, Choice(110), read_reference(MASK_FILES, SCAN))
    assert read_receipt(json.dumps(receipt, allow_nan=False)) == receipt
    assert receipt["input"] == {
        "name": "scan.png",
        "sha256": hashlib.sha256(to_png(IMAGE)).hexdigest(),
        "width": 80,
        "height": 60,
        "crop": "none",
        "frame": 1,
        "frames": 1,
        "notes": [],
    }
    assert receipt["model"]["sha256"] == pool.cards["small"].sha256
    assert (receipt["threshold"], receipt["frozen_threshold"]) == (0.55, 0.5)
    assert receipt["engine"] == TorchEngine.name
    assert receipt["reference"]["sha256"] == [hashlib.sha256(MASK_FILES[0][1]).hexdigest()]
    assert receipt["numbers"] == tabulate_numbers(segmentation.mask(110), LESION)


def test_a_receipt_file_is_readable_json_whatever_the_names(pool: SegmenterPool) -> None:
    odd = [("Läsion \ud800.png", MASK_FILES[0][1])]
    segmentation, _ = segment(SCAN, "small", pool)
    receipt = write_receipt(SCAN, segmentation, Choice(100), read_reference(odd, SCAN))
    assert read_receipt(encode_receipt(receipt).decode()) == receipt
    assert "Läsion" in encode_receipt(receipt).decode()


def test_results_are_drawn_as_mask_probability_and_overlay(pool: SegmenterPool) -> None:
    segmentation, probability_map = segment(SCAN, "small", pool)
    reference = read_reference(MASK_FILES, SCAN)
    mask = segmentation.mask(90, PostProcessing(keep="largest"))
    pictures = draw_results(SCAN, mask, probability_map, reference=reference)
    pixels = {kind: np.asarray(Image.open(io.BytesIO(png))) for kind, png in pictures.items()}
    assert set(pixels) == {"mask", "probability", "overlay"}
    assert np.array_equal(pixels["mask"], mask * np.uint8(255))
    assert np.abs(pixels["probability"] / 65535 - probability_map).max() <= 0.51 / 65535
    assert np.array_equal(pixels["overlay"], draw_overlay(SCAN.pixels, mask, LESION))


def test_a_table_has_every_column_of_any_row(tmp_path: Path) -> None:
    write_table([{"image": "a", "dice": 0.5}, {"image": "b, c", "n": 2}], tmp_path / "table.csv")
    with (tmp_path / "table.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.DictReader(file)) == [
            {"image": "a", "dice": "0.5", "n": ""},
            {"image": "b, c", "dice": "", "n": "2"},
        ]


@pytest.mark.parametrize("stop", [1, 93, 100, 199])
def test_a_replayed_receipt_differs_in_nothing(weights: Path, stop: int) -> None:
    add_model(weights, "small")
    receipt = receipt_of(SegmenterPool(read_cards(weights)), stop)
    fresh = SegmenterPool(read_cards(weights))
    assert replay(receipt, read_scan(to_png(IMAGE), "copy.png"), fresh) == []


def test_a_receipt_holds_the_steps_and_the_lesions_and_replay_honours_them(
    pool: SegmenterPool,
) -> None:
    segmentation, _ = segment(SCAN, "small", pool)
    steps = PostProcessing("largest", fill_holes=True, smoothing_px=2)
    reference = read_reference(MASK_FILES, SCAN)
    receipt = write_receipt(SCAN, segmentation, Choice(100, steps, 0.1), reference)
    kept = read_receipt(encode_receipt(receipt).decode())
    assert kept["post_processing"] == steps.as_settings()
    mask = segmentation.mask(100, steps)
    assert kept["numbers"]["area_px"] == np.count_nonzero(mask)
    lesion = kept["lesions"][0]
    assert lesion["area_mm2"] == pytest.approx(lesion["area_px"] * 0.01)
    assert lesion["longest_mm"] == pytest.approx(lesion["longest_px"] * 0.1, abs=1e-3)
    assert set(kept["lesionwise"]) >= {"lesion_f1", "lesions_found", "lesions_missed"}
    assert replay(kept, SCAN, pool, masks=MASK_FILES) == []
    raw = kept | {"post_processing": "none"}
    assert "The mask differs." in replay(raw, SCAN, pool)


def test_a_receipt_with_impossible_steps_is_none(pool: SegmenterPool) -> None:
    receipt = receipt_of(pool) | {"post_processing": {"opening_px": 99}}
    with pytest.raises(InvalidReceipt, match="not a busdemo receipt"):
        read_receipt(json.dumps(receipt))


def test_missed_lesions_of_the_reference_have_rows_of_their_own() -> None:
    nothing = np.zeros_like(LESION)
    (row,) = tabulate_lesions(nothing, None, LESION)
    assert (row["lesion"], row["word"], row["area_px"]) == ("R1", "missed", LESION.sum())
    assert "area_mm2" not in row
    assert summarize_lesions(nothing, LESION)["lesion_precision"] is None


def test_the_numbers_are_compared_when_the_references_files_are_given(
    pool: SegmenterPool,
) -> None:
    receipt = receipt_of(pool, reference=read_reference(MASK_FILES, SCAN))
    assert replay(receipt, SCAN, pool) == []
    assert replay(receipt, SCAN, pool, masks=MASK_FILES) == []
    other = [("other.png", write_mask_png(LESION[::-1, ::-1] & (IMAGE < 60)))]
    assert replay(receipt, SCAN, pool, masks=other) == ["The numbers differ."]


def test_an_inverted_reference_is_inverted_again(pool: SegmenterPool) -> None:
    inverted = invert_reference(read_reference(MASK_FILES, SCAN), MASK_FILES, SCAN)
    assert replay(receipt_of(pool, reference=inverted), SCAN, pool, masks=MASK_FILES) == []


def test_another_image_is_told_apart_by_its_bytes(pool: SegmenterPool) -> None:
    changed = IMAGE.copy()
    changed[0, 0] ^= 1
    other: Scan = read_scan(to_png(changed), "scan.png")
    (sentence,) = replay(receipt_of(pool), other, pool)
    assert "image is not the one" in sentence


def test_another_models_weights_are_told_apart(weights: Path, pool: SegmenterPool) -> None:
    receipt = receipt_of(pool)
    add_model(weights / "later", "small", seed=1)
    (sentence,) = replay(receipt, SCAN, SegmenterPool(read_cards(weights / "later")))
    assert "weights of small here are not the ones" in sentence
    (sentence,) = replay(receipt, SCAN, SegmenterPool([]))
    assert sentence == "The model 'small' is not in the zoo here."


def test_an_edited_threshold_gives_another_mask(pool: SegmenterPool) -> None:
    receipt = receipt_of(pool, 100)
    receipt["threshold"] = 0.6
    assert replay(receipt, SCAN, pool) == ["The mask differs.", "The numbers differ."]


def test_edited_numbers_and_digests_are_noticed(pool: SegmenterPool) -> None:
    receipt = receipt_of(pool, reference=read_reference(MASK_FILES, SCAN))
    receipt["numbers"]["dice"] = 0.99
    receipt["levels_sha256"] = "0" * 64
    assert replay(receipt, SCAN, pool, masks=MASK_FILES) == [
        "The probability map differs.",
        "The numbers differ.",
    ]


def test_what_a_faster_engine_computed_is_replayed_by_it(
    weights: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("openvino", reason="OpenVINO comes with the extra `fast`")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    add_model(weights, "fast", facts={"engine": "openvino"})
    sped_up = SegmenterPool(read_cards(weights))
    sped_up.speed_up("fast")
    receipt = write_receipt(SCAN, segment(SCAN, "fast", sped_up)[0], Choice(100))
    assert receipt["engine"].startswith("openvino ")
    assert replay(receipt, SCAN, SegmenterPool(read_cards(weights))) == []


def test_another_engine_is_named(pool: SegmenterPool) -> None:
    receipt = receipt_of(pool)
    receipt["engine"] = "abacus"
    (sentence,) = replay(receipt, SCAN, pool)
    assert sentence == f"The engine was abacus, here it is {TorchEngine.name}."


@pytest.mark.parametrize(
    "text",
    ["", "no receipt", "null", "[]", "3", '"receipt"', "{}", '{"receipt": 1}', "[" * 100_000],
    ids=lambda text: text[:12],
)
def test_a_text_that_is_no_receipt_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(InvalidReceipt, match=r"^The file is not a busdemo receipt\.$"):
        read_receipt(text)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("input",), None),
        (("input", "sha256"), 5),
        (("model", "id"), ["small"]),
        (("model", "sha256"), None),
        (("threshold",), "0.5"),
        (("threshold",), 0),
        (("threshold",), float("nan")),
        (("reference",), "truth.png"),
    ],
    ids=str,
)
def test_a_receipt_with_a_broken_part_is_refused(
    pool: SegmenterPool, place: tuple[str, ...], value: object
) -> None:
    receipt = deepcopy(receipt_of(pool))
    part = receipt
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = value
    with pytest.raises(InvalidReceipt, match="not a busdemo receipt"):
        read_receipt(json.dumps(receipt))


def test_a_receipt_of_another_format_is_refused_by_its_number() -> None:
    with pytest.raises(InvalidReceipt, match="has format 2, not 1"):
        read_receipt('{"receipt": 2}')


def test_an_edited_area_is_noticed(pool: SegmenterPool) -> None:
    receipt = receipt_of(pool)
    receipt["numbers"]["area_px"] += 1
    assert replay(receipt, SCAN, pool) == ["The numbers differ."]
