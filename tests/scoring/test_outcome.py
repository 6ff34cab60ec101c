import pytest

from busdemo.scoring.outcome import Outcome, outcome_of


@pytest.mark.parametrize(
    ("counts", "word"),
    [
        ((0, 0, 0), "correct rejection"),
        ((0, 1, 0), "false alarm"),
        ((0, 0, 1), "missed lesion"),
        ((0, 9, 1), "missed lesion"),
        ((1, 0, 0), "agreement"),
        ((1, 1, 0), "agreement"),
        ((1, 1, 1), "partial"),
        ((499, 250, 250), "partial"),
        ((500, 250, 250), "agreement"),
    ],
)
def test_every_pair_of_masks_has_its_word(counts: tuple[int, int, int], word: str) -> None:
    assert outcome_of(*counts) == word
    assert str(outcome_of(*counts)) == word


def test_the_words_are_the_five_the_page_prints() -> None:
    assert {str(outcome) for outcome in Outcome} == {
        "agreement",
        "partial",
        "missed lesion",
        "false alarm",
        "correct rejection",
    }
