"""One mask from several annotators': by vote, or by how far each can be trusted (STAPLE)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from busdemo.annotations.annotation import Annotation, Provenance
from busdemo.imaging.arrays import Mask, require_mask, require_same_size
from busdemo.scoring.boundary import find_box

MOST_ANNOTATORS = 60
"""A pixel's votes are kept as the bits of one whole number."""

MOST_ITERATIONS = 1000
STILL = 1e-14
"""STAPLE ends when no sensitivity or specificity moves by more, squared, as in ITK."""


@dataclass(frozen=True, eq=False)
class Staple:
    """What STAPLE makes of several masks."""

    mask: Mask
    """(H, W) bool: lesion where the probability is at least one half."""
    sensitivities: tuple[float, ...]
    """Of each annotator against the hidden truth, in [0, 1]; nan if nothing is lesion."""
    specificities: tuple[float, ...]
    """Of each annotator against the hidden truth, in [0, 1]; nan if everything is lesion."""


def vote_majority(masks: Sequence[Mask]) -> Mask:
    """Lesion where more than half of (H, W) bool masks say so: a tie is not lesion.

    >>> import numpy as np
    >>> ana, ben = np.array([[True, True]]), np.array([[True, False]])
    >>> vote_majority([ana, ben]).tolist()
    [[True, False]]
    """
    return np.asarray(_count_votes(masks) * 2 > len(masks))


def unite(masks: Sequence[Mask]) -> Mask:
    """Lesion where any of (H, W) bool masks says so."""
    return np.asarray(_count_votes(masks) > 0)


def intersect(masks: Sequence[Mask]) -> Mask:
    """Lesion where every one of (H, W) bool masks says so."""
    return np.asarray(_count_votes(masks) == len(masks))


def staple(masks: Sequence[Mask]) -> Staple:
    """Simultaneous truth and performance level estimation over the whole image.

    Expectation-maximisation of Warfield, Zou and Wells, IEEE TMI 2004, without spatial terms: the
    prior is the mean of all votes, the first guess each pixel's share of votes, as in ITK. The
    prior and the specificities depend on how much of the image is no lesion. Pixels with the same
    votes are one case, so that it takes no longer for a larger image.

    `masks` are N (H, W) bool. Raises ValueError without masks, with more than 60 or with different
    sizes, TypeError if one is not bool.
    """
    _check(masks)
    rows, columns = find_box(masks)
    codes = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.int64)
    for bit, mask in enumerate(masks):
        codes |= mask[rows, columns].astype(np.int64) << bit
    lit = codes > 0
    patterns, place, counts = np.unique(codes[lit], return_inverse=True, return_counts=True)
    # The pixels that nobody marks are one more case, the first.
    cases = np.concatenate([[0], patterns])
    sizes = np.concatenate([[masks[0].size - counts.sum()], counts]).astype(np.float64)
    votes = (cases[:, None] >> np.arange(len(masks)) & 1).astype(np.bool_)
    weights, sensitivities, specificities = _maximise(votes, sizes)
    merged = np.full(masks[0].shape, bool(weights[0] >= 0.5))
    inside = merged[rows, columns]
    inside[lit] = (weights[1:] >= 0.5)[place]
    return Staple(merged, sensitivities, specificities)


WAYS: Mapping[str, Callable[[Sequence[Mask]], Mask]] = {
    "majority": vote_majority,
    "union": unite,
    "intersection": intersect,
    "staple": lambda masks: staple(masks).mask,
}
"""From the masks of any number of annotators to a consensus, by its id."""

WAY_NAMES: Mapping[str, str] = {
    "majority": "majority vote",
    "union": "union",
    "intersection": "intersection",
    "staple": "STAPLE",
}


def build_consensus(annotations: Sequence[Annotation], way: str) -> Annotation:
    """The consensus of annotations as one more annotator; KeyError for an unknown way."""
    mask = WAYS[way]([one.mask for one in annotations])
    people = "person" if len(annotations) == 1 else "people"
    names = ", ".join(one.annotator for one in annotations)
    told = Provenance(how=f"Of {len(annotations)} {people}: {names}.")
    return Annotation(f"consensus ({WAY_NAMES[way]})", "consensus", mask, told)


def _maximise(
    votes: NDArray[np.bool_], sizes: NDArray[np.float64]
) -> tuple[NDArray[np.float64], tuple[float, ...], tuple[float, ...]]:
    """Probability of each case (C,), and sensitivity and specificity of each annotator.

    `votes` (C, N) says who marks the case, `sizes` (C,) how many pixels it has.
    """
    weights = votes.mean(axis=1)
    prior = float(sizes @ weights / sizes.sum())
    previous = np.full((2, votes.shape[1]), -10.0)
    for _ in range(MOST_ITERATIONS):
        lesion, rest = sizes * weights, sizes * (1 - weights)
        with np.errstate(invalid="ignore"):
            rates = np.stack([lesion @ votes / lesion.sum(), rest @ ~votes / rest.sum()])
        known = np.where(np.isnan(rates), 1.0, rates)
        if np.all((known - previous) ** 2 <= STILL):
            break
        previous = known
        yes = prior * np.where(votes, known[0], 1 - known[0]).prod(axis=1)
        no = (1 - prior) * np.where(votes, 1 - known[1], known[1]).prod(axis=1)
        weights = np.divide(yes, yes + no, out=weights.copy(), where=yes + no > 0)
    sensitivities, specificities = (tuple(part.tolist()) for part in rates)
    return weights, sensitivities, specificities


def _count_votes(masks: Sequence[Mask]) -> NDArray[np.uint8]:
    _check(masks)
    total = np.zeros(masks[0].shape, np.uint8)
    for mask in masks:
        total += mask
    return total


def _check(masks: Sequence[Mask]) -> None:
    if not masks:
        raise ValueError("A consensus needs at least one mask.")
    if len(masks) > MOST_ANNOTATORS:
        raise ValueError(
            f"A consensus is of at most {MOST_ANNOTATORS} masks, {len(masks)} were given."
        )
    for mask in masks:
        require_mask(mask)
        require_same_size(mask, masks[0])
