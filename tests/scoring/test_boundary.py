import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import distance

from busdemo.imaging.arrays import Mask
from busdemo.scoring.boundary import find_box, measure_boundaries, measure_boundary

SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Mask, Mask]:
    shape = draw(SHAPES)
    return draw(hnp.arrays(np.bool_, shape)), draw(hnp.arrays(np.bool_, shape))


def draw_blob(seed: int, side: int = 128, radius: float = 0.2) -> Mask:
    """A wobbly outline near the middle, as another person would draw the same lesion."""
    rng = np.random.default_rng(seed)
    yy, xx = np.mgrid[:side, :side] - side * (0.5 + rng.normal(0, 0.02, (2, 1, 1)))
    waves = [rng.normal(0, 0.06) * np.cos(k * np.arctan2(yy, xx) + k) for k in range(2, 8)]
    return np.asarray(np.hypot(yy, xx) < radius * side * (1 + sum(waves)))


def boundary_of(mask: Mask) -> NDArray[np.intp]:
    padded = np.pad(mask, 1)
    return np.argwhere(padded & ~ndimage.binary_erosion(padded))


def brute_force(mask: Mask, reference: Mask, tolerance_px: float) -> tuple[float, float, float]:
    apart = distance.cdist(boundary_of(mask), boundary_of(reference))
    there, back = apart.min(axis=1), apart.min(axis=0)
    everything = np.concatenate([there, back])
    hd95 = max(np.percentile(there, 95), np.percentile(back, 95))
    within = float(np.mean(everything <= tolerance_px))
    return float(hd95), float(everything.mean()), within


@settings(deadline=None)
@given(pairs(), st.sampled_from([0, 1, 1.5, math.sqrt(2), 2, math.sqrt(5), 3]))
def test_distances_equal_brute_force(pair: tuple[Mask, Mask], tolerance_px: float) -> None:
    mask, reference = pair
    distances = measure_boundary(mask, reference)
    numbers = distances.hd95_px, distances.assd_px, distances.nsd(tolerance_px)
    if mask.any() and reference.any():
        assert numbers == pytest.approx(brute_force(mask, reference, tolerance_px), abs=1e-9)
    elif mask.any() or reference.any():
        assert numbers == (math.inf, math.inf, 0)
    else:
        assert all(math.isnan(number) for number in numbers)


@settings(max_examples=25, deadline=None)
@given(pairs())
def test_distances_equal_monai_wherever_both_masks_hold_a_lesion(pair: tuple[Mask, Mask]) -> None:
    mask, reference = pair
    if mask.any() and reference.any():
        assert_same_as_monai(mask, reference)


@pytest.mark.parametrize("seed", range(4))
def test_outlines_of_one_lesion_score_as_in_monai(seed: int) -> None:
    assert_same_as_monai(draw_blob(seed), draw_blob(seed + 10))


def test_a_lesion_cut_by_the_border_ends_there_as_in_monai() -> None:
    assert_same_as_monai(draw_blob(1)[50:, :70], draw_blob(2)[50:, :70])
    assert_same_as_monai(np.ones((20, 30), np.bool_), draw_blob(2)[50:70, 40:70])


def assert_same_as_monai(mask: Mask, reference: Mask) -> None:
    torch = pytest.importorskip("torch")
    metrics = pytest.importorskip("monai.metrics")
    ours = measure_boundary(mask, reference)
    pair = [torch.from_numpy(m[None, None].astype(np.float32)) for m in (mask, reference)]
    everything = {"include_background": True}
    hd95 = metrics.compute_hausdorff_distance(*pair, percentile=95, **everything)
    assd = metrics.compute_average_surface_distance(*pair, symmetric=True, **everything)
    assert ours.hd95_px == pytest.approx(hd95.item(), rel=1e-6, abs=1e-6)
    assert ours.assd_px == pytest.approx(assd.item(), rel=1e-5, abs=1e-6)
    for tolerance in (0, 1, 2, 3.5):
        nsd = metrics.compute_surface_dice(*pair, class_thresholds=[tolerance], **everything)
        assert ours.nsd(tolerance) == pytest.approx(nsd.item(), abs=1e-6)


def test_many_masks_at_once_score_as_each_pair_alone() -> None:
    masks = [draw_blob(seed) for seed in range(3)] + [np.zeros((128, 128), np.bool_)]
    table = measure_boundaries(masks)
    for row, mask in enumerate(masks):
        for column, reference in enumerate(masks):
            alone, together = measure_boundary(mask, reference), table[row][column]
            assert together.hd95_px == pytest.approx(alone.hd95_px, nan_ok=True)
            assert together.assd_px == pytest.approx(alone.assd_px, nan_ok=True)
            assert together.nsd(2) == pytest.approx(alone.nsd(2), nan_ok=True)


def test_distances_far_apart_in_a_large_image_are_exact() -> None:
    mask, reference = np.zeros((2, 2900, 2800), np.bool_)
    mask[3, 5] = reference[2890, 2790] = True
    distances = measure_boundary(mask, reference)
    assert distances.hd95_px == distances.assd_px == math.hypot(2887, 2785)
    assert (distances.nsd(math.hypot(2887, 2785)), distances.nsd(4011.3)) == (1, 0)


def test_the_box_holds_all_masks_and_nothing_else() -> None:
    masks = np.zeros((3, 9, 8), np.bool_)
    masks[0, 2, 3] = masks[1, 6, 1] = True
    assert find_box(list(masks)) == (slice(2, 7), slice(1, 4))
    assert find_box([masks[2]]) == (slice(0, 0), slice(0, 0))


def test_masks_of_another_type_or_size_are_refused() -> None:
    with pytest.raises(ValueError, match="3x2 px but the reference is 2x2 px"):
        measure_boundary(np.zeros((2, 2), np.bool_), np.zeros((2, 3), np.bool_))
    with pytest.raises(TypeError, match="bool, got uint8"):
        measure_boundaries([np.zeros((2, 2), np.uint8)])  # type: ignore[list-item]
