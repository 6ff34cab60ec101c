"""No printed number contradicts the number itself, the one beside it, or the word beside it."""

import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import busdemo
from busdemo.imaging import printed
from busdemo.scoring.outcome import AGREEMENT_IOU
from busdemo.zoo.cards import read_cards, read_facts

SHARES = st.floats(0, 1)
SOURCES = Path(busdemo.__file__).parent


@given(SHARES)
def test_a_share_is_on_its_own_side_of_every_limit(value: float) -> None:
    shown = float(printed.share(value))
    assert abs(shown - value) <= 0.001
    for limit in (0, AGREEMENT_IOU, 1):
        assert (shown >= limit) == (value >= limit)
        assert (shown > 0) == (value > 0)


@given(SHARES, st.sampled_from([0, 1, 2]))
def test_some_is_not_printed_as_none_or_all(value: float, decimals: int) -> None:
    shown = printed.percent(value, decimals)
    assert (shown in ("0 %", "0.0 %", "0.00 %")) == (value == 0)
    assert (shown in ("100 %", "100.0 %", "100.00 %")) == (value == 1)
    assert re.fullmatch(r"(under |over )?\d+(\.\d+)? %", shown)


@given(SHARES, SHARES)
def test_which_of_two_numbers_is_larger_can_be_seen(value: float, limit: float) -> None:
    one, other = printed.apart(value, limit, 3)
    if abs(value - limit) > 1e-8:
        assert (float(one) < float(other)) == (value < limit)


@given(SHARES, st.integers(1, 199))
def test_what_does_not_reach_a_threshold_is_not_printed_as_if_it_did(
    value: float, stop: int
) -> None:
    if abs(value - stop / 200) > 1e-8:
        assert (float(printed.at_most(value, 3)) >= stop / 200) == (value >= stop / 200)


def test_unknown_is_a_dash_everywhere() -> None:
    told = [
        printed.share(math.nan),
        printed.percent(math.nan),
        printed.plain(math.nan, 2),
        printed.at_most(math.nan, 2),
    ]
    assert set(told) == {printed.UNKNOWN}
    assert printed.percents(math.nan, math.nan) == ""


def test_per_cent_and_few_digits_are_printed_by_one_module() -> None:
    """`:.0%` says 0% of one in a thousand, `:.1g` says 1e+01 of ten."""
    loose = re.compile(r":[+,]?\.\d%\}|:[+,]?\.[12]g\}")
    found = [path.name for path in SOURCES.rglob("*.py") if loose.search(path.read_text("utf-8"))]
    assert found == []


@pytest.mark.parametrize("card", read_cards(), ids=lambda card: card.id)
def test_a_card_does_not_point_up_or_down(card: object) -> None:
    """Its parts are shown in another order on the page than in its file."""
    _, words = read_facts(card.folder / "README.md")  # type: ignore[attr-defined]
    pointing = r"(results|alarms|table|figures?|numbers?)( \w+){0,2} (above|below)|above\)|below\)"
    assert re.search(pointing, words) is None
