from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_world import add_model, add_recipe, draw_scan
from torch import Tensor, nn

from busdemo.imaging.arrays import GreyImage
from busdemo.inference.engines import TorchEngine
from busdemo.inference.segmenter import Segmenter, SegmenterPool, load_segmenter
from busdemo.zoo.cards import Preprocessing, read_card, read_cards
from busdemo.zoo.files import UnusableModel
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


def test_warming_up_times_every_model_that_can_run(weights: Path) -> None:
    add_model(weights, "good")
    add_model(weights, "forged", facts={"sha256": "0" * 64})
    pool = SegmenterPool(read_cards(weights))
    assert pool.milliseconds == {}
    pool.warm_up()
    assert list(pool.milliseconds) == ["good"]
    assert pool.milliseconds["good"] > 0
    assert list(pool.problems) == ["forged"]


def test_timed_again_the_faster_time_counts_for_a_model_and_its_recipes(weights: Path) -> None:
    add_model(weights, "good")
    add_model(weights, "other")
    add_recipe(weights, "both", ["good", "other"])
    pool = SegmenterPool(read_cards(weights))
    pool.time_again()
    assert pool.milliseconds == {}  # nothing was timed before
    pool.milliseconds |= {"good": 1e9, "other": 1e-9, "both": 1e9}
    pool.time_again()
    assert 0 < pool.milliseconds["good"] < 1e9
    assert pool.milliseconds["other"] == 1e-9
    assert pool.milliseconds["both"] == pool.milliseconds["good"] + 1e-9


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
