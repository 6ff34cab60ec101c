"""One file is one person however many labels it has."""

import numpy as np
import pytest

from busdemo.annotations.annotation import Annotation, Provenance
from busdemo.workflows.labels import group_by_label

MASK = np.zeros((20, 20), np.bool_)
MASK[5:10, 5:10] = True


def marks(reader: str, place: int, *labels: str) -> list[Annotation]:
    return [
        Annotation(reader, "person", np.roll(MASK, shift), Provenance(place=place, label=label))
        for shift, label in enumerate(labels)
    ]


ANA, BEN = marks("ana", 0, "tumour", "calcification"), marks("ben", 1, "tumour")


def test_two_files_are_two_people_and_compared_where_labels_meet() -> None:
    (group,) = group_by_label([*ANA, *BEN])
    assert group.label == "tumour"
    assert [one.annotator for one in group.annotations] == ["ana", "ben"]
    assert group.notes == ("Marked by one person alone and not compared: ana (calcification).",)


def test_every_label_that_two_have_is_a_comparison_of_its_own() -> None:
    cem = marks("cem", 2, "calcification")
    groups = group_by_label([*ANA, *BEN, *cem])
    assert [(g.label, len(g.annotations)) for g in groups] == [("tumour", 2), ("calcification", 2)]
    assert groups[0].notes == ("Without the label tumour: cem.",)


def test_a_mask_without_a_label_stands_beside_each() -> None:
    groups = group_by_label([*ANA, *marks("dan", 3, "")])
    assert [len(one.annotations) for one in groups] == [2, 2]


def test_files_with_one_label_each_are_compared_whatever_they_call_it() -> None:
    (group,) = group_by_label([*BEN, *marks("eve", 4, "lesion")])
    assert (group.label, len(group.annotations)) == ("", 2)


def test_models_stand_beside_every_label_of_one_person() -> None:
    assert [one.label for one in group_by_label(ANA, others=1)] == ["tumour", "calcification"]


def test_labels_are_merged_only_where_that_is_asked() -> None:
    (group,) = group_by_label([*ANA, *BEN], wanted="all")
    assert np.array_equal(group.annotations[0].mask, ANA[0].mask | ANA[1].mask)
    assert "labels merged: tumour, calcification" in group.annotations[0].provenance.reading


def test_people_without_a_common_label_are_told_what_there_is() -> None:
    with pytest.raises(ValueError, match="their labels are tumour, calcification, lesion"):
        group_by_label([*ANA, *marks("eve", 4, "lesion")])
    with pytest.raises(ValueError, match="No label 'cyst' is in the masks"):
        group_by_label(ANA, wanted="cyst")


def test_two_people_whose_files_have_one_name_are_two() -> None:
    groups = group_by_label([*marks("mask", 0, "a", "b"), *marks("mask", 1, "a", "b")])
    assert [len(one.annotations) for one in groups] == [2, 2]
