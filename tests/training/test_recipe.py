import pytest

from busdemo.training.recipe import NETWORKS, RECIPES, Recipe


def test_a_recipe_counts_its_epochs_and_ends_at_the_final_side() -> None:
    recipe = Recipe(stages=((2, 160), (1, 256)))
    assert recipe.epochs == 3
    assert recipe.final_side_px == 256
    assert [recipe.side_px(epoch) for epoch in range(3)] == [160, 160, 256]


def test_an_epoch_after_the_last_has_no_side() -> None:
    with pytest.raises(ValueError, match="3 epochs"):
        Recipe(stages=((2, 160), (1, 256))).side_px(3)


@pytest.mark.parametrize("model_id", NETWORKS)
def test_inputs_are_multiples_of_32_px(model_id: str) -> None:
    recipe = RECIPES.get(model_id, Recipe())
    assert all(side % 32 == 0 for _, side in recipe.stages)


def test_every_exception_is_for_a_network_of_the_book() -> None:
    assert set(RECIPES) <= set(NETWORKS)
