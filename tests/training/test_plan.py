from pathlib import Path

import pytest

from busdemo.evaluation.datasets import Case
from busdemo.training.plan import RECIPE, SETS, TRAININGS
from busdemo.training.recipe import NETWORKS

COMPARED = [t for t in TRAININGS.values() if t.role == "compared"]


def invent_cases() -> list[Case]:
    return [
        Case(f"{name}{i}", name, "train", label, f"{name}{i // 2}", Path("image"), Path("mask"))
        for name in SETS
        for i in range(30)
        for label in ["normal" if i % 3 == 2 else "benign"]
    ]


def test_compared_networks_differ_in_the_decoder_alone() -> None:
    assert [training.id for training in COMPARED] == list(NETWORKS)
    assert {training.recipe for training in COMPARED} == {RECIPE}
    assert {training.images for training in COMPARED} == {"all"}
    assert len({training.config["encoder_name"] for training in COMPARED}) == 1
    configs = [tuple(sorted(map(str, training.config.items()))) for training in COMPARED]
    assert len(set(configs)) == len(configs)


@pytest.mark.parametrize("name", ["unet", "unet-plus-plus"])
def test_seeds_are_the_only_change_of_what_is_trained_thrice(name: str) -> None:
    roles = ("compared", "seed")
    same = [t for t in TRAININGS.values() if t.config == NETWORKS[name] and t.role in roles]
    assert [training.recipe.seed for training in same] == [1, 2, 3]
    assert [training.role for training in same] == ["compared", "seed", "seed"]
    assert len({training.recipe.stages for training in same}) == 1


def test_inputs_are_multiples_of_32_px() -> None:
    for training in TRAININGS.values():
        assert all(side % 32 == 0 for _, side in training.recipe.stages)


def test_a_transfer_never_sees_its_set_and_there_is_one_for_each() -> None:
    cases = invent_cases()
    transfers = [t for t in TRAININGS.values() if t.role == "transfer"]
    left_out = [set(SETS) - {case.dataset for case in t.choose(cases)} for t in transfers]
    assert left_out == [{name} for name in SETS]


def test_a_third_of_the_images_is_a_third_of_every_set_by_whole_patients() -> None:
    cases = invent_cases()
    chosen = TRAININGS["unet-third"].choose(cases)
    for name in SETS:
        assert 9 <= sum(case.dataset == name for case in chosen) <= 11
    groups = {case.group for case in chosen}
    assert sum(case.group in groups for case in cases) == len(chosen)
    assert TRAININGS["unet-third"].choose(cases) == chosen
    assert TRAININGS["unet"].choose(cases) == cases
