from pathlib import Path

import numpy as np
import pytest
from fixed_detector import FixedDetector
from tiny_world import add_detector, add_model, draw_scan

from busdemo.imaging.arrays import GreyImage
from busdemo.imaging.boxes import Box
from busdemo.inference.detector import Detector
from busdemo.inference.segmenter import SegmenterPool
from busdemo.inference.two_stage import MOST_LESIONS, TwoStage, open_two_stage
from busdemo.scoring.detection import FoundBoxes
from busdemo.zoo.cards import digest_members, read_cards
from busdemo.zoo.failures import explain
from busdemo.zoo.files import NotNow, UnusableModel

IMAGE, _ = draw_scan(3, (90, 70))
LEFT, RIGHT = Box(10, 20, 30, 40), Box(50, 30, 80, 60)


@pytest.fixture
def pool(weights: Path) -> SegmenterPool:
    add_model(weights, "a", seed=1)
    add_model(weights, "b", seed=2)
    return SegmenterPool(read_cards(weights))


def staged(pool: SegmenterPool, *boxes: Box, padding: float = 0.0) -> TwoStage:
    detector: Detector = FixedDetector(*boxes, padding=padding)
    return TwoStage(pool, lambda: detector)


def test_the_model_sees_the_crop_alone_and_its_answer_is_put_back(pool: SegmenterPool) -> None:
    together = staged(pool, LEFT).look_at(IMAGE).predict("a")
    assert together.shape == IMAGE.shape
    assert together.dtype == np.float32
    alone = pool.predict("a", np.ascontiguousarray(IMAGE[20:40, 10:30]))
    assert np.array_equal(together[20:40, 10:30], alone)
    together[20:40, 10:30] = 0
    assert together.max() == 0


def test_several_lesions_have_a_crop_each(pool: SegmenterPool) -> None:
    together = staged(pool, LEFT, RIGHT).look_at(IMAGE).predict("a")
    alone = [staged(pool, box).look_at(IMAGE).predict("a") for box in (LEFT, RIGHT)]
    assert np.array_equal(together, np.maximum(*alone))


def test_where_crops_overlap_the_larger_probability_counts(pool: SegmenterPool) -> None:
    boxes = Box(10, 10, 50, 50), Box(30, 30, 70, 70)
    together = staged(pool, *boxes).look_at(IMAGE).predict("b")
    alone = [staged(pool, box).look_at(IMAGE).predict("b") for box in boxes]
    assert np.array_equal(together, np.maximum(*alone))


def test_a_crop_is_padded_to_a_square(pool: SegmenterPool) -> None:
    together = staged(pool, Box(20, 30, 40, 40), padding=0.25).look_at(IMAGE).predict("a")
    rows, columns = np.nonzero(together)
    assert (rows.min(), rows.max() + 1, columns.min(), columns.max() + 1) == (20, 50, 15, 45)


def test_without_a_lesion_the_model_sees_the_whole_frame(pool: SegmenterPool) -> None:
    predictions = staged(pool).look_at(IMAGE)
    assert predictions.localisation.detections == ()
    assert np.array_equal(predictions.predict("a"), pool.predict("a", IMAGE))


def test_the_whole_frame_is_not_computed_again(pool: SegmenterPool) -> None:
    class Known:
        def predict(self, _: str) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
            return np.full(IMAGE.shape, 0.25, np.float32)

    assert staged(pool).look_at(IMAGE, whole=Known()).predict("a").max() == 0.25


def test_a_recipe_is_the_mean_of_its_members_crops(pool: SegmenterPool, weights: Path) -> None:
    cards = list(pool.cards.values())
    folder = add_model(weights, "both", facts={"sha256": digest_members(cards)})
    (folder / "config.json").write_text('{"members": ["a", "b"]}')
    both = SegmenterPool(read_cards(weights))
    together = staged(both, LEFT).look_at(IMAGE).predict("both")
    members = [staged(pool, LEFT).look_at(IMAGE).predict(member) for member in "ab"]
    assert np.allclose(together, np.mean(members, axis=0), atol=1e-6)


def test_a_known_localisation_is_not_looked_for_again(pool: SegmenterPool) -> None:
    detector = FixedDetector(LEFT)
    two = TwoStage(pool, lambda: detector)
    found = two.locate(IMAGE)
    two.look_at(IMAGE, found=found)
    assert detector.runs == 1
    assert found.detections[0].box == LEFT
    assert (found.detector, found.sha256) == ("fixed", "f" * 64)


def test_a_detector_that_sees_lesions_everywhere_does_not_stop_the_page(
    pool: SegmenterPool,
) -> None:
    boxes = [Box(0, 0, 10, 10)] * 3 * MOST_LESIONS
    detector = FixedDetector(*boxes)
    detector.tuning = type(detector.tuning)(0.0, 0.5, 0.0)
    assert len(TwoStage(pool, lambda: detector).locate(IMAGE).detections) == MOST_LESIONS


def test_without_a_detector_the_reason_is_given_and_the_models_run(
    pool: SegmenterPool, weights: Path
) -> None:
    two = open_two_stage(pool, weights)
    assert two.problem == "There is no detector in the zoo."
    with pytest.raises(UnusableModel, match="no detector"):
        two.look_at(IMAGE)
    assert pool.predict("a", IMAGE).shape == IMAGE.shape


def test_a_detector_with_other_weights_than_its_card_names_is_refused_once_it_is_used(
    pool: SegmenterPool, weights: Path
) -> None:
    folder = add_detector(weights)
    (folder / "model.safetensors").write_bytes(b"other")
    two = open_two_stage(pool, weights)
    assert two.problem is None
    with pytest.raises(UnusableModel, match="not the ones the card names"):
        two.locate(IMAGE)
    assert two.problem is not None
    assert two.problem.startswith("The weights are not the ones")


def test_a_detector_that_ran_out_of_memory_looks_again_the_next_time(pool: SegmenterPool) -> None:
    class Greedy(FixedDetector):
        def propose(self, image: GreyImage) -> FoundBoxes:
            if self.runs == 0:
                self.runs = 1
                raise explain(MemoryError(), "It cannot run.")
            return super().propose(image)

    detector = Greedy(LEFT)
    two = TwoStage(pool, lambda: detector)
    with pytest.raises(NotNow):
        two.locate(IMAGE)
    assert two.problem is None
    assert two.locate(IMAGE).detections[0].box == LEFT


def test_a_detector_that_cannot_run_is_not_asked_again(pool: SegmenterPool) -> None:
    class Broken(FixedDetector):
        def propose(self, _: GreyImage) -> FoundBoxes:
            self.runs += 1
            raise UnusableModel("It cannot compute a 64x64 input.")

    detector = Broken()
    two = TwoStage(pool, lambda: detector)
    for _ in range(2):
        with pytest.raises(UnusableModel, match="cannot compute"):
            two.locate(IMAGE)
    assert detector.runs == 1
    assert two.problem == "It cannot compute a 64x64 input."


def test_the_zoos_detector_stands_before_its_models(pool: SegmenterPool, weights: Path) -> None:
    add_detector(weights)
    predictions = open_two_stage(pool, weights).look_at(IMAGE)
    assert predictions.localisation.detector == "detector"
    assert predictions.predict("a").shape == IMAGE.shape
