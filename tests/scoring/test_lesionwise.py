import itertools
import math
from collections import Counter

import numpy as np
import pytest
from blobs import draw_blobs, draw_specks

from busdemo.imaging.arrays import Mask
from busdemo.imaging.components import find_components
from busdemo.scoring.lesionwise import LesionWord, match_lesions

Boxes = list[tuple[int, int, int, int]]


def draw(*boxes: tuple[int, int, int, int]) -> Mask:
    """A mask of boxes (x, y, width, height) on 60x40 px."""
    mask = np.zeros((40, 60), np.bool_)
    for x, y, width, height in boxes:
        mask[y : y + height, x : x + width] = True
    return mask


def by_sets(mask: Mask, reference: Mask, least_iou: float) -> tuple[list[str], list[str]]:
    """The rule again with plain sets of pixels: the oracle."""
    ours, theirs = (
        [
            {tuple(place) for place in np.argwhere(found.labels == n + 1).tolist()}
            for n in range(found.n)
        ]
        for found in (find_components(mask), find_components(reference))
    )
    links = [
        (i, j)
        for (i, a), (j, b) in itertools.product(enumerate(ours), enumerate(theirs))
        if a & b and len(a & b) >= min(len(a), len(b)) / 2
    ]
    counted = []
    for i, j in links:
        group, grown = ({i}, {j}), True
        while grown:
            size = len(group[0]) + len(group[1])
            for k, m in links:
                if k in group[0] or m in group[1]:
                    group[0].add(k)
                    group[1].add(m)
            grown = len(group[0]) + len(group[1]) > size
        a = set().union(*(ours[k] for k in group[0]))
        b = set().union(*(theirs[m] for m in group[1]))
        counted += [(i, j)] if len(a & b) / len(a | b) >= least_iou else []
    of_ours, of_theirs = Counter(i for i, _ in counted), Counter(j for _, j in counted)

    def word(n: int, side: int, own: str, other: str, none: str) -> str:
        mine, their = (of_ours, of_theirs) if side == 0 else (of_theirs, of_ours)
        if not mine[n]:
            return none
        if mine[n] > 1:
            return own
        partner = next(pair[1 - side] for pair in counted if pair[side] == n)
        return other if their[partner] > 1 else "found"

    return (
        [word(i, 0, "merged", "split", "extra") for i in range(len(ours))],
        [word(j, 1, "split", "merged", "missed") for j in range(len(theirs))],
    )


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("least_iou", [0.1, 0.5])
def test_random_masks_are_matched_as_the_rule_over_plain_sets_matches_them(
    seed: int, least_iou: float
) -> None:
    mask = draw_blobs(seed, (60, 44)) >= 125
    reference = np.roll(draw_blobs(seed, (60, 44)), seed % 4, axis=seed % 2) >= 140 - 4 * seed
    matched = match_lesions(mask, reference, least_iou=least_iou)
    expected = by_sets(mask, reference, least_iou)
    assert [list(matched.predicted), list(matched.reference)] == [*map(list, expected)]


CASES: dict[str, tuple[Boxes, Boxes, list[str], list[str]]] = {
    "found": ([(5, 5, 10, 10)], [(6, 6, 10, 10)], ["found"], ["found"]),
    "missed and extra": ([(5, 5, 8, 8)], [(30, 5, 10, 10)], ["extra"], ["missed"]),
    "split": ([(5, 5, 9, 6), (15, 5, 8, 6)], [(5, 5, 18, 6)], ["split", "split"], ["split"]),
    "merged": ([(5, 5, 18, 6)], [(5, 5, 9, 6), (15, 5, 8, 6)], ["merged"], ["merged", "merged"]),
    "a speck in a large lesion": ([(20, 10, 1, 1)], [(5, 5, 30, 20)], ["extra"], ["missed"]),
    "a flood around a small lesion": ([(0, 0, 60, 40)], [(5, 5, 9, 9)], ["extra"], ["missed"]),
    "the edges touch": ([(5, 5, 10, 10)], [(14, 5, 10, 10)], ["extra"], ["missed"]),
    "both ways": (
        [(4, 5, 20, 6), (26, 5, 8, 6)],
        [(4, 5, 9, 6), (14, 5, 20, 6)],
        ["merged", "split"],
        ["split", "merged"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_word_means_what_it_says(case: str) -> None:
    ours, theirs, predicted, reference = CASES[case]
    matched = match_lesions(draw(*ours), draw(*theirs))
    assert [str(word) for word in matched.predicted] == predicted
    assert [str(word) for word in matched.reference] == reference


def test_lesionwise_numbers_are_shares_of_lesions_in_groups_that_count() -> None:
    mask = draw((5, 5, 9, 6), (15, 5, 8, 6), (40, 30, 5, 5))
    reference = draw((5, 5, 18, 6), (2, 25, 6, 6), (40, 10, 7, 7))
    matched = match_lesions(mask, reference)
    assert matched.precision == 2 / 3
    assert matched.recall == 1 / 3
    assert matched.f1 == pytest.approx(4 / 9)
    assert {str(word): matched.count(word) for word in LesionWord} == {
        "found": 0,
        "missed": 2,
        "extra": 1,
        "split": 1,
        "merged": 0,
    }
    assert matched.partners == ((1,), (1,), ())


def test_empty_masks_give_what_the_table_says() -> None:
    nothing, some = draw(), draw((5, 5, 4, 4))
    both = match_lesions(nothing, nothing)
    assert all(math.isnan(value) for value in (both.precision, both.recall, both.f1))
    alarm = match_lesions(some, nothing)
    assert (alarm.precision, alarm.f1) == (0, 0)
    assert math.isnan(alarm.recall)
    missed = match_lesions(nothing, some)
    assert (missed.recall, missed.f1) == (0, 0)
    assert math.isnan(missed.precision)


def test_five_hundred_specks_beside_a_lesion_are_five_hundred_extras() -> None:
    specks = draw_specks()
    reference = specks.copy()
    reference[:64] = False
    matched = match_lesions(specks, reference)
    assert matched.count(LesionWord.EXTRA) == 500
    assert matched.reference == (LesionWord.FOUND,)


def test_one_to_one_at_iou_a_half_is_panoptic_qualitys_matching() -> None:
    """Kirillov et al., CVPR 2019: pairs above 0.5 are unique; F1 = TP / (TP + FP/2 + FN/2)."""
    for seed in range(6):
        mask, reference = draw_blobs(seed) >= 140, draw_blobs(seed) >= 150
        ours, theirs = find_components(mask), find_components(reference)
        pairs = 0
        for i, j in itertools.product(range(1, ours.n + 1), range(1, theirs.n + 1)):
            a, b = ours.labels == i, theirs.labels == j
            pairs += (a & b).sum() / (a | b).sum() > 0.5
        matched = match_lesions(mask, reference, least_iou=0.5 + 1e-9)
        if {LesionWord.SPLIT, LesionWord.MERGED} & {*matched.predicted, *matched.reference}:
            continue
        assert matched.f1 == pytest.approx(2 * pairs / (ours.n + theirs.n))


@pytest.mark.parametrize(
    ("width", "word"), [(9, LesionWord.FOUND), (10, LesionWord.FOUND), (11, LesionWord.MISSED)]
)
def test_a_lesion_counts_from_a_tenth(width: int, word: LesionWord) -> None:
    """One pixel inside a lesion of `width` px has an IoU of 1 / width."""
    matched = match_lesions(draw((3, 3, 1, 1)), draw((3, 3, width, 1)))
    assert matched.reference == (word,)
    assert matched.recall == (1.0 if word is LesionWord.FOUND else 0.0)


@pytest.mark.parametrize(("overlap", "word"), [(5, LesionWord.FOUND), (4, LesionWord.MISSED)])
def test_lesions_belong_together_from_half_of_the_smaller_one(
    overlap: int, word: LesionWord
) -> None:
    matched = match_lesions(draw((10, 3, 10, 1)), draw((20 - overlap, 3, 11, 1)))
    assert matched.reference == (word,)


def test_masks_of_different_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="The mask is 60x40 px but the reference is 5x4 px"):
        match_lesions(draw(), np.zeros((4, 5), np.bool_))
