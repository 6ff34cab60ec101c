"""Models on crops cut around the ground truth: what a protocol shows that hands over the answer."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from busdemo.evaluation.datasets import Case, read_index
from busdemo.evaluation.protocols import PAPERS
from busdemo.imaging.boxes import boxes_of
from busdemo.imaging.masks import binarize, quantize
from busdemo.inference.detector import Detection
from busdemo.inference.segmenter import SegmenterPool
from busdemo.inference.two_stage import Localisation, TwoStagePredictions, open_two_stage
from busdemo.scoring.overlap import count
from busdemo.zoo.cards import WEIGHTS, read_cards

GROUND_TRUTH = "ground truth"

TRUE_CROPS = WEIGHTS / "ground-truth-crops.parquet"
"""The counts that come with the zoo."""


def read_crops(path: Path = TRUE_CROPS) -> pd.DataFrame | None:
    """The counts of `segment_true_crops` that come with the zoo; None where there are none."""
    return pd.read_parquet(path) if path.is_file() else None


def segment_true_crops(
    pool: SegmenterPool, model_ids: Sequence[str], cases: Sequence[Case], padding: float
) -> pd.DataFrame:
    """Pixel counts of models in two stages with the ground truth's boxes in the detector's place.

    Images with a lesion only; `padding` is the detector's. Columns: id, model, tp, fp, fn, at the
    frozen thresholds and native size. Raises UnusableModel when a model cannot run.
    """
    rows = []
    for case in tqdm(cases, desc="cases", mininterval=10):
        image, truth = case.read()
        found = tuple(Detection(box, 1.0) for box in boxes_of(truth))
        if not found:
            continue
        place = Localisation(GROUND_TRUTH, "", 0.0, padding, found)
        predictions = TwoStagePredictions(pool, image, place, None)
        for model_id in model_ids:
            stop = pool.cards[model_id].stop
            counts = count(binarize(quantize(predictions.predict(model_id)), stop), truth)
            tp, fp, fn = counts.true_positive, counts.false_positive, counts.false_negative
            rows.append({"id": case.id, "model": model_id, "tp": tp, "fp": fp, "fn": fn})
    return pd.DataFrame(rows, columns=["id", "model", "tp", "fp", "fn"])


def segment_papers_crops(data: Path) -> pd.DataFrame:
    """`segment_true_crops` for what `protocols` shows: L3's model on the test images of its set.

    Raises FileNotFoundError when `data` holds no index, UnusableModel when a model cannot run.
    """
    facts = PAPERS["L3"]
    cases = [c for c in read_index(data, "test") if c.dataset in facts["datasets"]]
    pool = SegmenterPool(read_cards())
    padding = open_two_stage(pool).detector().tuning.padding
    return segment_true_crops(pool, [str(facts["model"])], cases, padding)
