import torch

from busdemo.training.drawing import Epoch, balance, draw_batches
from busdemo.training.recipe import Recipe

RECIPE = Recipe(stages=((3, 32),), batch_size=4)


def draw(epoch: Epoch, count: int = 12) -> list[list[float]]:
    """What an epoch shows: the index of a sample and a random number of its own."""
    batches = draw_batches(
        [1.0] * 20, count, epoch, lambda index: torch.stack([torch.tensor(index), torch.rand(())])
    )
    return [sample for batch in batches for sample in batch.tolist()]


def test_an_epoch_shows_the_same_samples_whatever_a_network_draws_meanwhile() -> None:
    torch.manual_seed(0)
    first = draw(Epoch(RECIPE))
    torch.manual_seed(1)  # as dropout would
    assert draw(Epoch(RECIPE)) == first


def test_epochs_and_seeds_differ() -> None:
    first = draw(Epoch(RECIPE))
    assert draw(Epoch(RECIPE, 1)) != first
    assert draw(Epoch(Recipe(stages=((3, 32),), batch_size=4, seed=2))) != first


def test_a_sample_drawn_twice_is_changed_twice() -> None:
    samples = draw(Epoch(RECIPE), 200)
    assert len({index for index, _ in samples}) == 20
    assert len({number for _, number in samples}) == 200


def test_only_whole_batches_are_shown() -> None:
    assert len(draw(Epoch(RECIPE), 14)) == 12


def test_cells_at_the_power_of_minus_one_count_alike() -> None:
    weights = balance("aaab", -1)
    assert weights == [1 / 3, 1 / 3, 1 / 3, 1.0]
    assert balance("aaab", 0) == [1.0] * 4
