"""Which lesion is described, and what is said to be unreliable."""

import numpy as np
import pytest
from scoring.shapes import disc, ellipse, star

from busdemo.imaging.arrays import GreyImage, Mask
from busdemo.scoring.descriptors import describe
from busdemo.scoring.lesions import measure_lesions
from busdemo.scoring.words import (
    VOCABULARY,
    Check,
    Cutoffs,
    WordAgreement,
    choose_words,
    read_words,
)

CUT = Cutoffs(2.5, 0.28, 0.5, -0.1, 0.1, 10, -10)


def image_of(mask: Mask) -> GreyImage:
    return np.where(mask, 40, 120).astype(np.uint8)


def words_of(mask: Mask, image: GreyImage | None = None) -> dict[str, str]:
    description = describe(image_of(mask) if image is None else image, mask)
    assert description is not None
    return {kind: word.word for kind, word in choose_words(description, CUT).items()}


def test_an_empty_mask_is_not_described() -> None:
    assert describe(np.zeros((9, 9), np.uint8), np.zeros((9, 9), np.bool_)) is None


def test_of_several_lesions_the_largest_is_described_and_it_says_so() -> None:
    mask = np.zeros((100, 200), np.bool_)
    mask[40:60, 20:60] = mask[10:14, 150:154] = True
    description = describe(image_of(mask), mask)
    assert description is not None
    assert (description.size.area_px, description.lesions) == (800, 2)
    assert "largest of 2 lesions" in description.caveats[0]


def test_its_size_and_place_are_those_of_the_lesion_table() -> None:
    mask = np.zeros((240, 300), np.bool_)
    mask[10:230, 40:280] = ellipse(90, 40, 30)[10:230, :240]
    description = describe(image_of(mask), mask)
    assert description is not None
    assert description.size == measure_lesions(mask)[0]


def test_a_lesion_at_the_edge_is_said_to_be_cut_off() -> None:
    mask = np.zeros((100, 100), np.bool_)
    mask[:30, 60:] = True
    description = describe(image_of(mask), mask)
    assert description is not None
    assert description.cut_by == ("right", "upper")
    assert any("touches the image's right and upper edge" in c for c in description.caveats)


def test_one_pixel_gets_numbers_and_no_words_for_its_shape() -> None:
    mask = np.zeros((50, 50), np.bool_)
    mask[20, 20] = True
    description = describe(image_of(mask), mask)
    assert description is not None
    assert any("only 1 px large" in c for c in description.caveats)
    assert not {"shape", "orientation"} & choose_words(description, CUT).keys()


@pytest.mark.parametrize(
    ("mask", "shape", "orientation"),
    [
        (disc(60), "round", "not parallel"),
        (ellipse(90, 40, 0), "oval", "parallel"),
        (ellipse(90, 40, 90), "oval", "not parallel"),
        (star(6), "irregular", "parallel"),
        (star(2, depth=0.2), "oval", "parallel"),
    ],
)
def test_known_shapes_get_their_words(mask: Mask, shape: str, orientation: str) -> None:
    words = words_of(mask)
    assert (words["shape"], words["orientation"]) == (shape, orientation)


def test_known_images_get_their_words() -> None:
    mask = ellipse(50, 35, 0)
    below = np.logical_or.accumulate(mask, axis=0) & ~mask
    shadow = np.where(below, 60, image_of(mask)).astype(np.uint8)
    assert words_of(mask)["echo"] == "hypoechoic"
    assert words_of(mask)["margin"] == "circumscribed"
    assert words_of(mask)["posterior"] == "no"
    assert words_of(mask, shadow)["posterior"] == "shadowing"
    assert words_of(mask, 160 - image_of(mask))["echo"] == "hyperechoic"


def test_every_word_comes_with_its_number_and_its_cut_off() -> None:
    mask = ellipse(90, 40, 0)
    description = describe(image_of(mask), mask)
    assert description is not None
    because = {kind: word.because for kind, word in choose_words(description, CUT).items()}
    assert because["shape"] == (
        "elongation 0.56, round below 0.28; 0 lobulations, irregular from 3"
    )
    assert because["orientation"] == "depth-to-width ratio 0.45, not parallel from 1"


def check_of(low: float, **examples: int) -> Check:
    agreement = WordAgreement(0.7, low, 0.9, 30, 0)
    return Check(examples, agreement, agreement)


def test_a_word_that_does_not_beat_chance_or_has_too_few_examples_is_not_said() -> None:
    assert check_of(0.51, yes=10, no=10).why_not == ""
    assert "no better with radiologists than chance" in check_of(0.5, yes=10, no=10).why_not
    assert "Too few test images" in check_of(0.9, yes=10, no=2).why_not


def test_the_shipped_words_cover_the_vocabulary() -> None:
    book = read_words()
    assert set(book.checks) == set(VOCABULARY)
    for kind, check in book.checks.items():
        assert tuple(check.examples) == VOCABULARY[kind]
        assert check.reference.low <= check.reference.value <= check.reference.high
