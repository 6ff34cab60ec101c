import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from busdemo.annotations.annotation import Annotation
from busdemo.imaging.arrays import Mask
from busdemo.scoring.consensus import (
    WAY_NAMES,
    WAYS,
    build_consensus,
    intersect,
    staple,
    unite,
    vote_majority,
)

SHAPE = (40, 60)


def draw_masks(seed: int, count: int = 5) -> list[Mask]:
    """Several shaky outlines of one lesion, some of them with a second one."""
    rng = np.random.default_rng(seed)
    rough = [ndimage.gaussian_filter(rng.normal(size=SHAPE), 4) for _ in range(count)]
    yy, xx = np.mgrid[: SHAPE[0], : SHAPE[1]]
    depth = 12 - np.hypot(yy - 18, (xx - 25) * 0.8)
    return [np.asarray(depth + 40 * noise > 0) for noise in rough]


def ask_simpleitk(masks: Sequence[Mask], kind: str) -> tuple[Mask, Any]:
    sitk = pytest.importorskip("SimpleITK")
    images = [sitk.GetImageFromArray(mask.astype(np.uint8)) for mask in masks]
    if kind == "majority":
        voted = sitk.LabelVoting(images, 0)
        return sitk.GetArrayFromImage(voted) == 1, None
    one = sitk.STAPLEImageFilter()
    one.SetForegroundValue(1)
    return sitk.GetArrayFromImage(one.Execute(images)) >= 0.5, one


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("count", [2, 3, 5, 9])
def test_staple_equals_simpleitk_in_mask_sensitivity_and_specificity(seed: int, count: int) -> None:
    masks = draw_masks(seed, count)
    expected, theirs = ask_simpleitk(masks, "staple")
    found = staple(masks)
    np.testing.assert_array_equal(found.mask, expected)
    assert found.sensitivities == pytest.approx(theirs.GetSensitivity(), abs=1e-6)
    assert found.specificities == pytest.approx(theirs.GetSpecificity(), abs=1e-6)


@pytest.mark.parametrize("count", [1, 2, 4, 5])
def test_majority_equals_simpleitk_and_a_tie_is_no_lesion(count: int) -> None:
    masks = draw_masks(7, count)
    np.testing.assert_array_equal(vote_majority(masks), ask_simpleitk(masks, "majority")[0])
    tied = np.array([[True]])
    assert not vote_majority([tied, ~tied]).any()


def test_union_and_intersection_are_those_of_sets() -> None:
    masks = draw_masks(3)
    np.testing.assert_array_equal(unite(masks), np.any(masks, axis=0))
    np.testing.assert_array_equal(intersect(masks), np.all(masks, axis=0))


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("count", [1, 4])
def test_annotators_of_one_opinion_give_that_mask(
    way: Callable[[Sequence[Mask]], Mask], count: int
) -> None:
    for mask in (draw_masks(1)[0], np.zeros(SHAPE, np.bool_), np.ones(SHAPE, np.bool_)):
        np.testing.assert_array_equal(way([mask] * count), mask)


def test_staple_trusts_those_of_one_opinion_fully_where_there_is_something_to_trust() -> None:
    some = staple([draw_masks(1)[0]] * 3)
    assert (some.sensitivities, some.specificities) == ((1, 1, 1), (1, 1, 1))
    nothing = staple([np.zeros(SHAPE, np.bool_)] * 2)
    assert all(math.isnan(value) for value in nothing.sensitivities)
    assert nothing.specificities == (1, 1)
    everything = staple([np.ones(SHAPE, np.bool_)] * 2)
    assert everything.sensitivities == (1, 1)
    assert all(math.isnan(value) for value in everything.specificities)


def test_staple_distrusts_the_one_who_marks_something_else() -> None:
    good, bad = draw_masks(1, 4), np.zeros(SHAPE, np.bool_)
    bad[30:38, 45:58] = True
    found = staple([*good, bad])
    assert min(found.sensitivities[:4]) > 0.7
    assert found.sensitivities[4] < 0.1
    assert not found.mask[34, 50]


def test_a_consensus_is_one_more_annotator() -> None:
    annotations = [Annotation(str(n), "person", mask) for n, mask in enumerate(draw_masks(2))]
    for way, name in WAY_NAMES.items():
        found = build_consensus(annotations, way)
        assert (found.annotator, found.kind) == (f"consensus ({name})", "consensus")
        np.testing.assert_array_equal(found.mask, WAYS[way]([one.mask for one in annotations]))
    with pytest.raises(KeyError):
        build_consensus(annotations, "guess")


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_what_has_no_consensus_is_refused(way: Callable[[Sequence[Mask]], Mask]) -> None:
    mask = np.zeros(SHAPE, np.bool_)
    with pytest.raises(ValueError, match="at least one mask"):
        way([])
    with pytest.raises(ValueError, match="at most 60 masks, 61 were given"):
        way([mask] * 61)
    with pytest.raises(ValueError, match="3x2 px but the reference is 60x40 px"):
        way([mask, np.zeros((2, 3), np.bool_)])
    with pytest.raises(TypeError, match="bool, got uint8"):
        way([mask.astype(np.uint8)])  # type: ignore[list-item]
