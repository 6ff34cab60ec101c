import errno
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny_world import add_model, add_recipe, draw_scan
from torch import Tensor, nn

from busdemo.imaging.arrays import GreyImage
from busdemo.inference.engines import TorchEngine
from busdemo.inference.segmenter import (
    LEAST_RUNS,
    RUNS,
    Segmenter,
    SegmenterPool,
    load_segmenter,
)
from busdemo.zoo.cards import Preprocessing, read_card, read_cards
from busdemo.zoo.files import NotNow, UnusableModel
from busdemo.zoo.loading import load_network

PLAIN = Preprocessing((32, 32), (0.25,), (0.5,), "stretch")


class Echo(nn.Module):
    """Gives back what it was shown as logits, and remembers it."""

    def forward(self, image: Tensor) -> Tensor:
        self.seen = image
        return image


@pytest.mark.parametrize("size_wh", [(90, 70), (64, 48), (16, 300), (3000, 20), (1, 1)])
@pytest.mark.parametrize("rule", ["letterbox", "stretch"])
def test_probabilities_have_the_images_own_size(
    weights: Path, size_wh: tuple[int, int], rule: str
) -> None:
    model = load_segmenter(read_card(add_model(weights, "small", settings={"resize_rule": rule})))
    image = np.random.default_rng(1).integers(0, 256, size_wh[::-1]).astype(np.uint8)
    answer = model.predict(image)
    assert answer.shape == image.shape
    assert answer.dtype == np.float32
    assert 0 <= float(answer.min()) <= float(answer.max()) <= 1


def test_the_network_sees_normalised_grey_and_its_logits_become_probabilities() -> None:
    network = Echo()
    image, _ = draw_scan(size_wh=(32, 32))
    answer = Segmenter(TorchEngine(network), PLAIN).predict(image)
    normalised = (image / 255 - 0.25) / 0.5
    assert network.seen.shape == (1, 1, 32, 32)
    assert network.seen.dtype == torch.float32
    assert np.allclose(network.seen[0, 0].numpy(), normalised, atol=1e-6)
    assert np.allclose(answer, 1 / (1 + np.exp(-normalised)), atol=1e-6)


def test_a_network_of_three_channels_sees_grey_as_three_equal_colours() -> None:
    class Keep(nn.Module):
        def forward(self, image: Tensor) -> Tensor:
            self.seen = image
            return image[:, :1]

    network, image = Keep(), draw_scan(size_wh=(32, 32))[0]
    colour = Preprocessing((32, 32), (0.1, 0.2, 0.3), (1.0, 0.5, 0.25), "stretch")
    Segmenter(TorchEngine(network), colour).predict(image)
    assert network.seen.shape == (1, 3, 32, 32)
    for channel, (mean, deviation) in enumerate(((0.1, 1.0), (0.2, 0.5), (0.3, 0.25))):
        expected = (image / 255 - mean) / deviation
        assert np.allclose(network.seen[0, channel].numpy(), expected, atol=1e-5)


def test_an_image_is_not_changed_and_may_be_read_only() -> None:
    image, _ = draw_scan(size_wh=(32, 32))
    before = image.copy()
    image.flags.writeable = False
    Segmenter(TorchEngine(Echo()), PLAIN).predict(image)
    assert np.array_equal(image, before)


def test_many_threads_get_the_answers_one_would(weights: Path) -> None:
    model = load_segmenter(read_card(add_model(weights, "small")))
    images: list[GreyImage] = [draw_scan(seed, (60 + seed, 50))[0] for seed in range(6)]
    alone = [model.predict(image) for image in images]
    with ThreadPoolExecutor(6) as threads:
        together = list(threads.map(model.predict, images * 4))
    for index, answer in enumerate(together):
        assert np.array_equal(answer, alone[index % 6])


def test_a_card_with_a_problem_is_not_loaded(weights: Path) -> None:
    folder = add_model(weights, "small")
    (folder / "preprocessor_config.json").unlink()
    with pytest.raises(UnusableModel, match=r"preprocessor_config\.json is missing"):
        load_segmenter(read_card(folder))


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the folders that were loaded, in order."""
    names: list[str] = []

    def load(folder: Path, sha256: str, weights: Path | None = None) -> nn.Module:
        names.append(folder.name)
        return load_network(folder, sha256, weights)

    monkeypatch.setattr("busdemo.zoo.loading.load_network", load)
    return names


def test_a_pool_loads_a_model_at_its_first_use_and_once(weights: Path, loads: list[str]) -> None:
    for model_id in ("a", "b"):
        add_model(weights, model_id)
    pool = SegmenterPool(read_cards(weights))
    assert loads == []
    with ThreadPoolExecutor(6) as threads:
        models = list(threads.map(pool.get, ["b"] * 12))
    assert loads == ["b"]
    assert all(model is models[0] for model in models)


def test_a_pool_tells_why_a_model_cannot_run_and_keeps_the_others(
    weights: Path, loads: list[str]
) -> None:
    add_model(weights, "good")
    add_model(weights, "forged", facts={"sha256": "0" * 64})
    (add_model(weights, "bare") / "model.safetensors").unlink()
    pool = SegmenterPool(read_cards(weights))
    assert set(pool.cards) == {"good", "forged", "bare"}
    assert pool.problems == {"bare": "There are no weights in its folder."}
    for _ in range(2):
        with pytest.raises(UnusableModel, match="not the ones the card names"):
            pool.get("forged")
    assert "sha256" in pool.problems["forged"]
    assert loads == ["forged"]
    with pytest.raises(UnusableModel, match="no weights"):
        pool.get("bare")
    assert pool.get("good").predict(draw_scan()[0]).shape == (70, 90)


def test_an_id_the_zoo_lacks_is_a_key_error(weights: Path) -> None:
    with pytest.raises(KeyError, match="unknown"):
        SegmenterPool(read_cards(weights)).get("unknown")


def test_models_are_not_timed_while_they_are_loaded(weights: Path) -> None:
    add_model(weights, "good")
    add_model(weights, "forged", facts={"sha256": "0" * 64})
    pool = SegmenterPool(read_cards(weights))
    pool.warm_up()
    assert pool.milliseconds == {}
    assert list(pool.problems) == ["forged"]
    pool.time_models()
    assert list(pool.milliseconds) == ["good"]


class Clock:
    """A pool whose predictions take the times a test gives, by model and turn, in ms."""

    def __init__(self, pool: SegmenterPool, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self.now_ms = 0.0
        self.took_ms = {"quick": [90, 10, 12, 11, 13, 14, 50], "slow": [20] * RUNS}
        monkeypatch.setattr("busdemo.inference.segmenter.perf_counter", lambda: self.now_ms / 1000)
        monkeypatch.setattr(pool, "predict", self.predict)

    def predict(self, model_id: str, _: GreyImage) -> None:
        turn = self.asked.count(model_id)
        self.asked.append(model_id)
        if self.took_ms[model_id][turn] < 0:
            raise NotNow("The memory did not suffice.")
        self.now_ms += self.took_ms[model_id][turn]


@pytest.fixture
def timed(weights: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[SegmenterPool, Clock]:
    add_model(weights, "quick")
    add_model(weights, "slow", seed=1)
    add_recipe(weights, "both", ["quick", "slow"])
    pool = SegmenterPool(read_cards(weights))
    return pool, Clock(pool, monkeypatch)


def test_models_are_timed_in_turns_and_the_lowest_quartile_counts(
    timed: tuple[SegmenterPool, Clock],
) -> None:
    pool, clock = timed
    waited: list[int] = []
    pool.time_models(wait=lambda: waited.append(len(clock.asked)))
    assert clock.asked == ["quick", "slow"] * RUNS
    assert waited == list(range(2 * RUNS))
    assert RUNS >= LEAST_RUNS >= 5
    assert pool.milliseconds == pytest.approx({"quick": 11.5, "slow": 20, "both": 31.5})


def test_a_model_that_did_not_answer_often_enough_has_no_time_nor_has_its_recipe(
    timed: tuple[SegmenterPool, Clock],
) -> None:
    pool, clock = timed
    clock.took_ms["quick"] = [-1] * (RUNS - LEAST_RUNS + 1) + [10] * RUNS
    pool.time_models()
    assert set(pool.milliseconds) == {"slow"}


def test_a_faster_engine_takes_over_once_the_models_are_warm(
    weights: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("openvino", reason="OpenVINO comes with the extra `fast`")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    add_model(weights, "fast", facts={"engine": "openvino"})
    add_model(weights, "plain")
    pool = SegmenterPool(read_cards(weights))
    image = draw_scan()[0]
    before = pool.predict("fast", image)
    assert pool.engine("fast").startswith("torch ")
    pool.warm_up()
    assert pool.engine("fast").startswith("openvino ")
    assert pool.engine("plain").startswith("torch ")
    assert np.abs(pool.predict("fast", image) - before).max() < 1e-3


OUT_OF_MEMORY = [
    torch.OutOfMemoryError("CUDA out of memory."),
    RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried 9 bytes."),
    MemoryError(),
]


class Faulty(nn.Module):
    """A network that raises what `faults` holds, one after another, and then answers."""

    def __init__(self, *faults: BaseException) -> None:
        super().__init__()
        self.faults = list(faults)
        self.runs = 0

    def forward(self, image: Tensor) -> Tensor:
        self.runs += 1
        if self.faults:
            raise self.faults.pop(0)
        return image


def hold(pool: SegmenterPool, model_id: str, network: nn.Module) -> None:
    pool.slots[model_id].replace(Segmenter(TorchEngine(network), PLAIN))


@pytest.fixture
def pool(weights: Path) -> SegmenterPool:
    add_model(weights, "one")
    add_model(weights, "two", seed=1)
    add_recipe(weights, "both", ["one", "two"])
    return SegmenterPool(read_cards(weights))


@pytest.mark.parametrize("fault", OUT_OF_MEMORY, ids=lambda fault: type(fault).__name__)
def test_a_model_that_ran_out_of_memory_answers_the_next_time(
    pool: SegmenterPool, fault: BaseException
) -> None:
    image = draw_scan()[0]
    for asked in ("one", "both"):
        hold(pool, "one", Faulty(fault))
        with pytest.raises(NotNow, match=r"memory did not suffice.*tries again"):
            pool.predict(asked, image)
        assert pool.problems == {}
        assert pool.predict(asked, image).shape == image.shape


def test_what_a_failed_computation_held_is_let_go_of(pool: SegmenterPool) -> None:
    held: list[weakref.ref[Tensor]] = []

    class Greedy(nn.Module):
        def forward(self, image: Tensor) -> Tensor:
            large = image.repeat(1, 8, 1, 1)
            held.append(weakref.ref(large))
            raise torch.OutOfMemoryError

    hold(pool, "one", Greedy())
    with pytest.raises(NotNow) as caught:
        pool.predict("one", draw_scan()[0])
    assert caught.value.__cause__ is not None  # the error itself is still at hand
    assert [reference() for reference in held] == [None]


@pytest.mark.parametrize(
    "fault",
    [NotImplementedError("Could not run 'aten::foo'"), RuntimeError("no such operator foo")],
    ids=lambda fault: type(fault).__name__,
)
def test_a_network_that_lacks_an_operator_is_not_asked_again(
    pool: SegmenterPool, fault: Exception
) -> None:
    network = Faulty(fault)
    hold(pool, "one", network)
    for asked in ("one", "both"):
        with pytest.raises(UnusableModel, match="cannot compute a 32x32 input") as caught:
            pool.predict(asked, draw_scan()[0])
        assert not isinstance(caught.value, NotNow)
    assert network.runs == 1
    assert set(pool.problems) == {"one", "both"}
    assert pool.predict("two", draw_scan()[0]).shape == (70, 90)


def test_what_a_model_that_has_answered_fails_at_is_that_image(pool: SegmenterPool) -> None:
    network = Faulty()
    hold(pool, "one", network)
    pool.predict("one", draw_scan()[0])
    network.faults = [RuntimeError("an odd one"), IndexError("another")]
    for _ in range(2):
        with pytest.raises(NotNow, match="cannot compute"):
            pool.predict("one", draw_scan()[0])
    assert pool.predict("one", draw_scan()[0]).shape == (70, 90)


def test_weights_in_a_busy_file_are_read_at_the_next_request(
    pool: SegmenterPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults: list[Exception] = [
        OSError(errno.EBUSY, "Device or resource busy"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory"),
    ]

    def load(*arguments: Any) -> nn.Module:
        if faults:
            raise faults.pop(0)
        return load_network(*arguments)

    monkeypatch.setattr("busdemo.zoo.loading.load_network", load)
    with pytest.raises(NotNow, match=r"could not be read: Device or resource busy\. The next"):
        pool.get("one")
    with pytest.raises(NotNow, match="memory did not suffice"):
        pool.get("one")
    assert pool.predict("one", draw_scan()[0]).shape == (70, 90)


def test_two_models_load_at_the_same_time_while_a_third_answers(
    weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for model_id in ("ready", "first", "second"):
        add_model(weights, model_id)
    pool = SegmenterPool(read_cards(weights))
    pool.get("ready")
    both_load, answered = threading.Barrier(3), threading.Event()

    def load(*arguments: Any) -> nn.Module:
        both_load.wait(timeout=20)
        assert answered.wait(timeout=20)
        return load_network(*arguments)

    monkeypatch.setattr("busdemo.zoo.loading.load_network", load)
    with ThreadPoolExecutor(2) as threads:
        loading = [threads.submit(pool.get, model_id) for model_id in ("first", "second")]
        both_load.wait(timeout=20)
        assert pool.predict("ready", draw_scan()[0]).shape == (70, 90)
        answered.set()
        assert all(future.result(timeout=20) for future in loading)
