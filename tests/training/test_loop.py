import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from tiny_world import TINY, draw_scan, write_dataset
from torch import nn

from busdemo.evaluation.whole_files import UNFINISHED
from busdemo.training import loop, train
from busdemo.training.data import Samples
from busdemo.training.loop import BEST, STATE, OutOfTime, TrainingRun
from busdemo.training.plan import Training
from busdemo.training.recipe import Recipe
from busdemo.training.segmenting import SEGMENTING, evaluate
from busdemo.zoo.loading import build_network

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
RECIPE = Recipe(stages=((1, 16), (2, 32)), batch_size=2, phantoms=0)


class Stopped(Exception):
    pass


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Threads of so small a network mostly wait for each other."""
    usual = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(usual)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """The folder of an uninterrupted run and its best Dice."""
    folder = tmp_path_factory.mktemp("finished")
    return folder, TrainingRun(tiny_network(), RECIPE, folder, task=SEGMENTING).train(
        tiny_samples(), tiny_samples(50)
    )


def tiny_network(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return build_network(TINY)


def tiny_samples(first_seed: int = 0, count: int = 6) -> Samples:
    drawn = [draw_scan(first_seed + i, (32, 32), normal=i % 3 == 2) for i in range(count)]
    masks = np.stack([mask * np.uint8(255) for _, mask in drawn])
    names = tuple("AB"[i % 2] for i in range(count))
    return Samples(np.stack([image for image, _ in drawn]), masks, names, names)


def read_facts(folder: Path) -> dict[str, Any]:
    with safe_open(folder / STATE, framework="pt") as file:
        facts: dict[str, Any] = json.loads(file.metadata()["facts"])
    for row in facts["rows"]:
        del row["seconds"]
    return facts


def read_curves(folder: Path) -> list[dict[str, str]]:
    with (folder / "curves.csv").open(newline="") as file:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(file)]


def test_a_resumed_run_equals_an_uninterrupted_one_bit_for_bit(
    finished: tuple[Path, float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples, validation = tiny_samples(), tiny_samples(50)
    (whole, best), parts = finished, tmp_path / "parts"
    save = TrainingRun._save

    def save_then_stop(run: TrainingRun[Any]) -> None:
        save(run)
        raise Stopped

    with monkeypatch.context() as patched:
        patched.setattr(TrainingRun, "_save", save_then_stop)
        for seed in (0, 7):  # the second start finds a folder: its own weights must not matter
            with pytest.raises(Stopped):
                TrainingRun(tiny_network(seed), RECIPE, parts, task=SEGMENTING).train(
                    samples, validation
                )
    torch.rand(17)  # whatever the rest of the process drew meanwhile
    assert (
        TrainingRun(tiny_network(8), RECIPE, parts, task=SEGMENTING).train(samples, validation)
        == best
    )

    for name in ("state.safetensors", "best.safetensors"):
        expected, found = load_file(whole / name), load_file(parts / name)
        assert set(found) == set(expected)
        assert all(torch.equal(found[key], expected[key]) for key in expected)
    assert read_facts(parts) == read_facts(whole)
    assert read_curves(parts) == read_curves(whole)
    assert {path.name for path in parts.iterdir()} == {BEST, STATE, "curves.csv"}


@pytest.mark.parametrize("unwritten", [BEST, STATE, "curves.csv"])
def test_a_run_killed_while_it_writes_goes_on_as_if_nothing_had_happened(
    finished: tuple[Path, float],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    unwritten: str,
) -> None:
    """Whichever file is half written in the second epoch, the next start finds a whole state."""
    samples, validation = tiny_samples(), tiny_samples(50)
    real = loop.replace_file
    written: list[str] = []

    def write_then_die(path: Path, write: Callable[[Path], object]) -> None:
        written.append(path.name)
        if path.name == unwritten and (path.name == BEST or written.count(unwritten) == 2):
            path.with_name(f"{path.name}.1{UNFINISHED}").write_bytes(b"half")
            raise Stopped
        real(path, write)

    with monkeypatch.context() as patched:
        patched.setattr(loop, "replace_file", write_then_die)
        with pytest.raises(Stopped):
            TrainingRun(tiny_network(), RECIPE, tmp_path, task=SEGMENTING).train(
                samples, validation
            )
    best = TrainingRun(tiny_network(5), RECIPE, tmp_path, task=SEGMENTING).train(
        samples, validation
    )
    assert best == finished[1]
    assert read_curves(tmp_path) == read_curves(finished[0])
    assert (tmp_path / BEST).read_bytes() == (finished[0] / BEST).read_bytes()


def test_a_run_without_time_stops_between_epochs_and_goes_on(
    finished: tuple[Path, float], tmp_path: Path
) -> None:
    samples, validation = tiny_samples(), tiny_samples(50)
    for epochs in (1, 2):
        with pytest.raises(OutOfTime, match=f"{epochs} of 3 epochs are done"):
            TrainingRun(tiny_network(), RECIPE, tmp_path, task=SEGMENTING).train(
                samples, validation, until=0
            )
    run = TrainingRun(tiny_network(), RECIPE, tmp_path, task=SEGMENTING)
    assert run.train(samples, validation, until=0) == finished[1]  # the end is no interruption


def test_without_validation_the_last_epoch_is_kept(
    finished: tuple[Path, float], tmp_path: Path
) -> None:
    assert (
        TrainingRun(tiny_network(), RECIPE, tmp_path, task=SEGMENTING).train(tiny_samples(), None)
        == -1
    )
    kept, last = load_file(tmp_path / BEST), load_file(finished[0] / STATE)
    assert all(torch.equal(last[f"average.module.{key}"], value) for key, value in kept.items())


def test_a_run_leaves_curves_and_the_best_epochs_averaged_weights(
    finished: tuple[Path, float],
) -> None:
    folder, best = finished
    curves = read_curves(folder)
    assert [(row["epoch"], row["side_px"]) for row in curves] == [
        ("1", "16"),
        ("2", "32"),
        ("3", "32"),
    ]
    scores = [float(row["dice"]) for row in curves]
    assert best == pytest.approx(max(scores[1:]), abs=5e-5)
    for row in curves:
        sets = [float(row["dice_A"]), float(row["dice_B"])]
        assert float(row["mean_dice"]) == pytest.approx(np.mean(sets), abs=1e-4)
    kept = load_file(folder / "best.safetensors")
    assert set(kept) == set(tiny_network().state_dict())
    network = tiny_network(9)
    network.load_state_dict(kept)
    again = evaluate(network.to(DEVICE), tiny_samples(50), 32, DEVICE)
    assert again["dice"] == pytest.approx(best, abs=1e-6)


def test_a_finished_run_is_not_trained_further(finished: tuple[Path, float]) -> None:
    folder, best = finished
    before = (folder / "state.safetensors").read_bytes()
    assert (
        TrainingRun(tiny_network(3), RECIPE, folder, task=SEGMENTING).train(
            tiny_samples(), tiny_samples(50)
        )
        == best
    )
    assert (folder / "state.safetensors").read_bytes() == before
    assert len(read_curves(folder)) == 3


def test_training_learns_dark_ellipses(tmp_path: Path) -> None:
    recipe = Recipe(stages=((12, 32),), batch_size=4, peak_learning_rate=2e-2, averaging=0.8)
    samples, validation = tiny_samples(count=24), tiny_samples(100, 12)
    assert (
        TrainingRun(tiny_network(), recipe, tmp_path, task=SEGMENTING).train(samples, validation)
        > 0.6
    )
    losses = [float(row["train_loss"]) for row in read_curves(tmp_path)]
    assert losses[-1] < losses[0] / 2


def test_a_training_of_the_plan_is_done_in_the_folder_of_its_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [(f"{split}{i}", "A", split, "benign") for split in ("train", "val") for i in range(4)]
    data = write_dataset(tmp_path / "data", rows)
    monkeypatch.setattr(train, "keep_freed_memory", lambda: None)  # it would outlive this test
    recipe = Recipe(stages=((1, 16),), batch_size=2, phantoms=0)
    dice = train.train_network(Training("tiny", TINY, recipe), data, tmp_path / "runs")
    assert 0 <= dice <= 1
    assert (tmp_path / "runs" / "tiny" / BEST).is_file()


def test_the_last_epoch_is_kept_where_the_recipe_says_so(tmp_path: Path) -> None:
    recipe = replace(RECIPE, keep="last")
    run = TrainingRun(tiny_network(), recipe, tmp_path, task=SEGMENTING)
    dice = run.train(tiny_samples(), tiny_samples(50))
    assert dice == pytest.approx(float(read_curves(tmp_path)[-1]["dice"]), abs=5e-5)
    kept, state = load_file(tmp_path / BEST), load_file(tmp_path / STATE)
    assert all(torch.equal(state[f"average.module.{key}"], value) for key, value in kept.items())


def test_the_average_of_a_short_run_has_forgotten_its_beginning() -> None:
    average, present = [torch.zeros(1)], [torch.ones(1)]
    for step in range(1, 200):
        loop._average(0.995, average, present, step)
    assert 0.999 < float(average[0]) <= 1  # at a constant 0.995 it would be 0.63


def test_the_average_of_a_long_run_is_as_slow_as_the_recipe_says() -> None:
    average, present = [torch.zeros(1)], [torch.ones(1)]
    loop._average(0.995, average, present, 100_000)
    assert float(average[0]) == pytest.approx(0.005)
