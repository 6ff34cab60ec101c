"""Presence beside a result: a withheld mask, its words, its receipt, in every way in."""

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from tiny_world import add_model, draw_scan

from busdemo.cli import main
from busdemo.imaging.images import read_scan
from busdemo.inference import presence
from busdemo.inference.presence import PresenceScore
from busdemo.inference.segmenter import SegmenterPool
from busdemo.workflows.comparing import ask_models
from busdemo.workflows.presence import add_presence, look_for_presence, tell_presence
from busdemo.workflows.receipts import read_receipt, replay, write_receipt
from busdemo.workflows.segmenting import Choice, segment
from busdemo.zoo.cards import read_cards
from busdemo.zoo.presence import Evidence

PNG = cv2.imencode(".png", draw_scan(4, (80, 60))[0])[1].tobytes()
SCAN = read_scan(PNG, "scan.png")
DOUBTED = PresenceScore(0.1249, 0.6, Evidence(0.7, 0.9, 0.8, 0.1, 0.02), "c" * 64, "d" * 64)


@pytest.fixture
def pool(weights: Path) -> SegmenterPool:
    add_model(weights, "small")
    return SegmenterPool(read_cards(weights))


@pytest.fixture
def doubted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every image's presence is 0.1249, its cut-off 0.6."""
    monkeypatch.setattr(presence.PresenceLook, "judge", lambda _, _model: DOUBTED)


def test_under_its_cut_off_an_answer_is_empty_and_the_raw_mask_stays(pool: SegmenterPool) -> None:
    result = replace(segment(SCAN, "small", pool)[0], presence=DOUBTED)
    assert not result.answer().any()
    assert result.raw.any()
    assert np.array_equal(result.answer(Choice(cut_off=0.12)), result.raw)
    assert np.array_equal(result.answer(Choice(cut_off=0.0)), result.raw)
    assert not result.answer(Choice(cut_off=0.13)).any()


def test_without_a_rule_nothing_is_withheld(pool: SegmenterPool) -> None:
    result = add_presence(segment(SCAN, "small", pool)[0], look_for_presence(SCAN, pool))
    assert result.presence is None
    assert np.array_equal(result.answer(), result.raw)
    assert write_receipt(SCAN, result, Choice())["presence"] is None


def test_a_withheld_mask_is_said_with_score_and_cut_off() -> None:
    assert tell_presence(DOUBTED, 0.6) == "nothing marked: presence 0.12 (cut-off 0.60)"
    assert tell_presence(DOUBTED, 0.12) == "presence 0.12 (cut-off 0.12)"


@pytest.mark.usefixtures("doubted")
def test_a_receipt_of_a_withheld_mask_is_computed_again(pool: SegmenterPool) -> None:
    result = add_presence(segment(SCAN, "small", pool)[0], look_for_presence(SCAN, pool))
    receipt: dict[str, Any] = read_receipt(json.dumps(write_receipt(SCAN, result, Choice())))
    assert receipt["presence"]["withheld"]
    assert receipt["presence"]["score"] == 0.1249
    assert receipt["numbers"]["area_px"] == 0
    assert receipt["raw_numbers"]["area_px"] == np.count_nonzero(result.raw)
    assert replay(receipt, SCAN, pool) == []
    receipt["presence"]["score"] = 0.7
    assert replay(receipt, SCAN, pool) == ["The presence differs."]
    del receipt["presence"]  # as receipts before there was presence: nothing is withheld
    assert replay(receipt, SCAN, pool) == ["The mask differs.", "The numbers differ."]


@pytest.mark.usefixtures("doubted")
def test_a_receipt_with_an_impossible_cut_off_is_none(pool: SegmenterPool) -> None:
    result = add_presence(segment(SCAN, "small", pool)[0], look_for_presence(SCAN, pool))
    receipt = write_receipt(SCAN, result, Choice())
    receipt["presence"]["cut_off"] = 7
    with pytest.raises(ValueError, match="not a busdemo receipt"):
        read_receipt(json.dumps(receipt))


@pytest.mark.usefixtures("doubted")
def test_a_models_withheld_mask_is_compared_as_the_empty_answer_it_is(pool: SegmenterPool) -> None:
    (asked,) = ask_models(SCAN, ["small"], pool)
    assert not asked.mask.any()
    assert "nothing marked: presence 0.12 (cut-off 0.60)" in asked.provenance.how


@pytest.mark.usefixtures("doubted")
def test_segment_says_what_it_withholds_and_a_cut_off_of_none_withholds_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "scan.png").write_bytes(PNG)
    rows = {}
    for cut_off in ("0.6", "none"):
        out = tmp_path / cut_off
        command = ["segment", str(tmp_path / "scan.png"), "--presence", cut_off, "--out", str(out)]
        assert main(command) == 0
        with (out / "results.csv").open() as file:
            rows[cut_off] = next(csv.DictReader(file))
    said = capsys.readouterr()
    assert "unet: nothing marked: presence 0.12 (cut-off 0.60)" in said.out + said.err
    assert (rows["0.6"]["withheld"], rows["0.6"]["area_px"]) == ("True", "0")
    assert rows["none"]["withheld"] == "False"
    assert int(rows["none"]["raw_area_px"]) == int(rows["0.6"]["raw_area_px"]) > 0


def test_an_impossible_cut_off_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "scan.png").write_bytes(PNG)
    command = ["segment", str(tmp_path / "scan.png"), "--presence", "1", "--out", str(tmp_path)]
    assert main(command) == 2
    assert "The cut-off of presence is none, or from 0 to 0.99" in capsys.readouterr().err
