"""Heat maps and the referral curve as pictures."""

import re
from pathlib import Path

import numpy as np
import pytest

from busdemo.views.heat import HEAT_ANCHORS, draw_heat, heat_table
from busdemo.views.referral import draw_referral
from busdemo.zoo.referral import SHARES, Referral

SCRIPT = Path(__file__).parents[2] / "busdemo/ui/web/canvas/palette.js"


def test_the_colours_are_the_viewers() -> None:
    block = re.search(r"HEAT_ANCHORS = \[(.*?)\];", SCRIPT.read_text(), re.DOTALL)
    assert block
    rows = re.findall(r"\[([\d., ]+)\]", block.group(1))
    assert [tuple(map(float, row.split(","))) for row in rows] == [
        tuple(map(float, row)) for row in HEAT_ANCHORS
    ]


def test_colours_grow_lighter_throughout() -> None:
    red, green, blue = heat_table().astype(float).T
    lightness = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    assert (np.diff(lightness) >= 0).all()


def test_opacity_mixes_the_scan_and_the_colour() -> None:
    image = np.full((2, 3), 100, np.uint8)
    values = np.array([[0, 0.25, 0.5]] * 2, np.float32)
    assert (draw_heat(image, values, top=0.5, opacity=0) == 100).all()
    full = draw_heat(image, values, top=0.5, opacity=1)
    assert full[0, 2].tolist() == [255, 250, 253]
    assert full[0, 0].tolist() == [0, 0, 4]
    half = draw_heat(image, values, top=0.5, opacity=0.5)
    assert np.abs(half.astype(float) - (full / 2 + 50)).max() <= 0.5


def test_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="heat map"):
        draw_heat(np.zeros((2, 3), np.uint8), np.zeros((3, 2), np.float32))


def test_the_curve_has_its_three_lines_named() -> None:
    kept = tuple(0.8 + 0.1 * share for share in SHARES)
    ideal = tuple(min(1, 0.8 + 0.3 * share) for share in SHARES)
    svg = draw_referral(Referral(0.2, {}, {"marked": 100, "referred": 20}, kept, ideal))
    assert svg.count("<polyline") == 3
    for name in ("worst first", "at random", "by doubt", "cut-off"):
        assert f">{name}</text>" in svg
