import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.spatial import distance

from busdemo.imaging.arrays import Levels, Mask
from busdemo.imaging.masks import STOPS, binarize, quantize
from busdemo.scoring.outcome import Outcome
from busdemo.scoring.overlap import (
    Counts,
    Overlap,
    count,
    mean_over_lesions,
    score_counts,
    score_overlap,
    sweep_counts,
)

SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Mask, Mask]:
    shape = draw(SHAPES)
    return draw(hnp.arrays(np.bool_, shape)), draw(hnp.arrays(np.bool_, shape))


def numbers(overlap: Overlap) -> tuple[float, float, float, float]:
    return overlap.dice, overlap.iou, overlap.precision, overlap.recall


def mask_of(rows: list[list[int]]) -> Mask:
    return np.array(rows, np.bool_)


NONE = mask_of([[0, 0], [0, 0]])
LEFT = mask_of([[1, 0], [1, 0]])
RIGHT = mask_of([[0, 1], [0, 1]])
ALL = mask_of([[1, 1], [1, 1]])
NAN = math.nan


@pytest.mark.parametrize(
    ("mask", "reference", "expected", "outcome"),
    [
        (NONE, NONE, (NAN, NAN, NAN, NAN), Outcome.CORRECT_REJECTION),
        (LEFT, NONE, (0, 0, 0, NAN), Outcome.FALSE_ALARM),
        (NONE, LEFT, (0, 0, NAN, 0), Outcome.MISSED_LESION),
        (RIGHT, LEFT, (0, 0, 0, 0), Outcome.MISSED_LESION),
        (LEFT, LEFT, (1, 1, 1, 1), Outcome.AGREEMENT),
        (ALL, LEFT, (2 / 3, 1 / 2, 1 / 2, 1), Outcome.AGREEMENT),
        (mask_of([[1, 1], [0, 0]]), LEFT, (1 / 2, 1 / 3, 1 / 2, 1 / 2), Outcome.PARTIAL),
    ],
)
def test_scores_of_small_masks_and_of_every_empty_case(
    mask: Mask, reference: Mask, expected: tuple[float, ...], outcome: Outcome
) -> None:
    overlap = score_overlap(mask, reference)
    assert numbers(overlap) == pytest.approx(expected, nan_ok=True, abs=0)
    assert overlap.outcome is outcome


@given(pairs())
def test_counts_equal_a_loop_over_the_pixels(pair: tuple[Mask, Mask]) -> None:
    mask, reference = pair
    both = list(zip(mask.ravel().tolist(), reference.ravel().tolist(), strict=True))
    assert count(mask, reference) == Counts(
        both.count((True, True)), both.count((True, False)), both.count((False, True))
    )


@given(pairs())
def test_dice_and_iou_equal_scipy(pair: tuple[Mask, Mask]) -> None:
    mask, reference = pair
    overlap = score_overlap(mask, reference)
    if not (mask.any() or reference.any()):
        assert math.isnan(overlap.dice)  # SciPy has no answer, or 0, for two empty vectors
        return
    assert overlap.dice == pytest.approx(1 - distance.dice(mask.ravel(), reference.ravel()))
    assert overlap.iou == pytest.approx(1 - distance.jaccard(mask.ravel(), reference.ravel()))


@settings(max_examples=25, deadline=None)
@given(pairs())
def test_dice_and_iou_equal_monai_wherever_the_reference_holds_a_lesion(
    pair: tuple[Mask, Mask],
) -> None:
    torch = pytest.importorskip("torch")
    metrics = pytest.importorskip("monai.metrics")
    mask, reference = pair
    overlap = score_overlap(mask, reference)
    ours, theirs = (torch.from_numpy(m[None, None].astype(np.float32)) for m in pair)
    dice = metrics.DiceMetric(include_background=True)(ours, theirs).item()
    iou = metrics.compute_iou(ours, theirs).item()
    if reference.any():
        assert (overlap.dice, overlap.iou) == pytest.approx((dice, iou), abs=1e-6)
    else:  # MONAI calls a false alarm undefined too; here it is 0, so that it costs something
        assert math.isnan(dice)
        assert math.isnan(iou)
        assert overlap.dice == 0 if mask.any() else math.isnan(overlap.dice)


@given(pairs())
def test_numbers_stay_between_0_and_1_and_hang_together(pair: tuple[Mask, Mask]) -> None:
    mask, reference = pair
    overlap, swapped = score_overlap(mask, reference), score_overlap(reference, mask)
    assert all(math.isnan(v) or 0 <= v <= 1 for v in numbers(overlap))
    assert swapped.dice == pytest.approx(overlap.dice, nan_ok=True)
    assert swapped.precision == pytest.approx(overlap.recall, nan_ok=True)
    if not math.isnan(overlap.iou):
        assert overlap.dice == pytest.approx(2 * overlap.iou / (1 + overlap.iou))
    assert overlap == score_counts(overlap.counts) or math.isnan(sum(numbers(overlap)))


@st.composite
def sweeps(draw: st.DrawFn) -> tuple[Levels, Mask]:
    shape = draw(SHAPES)
    levels = draw(hnp.arrays(np.uint8, shape, elements=st.integers(0, STOPS - 1)))
    return levels, draw(hnp.arrays(np.bool_, shape))


@settings(max_examples=40, deadline=None)
@given(sweeps())
def test_the_sweep_equals_counting_at_each_of_the_199_stops(sweep: tuple[Levels, Mask]) -> None:
    levels, reference = sweep
    rows = sweep_counts(levels, reference)
    assert rows.shape == (199, 3)
    assert rows.dtype == np.int64
    for stop in range(1, STOPS):
        counts = count(binarize(levels, stop), reference)
        expected = counts.true_positive, counts.false_positive, counts.false_negative
        assert tuple(rows[stop - 1].tolist()) == expected


def test_the_sweep_of_a_probability_map_equals_thresholding_it() -> None:
    rng = np.random.default_rng(2)
    probabilities = rng.random((61, 83), dtype=np.float32)
    reference = probabilities + rng.normal(0, 0.2, probabilities.shape) > 0.6
    rows = sweep_counts(quantize(probabilities), reference)
    for stop in (1, 90, 100, 199):
        counts = count(probabilities >= np.float32(stop / STOPS), reference)
        assert rows[stop - 1][0] == counts.true_positive
        assert rows[stop - 1][1] == counts.false_positive


def test_masks_of_another_type_or_size_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="3x2 px but the reference is 2x2 px"):
        count(np.zeros((2, 3), np.bool_), NONE)
    with pytest.raises(TypeError, match="bool, got uint8"):
        score_overlap(NONE.astype(np.uint8), NONE)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="uint8, got float32"):
        sweep_counts(np.zeros((2, 2), np.float32), NONE)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="bool, got uint8"):
        sweep_counts(np.zeros((2, 2), np.uint8), NONE.astype(np.uint8))  # type: ignore[arg-type]


def test_a_mean_leaves_normals_out_keeps_missed_lesions_and_says_so() -> None:
    overlaps = [
        score_overlap(LEFT, LEFT),
        score_overlap(NONE, LEFT),
        score_overlap(NONE, NONE),
        score_overlap(LEFT, NONE),
    ]
    dice = mean_over_lesions(overlaps)
    assert (dice.value, dice.n, dice.left_out) == (0.5, 2, 2)
    precision = mean_over_lesions(overlaps, measure="precision")
    assert (precision.value, precision.n, precision.left_out) == (1.0, 1, 3)


def test_a_mean_of_nothing_is_undefined_and_not_zero() -> None:
    mean = mean_over_lesions([score_overlap(LEFT, NONE)])
    assert math.isnan(mean.value)
    assert (mean.n, mean.left_out) == (0, 1)
