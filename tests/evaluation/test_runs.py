from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tiny_world import add_model, write_dataset

from busdemo.evaluation.datasets import read_index
from busdemo.evaluation.runs import (
    Sweep,
    choose_stop,
    false_alarms,
    lesion_dice,
    sweep_cases,
)
from busdemo.imaging.masks import STOPS
from busdemo.inference.segmenter import load_segmenter
from busdemo.zoo.cards import ALL_SETS, read_card

RNG = np.random.default_rng(11)


def random_sweep(n: int = 40) -> Sweep:
    """Lesions of 0 to 400 px in two sets; marked pixels vanish as the threshold rises."""
    lesion = RNG.integers(0, 400, n) * (RNG.random(n) < 0.7)
    hit = np.sort(RNG.integers(0, lesion[:, None] + 1, (n, STOPS - 1)), axis=1)[:, ::-1]
    extra = np.sort(RNG.integers(0, 60, (n, STOPS - 1)), axis=1)[:, ::-1]
    extra[:, 150:] *= RNG.integers(0, 2, (n, 1))
    counts = np.stack([hit, extra, lesion[:, None] - hit], axis=2).astype(np.int64)
    return Sweep(tuple(RNG.choice(["A", "B"], n)), counts)


def sweep_of_curves(curves: dict[str, NDArray[np.float64]]) -> Sweep:
    """One image a set whose Dice at stop c is, within 1e-4, the curve's value c - 1."""
    lesion = 100_000
    dice = np.stack(list(curves.values()))
    # No false positives: Dice = 2 TP / (TP + lesion), so TP = Dice * lesion / (2 - Dice).
    hit = np.rint(dice * lesion / (2 - dice)).astype(np.int64)
    counts = np.stack([hit, np.zeros_like(hit), lesion - hit], axis=2)
    return Sweep(tuple(curves), counts)


def flat(value: float, **peaks: float) -> NDArray[np.float64]:
    curve = np.full(STOPS - 1, value)
    for stop, height in peaks.items():
        curve[int(stop.removeprefix("at_")) - 1] = height
    return curve


def test_a_sweep_counts_what_thresholding_each_map_gives(weights: Path, tmp_path: Path) -> None:
    rows = [("a", "A", "val", "benign"), ("b", "B", "val", "normal"), ("c", "A", "val", "benign")]
    cases = read_index(write_dataset(tmp_path / "data", rows))
    model = load_segmenter(read_card(add_model(weights, "small")))
    sweep = sweep_cases(model, cases)
    assert sweep.datasets == ("A", "B", "A")
    assert sweep.counts.shape == (3, STOPS - 1, 3)
    assert sweep.has_lesion.tolist() == [True, False, True]
    for index, case in enumerate(cases):
        image, truth = case.read()
        answer = model.predict(image)
        for stop in (1, 60, 99, 100, 101, 140, 199):
            mask = answer >= np.float32(stop / STOPS)
            expected = [(mask & truth).sum(), (mask & ~truth).sum(), (~mask & truth).sum()]
            assert sweep.counts[index, stop - 1].tolist() == expected


def test_dice_of_a_sweep_follows_from_its_counts() -> None:
    sweep = random_sweep()
    for (i, j), value in np.ndenumerate(sweep.dice[:, ::40]):
        tp, fp, fn = (int(n) for n in sweep.counts[i, 40 * j])
        if tp + fp + fn == 0:
            assert np.isnan(value)
        else:
            assert value == pytest.approx(2 * tp / (2 * tp + fp + fn))


@pytest.mark.parametrize("stop", [1, 100, 199])
def test_lesion_dice_is_the_mean_over_images_with_a_lesion(stop: int) -> None:
    sweep = random_sweep()
    found = lesion_dice(sweep, stop)
    by_set: dict[str, list[float]] = {"A": [], "B": [], ALL_SETS: []}
    for dataset, counts in zip(sweep.datasets, sweep.counts, strict=True):
        tp, fp, fn = (int(n) for n in counts[stop - 1])
        if tp + fn:
            for name in (dataset, ALL_SETS):
                by_set[name].append(2 * tp / (2 * tp + fp + fn))
    assert set(found) == set(by_set)
    for name, values in by_set.items():
        assert found[name].n == len(values)
        assert found[name].value == pytest.approx(np.mean(values))
        assert found[name].low <= found[name].value <= found[name].high


@pytest.mark.parametrize("stop", [1, 170, 199])
def test_false_alarms_are_the_share_of_normal_images_with_any_pixel_marked(stop: int) -> None:
    sweep = random_sweep()
    found = false_alarms(sweep, stop)
    by_set: dict[str, list[bool]] = {"A": [], "B": [], ALL_SETS: []}
    for dataset, counts in zip(sweep.datasets, sweep.counts, strict=True):
        tp, fp, fn = (int(n) for n in counts[stop - 1])
        if tp + fn == 0:
            for name in (dataset, ALL_SETS):
                by_set[name].append(fp > 0)
    for name, alarms in by_set.items():
        assert found[name].n == len(alarms)
        assert found[name].value == pytest.approx(np.mean(alarms))


def test_sets_without_such_images_are_left_out() -> None:
    counts = np.zeros((2, STOPS - 1, 3), np.int64)
    counts[0, :, 2] = 5
    sweep = Sweep(("ill", "well"), counts)
    assert set(lesion_dice(sweep, 100)) == {"ill", ALL_SETS}
    assert set(false_alarms(sweep, 100)) == {"well", ALL_SETS}


@pytest.mark.parametrize(
    ("curve", "stop"),
    [
        (flat(0.8, at_93=0.81), 93),
        (flat(0.8, at_90=0.81), 90),
        (flat(0.8, at_100=0.81), 100),
        (flat(0.8, at_93=0.81, at_40=0.814), 93),
        (flat(0.8, at_93=0.81, at_40=0.816), 40),
        (flat(0.8, at_101=0.804), 90),
        (flat(0.8, at_150=0.81), 150),
        (flat(0.0, at_1=0.3), 1),
        (flat(0.0, at_199=0.3), 199),
    ],
)
def test_the_frozen_stop_is_the_usual_one_unless_another_is_better_by_more_than_0_005(
    curve: NDArray[np.float64], stop: int
) -> None:
    assert choose_stop(sweep_of_curves({"A": curve})) == stop


def test_every_image_has_the_same_say_in_the_frozen_stop() -> None:
    few, many = flat(0.5, at_20=0.9), flat(0.5, at_180=0.8)
    sweep = sweep_of_curves({"few": few, "many": many})
    repeated = Sweep(
        ("few",) + ("many",) * 9, np.concatenate([sweep.counts[:1], *[sweep.counts[1:]] * 9])
    )
    assert choose_stop(sweep) == 20
    assert choose_stop(repeated) == 180


def test_normal_images_have_no_say_in_the_frozen_stop() -> None:
    lesion = sweep_of_curves({"A": flat(0.8, at_30=0.9)})
    normal = np.zeros((50, STOPS - 1, 3), np.int64)
    normal[:, :60, 1] = 1000
    both = Sweep(("A",) * 51, np.concatenate([lesion.counts, normal]))
    assert choose_stop(both) == 30
