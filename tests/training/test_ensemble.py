import numpy as np

from busdemo.training.ensemble import select


def levels_of(*rows: str) -> np.ndarray:
    """One image of one row a word; `#` is certain, `+` just enough, `-` just not, `.` nothing."""
    values = {"#": 199, "+": 110, "-": 90, ".": 0}
    return np.array([[[values[mark] for mark in row]] for row in rows], np.uint8)


TRUTH = levels_of("####....") > 0


def test_members_are_those_whose_mean_is_better_than_each() -> None:
    maps = {
        "left": levels_of("###-...."),
        "right": levels_of("-.##+..."),
        "wrong": levels_of("....####"),
    }
    assert select(maps, TRUTH) == ["left", "right"]


def test_a_third_member_has_to_raise_dice() -> None:
    maps = {
        "one": levels_of("####...."),
        "two": levels_of("###....."),
        "same": levels_of("##......"),
    }
    assert select(maps, TRUTH) == ["one", "two"]


def test_there_are_two_members_even_where_one_is_best_alone() -> None:
    maps = {"best": levels_of("####...."), "worse": levels_of("....####")}
    assert select(maps, TRUTH) == ["best", "worse"]
