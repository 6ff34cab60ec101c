"""What models say of a data set's images, kept on disk, so that a rule can be fitted again."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from busdemo.evaluation.datasets import Case
from busdemo.evaluation.whole_files import replace_file
from busdemo.imaging.arrays import GreyImage, Levels, Mask
from busdemo.imaging.masks import quantize
from busdemo.inference.segmenter import SegmenterPool


def keep_levels(
    pool: SegmenterPool, model_ids: Sequence[str], cases: Sequence[Case], folder: Path
) -> Iterator[tuple[Case, GreyImage, Mask, Mapping[str, Levels]]]:
    """Every case's image, ground truth and the models' levels, (H, W) each.

    Levels lie in `folder` under the weights' digest; what is there is not predicted again, so that
    a killed call goes on. Raises UnusableModel when a model cannot run.
    """
    for case in tqdm(cases, desc="cases", mininterval=5):
        image, mask = case.read()
        predictions = pool.look_at(image)
        found = {}
        for model_id in model_ids:
            card = pool.cards[model_id]
            path = folder / f"{model_id}-{card.sha256[:12]}" / f"{case.id}.png"
            kept = _read(path)
            if kept is None or kept.shape != image.shape:
                kept = quantize(predictions.predict(model_id))
                _write(path, kept)
            found[model_id] = kept
        yield case, image, mask, found


def _read(path: Path) -> Levels | None:
    if not path.is_file():
        return None
    pixels = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    return None if pixels is None or pixels.ndim != 2 else pixels.astype(np.uint8, copy=False)


def _write(path: Path, levels: Levels) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = cv2.imencode(".png", levels)[1].tobytes()
    replace_file(path, lambda unfinished: unfinished.write_bytes(data))
