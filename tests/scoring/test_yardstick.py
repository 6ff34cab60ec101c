from collections.abc import Sequence

import numpy as np
import pytest

from busdemo.annotations.annotation import Annotation
from busdemo.imaging.arrays import Mask
from busdemo.scoring.agreement import Comparison, compare
from busdemo.scoring.yardstick import MISSING, Verdict, measure_yardstick


def bar(length: int, *, gap: int = 0) -> Mask:
    mask = np.zeros((110, 200), np.bool_)
    mask[5:105, gap : gap + length] = True
    return mask


def comparison(
    people: Sequence[Mask], models: Sequence[Mask], mm_per_px: float | None = None
) -> Comparison:
    found = [Annotation(f"P{n}", "person", mask) for n, mask in enumerate(people)]
    found += [Annotation(f"M{n}", "model", mask) for n, mask in enumerate(models)]
    return compare([*found, Annotation("all", "consensus", bar(200))], mm_per_px=mm_per_px)


PEOPLE = [bar(90), bar(100), bar(110)]


def test_the_range_of_people_is_of_every_two_of_them_and_of_no_consensus() -> None:
    people = measure_yardstick(comparison(PEOPLE, [])).people
    assert people is not None
    assert people.pairs == 3
    assert (people.low, people.high) == pytest.approx((180 / 200, 200 / 210))


def test_the_sentence_names_both_ranges() -> None:
    found = measure_yardstick(comparison([bar(85), *PEOPLE], [bar(93)]))
    assert found.sentences() == [
        "M0 agrees with the annotators (Dice 0.92 to 0.98) about as much as they agree with each "
        "other (0.87 to 0.97)."
    ]


@pytest.mark.parametrize(
    ("model", "verdict"),
    [(bar(60), "less than"), (bar(93), "about as much as"), (bar(101), "about as much as")],
    ids=["60", "93", "101"],
)
@pytest.mark.parametrize("metric", ["dice", "hd95", "assd", "area_difference"])
def test_the_mean_of_a_model_inside_the_range_of_people_is_about_as_much(
    model: Mask, verdict: Verdict, metric: str
) -> None:
    found = measure_yardstick(comparison([bar(85), *PEOPLE], [model]), metric)
    assert found.models[0].verdict == verdict


def test_a_model_nearer_to_all_people_than_they_are_to_each_other_agrees_more() -> None:
    people = [bar(100, gap=gap) for gap in (0, 40)]
    for metric in ("dice", "hd95"):
        found = measure_yardstick(comparison(people, [bar(100, gap=20)]), metric)
        assert found.models[0].verdict == "more than"


def test_two_people_have_one_value_that_must_lie_among_the_models_two() -> None:
    people = [bar(90), bar(110)]  # Dice 0.90
    for length, verdict in ((60, "less than"), (85, "about as much as")):
        found = measure_yardstick(comparison(people, [bar(length)]))
        assert found.models[0].verdict == verdict
    assert found.sentences()[0].endswith("they agree with each other (0.90).")


def test_lengths_are_told_with_their_unit() -> None:
    in_mm = measure_yardstick(comparison(PEOPLE, [bar(100)], mm_per_px=0.1), "hd95")
    assert in_mm.sentences() == [
        "M0 agrees with the annotators (HD95 0.00 to 1.00 mm) more than they agree with each "
        "other (1.00 to 2.00 mm)."
    ]


@pytest.mark.parametrize("people", [[], [bar(90)]], ids=["nobody", "one person"])
def test_with_fewer_than_two_people_it_is_missing_and_says_so(people: list[Mask]) -> None:
    found = measure_yardstick(comparison(people, [bar(100)]))
    assert found.people is None
    assert found.models[0].verdict is None
    assert found.sentences() == [MISSING]


def test_people_who_all_mark_nothing_leave_it_undefined() -> None:
    found = measure_yardstick(comparison([bar(0), bar(0)], [bar(100)]))
    assert found.sentences()[0].startswith("The yardstick is missing: between these people")


def test_without_models_it_says_how_far_people_agree() -> None:
    found = measure_yardstick(comparison(PEOPLE, []))
    assert found.sentences() == ["The annotators agree with each other at Dice 0.90 to 0.95."]


def test_a_false_alarm_of_a_model_counts_and_an_undefined_value_does_not() -> None:
    values = measure_yardstick(comparison([*PEOPLE, bar(0)], [bar(0)])).models[0].values
    assert values is not None
    assert (values.low, values.high, values.pairs) == (0, 0, 3)
