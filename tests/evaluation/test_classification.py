import numpy as np
import pytest
from sklearn import metrics

from busdemo.evaluation.classification import (
    Classified,
    accuracy,
    area_under_curve,
    choose_operating_stop,
    confusion,
    estimate_difference,
    fit_temperature,
    largest_class_share,
    macro_f1,
    malignant_auc,
    measure,
    operating_curve,
    sensitivity,
    specificity,
)
from busdemo.zoo.cards import ALL_SETS

RNG = np.random.default_rng(3)


def draw(count: int = 300, classes: int = 3) -> Classified:
    """Random answers that know a little about the truth; coarse, so that scores tie."""
    labels = RNG.integers(3 - classes, 3, count)
    scores = RNG.random((count, 3)) + 0.5 * np.eye(3)[labels]
    probabilities = np.round(scores / scores.sum(axis=1, keepdims=True), 2)
    names = tuple(RNG.choice(["BUSI", "BrEaST"], count).tolist())
    groups = tuple(f"patient {n}" for n in RNG.integers(0, count // 3, count))
    return Classified(probabilities, labels, names, groups)


@pytest.mark.parametrize("classes", [2, 3])
def test_accuracy_macro_f1_and_confusion_are_scikit_learns(classes: int) -> None:
    found = draw(classes=classes)
    truth, answers = found.labels, found.predicted
    assert accuracy(found) == pytest.approx(metrics.accuracy_score(truth, answers))
    expected = metrics.f1_score(truth, answers, labels=np.unique(truth), average="macro")
    assert macro_f1(found) == pytest.approx(expected)
    labels = [0, 1, 2]
    assert (
        confusion(found).tolist()
        == metrics.confusion_matrix(truth, answers, labels=labels).tolist()
    )


def test_the_auc_is_scikit_learns_ties_included() -> None:
    found = draw()
    lesion = found.labels > 0
    expected = metrics.roc_auc_score(found.labels[lesion] == 2, found.malignant[lesion])
    assert malignant_auc(found) == pytest.approx(expected)


def test_the_auc_is_the_share_of_pairs_in_the_right_order() -> None:
    scores, positive = np.array([0.1, 0.4, 0.4, 0.8]), np.array([False, True, False, True])
    assert area_under_curve(scores, positive) == (1 + 1 + 0.5 + 1) / 4


def test_without_both_kinds_there_is_no_auc() -> None:
    assert np.isnan(area_under_curve(np.array([0.2, 0.3]), np.array([True, True])))


def test_sensitivity_and_specificity_are_recall_of_malignant_and_of_all_others() -> None:
    found = draw()
    flagged = found.malignant >= 60 / 200
    expected = metrics.recall_score(found.labels == 2, flagged)
    assert sensitivity(found, 60) == pytest.approx(expected)
    expected = metrics.recall_score(found.labels == 2, flagged, pos_label=0)
    assert specificity(found, 60) == pytest.approx(expected)
    assert operating_curve(found)[59].tolist() == [sensitivity(found, 60), specificity(found, 60)]


def test_the_operating_point_is_the_highest_that_is_sensitive_enough() -> None:
    found = draw()
    stop = choose_operating_stop(found)
    assert sensitivity(found, stop) >= 0.95 > sensitivity(found, stop + 1)


def test_where_nothing_is_sensitive_enough_the_lowest_stop_is_taken() -> None:
    found = Classified(np.array([[1.0, 0, 0]] * 4), np.full(4, 2), ("a",) * 4, ("b",) * 4)
    assert choose_operating_stop(found) == 1


def test_the_temperature_undoes_logits_that_are_too_sure() -> None:
    logits = RNG.normal(0, 1.5, (4000, 3))
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = [int(RNG.choice(3, p=chance)) for chance in chances]
    assert fit_temperature(3 * logits, labels) == pytest.approx(3, rel=0.1)


def test_a_difference_is_paired_so_that_equal_answers_differ_by_exactly_nothing() -> None:
    found = draw()
    gain = estimate_difference(found, found, accuracy)
    assert (gain.value, gain.low, gain.high) == (0, 0, 0)


def test_measured_per_set_and_over_all_what_is_undefined_is_left_out() -> None:
    found = draw()
    only_benign = Classified(
        found.probabilities[:4], np.ones(4, np.int64), ("UCLM",) * 4, tuple("abcd")
    )
    both = Classified(
        np.concatenate([found.probabilities, only_benign.probabilities]),
        np.concatenate([found.labels, only_benign.labels]),
        found.datasets + only_benign.datasets,
        found.groups + only_benign.groups,
    )
    measured = measure(both, {"accuracy": accuracy, "auc": malignant_auc})
    assert set(measured["accuracy"]) == {"BUSI", "BrEaST", "UCLM", ALL_SETS}
    assert set(measured["auc"]) == {"BUSI", "BrEaST", ALL_SETS}
    whole = measured["accuracy"][ALL_SETS]
    assert whole.low < whole.value < whole.high
    assert whole.n == 304


def test_the_largest_class_alone_is_what_knowing_the_set_gives() -> None:
    labels = np.array([0, 0, 0, 2])
    found = Classified(np.zeros((4, 3)), labels, ("a",) * 4, ("b",) * 4)
    assert largest_class_share(found) == 0.75
