"""Parts of train and val to choose a recipe on: patients apart, or whole sets apart."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from busdemo.evaluation.datasets import Case

FOLDS = 5


@dataclass(frozen=True, eq=False)
class Fold:
    """Training on `kept`, scoring on `held`: places (N,) in the list of cases they were made of."""

    name: str
    kept: NDArray[np.intp]
    held: NDArray[np.intp]


def make_folds(cases: Sequence[Case], seed: int = 1) -> list[Fold]:
    """All folds in the order they are worth doing.

    `fold-1` to `fold-5` hold out a fifth of the patients each; `without-SET` holds out a set.
    """
    parts = deal_groups(cases, seed)
    patients = [_fold(f"fold-{part + 1}", parts == part) for part in range(FOLDS)]
    sets = np.array([case.dataset for case in cases])
    others = [_fold(f"without-{name}", sets == name) for name in sorted(set(sets))]
    # Two folds first: differences between recipes show there, whatever time is left.
    return [*patients[:2], *others, *patients[2:]]


def deal_groups(cases: Sequence[Case], seed: int, parts: int = FOLDS) -> NDArray[np.intp]:
    """The part (N,), from 0, of each case: whole groups, alike in sets and classes.

    Large groups first, equal ones in random order, each goes to the part that lacks its kinds of
    images most.
    """
    kinds = [(case.dataset, case.label) for case in cases]
    members: dict[str, list[int]] = defaultdict(list)
    for place, case in enumerate(cases):
        members[case.group].append(place)
    names = [str(name) for name in np.random.default_rng(seed).permutation(sorted(members))]
    wanted = {kind: count / parts for kind, count in Counter(kinds).items()}
    filled: list[Counter[tuple[str, str]]] = [Counter() for _ in range(parts)]
    dealt = np.zeros(len(cases), np.intp)
    for name in sorted(names, key=lambda one: -len(members[one])):
        group = Counter(kinds[place] for place in members[name])
        part = min(range(parts), key=lambda i: _excess(filled[i], group, wanted))
        filled[part] += group
        dealt[members[name]] = part
    return dealt


def _excess(
    filled: Counter[tuple[str, str]],
    group: Counter[tuple[str, str]],
    wanted: dict[tuple[str, str], float],
) -> float:
    """How full a part already is of the kinds of a group's images, in shares of what it shall hold,
    then how full it is altogether."""
    kinds = sum(count * filled[kind] / wanted[kind] for kind, count in group.items())
    return kinds + 1e-6 * sum(filled.values())


def _fold(name: str, held: NDArray[np.bool_]) -> Fold:
    return Fold(name, np.flatnonzero(~held), np.flatnonzero(held))
