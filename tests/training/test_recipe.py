import pytest

from busdemo.training.recipe import Recipe


def test_a_recipe_counts_its_epochs_and_ends_at_the_final_side() -> None:
    recipe = Recipe(stages=((2, 160), (1, 256)))
    assert recipe.epochs == 3
    assert recipe.final_side_px == 256
    assert [recipe.side_px(epoch) for epoch in range(3)] == [160, 160, 256]


def test_an_epoch_after_the_last_has_no_side() -> None:
    with pytest.raises(ValueError, match="3 epochs"):
        Recipe(stages=((2, 160), (1, 256))).side_px(3)
