import math
from typing import Any

import numpy as np
import pytest

from busdemo.annotations.annotation import Annotation
from busdemo.imaging.arrays import Mask
from busdemo.scoring.agreement import METRICS, Comparison, compare
from busdemo.scoring.boundary import measure_boundary
from busdemo.scoring.outcome import Outcome
from busdemo.scoring.overlap import score_overlap


def box(left: int, right: int) -> Mask:
    mask = np.zeros((20, 40), np.bool_)
    mask[5:15, left:right] = True
    return mask


EMPTY = box(0, 0)
MASKS = {"Ana": box(5, 15), "Ben": box(7, 17), "U-Net": box(5, 18), "none": EMPTY}


def comparison(**settings: Any) -> Comparison:
    kinds: dict[str, Any] = {"U-Net": "model"}
    found = [Annotation(name, kinds.get(name, "person"), mask) for name, mask in MASKS.items()]
    return compare(found, **settings)


def test_every_cell_is_the_score_of_its_pair() -> None:
    result = comparison(tolerance_px=1)
    for row, mask in enumerate(MASKS.values()):
        for column, reference in enumerate(MASKS.values()):
            overlap, apart = score_overlap(mask, reference), measure_boundary(mask, reference)
            expected = {
                "dice": overlap.dice,
                "iou": overlap.iou,
                "hd95": apart.hd95_px,
                "assd": apart.assd_px,
                "nsd": apart.nsd(1),
                "area_difference": abs(int(mask.sum()) - int(reference.sum())),
            }
            for metric, value in expected.items():
                assert result.matrix(metric)[row, column] == pytest.approx(value, nan_ok=True)


def test_every_matrix_is_symmetric_float64_and_ordered_as_the_annotations() -> None:
    result = comparison()
    assert result.names == tuple(MASKS)
    for metric in METRICS:
        values = result.matrix(metric.id)
        assert values.shape == (4, 4)
        assert values.dtype == np.float64
        np.testing.assert_array_equal(values, values.T)


def test_the_diameter_is_the_longest_of_the_largest_lesion_between_pixel_corners() -> None:
    mask = box(5, 15)
    mask[0, 39] = True
    assert compare([Annotation("a", "person", mask)]).diameters_px.tolist() == [math.hypot(10, 10)]


def test_lengths_and_areas_are_in_mm_only_where_the_spacing_is_known() -> None:
    in_px, in_mm = comparison(), comparison(mm_per_px=0.5)
    for metric, factor, unit in (("hd95", 0.5, "mm"), ("area_difference", 0.25, "mm²")):
        np.testing.assert_allclose(in_mm.matrix(metric), factor * in_px.matrix(metric))
        assert (in_px.unit(metric), in_mm.unit(metric)) == ("px", unit)
    assert in_mm.unit("dice") == ""
    np.testing.assert_array_equal(in_mm.matrix("nsd"), in_px.matrix("nsd"))


def test_against_a_reference_there_is_a_row_for_every_other_annotator() -> None:
    result = comparison()
    rows = result.against("Ana")
    assert [row.annotator for row in rows] == ["Ben", "U-Net", "none"]
    assert [row.kind for row in rows] == ["person", "model", "person"]
    assert [row.outcome for row in rows] == [
        Outcome.AGREEMENT,
        Outcome.AGREEMENT,
        Outcome.MISSED_LESION,
    ]
    assert list(rows[0].values) == [metric.id for metric in METRICS]
    assert rows[0].values["dice"] == 0.8
    assert result.against("none")[0].outcome is Outcome.FALSE_ALARM


def test_empty_masks_are_settled_as_everywhere() -> None:
    result = comparison()
    for metric, nothing, one in (
        ("dice", math.nan, 0),
        ("iou", math.nan, 0),
        ("hd95", math.nan, math.inf),
        ("assd", math.nan, math.inf),
        ("nsd", math.nan, 0),
        ("area_difference", 0, 100),
        ("diameter_difference", math.nan, math.nan),
    ):
        assert result.matrix(metric)[3, 3] == pytest.approx(nothing, nan_ok=True)
        assert result.matrix(metric)[3, 0] == pytest.approx(one, nan_ok=True)


def test_the_nsd_curve_rises_with_the_tolerance_to_the_reference_itself() -> None:
    result = comparison(tolerance_px=3)
    curve = result.nsd_curve("Ana")
    assert curve.shape == (4, 10)
    np.testing.assert_array_equal(curve[0], np.ones(10))
    assert (np.diff(curve[:3], axis=1) >= 0).all()
    np.testing.assert_array_equal(curve[:, 2], result.matrix("nsd")[:, 0])


def test_votes_count_people_and_models_but_not_their_consensus() -> None:
    voters = [
        Annotation("a", "person", box(5, 15)),
        Annotation("b", "person", box(5, 10)),
        Annotation("c", "person", EMPTY),
    ]
    result = compare([*voters, Annotation("majority", "consensus", box(0, 40))])
    assert result.votes.dtype == np.uint8
    np.testing.assert_array_equal(result.votes, sum(v.mask.astype(int) for v in voters))


def test_entropy_is_1_where_votes_are_split_evenly_and_0_where_all_agree() -> None:
    result = compare(
        [Annotation("a", "person", box(5, 15)), Annotation("b", "person", box(10, 20))]
    )
    assert result.entropy.dtype == np.float32
    np.testing.assert_array_equal(result.entropy, box(5, 10) | box(15, 20))
    three = compare([Annotation(str(n), "person", box(5, 15 + n)) for n in range(3)])
    expected = -(1 / 3) * math.log2(1 / 3) - (2 / 3) * math.log2(2 / 3)
    assert three.entropy[7, 15] == pytest.approx(expected)


def test_one_annotator_alone_can_be_compared_with_itself() -> None:
    result = compare([Annotation("a", "person", box(5, 15))])
    assert result.matrix("dice").tolist() == [[1]]
    assert result.against("a") == []


def test_what_cannot_be_compared_is_refused_in_one_sentence() -> None:
    with pytest.raises(ValueError, match="no annotation was given"):
        compare([])
    with pytest.raises(ValueError, match="Two annotators are called 'a'; please rename one"):
        compare([Annotation("a", "person", EMPTY)] * 2)
    with pytest.raises(ValueError, match="mask of b is 3x2 px, that of a 40x20 px"):
        compare(
            [
                Annotation("a", "person", EMPTY),
                Annotation("b", "person", np.zeros((2, 3), np.bool_)),
            ]
        )
    with pytest.raises(ValueError, match="tolerance must be 0 px or more, got nan"):
        comparison(tolerance_px=math.nan)
    with pytest.raises(ValueError, match="spacing must be above 0 mm, got 0"):
        comparison(mm_per_px=0)
    with pytest.raises(KeyError):
        comparison().against("nobody")
