from collections import Counter
from pathlib import Path

import numpy as np

from busdemo.evaluation.datasets import Case
from busdemo.training.folds import FOLDS, deal_groups, make_folds


def invent_cases() -> list[Case]:
    """Two sets: one of many patients, one of few with many images each, some of them normal."""
    rows = [(f"a{i}", "A", "benign" if i % 3 else "malignant", f"a{i // 2}") for i in range(100)]
    rows += [(f"b{i}", "B", "normal" if i % 4 else "benign", f"b{i % 11}") for i in range(110)]
    return [
        Case(name, dataset, "train", label, group, Path("image"), Path("mask"))
        for name, dataset, label, group in rows
    ]


def test_every_image_is_held_out_once_and_no_patient_stands_on_both_sides() -> None:
    cases = invent_cases()
    folds = [fold for fold in make_folds(cases) if fold.name.startswith("fold")]
    assert len(folds) == FOLDS
    held = np.concatenate([fold.held for fold in folds])
    assert sorted(held) == list(range(len(cases)))
    for fold in folds:
        kept, out = ({cases[i].group for i in part} for part in (fold.kept, fold.held))
        assert not kept & out
        assert sorted([*fold.kept, *fold.held]) == list(range(len(cases)))


def test_folds_are_alike_in_sets_and_classes() -> None:
    cases = invent_cases()
    parts = deal_groups(cases, 1)
    kinds = [(case.dataset, case.label) for case in cases]
    for kind, count in Counter(kinds).items():
        held = np.bincount([p for p, k in zip(parts, kinds, strict=True) if k == kind], minlength=5)
        assert held.max() - held.min() <= max(3, 0.3 * count), (kind, held)


def test_the_same_seed_deals_alike_whatever_the_order_of_images_and_another_differs() -> None:
    cases = invent_cases()
    first = dict(zip([c.id for c in cases], deal_groups(cases, 1).tolist(), strict=True))
    turned = cases[::-1]
    again = dict(zip([c.id for c in turned], deal_groups(turned, 1).tolist(), strict=True))
    assert again == first
    assert deal_groups(cases, 2).tolist() != list(first.values())


def test_a_set_left_out_is_held_out_whole() -> None:
    cases = invent_cases()
    folds = {fold.name: fold for fold in make_folds(cases)}
    assert {cases[i].dataset for i in folds["without-A"].held} == {"A"}
    assert {cases[i].dataset for i in folds["without-A"].kept} == {"B"}
    assert set(folds) >= {"without-A", "without-B"}
