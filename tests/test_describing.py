"""Reports: words said and not said, the paragraph, the table, the section's HTML, the command."""

import json
import math
from html import escape
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from busdemo.cli import main
from busdemo.imaging.arrays import GreyImage, Mask
from busdemo.scoring.words import Check, Cutoffs, WordAgreement, WordBook, read_words
from busdemo.ui.findings.words import render_reports
from busdemo.workflows.describing import (
    NOT_AN_ASSESSMENT,
    NOTHING,
    compare_measures,
    report,
    tabulate_report,
    write_report,
)


def draw(half_wh: tuple[int, int] = (40, 20), size_wh: tuple[int, int] = (200, 160)) -> Any:
    mask = np.zeros(size_wh[::-1], np.uint8)
    cv2.ellipse(mask, (100, 60), half_wh, 0, 0, 360, 1, -1)
    lesion = mask > 0
    return np.where(lesion, 40, 120).astype(np.uint8), lesion


def book(low: float) -> WordBook:
    agreement = WordAgreement(0.8, low, 0.9, 40, 0)
    words = {
        "shape": ("oval", "round", "irregular"),
        "margin": ("circumscribed", "not circumscribed"),
        "echo": ("hypoechoic", "isoechoic", "hyperechoic"),
        "posterior": ("no", "enhancement", "shadowing"),
    }
    checks = {k: Check(dict.fromkeys(v, 9), agreement, agreement) for k, v in words.items()}
    return WordBook(Cutoffs(2.5, 0.28, 0.5, -0.1, 0.1, 10, -10), checks, 100, "U-Net")


def test_the_paragraph_says_what_may_be_said_and_what_it_is_not() -> None:
    image, mask = draw()
    made = report(image, mask, book=book(0.7))
    assert made is not None
    assert made.paragraph.startswith("Oval mass of 8")
    for words in ("parallel to the skin", "circumscribed", "hypoechoic", "no posterior change"):
        assert words in made.paragraph
    assert made.paragraph.endswith(NOT_AN_ASSESSMENT)


def test_words_no_better_than_chance_leave_their_numbers_alone() -> None:
    image, mask = draw()
    made = report(image, mask, book=book(0.2))
    assert made is not None
    assert set(made.words) == {"orientation"}  # by definition, nothing to check
    assert set(made.silent) == {"shape", "margin", "echo", "posterior"}
    assert made.paragraph.startswith("Mass of 8")
    assert "boundary sharpness" in made.paragraph
    for word in ("Oval", "circumscribed", "hypoechoic", "posterior change"):
        assert word not in made.paragraph.replace(NOT_AN_ASSESSMENT, "")


def test_lengths_are_in_mm_only_where_the_spacing_is_known() -> None:
    image, mask = draw()
    one, other = report(image, mask), report(image, mask, mm_per_px=0.1)
    assert one is not None
    assert other is not None
    assert " mm" not in one.paragraph
    assert "8.1 × 4.2 mm" in other.paragraph
    pixels, millimetres = compare_measures(one, None), compare_measures(other, None)
    assert millimetres[0][1] == pytest.approx(pixels[0][1] * 0.01)
    assert (pixels[0][0].unit, millimetres[0][0].unit) == ("px²", "mm²")


def test_differences_are_prediction_less_reference_and_axes_differ_by_90_at_most() -> None:
    image, mask = draw()
    turned: Mask = draw((20, 40))[1]
    made, other = report(image, mask), report(image, turned)
    assert made is not None
    rows = {row[0].name: row for row in compare_measures(made, other)}
    for _, mine, theirs, apart in rows.values():
        assert theirs is not None
        assert apart is not None
        if not math.isnan(apart):
            assert apart == pytest.approx(mine - theirs) or abs(apart) <= 90
    assert abs(rows["Long axis to the horizontal"][3] or 0) == pytest.approx(90, abs=0.01)


def test_everything_of_a_report_is_valid_json() -> None:
    image, mask = draw()
    one_pixel = np.zeros_like(mask)
    one_pixel[-1, -1] = True
    for case in (mask, one_pixel, np.ones_like(mask)):
        text = json.dumps(tabulate_report(report(image, case)), allow_nan=False)
        assert json.loads(text)["paragraph"].endswith(NOT_AN_ASSESSMENT)
    empty = tabulate_report(report(image, np.zeros_like(mask)))
    assert empty == {"described": False, "paragraph": NOTHING}


def render(image: GreyImage, made: Mask, other: Mask | None) -> str:
    return render_reports(
        report(image, made),
        None if other is None else report(image, other),
        has_reference=other is not None,
    )


def test_the_section_shows_both_sides_their_difference_and_the_agreement() -> None:
    image, mask = draw()
    html = render(image, mask, draw((44, 22))[1])
    for words in ("<b>Prediction.</b>", "<b>Reference.</b>", "Difference", "number only"):
        assert words in html
    for check in read_words().checks.values():
        assert f"{check.reference.value:.2f} (" in html
    assert escape(NOT_AN_ASSESSMENT) in html


def test_an_empty_side_is_said_and_the_other_described() -> None:
    image, mask = draw()
    nothing = np.zeros_like(mask)
    assert "The prediction is empty" in render(image, nothing, mask)
    assert "The reference is empty" in render(image, mask, nothing)
    assert "empty" not in render(image, mask, None)
    assert NOTHING in render(image, nothing, None)
    assert NOTHING in render(image, nothing, nothing)


def test_a_terminal_gets_words_numbers_and_what_they_are_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image, mask = draw()
    cv2.imwrite(str(tmp_path / "scan.png"), image)
    cv2.imwrite(str(tmp_path / "outline.png"), mask * np.uint8(255))
    command = ["describe", str(tmp_path / "scan.png"), "--mask", str(tmp_path / "outline.png")]
    assert main(command) == 0
    printed = capsys.readouterr().out
    made = report(image, mask)
    first, rest = printed.strip().split("\n", 1)
    assert first.startswith("Reference, outline: Values above 127 taken as lesion.")
    assert rest.strip() == write_report("reference", made).strip()
    assert main([*command, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["reference"]
    assert told["provenance"]["notes"][0] == "Values above 127 taken as lesion."
    expected = json.loads(json.dumps(tabulate_report(made)))
    assert {key: told[key] for key in expected} == expected


def test_describing_without_an_outline_or_a_file_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["describe", "scan.png"]) == 2
    assert "--mask" in capsys.readouterr().err
    assert main(["describe", str(tmp_path / "none.png"), "--mask", "none.png"]) == 1
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
