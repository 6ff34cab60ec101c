"""What a study's pairs come to, on discs whose numbers are known; words say what was shown."""

import math
from pathlib import Path

import numpy as np
import pytest
from study_world import draw, write_masks, write_readers

from busdemo.evaluation.studies.agreement import Agreement
from busdemo.evaluation.studies.reliability import cohen_kappa, icc_2_1
from busdemo.evaluation.studies.running import StudyOrder
from busdemo.evaluation.studies.yardstick import measure_standings
from busdemo.scoring.consensus import staple, vote_majority
from busdemo.scoring.overlap import score_overlap
from busdemo.workflows.study import StudyResult, run_study

COUNT = 16


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    offsets = {"ana": 0, "ben": 1, "cem": -1, "near": 0.5, "far": 6}
    root = write_readers(tmp_path_factory.mktemp("study"), offsets, COUNT)
    write_masks(root / "ben", {"case03": draw(0)})  # ben alone sees something there
    return root


@pytest.fixture(scope="module")
def result(root: Path) -> StudyResult:
    readers = [(who, root / who) for who in ("ana", "ben", "cem", "near", "far")]
    return run_study(StudyOrder(readers, programs=("near", "far")), root / "out", workers=1)


@pytest.fixture(scope="module")
def agreement(result: StudyResult) -> Agreement:
    return result.labels[""]


def test_a_pair_s_means_leave_out_empty_ones_and_keep_missed_ones(agreement: Agreement) -> None:
    one = agreement.summaries["ana", "ben"]
    dice = [score_overlap(draw(n), draw(n, 1)).dice for n in range(COUNT) if n % 4 != 3]
    assert (one.images, one.both_empty, one.only_a, one.only_b) == (COUNT, 3, 0, 1)
    assert one.means["dice"].value == pytest.approx(np.mean([*dice, 0.0]))
    assert one.medians["dice"] == pytest.approx(np.median([*dice, 0.0]))
    assert one.means["dice"].n == COUNT - 3
    assert one.means["hd95_px"].value > math.hypot(64, 64) / 14  # the diagonal stands for inf


def test_presence_and_sizes_are_those_of_the_masks(agreement: Agreement) -> None:
    one = agreement.summaries["ana", "ben"]
    ana = [bool(draw(n).any()) for n in range(COUNT)]
    ben = [seen or n == 3 for n, seen in enumerate(ana)]
    assert one.kappa.value == pytest.approx(cohen_kappa(ana, ben))
    areas = [[draw(n).sum(), draw(n, 1).sum()] for n in range(COUNT) if n % 4 != 3]
    assert one.icc["area"].value == pytest.approx(icc_2_1(areas))
    assert one.limits["area"].bias == pytest.approx(np.mean([a - b for a, b in areas]))
    assert agreement.fleiss.n == COUNT


def test_a_pair_is_the_same_from_either_side(agreement: Agreement) -> None:
    turned = agreement.of_pair("ben", "ana").set_index("id")
    straight = agreement.of_pair("ana", "ben").set_index("id")
    assert turned["a_px"].tolist() == straight["b_px"].tolist()
    assert turned["b_longest_px"].equals(straight["a_longest_px"])
    assert set(turned["a"]) == {"ben"}


def test_sensitivity_and_specificity_against_the_consensus(agreement: Agreement) -> None:
    rated = {row["annotator"]: row for row in agreement.ratings("consensus (majority vote)")}
    expected = []
    for n in range(COUNT):
        if n % 4 != 3:
            agreed = vote_majority([draw(n), draw(n, 1), draw(n, -1)])
            expected.append((draw(n, -1) & agreed).sum() / agreed.sum())
    assert rated["cem"]["sensitivity"].value == pytest.approx(np.mean(expected))
    assert rated["cem"]["specificity"].value == 1
    assert staple([draw(0), draw(0, 1), draw(0, -1)]).mask.any()


def test_the_image_that_people_agree_least_on_comes_first(agreement: Agreement) -> None:
    assert agreement.worst["id"].tolist()[0] == "case03"
    assert agreement.worst.iloc[0][["present", "read"]].tolist() == [1, 3]
    assert agreement.worst["dice"].is_monotonic_increasing


def test_a_program_that_draws_like_people_is_not_told_apart_or_agrees_more(
    agreement: Agreement,
) -> None:
    near, far = measure_standings(agreement)
    assert near.difference.value > far.difference.value
    assert near.index.value == pytest.approx(
        near.with_people.value / near.between_people.value, abs=1e-12
    )
    assert far.differs
    assert far.difference.high < 0
    assert any("shown to agree with them less" in words for words in far.sentences())
    assert any("below the range of the people's own" in words for words in far.sentences())


def test_what_was_not_shown_is_not_said_to_be_equal(root: Path) -> None:
    readers = [("ana", root / "ana"), ("ben", root / "ben"), ("near", root / "near")]
    few = run_study(StudyOrder(readers, programs=("near",)), root / "two", workers=1)
    (one,) = few.standings[""]
    assert one.in_range is None
    assert "that is no range" in one.sentences()[-1]
    same = run_study(
        StudyOrder(
            [("ana", root / "ana"), ("ben", root / "ben"), ("twin", root / "ana")],
            programs=("twin",),
        ),
        root / "same",
        workers=1,
    )
    (twin,) = same.standings[""]
    assert twin.difference.value > 0  # a copy of one of two people agrees with that one fully


def test_with_one_person_there_is_no_yardstick(root: Path) -> None:
    wanted = StudyOrder([("ana", root / "ana"), ("far", root / "far")], programs=("far",))
    alone = run_study(wanted, root / "alone", workers=1)
    assert alone.yardstick("")[0].startswith("The yardstick is missing")


def test_lengths_are_in_mm_where_every_image_says_how_large_its_pixels_are(root: Path) -> None:
    wanted = StudyOrder([("ana", root / "ana"), ("ben", root / "ben")], mm_per_px=0.5)
    scaled = run_study(wanted, root / "mm", workers=1).labels[""]
    assert (scaled.scale, scaled.unit("area")) == ("mm", "mm²")
    bias = scaled.summaries["ana", "ben"].limits["area"].bias
    areas = [draw(n).sum() - draw(n, 1).sum() for n in range(COUNT) if n % 4 != 3]
    assert bias == pytest.approx(np.mean(areas) * 0.25)
