"""Lesion by lesion against a reference: found, missed, extra, split or merged.

The rule, in two sentences. A predicted and a reference lesion belong together when they share at
least half of the smaller one's pixels; what belongs together, directly or through others, is a
group. A group counts when its predicted and its reference pixels have an IoU of at least 0.1.

One to one is *found*; one reference lesion in several predicted ones is *split*, several in one
are *merged* (over- and under-segmentation in Hoover et al., "An experimental comparison of range
image segmentation algorithms", IEEE PAMI 1996, also from half of a region on). Everything in no
group that counts is *missed* (reference) or *extra* (predicted). An IoU of 0.1 is the usual
criterion where finding matters more than outlining (Baumgartner et al., "nnDetection", MICCAI
2021); `least_iou=0.5` is the stricter one of PASCAL VOC and panoptic quality.

| predicted | reference | precision | recall | F1 |
|---|---|---|---|---|
| none | none | nan | nan | nan |
| some | none | 0 | nan | 0 |
| none | some | nan | 0 | 0 |
"""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from busdemo.imaging.arrays import Mask, require_same_size
from busdemo.imaging.components import Components, find_components

LEAST_IOU = 0.1
"""Of a group that counts."""

Indices = NDArray[np.int64]


class LesionWord(StrEnum):
    """How one lesion stands to the other mask, in the words the page prints."""

    FOUND = "found"
    MISSED = "missed"
    EXTRA = "extra"
    SPLIT = "split"
    MERGED = "merged"


@dataclass(frozen=True)
class Lesionwise:
    """Every lesion's word, in the order of `Components`, and what they come to.

    Precision is the share of predicted lesions that are in a group which counts, recall that of
    the reference's, F1 their harmonic mean; nan where undefined, see the table above.
    """

    predicted: tuple[LesionWord, ...]
    reference: tuple[LesionWord, ...]
    partners: tuple[tuple[int, ...], ...]
    """For each predicted lesion the numbers of the reference lesions it belongs together with."""
    precision: float
    recall: float
    f1: float

    def count(self, word: LesionWord) -> int:
        """Reference lesions of a word; of `extra`, predicted ones."""
        words = self.predicted if word is LesionWord.EXTRA else self.reference
        return words.count(word)


def match_lesions(mask: Mask, reference: Mask, *, least_iou: float = LEAST_IOU) -> Lesionwise:
    """Match the lesions of a (H, W) bool mask with those of a reference of the same size.

    Raises TypeError if one is not bool, ValueError if their sizes differ.

    >>> import numpy as np
    >>> reference = np.zeros((10, 30), np.bool_)
    >>> reference[2:8, 2:8] = reference[2:8, 20:26] = True
    >>> mask = reference.copy()
    >>> mask[:, 15:] = False  # one of the two is not drawn
    >>> found = match_lesions(mask, reference)
    >>> found.precision, found.recall
    (1.0, 0.5)
    """
    require_same_size(mask, reference)
    ours, theirs = find_components(mask), find_components(reference)
    one, other = _pair(ours, theirs, least_iou)
    of_ours, of_theirs = np.bincount(one, minlength=ours.n), np.bincount(other, minlength=theirs.n)
    # The most partners of any partner: 2 or more says that a lesion is one of several.
    rivals_ours, rivals_theirs = np.zeros_like(of_ours), np.zeros_like(of_theirs)
    np.maximum.at(rivals_ours, one, of_theirs[other])
    np.maximum.at(rivals_theirs, other, of_ours[one])
    word = LesionWord
    precision, recall = _share_of(of_ours), _share_of(of_theirs)
    return Lesionwise(
        predicted=_words(of_ours, rivals_ours, (word.EXTRA, word.MERGED, word.SPLIT)),
        reference=_words(of_theirs, rivals_theirs, (word.MISSED, word.SPLIT, word.MERGED)),
        partners=_partners(one, other, ours.n),
        precision=precision,
        recall=recall,
        f1=_harmonic_mean(precision, recall),
    )


def _pair(ours: Components, theirs: Components, least_iou: float) -> tuple[Indices, Indices]:
    """The pairs that belong together in a group that counts, as two equally long lists."""
    one, other, shared = _share(ours, theirs)
    linked = 2 * shared >= np.minimum(ours.areas[one], theirs.areas[other])
    n, nodes = ours.n, ours.n + theirs.n
    ones = np.ones(np.count_nonzero(linked), np.int8)
    graph = sparse.coo_array((ones, (one[linked], n + other[linked])), shape=(nodes, nodes))
    count, group = csgraph.connected_components(graph, directed=False)
    area = np.bincount(group, np.concatenate([ours.areas, theirs.areas]), count)
    same = group[one] == group[n + other]
    hit = np.bincount(group[one][same], shared[same], count)
    linked &= (hit / (area - hit) >= least_iou)[group[one]]
    return one[linked], other[linked]


def _share(ours: Components, theirs: Components) -> tuple[Indices, Indices, Indices]:
    """The pairs of lesions (from 0) that share pixels, and how many."""
    both = (ours.labels > 0) & (theirs.labels > 0)
    joint = (ours.labels[both].astype(np.int64) - 1) * theirs.n + theirs.labels[both] - 1
    pairs, shared = np.unique(joint, return_counts=True)
    one, other = np.divmod(pairs, max(1, theirs.n))
    return one, other, shared


def _partners(one: Indices, other: Indices, n: int) -> tuple[tuple[int, ...], ...]:
    partners: list[list[int]] = [[] for _ in range(n)]
    for i, j in zip(one.tolist(), other.tolist(), strict=True):
        partners[i].append(j + 1)
    return tuple(tuple(numbers) for numbers in partners)


def _words(
    partners: Indices, rivals: Indices, words: tuple[LesionWord, LesionWord, LesionWord]
) -> tuple[LesionWord, ...]:
    alone, several, one_of_several = words
    found = np.where(rivals > 1, one_of_several, LesionWord.FOUND)
    chosen = np.where(partners == 0, alone, np.where(partners > 1, several, found))
    return tuple(LesionWord(str(word)) for word in chosen)


def _share_of(partners: Indices) -> float:
    return int(np.count_nonzero(partners)) / len(partners) if len(partners) else math.nan


def _harmonic_mean(precision: float, recall: float) -> float:
    if math.isnan(precision) and math.isnan(recall):
        return math.nan
    if math.isnan(precision) or math.isnan(recall) or precision + recall == 0:
        return 0.0
    return 2 * precision * recall / (precision + recall)
