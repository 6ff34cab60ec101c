import math
from xml.etree import ElementTree

import numpy as np
import pytest

from busdemo.annotations.annotation import Annotation
from busdemo.imaging.arrays import Mask
from busdemo.scoring.agreement import METRICS, Comparison, compare
from busdemo.scoring.yardstick import measure_yardstick
from busdemo.views.agreement import (
    draw_matrix,
    shade_matrix,
    tabulate_against,
    tabulate_curve,
    tabulate_matrix,
)
from busdemo.views.agreement_charts import draw_nsd_curve, draw_yardstick
from busdemo.views.contours import draw_contours, trace_path


def box(right: int) -> Mask:
    mask = np.zeros((20, 40), np.bool_)
    mask[5:15, 5:right] = True
    return mask


def comparison(count: int = 3) -> Comparison:
    people = [Annotation(f"<P{n}>", "person", box(20 + n)) for n in range(count)]
    return compare(
        [*people, Annotation("M&M", "model", box(22)), Annotation("none", "person", box(5))]
    )


def test_the_matrix_is_a_table_with_the_annotators_names() -> None:
    table = tabulate_matrix(comparison(), "dice")
    assert table.loc["<P0>", "M&M"] == comparison().matrix("dice")[0, 3]


def test_rows_against_the_reference_have_all_metrics_with_units() -> None:
    table = tabulate_against(comparison(), "<P0>")
    assert list(table.columns)[:5] == ["kind", "outcome", "Dice", "IoU", "HD95, px"]
    assert "NSD at 2 px" in table
    assert len(table.columns) == 2 + len(METRICS)
    assert table.loc["none", "outcome"] == "missed lesion"
    assert tabulate_curve(comparison(), "<P0>").shape == (5, 10)


@pytest.mark.parametrize(("higher", "expected"), [(True, 1.0), (False, 0.0)])
def test_shades_run_from_the_worst_pair_to_the_best(higher: bool, expected: float) -> None:
    values = np.array([[9, 2, 1], [2, 9, math.inf], [1, math.inf, math.nan]])
    shades = shade_matrix(values, higher_is_better=higher)
    assert np.isnan(np.diag(shades)).all()
    assert shades[0, 1] == expected
    assert shades[0, 2] == 1 - expected
    assert shades[1, 2] == 0


def test_a_drawn_matrix_escapes_names_and_numbers_many_of_them() -> None:
    drawn = draw_matrix(comparison(), "hd95")
    ElementTree.fromstring(drawn)  # noqa: S314, written here
    assert "&lt;P0&gt;" in drawn
    assert "∞" in drawn
    assert '<th scope="col">9</th>' in draw_matrix(comparison(7), "dice")


def test_charts_are_well_formed_and_name_everyone_shown() -> None:
    found = comparison()
    for svg in (draw_nsd_curve(found, "<P0>"), draw_yardstick(measure_yardstick(found))):
        words = " ".join(ElementTree.fromstring(svg).itertext())  # noqa: S314, written here
        assert "M&M" in words
    for metric in ("hd95", "area_difference"):
        ElementTree.fromstring(draw_yardstick(measure_yardstick(found, metric)))  # noqa: S314


def test_the_outline_runs_through_the_centres_of_the_outermost_pixels() -> None:
    assert trace_path(box(8)) == "M5.5 5.5L5.5 14.5L7.5 14.5L7.5 5.5Z"
    assert trace_path(box(5)) == ""


def test_contours_over_a_scan_embed_it() -> None:
    drawn = draw_contours(comparison().annotations, ["#000000"], np.zeros((20, 40), np.uint8))
    assert drawn.count("<path") == 5
    assert 'href="data:image/png;base64,' in drawn
    ElementTree.fromstring(drawn)  # noqa: S314, written here
